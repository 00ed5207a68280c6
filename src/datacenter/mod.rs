//! A datacentre's configuration file to the calls that build it. In comes the file's text, out comes a plan: the calls in
//! their order, each with what tells that it is done already.

mod network;
mod node;
pub mod plan;
mod pods;
mod zones;

use crate::error::{Error, Result};
use node::Node;
use plan::Plan;

/// The plan of a file: JSON in which lines that begin with `#` are comments. Errors name the line or the path in the file.
pub fn plan(text: &str) -> Result<Plan> {
    let json = without_comments(text);
    let top: serde_json::Value = serde_json::from_str(&json).map_err(|why| {
        Error::line(format!("it is not JSON: {why}"))
            .hint("a datacentre's file is one JSON object; lines that begin with # are comments")
    })?;
    zones::plan(&Node::top(&top))
}

/// The text with blanks for comments, so that what is wrong is told with the file's own line numbers.
fn without_comments(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}');
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.trim_start().starts_with('#') {
            true => kept.push('\n'),
            false => kept.push_str(line),
        }
    }
    kept
}

#[cfg(test)]
mod tests;
