//! The actions of the services as the program carries them: catalogue.txt in, the APIs of a platform out, and the service
//! that an action belongs to. catalogue.py makes the text.

use std::collections::{BTreeMap, BTreeSet};

use super::{rules, waits};
use crate::catalog::{Api, Field, Param};

const TEXT: &str = include_str!("catalogue.txt");

/// The parameter that says how an answer is written; every action takes it.
pub const FORMAT: &str = "responseFormatType";

/// The services of the older platform.
const CLASSIC: [&str; 3] = ["server", "loadbalancer", "autoscaling"];

/// What a name means that services share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// The services of the VPC platform come first, and the classic ones have what only they have.
    Vpc,
    Classic,
}

/// Where an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    pub service: &'a str,
    pub action: &'a str,
}

/// What a field or parameter is, as the text has it after its name.
#[derive(Clone, Copy)]
enum Shape<'a> {
    Plain(&'a str),
    Thing(&'a str),
    List,
    Things(&'a str),
}

/// The types of a service: their fields by their names.
type Objects = BTreeMap<&'static str, Vec<&'static str>>;

impl Platform {
    fn has(self, service: &str) -> bool {
        self == Platform::Vpc || CLASSIC.contains(&service)
    }

    /// Whether an action is one of the older platform's.
    pub fn is_classic(self, name: &str) -> bool {
        CLASSIC.contains(&self.place(name).service)
    }

    /// Where the action of that name is, `SERVICE/ACTION` or an action alone: the first service that has it counts.
    pub fn place(self, name: &str) -> Place<'_> {
        if let Some((service, action)) = name.split_once('/') {
            return Place { service, action };
        }
        let own = services().filter(|(service, _)| self.has(service));
        let has = |lines: &Vec<&str>| {
            let mut lines = lines.iter();
            lines.any(|line| line.split(' ').next() == Some(name))
        };
        let found = own.filter(|(_, lines)| has(lines)).map(|(own, _)| own);
        let usual = match self {
            Platform::Vpc => "vserver",
            Platform::Classic => CLASSIC[0],
        };
        Place {
            service: found.into_iter().next().unwrap_or(usual),
            action: name,
        }
    }

    /// The APIs; what a service before has by the same name is called `SERVICE/ACTION`.
    pub fn apis(self) -> Vec<Api> {
        let mut apis = Vec::new();
        let mut names = BTreeSet::new();
        for (service, lines) in services().filter(|(service, _)| self.has(service)) {
            let objects = objects(&lines);
            for line in lines.iter().filter(|line| !line.starts_with('=')) {
                let Some(api) = api(line, &objects) else {
                    continue;
                };
                let known = !names.insert(api.name.clone());
                apis.push(match known {
                    true => Api {
                        name: format!("{service}/{}", api.name),
                        ..api
                    },
                    false => api,
                });
            }
        }
        apis
    }
}

/// The action's own name, without the service that may stand before it.
pub fn action(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Whether an action of a service takes that parameter.
pub fn takes(service: &str, action: &str, param: &str) -> bool {
    let mut services = services();
    let lines = services.find(|(own, _)| *own == service);
    let lines = lines.map_or(Vec::new(), |(_, lines)| lines);
    let line = lines
        .iter()
        .find(|line| line.split(' ').next() == Some(action));
    line.is_some_and(|line| {
        let mut words = line.split(' ').skip(2);
        words.any(|word| taken_apart(word).0 == param)
    })
}

/// The services with their lines, those of the VPC platform first.
fn services() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    TEXT.split("\n@ ").skip(1).map(|part| {
        let mut lines = part.lines();
        (lines.next().unwrap_or_default(), lines.collect())
    })
}

fn objects(lines: &[&'static str]) -> Objects {
    let types = lines.iter().filter_map(|line| line.strip_prefix("= "));
    types
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.collect()))
        })
        .collect()
}

fn api(line: &'static str, objects: &Objects) -> Option<Api> {
    let mut words = line.split(' ');
    let (name, rows) = (words.next()?, words.next()?);
    let mut params: Vec<Param> = words.map(|word| param("", word, objects)).collect();
    params.push(Param {
        name: FORMAT.into(),
        kind: "string".into(),
        ..Param::default()
    });
    let response = match rows.strip_prefix('-') {
        Some(fields) => fields
            .split(',')
            .filter(|name| !name.is_empty())
            .map(|name| field(name, objects))
            .collect(),
        None => fields(rows, objects),
    };
    let api = Api {
        name: name.into(),
        asynchronous: waits::waits(name),
        params,
        response,
        ..Api::default()
    };
    Some(Api {
        rules: rules::of(&api),
        ..api
    })
}

fn fields(kind: &str, objects: &Objects) -> Vec<Field> {
    let words = objects.get(kind).map_or(&[][..], Vec::as_slice);
    words.iter().map(|word| field(word, objects)).collect()
}

fn field(word: &str, objects: &Objects) -> Field {
    let (name, shape, _) = taken_apart(word);
    let (kind, response) = match shape {
        Shape::Plain(kind) => (kind, Vec::new()),
        Shape::Thing(kind) => ("responseobject", fields(kind, objects)),
        Shape::List => ("list", Vec::new()),
        Shape::Things(kind) => ("list", fields(kind, objects)),
    };
    Field {
        name: name.into(),
        kind: kind.into(),
        response,
        ..Field::default()
    }
}

