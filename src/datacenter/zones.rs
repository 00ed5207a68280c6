//! The whole file to its steps: settings of the cloud, then each zone from its first call to the one that enables it.

use std::collections::HashMap;

use super::node::{Node, wrong};
use super::plan::{Look, Param, Params, Plan, Step, When};
use crate::error::{Error, Result};

const TOP: &[&str] = &[
    "zones",
    "globalConfig",
    "mgtSvr",
    "dbSvr",
    "logger",
    "TestData",
    "ApiLoadCfg",
];
const ZONE: &[&str] = &[
    "name",
    "dns1",
    "dns2",
    "internaldns1",
    "internaldns2",
    "networktype",
    "securitygroupenabled",
    "localstorageenabled",
    "guestcidraddress",
    "domain",
    "networkofferingname",
    "enabled",
    "details",
    "physical_networks",
    "ipranges",
    "pods",
    "primaryStorages",
    "secondaryStorages",
    "cacheStorages",
    "vmwaredc",
];

/// A zone in work: what its parts have to know of it.
pub struct Zone {
    /// The name under which it is kept.
    pub kept: String,
    pub basic: bool,
    pub secure: bool,
    /// Whether a physical network of it carries public traffic.
    pub public: bool,
    /// The name under which the guests' shared network is kept.
    pub guests: Option<String>,
}

/// Gathers the steps.
#[derive(Default)]
pub struct Writer {
    pub plan: Plan,
    names: HashMap<&'static str, usize>,
}

pub fn plan(top: &Node) -> Result<Plan> {
    let mut writer = Writer::default();
    top.only(TOP, &mut writer.plan.notes)?;
    for setting in top.list("globalConfig")? {
        writer.setting(&setting)?;
    }
    let zones = top.list("zones")?;
    unlike(&zones, "name")?;
    for zone in &zones {
        writer.zone(zone)?;
    }
    if writer.plan.steps.is_empty() {
        return Err(Error::line(
            "there is nothing to be built in it: it has neither zones nor globalConfig",
        ));
    }
    Ok(writer.plan)
}

impl Writer {
    /// A name for something kept, with a number from the second on.
    pub fn name(&mut self, base: &'static str) -> String {
        let count = self.names.entry(base).or_default();
        *count += 1;
        match *count {
            1 => base.to_string(),
            count => format!("{base}{count}"),
        }
    }

    pub fn step(&mut self, step: Step) {
        self.plan.steps.push(step);
    }

    fn setting(&mut self, setting: &Node) -> Result<()> {
        setting.only(&["name", "value"], &mut self.plan.notes)?;
        let name = setting.required("name")?;
        let value = setting.required("value")?;
        self.step(Step {
            path: setting.path.clone(),
            api: "updateConfiguration",
            params: vec![text("name", &name), text("value", &value)],
            about: name.clone(),
            keeps: None,
            when: When::Unlisted(Look {
                api: "listConfigurations",
                params: vec![text("name", &name)],
                rows: vec![vec![("name", name), ("value", value)]],
            }),
        });
        Ok(())
    }

    fn zone(&mut self, node: &Node) -> Result<()> {
        node.only(ZONE, &mut self.plan.notes)?;
        let name = node.required("name")?;
        let kind = node.required("networktype")?;
        let basic = match kind.to_ascii_lowercase().as_str() {
            "basic" => true,
            "advanced" => false,
            _ => {
                let path = node.at("networktype");
                return Err(wrong(&path, "Basic or Advanced", &kind));
            }
        };
        let secure = basic || node.flag("securitygroupenabled")?.unwrap_or(false);
        let mut params = vec![text("name", &name), text("networktype", &kind)];
        params.push(text("dns1", &node.required("dns1")?));
        take(&mut params, node, &["dns2"])?;
        params.push(text("internaldns1", &node.required("internaldns1")?));
        take(&mut params, node, &["internaldns2"])?;
        if !secure {
            take(&mut params, node, &["guestcidraddress"])?;
        }
        for flag in ["securitygroupenabled", "localstorageenabled"] {
            if let Some(value) = node.flag(flag)? {
                params.push(text(flag, &value.to_string()));
            }
        }
        take(&mut params, node, &["domain"])?;
        let mut zone = Zone {
            kept: self.name("zone"),
            basic,
            secure,
            public: false,
            guests: None,
        };
        self.step(Step {
            path: node.path.clone(),
            api: "createZone",
            params,
            about: name.clone(),
            keeps: Some(zone.kept.clone()),
            when: When::Unlisted(Look {
                api: "listZones",
                params: vec![text("name", &name)],
                rows: vec![vec![("name", name.clone())]],
            }),
        });
        self.networks(node, &mut zone)?;
        self.pods(node, &mut zone)?;
        self.stores(node, &zone)?;
        let told = |api, params, when| Step {
            path: node.path.clone(),
            api,
            params,
            about: name.clone(),
            keeps: None,
            when,
        };
        if node.flag("enabled")?.unwrap_or(true) {
            self.step(told(
                "updateZone",
                vec![id("id", &zone.kept), text("allocationstate", "Enabled")],
                When::Unlike {
                    kept: zone.kept.clone(),
                    field: "allocationstate",
                    value: "Enabled",
                },
            ));
        }
        let details = details(node, "details")?;
        if !details.is_empty() {
            let mut params = vec![id("id", &zone.kept)];
            params.extend(details);
            self.step(Step {
                about: format!("{name}, its details"),
                ..told("updateZone", params, When::Always)
            });
        }
        Ok(())
    }
}

pub fn text(name: &str, value: &str) -> (String, Param) {
    (name.into(), Param::Text(value.into()))
}

pub fn id(name: &str, kept: &str) -> (String, Param) {
    (name.into(), Param::Id(kept.into()))
}

/// Takes values over under their own names; those that are missing are left out.
pub fn take(params: &mut Params, node: &Node, keys: &[&str]) -> Result<()> {
    for key in keys {
        if let Some(value) = node.text(key)? {
            params.push(text(key, &value));
        }
    }
    Ok(())
}

/// The members of a map, numbered: an object's as key and value, a list's objects as they are.
pub fn details(node: &Node, key: &str) -> Result<Params> {
    let mut params = Vec::new();
    if node.is_list(key) {
        for (place, entry) in node.list(key)?.iter().enumerate() {
            for (name, value) in entry.members()? {
                params.push(text(&format!("{key}[{place}].{name}"), &value));
            }
        }
    } else if let Some(map) = node.object(key)? {
        for (place, (name, value)) in map.members()?.iter().enumerate() {
            params.push(text(&format!("{key}[{place}].key"), name));
            params.push(text(&format!("{key}[{place}].value"), value));
        }
    }
    Ok(params)
}

/// Refuses two of one name in a list: the second would be taken for the first.
pub fn unlike(nodes: &[Node], key: &str) -> Result<()> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for node in nodes {
        let name = node.required(key)?;
        if let Some(first) = seen.insert(name.to_lowercase(), &node.path) {
            return Err(Error::line(format!(
                "{} and {first} have the same {key}, {name}",
                node.path
            )));
        }
    }
    Ok(())
}
