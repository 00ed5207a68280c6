//! Naver Cloud's servers and VPCs: signed headers in, the gateway's and the services' envelopes out, each action made of
//! CloudStack's own calls. Nothing is waited for: statuses and operations tell what goes on.

mod acls;
mod addresses;
mod ask;
mod catalogue;
mod given;
mod groups;
mod images;
mod interfaces;
mod keys;
mod listing;
mod placements;
mod routes;
mod servers;
mod sign;
mod storage;
mod vpcs;
mod wiring;
mod words;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Response};

use super::desk::{Desk, Heard};
use crate::form::{decode, is_form};
use crate::wire::Refusal;
use ask::{Ask, Done, REGION};
use catalogue::{find, of_service};
use given::{Given, missing, wrong};
use words::{Fault, Form, PARAMETER, Reply, answer};

/// Does what an action says.
type Run = fn(&mut Ask) -> Done<Reply>;

/// The actions that are offered.
macro_rules! offered {
    ($($name:ident $run:path;)+) => {
        const OFFERED: &[(&str, Run)] = &[$((stringify!($name), $run)),+];
    };
}

offered! {
    getRegionList images::regions;
    getZoneList images::zones;
    getHypervisorTypeList images::hypervisors;
    getRaidList images::raids;
    getBlockStorageVolumeTypeList images::volume_types;
    getServerImageList images::images;
    getServerImageDetail images::images;
    getServerImageProductList images::image_products;
    getServerProductList images::spec_products;
    getServerSpecList images::spec_list;
    getServerSpecDetail images::spec_list;
    createServerImage images::create;
    deleteServerImage images::delete;
    getMemberServerImageInstanceList images::member_list;
    getMemberServerImageInstanceDetail images::member_list;
    createMemberServerImageInstance images::create_member;
    deleteMemberServerImageInstances images::delete_member;
    createServerInstances servers::create;
    getServerInstanceList servers::list;
    getServerInstanceDetail servers::list;
    getPublicIpTargetServerInstanceList servers::list_without_address;
    startServerInstances servers::start;
    stopServerInstances servers::stop;
    rebootServerInstances servers::reboot;
    terminateServerInstances servers::terminate;
    interruptServerInstance servers::interrupt;
    changeServerInstanceName servers::rename;
    changeServerInstanceSpec servers::change_spec;
    setProtectServerTermination servers::protect;
    createBlockStorageInstance storage::create;
    getBlockStorageInstanceList storage::list;
    getBlockStorageInstanceDetail storage::list;
    attachBlockStorageInstance storage::attach;
    detachBlockStorageInstances storage::detach;
    deleteBlockStorageInstances storage::delete;
    changeBlockStorageInstance storage::resize;
    changeBlockStorageVolumeSize storage::resize;
    setBlockStorageReturnProtection storage::protect;
    createBlockStorageSnapshotInstance storage::snapshot;
    getBlockStorageSnapshotInstanceList storage::snapshots;
    getBlockStorageSnapshotInstanceDetail storage::snapshots;
    deleteBlockStorageSnapshotInstances storage::delete_snapshots;
    createLoginKey keys::create;
    importLoginKey keys::import;
    getLoginKeyList keys::list;
    deleteLoginKeys keys::delete;
    createInitScript keys::create_script;
    getInitScriptList keys::scripts;
    getInitScriptDetail keys::scripts;
    deleteInitScripts keys::delete_scripts;
    createPublicIpInstance addresses::create;
    getPublicIpInstanceList addresses::list;
    getPublicIpInstanceDetail addresses::list;
    associatePublicIpWithServerInstance addresses::associate;
    disassociatePublicIpFromServerInstance addresses::disassociate;
    deletePublicIpInstance addresses::delete;
    createNetworkInterface interfaces::create;
    getNetworkInterfaceList interfaces::list;
    getNetworkInterfaceDetail interfaces::list;
    attachNetworkInterface interfaces::attach;
    detachNetworkInterface interfaces::detach;
    deleteNetworkInterface interfaces::delete;
    addNetworkInterfaceAccessControlGroup interfaces::add_groups;
    removeNetworkInterfaceAccessControlGroup interfaces::remove_groups;
    assignSecondaryIps interfaces::assign_addresses;
    unassignSecondaryIps interfaces::unassign_addresses;
    createAccessControlGroup groups::create;
    getAccessControlGroupList groups::list;
    getAccessControlGroupDetail groups::list;
    deleteAccessControlGroup groups::delete;
    getAccessControlGroupRuleList groups::rule_list;
    addAccessControlGroupInboundRule groups::add_inbound;
    addAccessControlGroupOutboundRule groups::add_outbound;
    removeAccessControlGroupInboundRule groups::remove_inbound;
    removeAccessControlGroupOutboundRule groups::remove_outbound;
    createPlacementGroup placements::create;
    getPlacementGroupList placements::list;
    getPlacementGroupDetail placements::list;
    deletePlacementGroup placements::delete;
    addPlacementGroupServerInstance placements::add_server;
    removePlacementGroupServerInstance placements::remove_server;
    createVpc vpcs::create;
    getVpcList vpcs::list;
    getVpcDetail vpcs::list;
    deleteVpc vpcs::delete;
    createSubnet vpcs::create_subnet;
    getSubnetList vpcs::subnets;
    getSubnetDetail vpcs::subnets;
    deleteSubnet vpcs::delete_subnet;
    setSubnetNetworkAcl vpcs::set_acl;
    createNetworkAcl acls::create;
    getNetworkAclList acls::list;
    getNetworkAclDetail acls::list;
    deleteNetworkAcl acls::delete;
    setNetworkAclDescription acls::describe;
    getNetworkAclRuleList acls::rule_list;
    addNetworkAclInboundRule acls::add_inbound;
    addNetworkAclOutboundRule acls::add_outbound;
    removeNetworkAclInboundRule acls::remove_inbound;
    removeNetworkAclOutboundRule acls::remove_outbound;
    createRouteTable routes::create;
    getRouteTableList routes::list;
    getRouteTableDetail routes::list;
    deleteRouteTable routes::delete;
    setRouteTableDescription routes::describe;
    getRouteList routes::route_list;
    addRoute routes::add_routes;
    removeRoute routes::remove_routes;
    getRouteTableSubnetList routes::subnet_list;
    addRouteTableSubnet routes::add_subnets;
    removeRouteTableSubnet routes::remove_subnets;
    createNatGatewayInstance routes::create_gateway;
    getNatGatewayInstanceList routes::gateways;
    getNatGatewayInstanceDetail routes::gateways;
    deleteNatGatewayInstance routes::delete_gateway;
    setNatGatewayDescription routes::describe_gateway;
}

