//! What EC2's Query API can be asked, from the table in catalog.txt: APIs with their parameters, parts and fields out.

use std::sync::LazyLock;

use crate::catalog::{Api, Field, Param};

const TABLE: &str = include_str!("catalog.txt");

/// A parameter that takes several values, with commas between.
pub const LIST: &str = "list";

/// An API of the table.
pub struct Action {
    pub api: Api,
    /// The list whose items are the rows of its answer; nothing where that is one thing.
    pub list: Option<&'static str>,
    /// The values of parameters that have a fixed set of them.
    choices: Vec<(&'static str, Vec<&'static str>)>,
    /// The parameters without which CloudStack's servlet does nothing.
    pub needs: Vec<&'static str>,
}

static ACTIONS: LazyLock<Vec<Action>> = LazyLock::new(read);

/// All of the table, in its order.
pub fn actions() -> &'static [Action] {
    &ACTIONS
}

/// The API of that name, in any case.
pub fn action(name: &str) -> Option<&'static Action> {
    let same = |action: &&Action| action.api.name.eq_ignore_ascii_case(name);
    actions().iter().find(same)
}

/// The name as it goes over the wire: `DescribeInstances` of describeInstances.
pub fn on_the_wire(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

impl Action {
    /// The fixed values of a parameter.
    pub fn choices(&self, param: &str) -> &[&'static str] {
        let mut choices = self.choices.iter();
        choices
            .find(|(name, _)| *name == param)
            .map_or(&[], |(_, values)| values)
    }
}

fn read() -> Vec<Action> {
    let mut shapes: Vec<(&str, &str)> = Vec::new();
    let mut actions: Vec<Action> = Vec::new();
    for line in TABLE.lines() {
        let Some((mark, rest)) = line.split_at_checked(1) else {
            continue;
        };
        match (mark, actions.last_mut()) {
            ("#", _) => {}
            ("@", _) => shapes.extend(rest.split_once(' ')),
            ("!" | "+" | "-", Some(action)) => param(action, mark, rest.trim_start()),
            ("=", Some(action)) => answer(action, rest, &shapes),
            _ => actions.extend(line.split_once(" | ").map(named)),
        }
    }
    actions
}

/// An API as its first line has it; it is called with a small first letter, so that its verb shows.
fn named((name, about): (&'static str, &'static str)) -> Action {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    Action {
        api: Api {
            name: first.into_iter().chain(letters).collect(),
            description: about.into(),
            ..Api::default()
        },
        list: None,
        choices: Vec::new(),
        needs: Vec::new(),
    }
}

fn param(action: &mut Action, mark: &str, line: &'static str) {
    let (line, values) = match line.split_once(" =") {
        Some((line, values)) => (line, values.split(',').collect()),
        None => (line, Vec::new()),
    };
    let mut words = line.split(' ');
    let (name, kind) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or("string"),
    );
    let (name, required) = match name.strip_suffix('*') {
        Some(name) => (name, true),
        None => (name, false),
    };
    if !values.is_empty() {
        action.choices.push((name, values));
    }
    if mark == "!" {
        action.needs.push(name);
    }
    action.api.params.push(Param {
        name: name.into(),
        description: match mark {
            "!" if !required => "CloudStack needs it".into(),
            "-" => "CloudStack takes no notice of it".into(),
            _ => String::new(),
        },
        kind: kind.into(),
        required,
        members: words.map(member).collect(),
        ..Param::default()
    });
}

/// `.1.Ebs.VolumeSize:integer`
fn member(word: &str) -> Param {
    let (name, kind) = word.split_once(':').unwrap_or((word, "string"));
    Param {
        name: name.into(),
        kind: kind.into(),
        ..Param::default()
    }
}

/// ` instancesSet : reservationId @Instance`
fn answer(action: &mut Action, line: &'static str, shapes: &[(&str, &'static str)]) {
    let (list, told) = line.split_once(':').unwrap_or(("", line));
    action.list = Some(list.trim()).filter(|list| !list.is_empty());
    let whole = |word: &'static str| {
        let shape = word.strip_prefix('@');
        let known = shape.and_then(|name| shapes.iter().find(|(known, _)| *known == name));
        known.map_or(word, |(_, text)| text)
    };
    let told: Vec<&str> = told.split_ascii_whitespace().map(whole).collect();
    action.api.response = fields(&mut told.join(" ").as_str());
}

/// Fields up to the end or a bracket that closes: `name size:integer tagSet[key value] state{code:integer}`.
fn fields(text: &mut &str) -> Vec<Field> {
    let mut found = Vec::new();
    loop {
        *text = text.trim_start();
        let end = text.find([' ', '[', ']', '{', '}']).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        *text = rest;
        let (name, kind) = word.split_once(':').unwrap_or((word, "string"));
        let mut field = Field {
            name: name.into(),
            kind: kind.into(),
            ..Field::default()
        };
        if let Some(inner) = text.strip_prefix(['[', '{']) {
            field.kind = if text.starts_with('[') {
                LIST.into()
            } else {
                "responseobject".into()
            };
            *text = inner;
            field.response = fields(text);
        }
        if !word.is_empty() {
            found.push(field);
        }
        if text.is_empty() {
            return found;
        }
        if let Some(rest) = text.strip_prefix([']', '}']) {
            *text = rest;
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::PARTS;

    #[test]
    fn the_table_has_all_that_the_servlet_knew_with_parameters_and_fields() {
        // The 42 actions of Amazon's API, and six of the servlet's own.
        assert_eq!(actions().len(), 42 + 6);
        let params: usize = actions().iter().map(|one| one.api.params.len()).sum();
        // Those of Amazon's API, `size`, which CloudStack adds, and those of the servlet's own.
        assert_eq!(params, 288 + 1 + 6);
        for Action { api, .. } in actions() {
            assert!(
                !api.description.is_empty() && !api.response.is_empty(),
                "{}",
                api.name
            );
            for param in &api.params {
                let kinds = [
                    "string", "boolean", "integer", "long", "date", "blob", LIST, PARTS,
                ];
                assert!(
                    kinds.contains(&param.kind.as_str()),
                    "{} {param:?}",
                    api.name
                );
                let parted = param.kind == LIST || param.kind == PARTS;
                assert_eq!(parted, !param.members.is_empty(), "{} {param:?}", api.name);
            }
        }
    }

    #[test]
    fn fields_are_read_with_what_is_in_them() {
        let instances = &action("DescribeInstances").unwrap().api;
        let field = |fields: &[Field], name: &str| {
            fields
                .iter()
                .find(|field| field.name == name)
                .cloned()
                .unwrap()
        };
        let state = field(&instances.response, "instanceState");
        assert_eq!(field(&state.response, "code").kind, "integer");
        let disks = field(&instances.response, "blockDeviceMapping");
        assert_eq!(disks.kind, LIST);
        assert_eq!(
            field(&field(&disks.response, "ebs").response, "volumeId").kind,
            "string"
        );
        assert_eq!(instances.response.last().unwrap().name, "ipAddress");
    }

    #[test]
    fn names_are_the_wires_own_but_for_their_first_letter() {
        for Action { api, .. } in actions() {
            let wire = on_the_wire(&api.name);
            assert!(TABLE.contains(&format!("\n{wire} | ")), "{wire}");
        }
        assert_eq!(
            action("cloudec2version").unwrap().api.name,
            "cloudEC2Version"
        );
        assert_eq!(on_the_wire(""), "");
    }
}
