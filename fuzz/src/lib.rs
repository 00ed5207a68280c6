//! What must hold for any bytes at all. Bytes in; a panic where something does not hold.
//! The fuzz targets run these checks on nightly; the tests at the root run them on the corpora and on random trees.

pub mod answer;
pub mod configuration;
pub mod json_answer;
pub mod lexer;
pub mod rows;
pub mod xml_answer;