/// The names of the actions that are offered.
pub fn names() -> impl Iterator<Item = &'static str> {
    OFFERED.iter().map(|(name, _)| *name)
}

/// The service and the action of a path.
fn parts(path: &str) -> Option<(&str, &str)> {
    let (service, action) = path.strip_prefix('/')?.split_once("/v2/")?;
    Some((service, action))
}

/// By which names troubles strike a call: its action's.
pub fn called(heard: &Heard) -> Vec<String> {
    let action = parts(heard.uri.path()).map(|(_, action)| action.to_string());
    action.into_iter().collect()
}

/// The parameters of the query and the form; nothing where they are no such.
fn params(heard: &Heard) -> Option<Given> {
    let mut params = decode(heard.query())?;
    if heard.method == Method::POST && is_form(&heard.headers) {
        params.extend(decode(std::str::from_utf8(&heard.body).ok()?)?);
    }
    Some(Given(params))
}

fn form(given: Option<&Given>) -> Form {
    let asked = given.and_then(|given| given.text("responseFormatType"));
    match asked {
        Some(form) if form.eq_ignore_ascii_case("json") => Form::Json,
        _ => Form::Xml,
    }
}

/// Answers a call.
pub async fn speak(heard: &Heard, desk: &Desk<'_>) -> Response<Full<Bytes>> {
    let given = params(heard);
    let form = form(given.as_ref());
    done(heard, desk, given).unwrap_or_else(|fault| fault.spoken(form))
}

fn done(heard: &Heard, desk: &Desk, given: Option<Given>) -> Done<Response<Full<Bytes>>> {
    if heard.method != Method::GET && heard.method != Method::POST {
        return Err(bad_request("only GET and POST are taken"));
    }
    let given = given.ok_or_else(|| bad_request("the parameters are no UTF-8 in URL encoding"))?;
    let caller = sign::caller(heard, desk)?;
    let not_found = |details: &str| Fault::gateway(404, "300", "Not Found Exception", details);
    let (service, name) =
        parts(heard.uri.path()).ok_or_else(|| not_found("there is nothing at this path"))?;
    let Some(action) = find(service, name) else {
        let there = of_service(service).next().is_some();
        return Err(not_found(match there {
            true => "the service has no such action",
            false => "the built-in cloud has the services vserver and vpc",
        }));
    };
    let Some((_, run)) = OFFERED.iter().find(|(known, _)| *known == name) else {
        return Err(Fault::service(
            PARAMETER,
            format!("The built-in cloud does not offer {name}"),
        ));
    };
    if let Some(region) = given.text("regionCode").filter(|region| *region != REGION) {
        return Err(wrong("regionCode", region));
    }
    for param in &action.params {
        if param.required && !given.has(param.name) {
            return Err(missing(param.name));
        }
    }
    desk.settle()?;
    let form = form(Some(&given));
    let reply = run(&mut Ask::new(desk, caller, action, given))?;
    Ok(answer(action, reply, form))
}

fn bad_request(details: &str) -> Fault {
    Fault::gateway(400, "100", "Bad Request Exception", details)
}

/// A refusal that comes whatever was asked.
pub fn spoken_refusal(heard: &Heard, refusal: &Refusal) -> Response<Full<Bytes>> {
    let given = params(heard);
    Fault::from(refusal.clone()).spoken(form(given.as_ref()))
}
