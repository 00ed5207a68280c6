//! Machines of KCPS2's three kinds: value and flexible ones on the cloud's hosts, premium ones on hosts of one's own.

use serde_json::{Value, json};

use super::hosts;
use super::limits::only;
use crate::api::fields::MACHINE;
use crate::api::listing::{Listing, PAGED};
use crate::api::machines::{HOME, home};
use crate::api::{Call, Done, Param, Reply, Takes, opt, req};
use crate::auth::Params;
use crate::store::{self, Thing};
use crate::wire::Refusal;

/// What a machine of any kind is made of.
const PARTS: &[Param] = &[
    req(
        "serviceofferingid",
        Takes::Id("serviceoffering"),
        "how large it is",
    ),
    req("templateid", Takes::Id("template"), "what it is made of"),
    req("zoneid", Takes::Id("zone"), "the zone it is in"),
    req("hypervisor", Takes::Text, "VMware"),
    req("name", Takes::Text, "its name"),
    req(
        "iptonetworklist",
        Takes::Map,
        "iptonetworklist[0].networkid=…, with .ip for its address",
    ),
    opt(
        "diskofferingid",
        Takes::Id("diskoffering"),
        "the offering of a data disk; without size",
    ),
    opt(
        "size",
        Takes::Long,
        "the size of a data disk in GB; without diskofferingid",
    ),
];

apis! {
    Everyone "deployValueVirtualMachine" "Deploys a value machine" (PARTS) {
    } -> MACHINE |call| deploy(call).map(Reply::Flat);

    Everyone "deployFlexibleVirtualMachine" "Deploys a flexible machine" (PARTS) {
    } -> MACHINE |call| deploy(call).map(Reply::Flat);

    Everyone "deployPremiumVirtualMachine" "Deploys a machine on a premium host" (PARTS) {
        req "hostname" Text "the premium host's name";
    } -> MACHINE deploy_premium;

    Everyone "listPremiumVirtualMachines" "Lists machines on premium hosts" (PAGED) {
        opt "id" Id("machine") "its id";
        opt "name" Text "its name";
        opt "state" Text "its state";
        opt "templateid" Id("template") "what it was made of";
        opt "zoneid" Id("zone") "the zone it is in";
    } -> MACHINE list_premium;
}

/// Deploys as CloudStack does what the parameters ask for, and gives the ids of the machine and of its job.
fn deploy(call: &Call) -> Done<Value> {
    only(call, "hypervisor", &["VMware"])?;
    let mut params = Params::new();
    for name in ["serviceofferingid", "templateid", "zoneid", "name"] {
        params.push((name.into(), call.required(name)?.into()));
    }
    params.extend(network(call)?);
    params.extend(disk(call)?);
    call.instead("deployVirtualMachine", &params)
}

/// The network and the address in it; there is one alone.
fn network(call: &Call) -> Done<Params> {
    let mut params = Params::new();
    for (name, given) in call.params {
        let name = name.to_lowercase();
        let Some(rest) = name.strip_prefix("iptonetworklist") else {
            continue;
        };
        match rest {
            "[0].networkid" => params.push(("networkids".into(), given.clone())),
            "[0].ip" => params.push(("ipaddress".into(), given.clone())),
            "[0].ipv6" => {}
            _ => {
                return Err(Refusal::value(format!(
                    "iptonetworklist takes [0].networkid, [0].ip and [0].ipv6 only, not {rest}"
                )));
            }
        }
    }
    if params
        .iter()
        .any(|(name, given)| name == "networkids" && !given.is_empty())
    {
        return Ok(params);
    }
    Err(Refusal::value(
        "Network is not specified in iptonetworklist[0].networkid",
    ))
}

/// The data disk: of an offering, or of a size in an offering that leaves it open.
fn disk(call: &Call) -> Done<Params> {
    match (call.text("diskofferingid"), call.text("size")) {
        (Some(_), Some(_)) => Err(Refusal::value(
            "Parameters diskofferingid and size are mutually exclusive",
        )),
        (Some(offering), None) => Ok(vec![("diskofferingid".into(), offering.into())]),
        (None, Some(size)) => {
            let offering = store::of_kind(call.db, "diskoffering")?
                .into_iter()
                .find(|offering| offering.is("iscustomized"))
                .ok_or_else(|| Refusal::value("No disk offering leaves the size open"))?;
            Ok(vec![
                ("diskofferingid".into(), offering.uuid),
                ("size".into(), size.into()),
            ])
        }
        (None, None) => Ok(Params::new()),
    }
}

fn deploy_premium(call: &mut Call) -> Done<Reply> {
    let host = hosts::named(call, call.required("hostname")?)?
        .ok_or_else(|| Refusal::value("The Host you specified could not be found."))?;
    let begun = deploy(call)?;
    let machine = begun["id"].as_str().unwrap_or_default();
    let owner = call.owner_like(&host)?;
    call.make(&owner, (HOME, &host.uuid, "", machine), json!({}))?;
    Ok(Reply::Flat(begun))
}

fn list_premium(call: &mut Call) -> Done<Reply> {
    let listing = Listing {
        kind: "machine",
        name: "virtualmachine",
        filters: &[
            ("state", "state"),
            ("templateid", "templateid"),
            ("zoneid", "zoneid"),
        ],
    };
    let premium = |machine: &Thing| matches!(home(call, machine), Ok(Some(_)));
    call.list_where(&listing, premium)
}
