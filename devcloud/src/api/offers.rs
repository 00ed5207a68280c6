//! Offerings changed, network offerings made and removed, and what hypervisors are able to do.

use serde_json::{Value, json};

use super::listing::{Listing, PAGED};
use super::{Call, Done, Reply, capabilities, wires};
use crate::api::fields::{DISKOFFERING, NETWORKOFFERING, SERVICEOFFERING, SUCCESS};
use crate::clock;
use crate::store;
use crate::wire::Refusal;

fields! {
    HYPERVISORABILITY: id string "its id", hypervisor hypervisortype "what it runs on",
        hypervisorversion string "that hypervisor's version",
        maxguestslimit long "how many machines a host has at most",
        maxhostspercluster integer "how many hosts a cluster has at most",
        maxdatavolumeslimit integer "how many data disks a machine has at most",
        securitygroupenabled boolean "whether security groups work",
        storagemotionenabled boolean "whether disks move while machines run";
}

apis! {
    Root "createNetworkOffering" "Creates a network offering; it is disabled at first" () {
        req "name" Text "its name";
        req "displaytext" Text "what it is";
        req "guestiptype" Text "Isolated or Shared";
        req "supportedservices" List "its services, by commas";
        req "traffictype" Text "what it carries";
        opt "availability" Text "Required, Optional …";
        opt "conservemode" Boolean "whether an address serves several rules";
        opt "egressdefaultpolicy" Boolean "whether everything may go out by default";
        opt "forvpc" Boolean "whether it is for VPCs";
        opt "ispersistent" Boolean "whether it stays without machines";
        opt "networkrate" Integer "the rate in Mb/s";
        opt "serviceofferingid" Id("systemoffering") "the service offering";
        opt "specifyipranges" Boolean "whether address ranges are given";
        opt "specifyvlan" Boolean "whether a VLAN is given";
        opt "serviceproviderlist" Map "serviceproviderlist[0].service=… serviceproviderlist[0].provider=…";
        opt "servicecapabilitylist" Map "servicecapabilitylist[0].service=… and what it can";
        opt "tags" Text "its tags" <= 4096;
        opt "details" Map "its details, such as details[0].name=value";
    } -> NETWORKOFFERING create;

    Root "updateNetworkOffering" "Changes a network offering, or whether it is in use" () {
        opt "id" Id("networkoffering") "its id";
        opt "name" Text "its name";
        opt "displaytext" Text "what it is";
        opt "availability" Text "Required, Optional …";
        opt "state" Text "Enabled or Disabled";
        opt "sortkey" Integer "its place in lists";
    } -> NETWORKOFFERING update;

    Root "deleteNetworkOffering" "Deletes a network offering that no network has" () {
        req "id" Id("networkoffering") "its id";
    } -> SUCCESS |call| {
            let offering = call.required_thing("id", "networkoffering")?;
            if offering.is("isdefault") {
                return Err(Refusal::value("Default network offering can't be deleted"));
            }
            let used = store::mentioning(call.db, "network", &offering.uuid)?.len();
            if used > 0 {
                return Err(Refusal::value(format!("Can't delete network offering {} as its used by {used} networks. To make the network offering unavaiable, disable it", offering.uuid)));
            }
            store::remove(call.db, &offering)?;
            Ok(Reply::Success)
        };

    Root "updateServiceOffering" "Changes a service offering's names" () {
        req "id" Id("serviceoffering") "its id";
        opt "name" Text "its name";
        opt "displaytext" Text "what it is";
        opt "sortkey" Integer "its place in lists";
    } -> SERVICEOFFERING |call| {
            let mut offering = call.required_thing("id", "serviceoffering")?;
            call.take_over(&mut offering, &["name", "displaytext"], &[]);
            store::update(call.db, &offering)?;
            call.shown("serviceoffering", &offering)
        };

    Root "updateDiskOffering" "Changes a disk offering's names" () {
        req "id" Id("diskoffering") "its id";
        opt "name" Text "its name";
        opt "displaytext" Text "what it is" <= 4096;
        opt "displayoffering" Boolean "whether users see it";
        opt "sortkey" Integer "its place in lists";
    } -> DISKOFFERING |call| {
            let mut offering = call.required_thing("id", "diskoffering")?;
            call.take_over(&mut offering, &["name", "displaytext"], &["displayoffering"]);
            store::update(call.db, &offering)?;
            call.shown("diskoffering", &offering)
        };

    Root "listHypervisorCapabilities" "Lists what hypervisors are able to do" (PAGED) {
        opt "id" Id("hypervisorability") "its id";
        opt "hypervisor" Text "what it runs on";
    } -> HYPERVISORABILITY |call| call.list(&Listing { kind: "hypervisorability", name: "hypervisorCapabilities", filters: &[("hypervisor", "hypervisor")] });

    Root "updateHypervisorCapabilities" "Changes what a hypervisor is taken to be able to do" () {
        opt "id" Id("hypervisorability") "its id";
        opt "maxguestslimit" Long "how many machines a host has at most";
        opt "securitygroupenabled" Boolean "whether security groups work";
    } -> HYPERVISORABILITY |call| {
            let mut ability = call.thing("id", "hypervisorability")?.ok_or_else(|| {
                Refusal::value("unable to find the hypervisor capabilities null")
            })?;
            if let Some(most) = call.number("maxguestslimit") {
                ability.set("maxguestslimit", most);
            }
            call.take_over(&mut ability, &[], &["securitygroupenabled"]);
            store::update(call.db, &ability)?;
            call.shown("hypervisorcapabilities", &ability)
        };
}

