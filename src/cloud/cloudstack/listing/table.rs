//! The lines of lists.txt, and which parameters they are about.

use crate::catalog::Api;

const TABLE: &str = include_str!("../lists.txt");

/// A list and what it is the list of.
#[derive(Debug, Default)]
pub struct Line {
    /// `-` where no list has the values.
    pub list: &'static str,
    pub within: Vec<&'static str>,
    pub value: &'static str,
    /// What the call is given where it was not typed.
    pub fixed: Vec<(&'static str, &'static str)>,
    /// What the call is given of what was typed under another name.
    pub taken: Vec<(&'static str, &'static str)>,
    /// What was typed of something else than the things listed.
    pub barred: Vec<&'static str>,
    pub patterns: Vec<&'static str>,
}

/// The lines, those of `more` first.
pub fn lines(more: &'static str) -> impl Iterator<Item = Line> {
    more.lines().chain(TABLE.lines()).filter_map(line)
}

fn line(text: &'static str) -> Option<Line> {
    let (call, patterns) = text.split_once(" : ")?;
    if call.starts_with('#') {
        return None;
    }
    let mut words = call.split(' ');
    let list = words.next()?;
    let (list, path) = list.split_once('@').unwrap_or((list, "id"));
    let mut within: Vec<&str> = path.split('.').collect();
    let value = within.pop()?;
    let mut line = Line {
        list,
        within,
        value,
        patterns: patterns.split(' ').collect(),
        ..Line::default()
    };
    for word in words {
        if let Some(name) = word.strip_prefix('!') {
            line.barred.push(name);
        } else if let Some(taken) = word.split_once('<') {
            line.taken.push(taken);
        } else if let Some(fixed) = word.split_once('=') {
            line.fixed.push(fixed);
        }
    }
    Some(line)
}

impl Line {
    /// Whether it is about that parameter of the API, which may be a member of a map: `iptonetworklist[0].networkid`.
    pub fn fits(&self, api: &Api, param: &str, given: &[&(String, String)]) -> bool {
        let base = param.split('[').next().unwrap_or(param);
        let own = match member(param) {
            Some(member) => format!("{base}.{member}"),
            None => base.to_string(),
        };
        // Whatever map it is in, an id is an id.
        let alone = member(param).filter(|member| member.ends_with("id"));
        self.patterns.iter().any(|pattern| {
            let (pattern, condition) = match pattern.split_once('[') {
                Some((pattern, condition)) => (pattern, Some(condition.trim_end_matches(']'))),
                None => (*pattern, None),
            };
            let Some((of, names)) = pattern.split_once('.') else {
                return false;
            };
            let named = is_like(names, &own)
                || alone.is_some_and(|alone| of == "*" && is_like(names, alone));
            named
                && is_like(of, &api.name)
                && condition.is_none_or(|condition| met(condition, given))
        })
    }
}

/// The name of a member of a map: `networkid` of `iptonetworklist[0].networkid`.
pub fn member(param: &str) -> Option<&str> {
    param.split_once("].").map(|(_, member)| member)
}

fn met(condition: &str, given: &[&(String, String)]) -> bool {
    let Some((wanted, is)) = condition.split_once('=') else {
        return false;
    };
    given
        .iter()
        .any(|(name, value)| name == wanted && value.eq_ignore_ascii_case(is))
}

/// Whether a text is as a pattern, in which a `*` is anything.
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
    }
}
