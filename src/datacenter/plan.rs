//! The calls that build a datacentre, in their order, and each as a line that can be typed.

use crate::catalog::Entry;
use crate::line::secrets::{STRUCK, is_secret_of};
use crate::line::words::quote;

/// All calls of a file, and what is to be said of it.
#[derive(Debug, Default)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// What of the file is not used.
    pub notes: Vec<String>,
}

/// A value of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Param {
    Text(String),
    /// The id of what an earlier step kept under this name.
    Id(String),
}

pub type Params = Vec<(String, Param)>;

/// When a call is to be made.
#[derive(Clone, Debug)]
pub enum When {
    Always,
    /// Where a list does not show what it would make.
    Unlisted(Look),
    /// Where a field of something kept has another value.
    Unlike {
        kept: String,
        field: &'static str,
        value: &'static str,
    },
    /// It lists, and the row of this name is kept; where there is none, this API makes it with the same parameters.
    Find {
        name: Option<String>,
        otherwise: Option<&'static str>,
    },
}

/// How to see that something is there: a list, and the fields of the row that it would be, of which one set has to fit.
#[derive(Clone, Debug)]
pub struct Look {
    pub api: &'static str,
    pub params: Params,
    pub rows: Vec<Vec<(&'static str, String)>>,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where in the file it comes from.
    pub path: String,
    pub api: &'static str,
    pub params: Params,
    /// What it is on, for people; holds no secret.
    pub about: String,
    /// The name under which later calls find what it gave.
    pub keeps: Option<String>,
    pub when: When,
}

impl Step {
    /// The values that are known already, for what is decided by them.
    fn texts(&self) -> Vec<(String, String)> {
        let text = |(name, param): &(String, Param)| match param {
            Param::Text(text) => Some((name.clone(), text.clone())),
            Param::Id(_) => None,
        };
        self.params.iter().filter_map(text).collect()
    }

    /// The call as it could be typed, with `$name.id` for ids that an earlier line gives; without secrets.
    pub fn line(&self) -> String {
        let mut line = self.words(self.api);
        if let Some(name) = &self.keeps {
            line.insert_str(0, &format!("let {name} = "));
        }
        if let When::Find {
            otherwise: Some(api),
            ..
        } = self.when
        {
            line.push_str(&format!("\n# where there is none: {}", self.words(api)));
        }
        line
    }

    fn words(&self, api: &str) -> String {
        let entry = Entry {
            name: api.into(),
            asynchronous: false,
        };
        let mut line = format!("{} {}", entry.verb(), entry.noun());
        let texts = self.texts();
        for (name, param) in &self.params {
            line.push(' ');
            line.push_str(&match param {
                Param::Id(kept) => format!("{name}=${kept}.id"),
                Param::Text(_) if is_secret_of(api, &texts, name) => format!("{name}={STRUCK}"),
                Param::Text(text) if name == "url" => quote(&format!("{name}={}", public(text))),
                // A value that begins with @ would be read as a file's name.
                Param::Text(text) if text.starts_with('@') => quote(&format!("{name}=@{text}")),
                Param::Text(text) => quote(&format!("{name}={text}")),
            });
        }
        line
    }
}

/// A URL without the password that it may hold, before its host or in its query.
pub fn public(url: &str) -> String {
    let (url, query) = match url.split_once('?') {
        Some((url, _)) => (url, format!("?{STRUCK}")),
        None => (url, String::new()),
    };
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host_ends = rest.find('/').unwrap_or(rest.len());
    let rest = match rest[..host_ends].rfind('@') {
        Some(at) => format!("{STRUCK}{}", &rest[at..]),
        None => rest.to_string(),
    };
    match scheme {
        "" => format!("{rest}{query}"),
        scheme => format!("{scheme}://{rest}{query}"),
    }
}
