//! A shell, one-shot command and script runner for Apache CloudStack.
//!
//! The map of the rooms, in the order in which a line of text becomes output.

pub mod line;

pub mod catalog;
pub mod cloud;
pub mod datacenter;
pub mod doctor;

pub mod client;

pub mod record;

pub mod print;

pub mod cli;
pub mod config;
pub mod error;
pub mod shell;
pub mod ui;

pub use client::Client;
pub use error::{Error, Result};
pub use record::answer::Answer;