/// A parameter, or the part of one that begins so.
fn param(lead: &str, word: &str, objects: &Objects) -> Param {
    let (name, shape, required) = taken_apart(word);
    let (kind, members) = match shape {
        Shape::Plain(kind) => (kind, Vec::new()),
        Shape::Thing(of) => ("map", parts(".", of, objects)),
        Shape::List => (
            "list",
            vec![Param {
                name: ".1".into(),
                kind: "string".into(),
                ..Param::default()
            }],
        ),
        Shape::Things(of) => ("list", parts(".1.", of, objects)),
    };
    Param {
        name: format!("{lead}{name}"),
        kind: kind.into(),
        required,
        members,
        ..Param::default()
    }
}

/// The parts of a parameter of that type, those of its parts among them.
fn parts(lead: &str, kind: &str, objects: &Objects) -> Vec<Param> {
    let words = objects.get(kind).map_or(&[][..], Vec::as_slice);
    let mut all = Vec::new();
    for word in words {
        let mut part = param(lead, word, objects);
        let inner = std::mem::take(&mut part.members);
        let lead = part.name.clone();
        all.push(part);
        all.extend(inner.into_iter().map(|inner| Param {
            name: format!("{lead}{}", inner.name),
            ..inner
        }));
    }
    all
}

/// Name, what it is, and whether it is required.
fn taken_apart(word: &str) -> (&str, Shape<'_>, bool) {
    let (bare, required) = match word.strip_suffix('!') {
        Some(bare) => (bare, true),
        None => (word, false),
    };
    let (name, kind) = bare.split_once(':').unwrap_or((bare, ""));
    let list = kind
        .strip_prefix('[')
        .and_then(|kind| kind.strip_suffix(']'));
    let shape = match (kind, list) {
        ("", _) => Shape::Plain("string"),
        ("i", _) => Shape::Plain("integer"),
        ("l", _) => Shape::Plain("long"),
        ("f", _) => Shape::Plain("float"),
        ("b", _) => Shape::Plain("boolean"),
        (_, Some("")) => Shape::List,
        (_, Some(kind)) => Shape::Things(kind),
        (kind, None) => Shape::Thing(kind),
    };
    (name, shape, required)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn each_service_has_its_actions() {
        let counts: Vec<(&str, usize)> = services()
            .map(|(service, lines)| {
                let actions = lines.iter().filter(|line| !line.starts_with('='));
                (service, actions.count())
            })
            .collect();
        assert_eq!(
            counts,
            [
                ("vserver", 102),
                ("vpc", 47),
                ("vloadbalancer", 26),
                ("vautoscaling", 22),
                ("vnas", 17),
                ("server", 76),
                ("loadbalancer", 12),
                ("autoscaling", 23),
            ]
        );
        // Each has a name of its own.
        let of = |platform: Platform| Catalog::of(platform.apis()).len();
        assert_eq!((of(Platform::Vpc), of(Platform::Classic)), (325, 111));
    }

    #[test]
    fn every_type_that_is_named_is_there() {
        for (service, lines) in services() {
            let objects = objects(&lines);
            for line in &lines {
                let line = line.strip_prefix("= ").unwrap_or(line);
                for word in line.split(' ').skip(1) {
                    if let (_, Shape::Thing(kind) | Shape::Things(kind), _) = taken_apart(word) {
                        assert!(objects.contains_key(kind), "{service} {word}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_shared_name_is_the_vpc_service_and_others_have_theirs_before() {
        for (platform, name, service, action) in [
            (Platform::Vpc, "getServerInstanceList", "vserver", None),
            (Platform::Classic, "getServerInstanceList", "server", None),
            (Platform::Vpc, "createVpc", "vpc", None),
            (Platform::Vpc, "createInstanceTags", "server", None),
            (Platform::Vpc, "createNasVolumeInstance", "vnas", None),
            (
                Platform::Vpc,
                "server/getZoneList",
                "server",
                Some("getZoneList"),
            ),
            (Platform::Vpc, "vmysql/getX", "vmysql", Some("getX")),
            (Platform::Classic, "getX", "server", None),
        ] {
            let action = action.unwrap_or(name);
            assert_eq!(platform.place(name), Place { service, action }, "{name}");
        }
        let catalog = Catalog::of(Platform::Vpc.apis());
        let has = |api: &str, param: &str| {
            let api = catalog.api(api).unwrap().unwrap();
            api.param(param).is_some()
        };
        assert!(has("getServerInstanceList", "vpcNo"));
        assert!(has("server/getServerInstanceList", "zoneNo"));
        assert!(!has("server/getServerInstanceList", "vpcNo"));
    }

    #[test]
    fn lists_of_things_have_their_parts() {
        let catalog = Catalog::of(Platform::Vpc.apis());
        let api = catalog.api("createServerInstances").unwrap().unwrap();
        let required: Vec<&str> = api
            .params
            .iter()
            .filter(|param| param.required)
            .map(|param| param.name.as_str())
            .collect();
        assert_eq!(required, ["vpcNo", "subnetNo", "networkInterfaceList"]);
        for (typed, spelt) in [
            (
                "networkinterfacelist.2.networkinterfaceorder",
                Some("networkInterfaceList.2.networkInterfaceOrder"),
            ),
            (
                "networkinterfacelist.1.accesscontrolgroupnolist.3",
                Some("networkInterfaceList.1.accessControlGroupNoList.3"),
            ),
            (
                "networkinterfacelist.1.accesscontrolgroupnolist",
                Some("networkInterfaceList.1.accessControlGroupNoList"),
            ),
            ("networkinterfacelist.1.nothing", None),
        ] {
            let found = api.spelt(typed).map(|(_, spelt)| spelt);
            assert_eq!(found.as_deref(), spelt, "{typed}");
        }
        let key = catalog.api("createLoginKey").unwrap().unwrap();
        let fields: Vec<&str> = key.response.iter().map(|field| &*field.name).collect();
        assert_eq!(fields, ["keyName", "privateKey"]);
    }
}
