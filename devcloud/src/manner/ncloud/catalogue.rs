//! What there is to call and how answers look, out of a text: actions with their parameters, records with their fields in
//! their order. `!` is required, `[]` a list, what follows a colon what the values are.

use std::sync::LazyLock;

const TEXT: &str = include_str!("catalogue.txt");

/// An action of the catalogue, offered here or not.
pub struct Action {
    pub service: &'static str,
    pub name: &'static str,
    /// The list in its answer, and what that is a list of; nothing where it has none.
    pub list: Option<(&'static str, &'static str)>,
    pub params: Vec<Field>,
}

/// A parameter, or a field of a record.
pub struct Field {
    pub name: &'static str,
    pub required: bool,
    pub list: bool,
    pub holds: Holds,
}

/// What a value is.
#[derive(Clone, Copy, PartialEq)]
pub enum Holds {
    Text,
    Number,
    Boolean,
    /// A record of that name.
    Record(&'static str),
}

/// The records of which a field may be, besides those of the text.
const CODE: &[&str] = &["code", "codeName"];

static ACTIONS: LazyLock<Vec<Action>> = LazyLock::new(|| {
    let lines = TEXT.lines().filter(|line| !line.starts_with('='));
    lines.filter_map(action).collect()
});
static RECORDS: LazyLock<Vec<(&'static str, Vec<Field>)>> = LazyLock::new(|| {
    let lines = TEXT.lines().filter_map(|line| line.strip_prefix("= "));
    let mut records: Vec<_> = lines.filter_map(record).collect();
    let code = CODE.iter().map(|name| field(name)).collect();
    records.push(("CommonCode", code));
    records
});

fn action(line: &'static str) -> Option<Action> {
    let mut words = line.split(' ');
    let (service, name) = (words.next()?, words.next()?);
    let (list, item) = (words.next()?, words.next()?);
    Some(Action {
        service,
        name,
        list: (list != "-").then_some((list, item)),
        params: words.map(field).collect(),
    })
}

fn record(line: &'static str) -> Option<(&'static str, Vec<Field>)> {
    let (name, fields) = line.split_once(' ')?;
    Some((name, fields.split(' ').map(field).collect()))
}

fn field(word: &'static str) -> Field {
    let (name, holds) = match word.split_once(':') {
        None => (word, Holds::Text),
        Some((name, "n")) => (name, Holds::Number),
        Some((name, "b")) => (name, Holds::Boolean),
        Some((name, record)) => (name, Holds::Record(record)),
    };
    let bare = name.trim_end_matches("[]");
    Field {
        name: bare.trim_end_matches('!'),
        required: bare.ends_with('!'),
        list: name.ends_with("[]"),
        holds,
    }
}

/// The action of a service that has that name.
pub fn find(service: &str, name: &str) -> Option<&'static Action> {
    ACTIONS
        .iter()
        .find(|action| action.service == service && action.name == name)
}

/// All actions of a service.
pub fn of_service(service: &str) -> impl Iterator<Item = &'static Action> {
    ACTIONS
        .iter()
        .filter(move |action| action.service == service)
}

/// The fields of a record.
pub fn fields(record: &str) -> &'static [Field] {
    let found = RECORDS.iter().find(|(name, _)| *name == record);
    found.map_or(&[], |(_, fields)| fields.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_whole() {
        assert_eq!(of_service("vserver").count(), 102);
        assert_eq!(of_service("vpc").count(), 47);
        for action in of_service("vserver").chain(of_service("vpc")) {
            if let Some((list, item)) = action.list {
                assert!(list.ends_with("List"), "{list}");
                assert!(!fields(item).is_empty(), "{item}");
            }
        }
        let server = fields("ServerInstance");
        assert_eq!(server.len(), 40);
        assert!(server[5].holds == Holds::Record("CommonCode"));
        let deploy = find("vserver", "createServerInstances").unwrap();
        let required: Vec<&str> = deploy
            .params
            .iter()
            .filter(|param| param.required)
            .map(|param| param.name)
            .collect();
        assert_eq!(required, ["vpcNo", "subnetNo", "networkInterfaceList"]);
    }
}
