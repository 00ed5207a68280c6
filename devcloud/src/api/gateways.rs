//! The private gateways of VPCs, and static routes by them.

use serde_json::json;

use super::listing::{IN_PROJECT, Listing, OWNED, PAGED};
use super::things::{begun, born};
use super::{Call, Done, Reply, rules};
use crate::api::fields::SUCCESS;
use crate::store;
use crate::wire::Refusal;

fields! {
    PRIVATEGATEWAY: id string "its id", gateway string "its gateway", netmask string "its netmask",
        vlan string "its VLAN", zoneid string "the zone it is in", zonename string "that zone's name",
        ipaddress string "its address", physicalnetworkid string "the physical network", vpcid string "the VPC",
        account string "the account it belongs to", projectid string "the project it belongs to",
        project string "that project's name", domainid string "the domain it belongs to",
        domain string "that domain's name", state string "its state",
        sourcenatsupported boolean "whether it hides what is behind it", aclid string "its ACL";
}
fields! {
    ROUTE: id string "its id", state string "its state", vpcid string "the VPC",
        gatewayid string "the private gateway", cidr string "its addresses",
        account string "the account it belongs to", projectid string "the project it belongs to",
        project string "that project's name", domainid string "the domain it belongs to",
        domain string "that domain's name", tags list "its tags";
}

apis! {
    Everyone "listPrivateGateways" "Lists the private gateways of VPCs" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("privategateway") "its id";
        opt "ipaddress" Text "only the one with this address";
        opt "state" Text "its state";
        opt "vlan" Text "its VLAN";
        opt "vpcid" Id("vpc") "the VPC";
    } -> PRIVATEGATEWAY |call| call.list(&Listing { kind: "privategateway", name: "privategateway", filters: &[("ipaddress", "ipaddress"), ("state", "state"), ("vlan", "vlan"), ("vpcid", "vpcid")] });

    Root "createPrivateGateway" "Leads a VPC out by a VLAN of its own" () {
        req "gateway" Text "its gateway";
        req "ipaddress" Text "its address";
        req "netmask" Text "its netmask";
        req "vlan" Text "its VLAN";
        req "vpcid" Id("vpc") "the VPC";
        opt "aclid" Id("acllist") "its ACL";
        opt "physicalnetworkid" Id("physicalnetwork") "the physical network";
        opt "sourcenatsupported" Boolean "whether it hides what is behind it";
    } -> PRIVATEGATEWAY create,
        job "admin.vpc.CreatePrivateGatewayCmd" on "PrivateGateway" then |call| call.end_in("privategateway", "privategateway", "Ready");

    Root "deletePrivateGateway" "Deletes a private gateway without static routes" () {
        req "id" Id("privategateway") "its id";
    } -> SUCCESS |call| {
            let gateway = call.required_thing("id", "privategateway")?;
            let routes = store::children(call.db, "staticroute", &gateway.uuid)?.len();
            if routes > 0 {
                return Err(Refusal::new(530, 4250, format!("Can't delete private gateway {} as it has {routes} static routes applied. Remove the routes first", gateway.uuid)));
            }
            Ok(begun(&gateway))
        },
        job "admin.vpc.DeletePrivateGatewayCmd" on "PrivateGateway" then |call| call.end_removed("privategateway");

    Everyone "listStaticRoutes" "Lists static routes" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("staticroute") "its id";
        opt "gatewayid" Id("privategateway") "the private gateway";
        opt "vpcid" Id("vpc") "the VPC";
        opt "tags" Map "its tags";
    } -> ROUTE |call| call.list(&Listing { kind: "staticroute", name: "staticroute", filters: &[("gatewayid", "gatewayid"), ("vpcid", "vpcid")] });

    Everyone "createStaticRoute" "Leads addresses by a private gateway" () {
        req "cidr" Text "its addresses";
        req "gatewayid" Id("privategateway") "the private gateway";
    } -> ROUTE create_route,
        job "user.vpc.CreateStaticRouteCmd" on "StaticRoute" then |call| call.end_in("staticroute", "staticroute", "Active");

    Everyone "deleteStaticRoute" "Deletes a static route" () {
        req "id" Id("staticroute") "its id";
    } -> SUCCESS |call| call.begin_on("id", "staticroute"),
        job "user.vpc.DeleteStaticRouteCmd" on "StaticRoute" then |call| call.end_removed("staticroute");
}

fn create(call: &mut Call) -> Done<Reply> {
    let vpc = call.own_thing("vpcid", "vpc")?;
    let address = call.required("ipaddress")?;
    for field in ["ipaddress", "gateway", "netmask"] {
        let text = call.required(field)?;
        if text.parse::<std::net::Ipv4Addr>().is_err() {
            return Err(Refusal::value(format!("Invalid {field}: {text}")));
        }
    }
    let vlan = call.required("vlan")?;
    for other in store::of_kind(call.db, "privategateway")? {
        if other.text("ipaddress") == address && other.text("vlan") == vlan {
            return Err(Refusal::value(format!(
                "Private ip address {address} already used for private gateway in zone {}",
                vpc.text("zonename")
            )));
        }
    }
    let wire = store::children(call.db, "physicalnetwork", vpc.text("zoneid"))?
        .into_iter()
        .next();
    let wire = call.thing("physicalnetworkid", "physicalnetwork")?.or(wire);
    let acl = match call.thing("aclid", "acllist")? {
        Some(acl) => Some(acl),
        None => store::named(call.db, "acllist", "default_deny")?
            .into_iter()
            .next(),
    };
    let owner = call.owner_like(&vpc)?;
    let before = json!({"gateway": call.required("gateway")?, "netmask": call.required("netmask")?, "vlan": vlan,
        "zoneid": vpc.text("zoneid"), "zonename": vpc.text("zonename"), "ipaddress": address,
        "physicalnetworkid": wire.map(|wire| wire.uuid), "vpcid": vpc.uuid});
    let after = json!({"state": "Creating", "sourcenatsupported": call.boolean("sourcenatsupported").unwrap_or(false),
        "aclid": acl.map(|acl| acl.uuid)});
    let gateway = call.make(
        &owner,
        ("privategateway", "", "Creating", &vpc.uuid),
        owner.body(before, after),
    )?;
    Ok(born(&gateway))
}

fn create_route(call: &mut Call) -> Done<Reply> {
    let gateway = call.own_thing("gatewayid", "privategateway")?;
    let cidr = call.required("cidr")?;
    rules::valid_cidr(cidr)
        .map_err(|_| Refusal::value(format!("Invalid format for cidr {cidr}")))?;
    for route in store::of_account(call.db, "staticroute", gateway.account)? {
        if route.text("vpcid") == gateway.text("vpcid") && route.text("cidr") == cidr {
            return Err(Refusal::new(
                537,
                4360,
                format!(
                    "New static route cidr conflicts with existing route {}",
                    route.uuid
                ),
            ));
        }
    }
    let owner = call.owner_like(&gateway)?;
    let body = owner.body(
        json!({"state": "Staged", "vpcid": gateway.text("vpcid"), "gatewayid": gateway.uuid, "cidr": cidr}),
        json!({"tags": []}),
    );
    let route = call.make(&owner, ("staticroute", "", "Staged", &gateway.uuid), body)?;
    Ok(born(&route))
}
