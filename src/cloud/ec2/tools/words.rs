//! The words of such a command: options with values, options without, and what they are about.

use crate::error::{Error, Result};

/// What stands after all commands alike.
const TIMEOUT: &str = "--request-timeout";

pub struct Words {
    options: Vec<(String, String)>,
    switches: Vec<String>,
    pub rest: Vec<String>,
}

impl Words {
    /// Takes the options out of the words; `valued` are those with a value, `switches` those without.
    pub fn read(args: &[String], valued: &[&str], switches: &[&str]) -> Result<Words> {
        let mut words = Words {
            options: Vec::new(),
            switches: Vec::new(),
            rest: Vec::new(),
        };
        let mut args = args.iter();
        while let Some(word) = args.next() {
            let (name, own) = match word.split_once('=').filter(|_| word.starts_with("--")) {
                Some((name, value)) => (name, Some(value.to_string())),
                None => (word.as_str(), None),
            };
            if valued.contains(&name) || name == TIMEOUT {
                let value = own.or_else(|| args.next().cloned());
                let value = value.ok_or_else(|| Error::line(format!("{name} needs a value")))?;
                words.options.push((name.into(), value));
            } else if switches.contains(&name) && own.is_none() {
                words.switches.push(name.into());
            } else if name.starts_with('-') && name.len() > 1 {
                let known = valued.iter().chain(switches).chain(&[TIMEOUT]);
                let known: Vec<&str> = known.copied().collect();
                return Err(Error::line(format!("there is no option {name} here"))
                    .hint(format!("it takes {}", known.join(", ")))
                    .hint("address and keys are the profile's (`set url`, `set apikey`, `set secretkey`)"));
            } else {
                words.rest.push(word.clone());
            }
        }
        Ok(words)
    }

    /// The value of an option; the last where it is there twice.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut options = self.options.iter().rev();
        let last = options.find(|(known, _)| known == name);
        last.map(|(_, value)| value.as_str())
    }

    pub fn values<'w>(&'w self, name: &'w str) -> impl Iterator<Item = &'w str> {
        let options = self.options.iter();
        options
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn has(&self, switch: &str) -> bool {
        self.switches.iter().any(|known| known == switch)
    }

    /// The one thing that the command is about.
    pub fn one(&self, what: &str) -> Result<String> {
        match &self.rest[..] {
            [one] => Ok(one.clone()),
            [] => Err(Error::line(format!("{what} is missing"))),
            [_, more, ..] => Err(Error::line(format!("{more} is one word too many"))
                .hint("a value with blanks in it is quoted")),
        }
    }
}

pub fn needed(value: Option<&str>, what: &str) -> Result<String> {
    value
        .map(String::from)
        .ok_or_else(|| Error::line(format!("{what} is missing")))
}
