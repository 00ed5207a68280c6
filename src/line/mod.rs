//! Text to command: words, what they name, what is checked before anything is sent. Pure.

pub mod byname;
pub mod call;
pub mod check;
pub mod command;
pub mod commands;
pub mod expand;
pub mod hidden;
pub mod nearest;
pub mod options;
pub mod secrets;
pub mod subject;
pub mod unknown;
pub mod variables;
pub mod words;

#[cfg(test)]
pub(crate) mod testing;

/// The text as an error shows it: not too long, and without control characters that a terminal would obey.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String = text
        .chars()
        .take(MOST)
        .map(|letter| {
            if letter.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                letter
            }
        })
        .collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}
