//! Guest networks.

use serde_json::json;

use super::infrastructure::Made;
use super::listing::{IN_PROJECT, Listing, OWNED, PAGED, view};
use super::{Access, Api, Call, Done, Reply, Takes, Work, fields, opt, req};
use crate::store::{self, Thing};
use crate::wire::Refusal;

pub const APIS: &[Api] = &[
    Api {
        name: "listNetworks",
        about: "Lists networks",
        access: Access::Everyone,
        params: &[
            &[
                opt("id", Takes::Id("network"), "the id of the network"),
                opt("zoneid", Takes::Id("zone"), "only those in this zone"),
                opt("type", Takes::Text, "Isolated or Shared"),
            ],
            OWNED,
            IN_PROJECT,
            PAGED,
        ],
        answers: fields::NETWORK,
        run: |call| {
            call.list(&Listing {
                kind: "network",
                name: "network",
                filters: &[("zoneid", "zoneid"), ("type", "type")],
            })
        },
        job: None,
    },
    Api {
        name: "createNetwork",
        about: "Creates a network",
        access: Access::Everyone,
        params: &[&[
            req("displaytext", Takes::Text, "what it is"),
            req("name", Takes::Text, "its name"),
            req(
                "networkofferingid",
                Takes::Id("networkoffering"),
                "its offering",
            ),
            req("zoneid", Takes::Id("zone"), "the zone it is in"),
            opt(
                "account",
                Takes::Text,
                "the account it belongs to; goes with domainid",
            ),
            opt("acltype", Takes::Text, "account or domain"),
            opt("domainid", Takes::Id("domain"), "the domain it belongs to"),
            opt("endip", Takes::Text, "its last address"),
            opt("gateway", Takes::Text, "its gateway; goes with netmask"),
            opt("netmask", Takes::Text, "its netmask; goes with gateway"),
            opt("networkdomain", Takes::Text, "its DNS domain"),
            opt(
                "physicalnetworkid",
                Takes::Id("physicalnetwork"),
                "the physical network that carries it",
            ),
            opt(
                "projectid",
                Takes::Id("project"),
                "the project it belongs to",
            ),
            opt("startip", Takes::Text, "its first address"),
            opt(
                "subdomainaccess",
                Takes::Boolean,
                "whether domains below may use it",
            ),
            opt("vlan", Takes::Text, "its VLAN"),
            opt("vpcid", Takes::Id("vpc"), "the VPC it is part of"),
        ]],
        answers: fields::NETWORK,
        run: |call| {
            let name = call.required("name")?.to_string();
            let text = call.required("displaytext")?.to_string();
            let offering = call.required_thing("networkofferingid", "networkoffering")?;
            let zone = call.required_thing("zoneid", "zone")?;
            let network = create(call, &name, &text, &offering, &zone)?;
            Ok(Reply::One("network", view(call.db, &network)?))
        },
        job: None,
    },
    Api {
        name: "deleteNetwork",
        about: "Deletes a network that no machine uses",
        access: Access::Everyone,
        params: &[&[req("id", Takes::Id("network"), "the id of the network")]],
        answers: fields::SUCCESS,
        run: |call| {
            let network = call.own_thing("id", "network")?;
            in_use(call, &network)?;
            Ok(Reply::Job {
                thing: network.uuid,
                created: false,
            })
        },
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.user.network.DeleteNetworkCmd",
            instance: "Network",
            milliseconds: 500,
            end: |call| {
                let network = call.own_thing("id", "network")?;
                in_use(call, &network)?;
                store::remove(call.db, &network)?;
                Ok(json!({"success": true}))
            },
        }),
    },
];

fn in_use(call: &Call, network: &Thing) -> Done<()> {
    if !store::children(call.db, "machine", &network.uuid)?.is_empty() {
        return Err(Refusal::new(530, 4250, "Failed to delete network"));
    }
    Ok(())
}

/// Makes a network of the caller's account.
pub fn create(call: &Call, name: &str, text: &str, offering: &Thing, zone: &Thing) -> Done<Thing> {
    let account = &call.caller.account;
    let domain = store::by_id(call.db, "domain", account.domain)?
        .ok_or_else(|| Refusal::internal("the caller's domain is gone"))?;
    let (gateway, netmask) = match (call.text("gateway"), call.text("netmask")) {
        (Some(gateway), Some(netmask)) => (gateway, netmask),
        (None, None) => ("10.1.1.1", "255.255.255.0"),
        _ => return Err(Refusal::value("gateway and netmask must be given together")),
    };
    let octets: Vec<&str> = gateway.split('.').collect();
    let numbers = octets
        .iter()
        .filter_map(|octet| octet.parse::<u8>().ok())
        .count();
    if octets.len() != 4 || numbers != 4 {
        return Err(Refusal::value(format!("Invalid gateway {gateway}")));
    }
    let cidr = format!("{}.0/24", octets[..3].join("."));
    let guest = offering.body.get("guestiptype");
    let body = json!({"displaytext": text, "broadcastdomaintype": "Vlan", "traffictype": "Guest", "gateway": gateway,
        "netmask": netmask, "cidr": cidr, "zoneid": zone.uuid, "zonename": zone.name,
        "networkofferingid": offering.uuid, "networkofferingname": offering.name,
        "networkofferingdisplaytext": offering.body.get("displaytext"), "networkofferingavailability": "Optional",
        "issystem": false, "state": "Allocated", "related": null, "dns1": "10.147.28.6", "type": guest,
        "acltype": "Account", "account": account.name, "domainid": domain.uuid, "domain": domain.name, "service": [],
        "networkdomain": call.text("networkdomain").unwrap_or("cs2cloud.internal"), "specifyipranges": false,
        "restartrequired": false, "canusefordeploy": true, "ispersistent": false, "tags": [],
        "displaynetwork": true, "strechedl2subnet": false});
    let made = Made {
        kind: "network",
        name,
        state: "Allocated",
        parent: &zone.uuid,
        account: account.id,
        domain: account.domain,
        uuid: None,
    };
    call.create(made, body)
}
