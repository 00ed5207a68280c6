//! The network that the vendor gives every account: there is no command to make one, and every machine needs one.

use crate::api::fields::{Field, field};
use crate::api::{Call, Done, Reply};
use crate::store;

/// What the vendor calls it.
const FRONT: &str = "PublicFrontSegment";

const NETWORK: &[Field] = &[field("network", "list", "the networks")];

apis! {
    Everyone "listNetworks" "Lists networks" () {
    } -> NETWORK list;
}

/// Lists networks, once the account has one in every zone that keeps accounts apart.
fn list(call: &mut Call) -> Done<Reply> {
    let owner = call.caller.account.id;
    for zone in store::of_kind(call.db, "zone")? {
        let networks = store::children(call.db, "network", &zone.uuid)?;
        let has = networks.iter().any(|network| network.account == owner);
        if has || zone.text("networktype") != "Advanced" || zone.is("securitygroupsenabled") {
            continue;
        }
        let offerings = store::of_kind(call.db, "networkoffering")?;
        let plain = |offering: &&store::Thing| {
            offering.text("guestiptype") == "Isolated"
                && !offering.is("forvpc")
                && offering.state != "Disabled"
        };
        let Some(offering) = offerings.iter().find(plain) else {
            continue;
        };
        let params = [
            ("name", FRONT),
            ("displaytext", FRONT),
            ("networkofferingid", offering.uuid.as_str()),
            ("zoneid", zone.uuid.as_str()),
        ]
        .map(|(name, value)| (name.to_string(), value.to_string()));
        call.instead("createNetwork", &params.into())?;
    }
    call.instead("listNetworks", call.params).map(Reply::Flat)
}
