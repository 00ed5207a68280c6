//! A zone's networks to steps: physical networks with traffic and providers, the guests' shared network, ranges of addresses.

use super::node::Node;
use super::plan::{Look, Params, Step, When};
use super::zones::{Writer, Zone, id, take, text, unlike};
use crate::error::{Error, Result};

/// The keys of a traffic type that name a hypervisor's network, and their parameters.
const LABELS: [(&str, &str); 3] = [
    ("kvm", "kvmnetworklabel"),
    ("xen", "xennetworklabel"),
    ("vmware", "vmwarenetworklabel"),
];

/// The guests' network where security groups keep machines apart.
const SHARED: &str = "DefaultSharedNetworkOfferingWithSGService";
/// The same where machines have public addresses besides.
const ELASTIC: &str = "DefaultSharedNetscalerEIPandELBNetworkOffering";

impl Writer {
    /// Physical networks first, then what the guests share.
    pub fn networks(&mut self, node: &Node, zone: &mut Zone) -> Result<()> {
        let networks = node.list("physical_networks")?;
        unlike(&networks, "name")?;
        for network in &networks {
            self.physical(network, zone)?;
        }
        if zone.secure {
            self.guests(node, zone)?;
        }
        Ok(())
    }

    fn physical(&mut self, node: &Node, zone: &mut Zone) -> Result<()> {
        let keys = [
            "name",
            "vlan",
            "broadcastdomainrange",
            "isolationmethods",
            "tags",
            "traffictypes",
            "providers",
        ];
        node.only(&keys, &mut self.plan.notes)?;
        let name = node.required("name")?;
        let kept = self.name("physicalnetwork");
        let mut params = vec![id("zoneid", &zone.kept), text("name", &name)];
        take(&mut params, node, &["vlan", "broadcastdomainrange"])?;
        for key in ["isolationmethods", "tags"] {
            if let Some(texts) = node.texts(key)? {
                params.push(text(key, &texts));
            }
        }
        self.step(Step {
            path: node.path.clone(),
            api: "createPhysicalNetwork",
            params,
            about: name.clone(),
            keeps: Some(kept.clone()),
            when: When::Unlisted(Look {
                api: "listPhysicalNetworks",
                params: vec![id("zoneid", &zone.kept), text("name", &name)],
                rows: vec![vec![("name", name.clone())]],
            }),
        });
        let traffic = node.list("traffictypes")?;
        unlike(&traffic, "typ")?;
        for traffic in &traffic {
            self.traffic(traffic, &kept, zone)?;
        }
        let providers = node.list("providers")?;
        unlike(&providers, "name")?;
        for provider in &providers {
            self.provider(provider, &kept)?;
        }
        let mut params = vec![id("id", &kept), text("state", "Enabled")];
        take(&mut params, node, &["vlan"])?;
        self.step(Step {
            path: node.path.clone(),
            api: "updatePhysicalNetwork",
            params,
            about: name,
            keeps: None,
            when: When::Unlike {
                kept,
                field: "state",
                value: "Enabled",
            },
        });
        Ok(())
    }

    fn traffic(&mut self, node: &Node, network: &str, zone: &mut Zone) -> Result<()> {
        let keys = ["typ", "simulator", "kvm", "xen", "vmware"];
        node.only(&keys, &mut self.plan.notes)?;
        let kind = node.required("typ")?;
        zone.public |= kind.eq_ignore_ascii_case("public");
        let mut params = vec![id("physicalnetworkid", network), text("traffictype", &kind)];
        for (key, param) in LABELS {
            if let Some(label) = node.text(key)? {
                params.push(text(param, &label));
            }
        }
        self.step(Step {
            path: node.path.clone(),
            api: "addTrafficType",
            params,
            about: kind.clone(),
            keeps: None,
            when: When::Unlisted(Look {
                api: "listTrafficTypes",
                params: vec![id("physicalnetworkid", network)],
                rows: vec![vec![("traffictype", kind)]],
            }),
        });
        Ok(())
    }

