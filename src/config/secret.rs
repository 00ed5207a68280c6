//! A secret that the program can use and cannot print: text in, the same text out only to who asks by name.

use std::fmt;

/// What is printed in a secret's place.
pub const MASK: &str = "********";

/// A text that neither `Debug` nor `Display` shows.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself, for signing and for the configuration file.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::new("s3cret");
        let shown = format!("{secret} {secret:?} {secret:#?} {:?}", Some(&secret));
        assert_eq!(shown, "******** ******** ******** Some(********)");
        assert_eq!(secret.expose(), "s3cret");
    }
}
