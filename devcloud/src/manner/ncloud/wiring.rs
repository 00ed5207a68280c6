//! The network interfaces that a new server is to have, out of `networkInterfaceList`, and what is kept of them once it is made.

use serde_json::json;

use super::ask::{Ask, Done};
use super::given::{Given, missing, wrong};
use super::interfaces::{MOST, groups_of, kept_groups, of, put_on, uuids};
use super::words::{Fault, OTHER};
use crate::store::{self, Thing};

/// An interface that a new server is to have.
pub struct Wanted {
    pub subnet: Thing,
    pub ip: Option<String>,
    pub groups: Vec<Thing>,
    /// One that was made before.
    kept: Option<Thing>,
}

impl Wanted {
    /// Whether only one server can have it.
    pub fn is_fixed(&self) -> bool {
        self.ip.is_some() || self.kept.is_some()
    }
}

/// The interfaces that a new server is to have, in their order; the first is in the server's subnet.
pub fn wanted(ask: &Ask, subnet: &Thing) -> Done<Vec<Wanted>> {
    const LIST: &str = "networkInterfaceList";
    let mut given = ask.given.records(LIST);
    if given.is_empty() || given.len() > MOST {
        return Err(missing(LIST));
    }
    let mut orders = Vec::new();
    for one in &given {
        orders.push(one.number("networkInterfaceOrder")?.unwrap_or(0));
    }
    let mut places: Vec<usize> = (0..given.len()).collect();
    places.sort_by_key(|place| orders[*place]);
    let mut wanted = Vec::new();
    for place in places {
        let one = std::mem::replace(&mut given[place], Given(Vec::new()));
        let kept = match one.text("networkInterfaceNo") {
            Some(number) => Some(ask.numbered("interface", LIST, number)?),
            None => None,
        };
        let own = match (&kept, one.text("subnetNo")) {
            (Some(kept), _) => {
                if kept.body.contains_key("nic") {
                    return Err(Fault::service(
                        OTHER,
                        format!("The interface {} is in use", kept.id),
                    ));
                }
                ask.look(|db| store::by_uuid(db, "network", kept.text("subnet")))?
            }
            (None, Some(number)) => Some(ask.numbered("network", "subnetNo", number)?),
            (None, None) => Some(subnet.clone()),
        };
        let own = own.ok_or_else(|| wrong(LIST, "its subnet is gone"))?;
        let first = wanted.is_empty();
        if own.text("vpcid") != subnet.text("vpcid") || first && own.uuid != subnet.uuid {
            return Err(wrong("networkInterfaceList.subnetNo", &own.id.to_string()));
        }
        let groups = match &kept {
            Some(kept) => kept_groups(ask, kept)?,
            None => groups_of(ask, &one)?,
        };
        if groups.is_empty() {
            return Err(missing("networkInterfaceList.accessControlGroupNoList"));
        }
        let ip = match &kept {
            Some(kept) => Some(kept.text("ip").to_string()).filter(|ip| !ip.is_empty()),
            None => one.text("ip").map(String::from),
        };
        wanted.push(Wanted {
            subnet: own,
            ip,
            groups,
            kept,
        });
    }
    Ok(wanted)
}

/// Keeps what was wanted of the interfaces that a new server has.
pub fn bind(ask: &mut Ask, machine: &Thing, wanted: &[Wanted]) -> Done<()> {
    for (nic, wanted) in of(machine).iter().zip(wanted) {
        match &wanted.kept {
            Some(kept) => {
                let mut kept = kept.clone();
                put_on(&mut kept, machine, nic);
                ask.update(&kept)?;
            }
            None => {
                let body = json!({"nic": nic["id"], "groups": uuids(&wanted.groups)});
                ask.make("interface", &machine.uuid, body)?;
            }
        }
    }
    Ok(())
}
