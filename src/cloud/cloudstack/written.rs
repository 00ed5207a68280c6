//! Catalogues that are written as what differs from CloudStack's: such a text and CloudStack's own APIs in, APIs out.

use std::collections::HashMap;

use crate::catalog::rules::Rule;
use crate::catalog::{Api, Field, Param};

/// Reads the text; the error is the line that cannot be read and why.
pub fn read(text: &str, cloudstack: &[Api]) -> Result<Vec<Api>, String> {
    let known: HashMap<&str, &Api> = cloudstack
        .iter()
        .map(|api| (api.name.as_str(), api))
        .collect();
    let mut without: Vec<&str> = Vec::new();
    let mut apis: Vec<Api> = Vec::new();
    for line in text.lines() {
        let failed = |why: &str| format!("{why}: {line}");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(names) = line.strip_prefix("@without ") {
            without.extend(names.split(' '));
            continue;
        }
        if let Some(words) = line.strip_prefix("  ") {
            let api = apis.last_mut().ok_or_else(|| failed("a rule of nothing"))?;
            api.rules
                .push(rule(words).ok_or_else(|| failed("no rule"))?);
            continue;
        }
        apis.push(api(line, &known, &without).map_err(failed)?);
    }
    Ok(apis)
}

fn api(line: &str, known: &HashMap<&str, &Api>, without: &[&str]) -> Result<Api, &'static str> {
    let mut words = line.split(' ');
    let name = words.next().ok_or("no name")?;
    let mut words = words.peekable();
    let like = words
        .next_if(|word| word.len() > 1 && word.starts_with('~'))
        .map_or(name, |word| &word[1..]);
    let base = known.get(like).ok_or("CloudStack has nothing like it")?;
    let mut api = Api {
        name: name.into(),
        description: base.description.clone(),
        asynchronous: base.asynchronous,
        response: base.response.clone(),
        ..Api::default()
    };
    api.response
        .retain(|field| !without.contains(&field.name.as_str()));
    for word in words {
        if word == "~" {
            api.params = base.params.clone();
        } else if let Some(names) = word.strip_prefix('=') {
            api.response = names.split(',').map(|name| field(name, base)).collect();
        } else if let Some(more) = word.strip_prefix('+') {
            api.response.push(field(more, base));
        } else {
            api.params.push(param(word, base)?);
        }
    }
    Ok(api)
}

/// `name*{[0].key}:type`
fn param(word: &str, base: &Api) -> Result<Param, &'static str> {
    let (word, kind) = word.split_once(':').unwrap_or((word, ""));
    let (word, parts) = match word.split_once('{') {
        Some((word, parts)) => (word, parts.trim_end_matches('}')),
        None => (word, ""),
    };
    let name = word.trim_end_matches('*');
    let own = base.params.iter().find(|param| param.name == name);
    let kind = match own {
        _ if !kind.is_empty() => kind,
        Some(own) => &own.kind,
        None => return Err("CloudStack has no such parameter, and no type is written"),
    };
    let part = |part: &str| Param {
        name: part.into(),
        kind: if part.ends_with("id") {
            "uuid"
        } else {
            "string"
        }
        .into(),
        ..Param::default()
    };
    let parts = parts.split(',').filter(|part| !part.is_empty());
    Ok(Param {
        kind: kind.into(),
        required: word.ends_with('*'),
        members: parts.map(part).collect(),
        name: name.into(),
        description: own.map_or(String::new(), |own| own.description.clone()),
        related: own.map_or(String::new(), |own| own.related.clone()),
        ..Param::default()
    })
}

/// `name`, or `name=other` for one that is as CloudStack's other.
fn field(word: &str, base: &Api) -> Field {
    let (name, like) = word.split_once('=').unwrap_or((word, word));
    let own = base.response.iter().find(|field| field.name == like);
    Field {
        name: name.into(),
        ..own.cloned().unwrap_or_else(|| Field {
            kind: "string".into(),
            ..Field::default()
        })
    }
}

fn rule(words: &str) -> Option<Rule> {
    let (what, rest) = words.split_once(' ')?;
    let names =
        |text: &str| -> Vec<String> { text.split_ascii_whitespace().map(String::from).collect() };
    let all = names(rest);
    Some(match (what, all.as_slice()) {
        ("one", _) => Rule::One(rest.split('|').map(names).collect()),
        ("any", _) => Rule::Any(all),
        ("apart", _) => Rule::Apart(all),
        ("together", _) => Rule::Together(all),
        ("with", [name, other]) => Rule::With(name.clone(), other.clone()),
        ("within", [name, from, to, step @ ..]) => {
            let step = match step {
                [] => 1,
                [step, ..] => step.parse().ok()?,
            };
            Rule::Within(name.clone(), from.parse().ok()?, to.parse().ok()?, step)
        }
        _ => return None,
    })
}