fn create(call: &mut Call) -> Done<Reply> {
    let name = call.required("name")?;
    if !store::named(call.db, "networkoffering", name)?.is_empty() {
        return Err(Refusal::value(format!(
            "A network offering with name {name} already exists"
        )));
    }
    let kind = call.required("guestiptype")?;
    let known = ["Isolated", "Shared", "L2"];
    let kind = known
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(kind))
        .ok_or_else(|| {
            Refusal::value("Invalid \"guestIpType\" parameter. It is Isolated, Shared or L2")
        })?;
    if !call.required("traffictype")?.eq_ignore_ascii_case("guest") {
        return Err(Refusal::value(
            "Invalid value for traffictype. Supported traffic types: Public, Management, Control, Guest, Vlan or Storage",
        ));
    }
    let of_vpc = call.boolean("forvpc").unwrap_or(false);
    let default = if of_vpc {
        "VpcVirtualRouter"
    } else {
        "VirtualRouter"
    };
    let mut services = Vec::new();
    for service in call.listed("supportedservices") {
        if !wires::known_service(service) {
            return Err(Refusal::value(format!("Invalid service name: {service}")));
        }
        services.push(capabilities::of_offering(service, default));
    }
    let routers = match call.thing("serviceofferingid", "systemoffering")? {
        None => store::of_kind(call.db, "systemoffering")?
            .into_iter()
            .next(),
        given => given,
    };
    let flag = |name: &str, default: bool| call.boolean(name).unwrap_or(default);
    let shared = kind == "Shared";
    let body = json!({"displaytext": call.required("displaytext")?, "traffictype": "Guest", "isdefault": false,
        "specifyvlan": flag("specifyvlan", shared), "conservemode": flag("conservemode", true),
        "specifyipranges": flag("specifyipranges", shared),
        "availability": call.text("availability").unwrap_or("Optional"),
        "networkrate": call.number("networkrate").unwrap_or(200), "state": "Disabled", "guestiptype": kind,
        "serviceofferingid": routers.map(|routers| routers.uuid), "service": Value::Array(services), "forvpc": of_vpc, "ispersistent": flag("ispersistent", false),
        "egressdefaultpolicy": flag("egressdefaultpolicy", false), "created": clock::date(call.now)});
    let offering = call.make_common(("networkoffering", name, "Disabled", ""), body)?;
    call.shown("networkoffering", &offering)
}

fn update(call: &mut Call) -> Done<Reply> {
    let mut offering = call
        .thing("id", "networkoffering")?
        .ok_or_else(|| Refusal::value("unable to find network offering null"))?;
    call.take_over(&mut offering, &["name", "displaytext", "availability"], &[]);
    if let Some(state) = call.text("state") {
        let known = ["Enabled", "Disabled"]
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(state));
        offering.state = known
            .ok_or_else(|| Refusal::value("Incorrect state specified"))?
            .into();
    }
    store::update(call.db, &offering)?;
    call.shown("networkoffering", &offering)
}