    /// A provider is there with its physical network as a rule; it is made ready and put to use.
    fn provider(&mut self, node: &Node, network: &str) -> Result<()> {
        let keys = ["name", "broadcastdomainrange", "devices"];
        node.only(&keys, &mut self.plan.notes)?;
        if !node.list("devices")?.is_empty() {
            let note = "has devices, which are not added: add them by their own calls";
            self.plan.notes.push(format!("{} {note}", node.path));
        }
        let name = node.required("name")?;
        let kept = self.name("provider");
        let step = |api, params, keeps, when| Step {
            path: node.path.clone(),
            api,
            params,
            about: name.clone(),
            keeps,
            when,
        };
        self.step(step(
            "listNetworkServiceProviders",
            vec![text("name", &name), id("physicalnetworkid", network)],
            Some(kept.clone()),
            When::Find {
                name: Some(name.clone()),
                otherwise: Some("addNetworkServiceProvider"),
            },
        ));
        let element = match name.as_str() {
            "VirtualRouter" | "VpcVirtualRouter" => {
                Some(("listVirtualRouterElements", "configureVirtualRouterElement"))
            }
            "InternalLbVm" => Some((
                "listInternalLoadBalancerElements",
                "configureInternalLoadBalancerElement",
            )),
            _ => None,
        };
        if let Some((list, configure)) = element {
            let element = self.name("element");
            self.step(step(
                list,
                vec![id("nspid", &kept)],
                Some(element.clone()),
                When::Find {
                    name: None,
                    otherwise: None,
                },
            ));
            self.step(step(
                configure,
                vec![id("id", &element), text("enabled", "true")],
                None,
                When::Unlike {
                    kept: element,
                    field: "enabled",
                    value: "true",
                },
            ));
        }
        self.step(step(
            "updateNetworkServiceProvider",
            vec![id("id", &kept), text("state", "Enabled")],
            None,
            When::Unlike {
                kept,
                field: "state",
                value: "Enabled",
            },
        ));
        Ok(())
    }

    /// The shared network of a zone with security groups; in an Advanced one it takes the first range of addresses.
    fn guests(&mut self, node: &Node, zone: &mut Zone) -> Result<()> {
        let usual = match zone.basic && zone.public {
            true => ELASTIC,
            false => SHARED,
        };
        let offering = node.text("networkofferingname")?;
        let offering = offering.unwrap_or_else(|| usual.into());
        let offered = self.name("networkoffering");
        self.step(Step {
            path: node.path.clone(),
            api: "listNetworkOfferings",
            params: vec![text("name", &offering)],
            about: offering.clone(),
            keeps: Some(offered.clone()),
            when: When::Find {
                name: Some(offering),
                otherwise: None,
            },
        });
        let name = "guest-network";
        let mut params = vec![
            text("name", name),
            text("displaytext", "The network that the guests share"),
            id("networkofferingid", &offered),
            id("zoneid", &zone.kept),
        ];
        if !zone.basic {
            let ranges = node.list("ipranges")?;
            let first = ranges.first().ok_or_else(|| {
                Error::line(format!("{} is missing", node.at("ipranges"))).hint(
                    "the guests of an Advanced zone with security groups have the addresses of its first range",
                )
            })?;
            self.addresses(&mut params, first)?;
        }
        let kept = self.name("network");
        self.step(Step {
            path: node.path.clone(),
            api: "createNetwork",
            params,
            about: name.into(),
            keeps: Some(kept.clone()),
            when: When::Unlisted(Look {
                api: "listNetworks",
                params: vec![id("zoneid", &zone.kept), text("listall", "true")],
                rows: vec![vec![("name", name.into())]],
            }),
        });
        zone.guests = Some(kept);
        Ok(())
    }

    /// The ranges of the zone that its guests' network did not take.
    pub fn ranges(&mut self, node: &Node, zone: &Zone) -> Result<()> {
        let ranges = node.list("ipranges")?;
        let taken = usize::from(zone.secure && !zone.basic);
        if zone.basic && !zone.public && !ranges.is_empty() {
            let note = "is for public traffic, which no physical network of this Basic zone carries, and left out";
            self.plan
                .notes
                .push(format!("{} {note}", node.at("ipranges")));
            return Ok(());
        }
        for range in ranges.iter().skip(taken) {
            let mut params = vec![id("zoneid", &zone.kept)];
            self.addresses(&mut params, range)?;
            match zone.guests.as_deref().filter(|_| !zone.basic) {
                Some(network) => {
                    params.push(id("networkid", network));
                    params.push(text("forvirtualnetwork", "false"));
                }
                None => params.push(text("forvirtualnetwork", "true")),
            }
            self.range(range, params, zone)?;
        }
        Ok(())
    }

    /// The addresses of a range as parameters.
    pub fn addresses(&mut self, params: &mut Params, range: &Node) -> Result<()> {
        let keys = ["startip", "endip", "netmask", "vlan", "gateway"];
        range.only(&keys, &mut self.plan.notes)?;
        for key in ["startip", "netmask", "gateway"] {
            range.required(key)?;
        }
        take(params, range, &keys)
    }

    pub fn range(&mut self, range: &Node, params: Params, zone: &Zone) -> Result<()> {
        let first = range.required("startip")?;
        let last = range.text("endip")?;
        let mut row = vec![("startip", first.clone())];
        row.extend(last.clone().map(|last| ("endip", last)));
        self.step(Step {
            path: range.path.clone(),
            api: "createVlanIpRange",
            params,
            about: format!("{first} to {}", last.as_ref().unwrap_or(&first)),
            keeps: None,
            when: When::Unlisted(Look {
                api: "listVlanIpRanges",
                params: vec![id("zoneid", &zone.kept)],
                rows: vec![row],
            }),
        });
        Ok(())
    }
}
