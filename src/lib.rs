//! The map of the rooms, in the order in which a line of text becomes output.

pub mod catalog;
pub mod error;
pub mod record;
