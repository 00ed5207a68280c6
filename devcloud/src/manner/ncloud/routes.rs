//! Route tables and NAT gateways, which CloudStack does not have: kept beside it. A subnet is in one table of its VPC.

use serde_json::{Value, json};

use super::addresses;
use super::ask::{Ask, Done, REGION, date, settling};
use super::given::{Given, missing, wrong};
use super::groups::standing;
use super::vpcs::{subnet, subnet_view};
use super::words::{Fault, OTHER, Reply, code};
use crate::store::{self, Thing};

/// The tables that a VPC has from the beginning.
pub fn add_defaults(ask: &mut Ask, vpc: &Thing) -> Done<()> {
    for kind in ["PUBLIC", "PRIVATE"] {
        let name = format!("{}-default-{}-table", vpc.name, kind.to_lowercase());
        let body =
            json!({"name": name, "kind": kind, "default": true, "subnets": [], "routes": []});
        ask.make("routetable", &vpc.uuid, body)?;
    }
    Ok(())
}

fn tables_of(ask: &Ask, vpc: &str) -> Done<Vec<Thing>> {
    ask.look(|db| store::children(db, "routetable", vpc))
}

fn listed(table: &Thing, field: &str) -> Vec<Value> {
    let list = table.body.get(field).and_then(Value::as_array);
    list.cloned().unwrap_or_default()
}

/// Puts a new subnet into its VPC's table for such.
pub fn join_default(ask: &mut Ask, vpc: &Thing, subnet: &Thing, public: bool) -> Done<()> {
    let kind = if public { "PUBLIC" } else { "PRIVATE" };
    let tables = tables_of(ask, &vpc.uuid)?.into_iter();
    let mut fitting = tables.filter(|table| table.is("default") && table.text("kind") == kind);
    match fitting.next() {
        Some(table) => join(ask, table, &subnet.uuid),
        None => Ok(()),
    }
}

fn join(ask: &mut Ask, mut table: Thing, subnet: &str) -> Done<()> {
    let mut subnets = listed(&table, "subnets");
    subnets.push(json!(subnet));
    table.set("subnets", subnets);
    ask.update(&table)
}

/// Takes a subnet out of the tables of its VPC.
pub fn leave_all(ask: &mut Ask, subnet: &Thing) -> Done<()> {
    for mut table in tables_of(ask, subnet.text("vpcid"))? {
        let mut subnets = listed(&table, "subnets");
        let before = subnets.len();
        subnets.retain(|known| *known != *subnet.uuid);
        if subnets.len() < before {
            table.set("subnets", subnets);
            ask.update(&table)?;
        }
    }
    Ok(())
}

fn view(ask: &Ask, table: &Thing) -> Done<Value> {
    let kind = table.text("kind");
    Ok(json!({
        "routeTableNo": table.id.to_string(),
        "routeTableName": table.name,
        "regionCode": REGION,
        "vpcNo": ask.number_of("vpc", &table.parent)?,
        "supportedSubnetType": code(kind, if kind == "PUBLIC" { "Public" } else { "Private" }),
        "isDefault": table.is("default"),
        "routeTableStatus": standing(Some(table)),
        "routeTableDescription": table.text("description"),
    }))
}

pub fn list(ask: &mut Ask) -> Done<Reply> {
    let tables = ask.own("routetable")?;
    ask.listed(&tables, |table| view(ask, table))
}

fn show(ask: &Ask, table: &Thing) -> Done<Reply> {
    ask.shown(std::slice::from_ref(table), |table| view(ask, table))
}

pub fn create(ask: &mut Ask) -> Done<Reply> {
    let vpc = ask.thing("vpcNo", "vpc")?;
    let kind = ask.given.required("supportedSubnetTypeCode")?.to_string();
    if !["PUBLIC", "PRIVATE"].contains(&kind.as_str()) {
        return Err(wrong("supportedSubnetTypeCode", &kind));
    }
    let name = match ask.given.text("routeTableName") {
        Some(name) => name.to_string(),
        None => format!("rt{:.10}", uuid::Uuid::new_v4().simple().to_string()),
    };
    let body = json!({"name": name, "kind": kind, "description": ask.given.text("routeTableDescription"),
        "subnets": [], "routes": []});
    let table = ask.make("routetable", &vpc.uuid, body)?;
    show(ask, &table)
}

pub fn delete(ask: &mut Ask) -> Done<Reply> {
    let table = ask.thing("routeTableNo", "routetable")?;
    if table.is("default") || !listed(&table, "subnets").is_empty() {
        return Err(Fault::service(
            OTHER,
            format!("The route table {} is in use", table.id),
        ));
    }
    ask.remove(&table)?;
    show(ask, &table)
}

pub fn describe(ask: &mut Ask) -> Done<Reply> {
    let mut table = ask.thing("routeTableNo", "routetable")?;
    table.set(
        "description",
        ask.given.text("routeTableDescription").unwrap_or_default(),
    );
    ask.update(&table)?;
    show(ask, &table)
}

fn route_view(table: &Thing, route: &Value) -> Value {
    let kind = route["kind"].as_str().unwrap_or_default();
    json!({
        "destinationCidrBlock": route["block"],
        "targetName": route["name"],
        "routeTableNo": table.id.to_string(),
        "targetType": code(kind, kind),
        "targetNo": route["target"],
        "isDefault": kind == "LOCAL",
    })
}

/// The routes of a table; the way to its own VPC is always there.
fn routes(ask: &Ask, table: &Thing) -> Done<Vec<Value>> {
    let vpc = ask.other("vpc", &table.parent)?;
    let block = vpc.as_ref().map_or("", |vpc| vpc.text("cidr"));
    let mut routes = vec![json!({"block": block, "name": "LOCAL", "kind": "LOCAL", "target": ""})];
    routes.extend(listed(table, "routes"));
    Ok(routes)
}

pub fn route_list(ask: &mut Ask) -> Done<Reply> {
    let table = table_of_vpc(ask)?;
    let routes = routes(ask, &table)?;
    // The number and the VPC say which table it is.
    ask.shown(&routes, |route| Ok(route_view(&table, route)))
}

/// The table that a call names, of the VPC that it names.
fn table_of_vpc(ask: &Ask) -> Done<Thing> {
    let table = ask.thing("routeTableNo", "routetable")?;
    let vpc = ask.thing("vpcNo", "vpc")?;
    match table.parent == vpc.uuid {
        true => Ok(table),
        false => Err(wrong("vpcNo", &vpc.id.to_string())),
    }
}

fn route(ask: &Ask, given: &Given) -> Done<Value> {
    let kind = given.required("targetTypeCode")?;
    if kind != "NATGW" {
        return Err(Fault::parameter(format!(
            "The built-in cloud has no targets of type {kind}; it has NATGW"
        )));
    }
    let gateway = ask.numbered("natgateway", "targetNo", given.required("targetNo")?)?;
    Ok(
        json!({"block": given.required("destinationCidrBlock")?, "kind": kind, "name": gateway.name,
        "target": gateway.id.to_string()}),
    )
}

fn change_routes(ask: &mut Ask, adds: bool) -> Done<Reply> {
    let mut table = table_of_vpc(ask)?;
    let given = ask.given.records("routeList");
    if given.is_empty() {
        return Err(missing("routeList"));
    }
    let mut routes = listed(&table, "routes");
    for one in &given {
        let route = route(ask, one)?;
        let there = routes
            .iter()
            .position(|known| known["block"] == route["block"]);
        match (adds, there) {
            (true, None) => routes.push(route),
            (false, Some(at)) if routes[at]["target"] == route["target"] => {
                routes.remove(at);
            }
            _ => {
                return Err(wrong(
                    "destinationCidrBlock",
                    route["block"].as_str().unwrap_or_default(),
                ));
            }
        }
    }
    table.set("routes", routes);
    ask.update(&table)?;
    let routes = self::routes(ask, &table)?;
    ask.shown(&routes, |route| Ok(route_view(&table, route)))
}

pub fn add_routes(ask: &mut Ask) -> Done<Reply> {
    change_routes(ask, true)
}

pub fn remove_routes(ask: &mut Ask) -> Done<Reply> {
    change_routes(ask, false)
}

fn members(ask: &Ask, table: &Thing) -> Done<Vec<Thing>> {
    let mut subnets = Vec::new();
    for uuid in listed(table, "subnets") {
        let uuid = uuid.as_str().unwrap_or_default();
        subnets.extend(ask.look(|db| store::by_uuid(db, "network", uuid))?);
    }
    Ok(subnets)
}

pub fn subnet_list(ask: &mut Ask) -> Done<Reply> {
    let table = ask.thing("routeTableNo", "routetable")?;
    let subnets = members(ask, &table)?;
    ask.shown(&subnets, |subnet| subnet_view(ask, subnet))
}

/// Moves subnets into a table, or back into their VPC's own.
fn move_subnets(ask: &mut Ask, adds: bool) -> Done<Reply> {
    let table = table_of_vpc(ask)?;
    let vpc = ask.thing("vpcNo", "vpc")?;
    let subnets = ask.things("subnetNoList", "network")?;
    for subnet in &subnets {
        let kind = ask.noted(&subnet.uuid, "kind")?;
        let inside = listed(&table, "subnets").contains(&json!(subnet.uuid));
        let fits = subnet.text("vpcid") == vpc.uuid && kind == table.text("kind");
        if !fits || inside == adds {
            return Err(wrong("subnetNoList", &subnet.id.to_string()));
        }
    }
    for subnet in &subnets {
        leave_all(ask, subnet)?;
        match adds {
            true => {
                let table = ask.thing("routeTableNo", "routetable")?;
                join(ask, table, &subnet.uuid)?;
            }
            false => join_default(ask, &vpc, subnet, table.text("kind") == "PUBLIC")?,
        }
    }
    let table = ask.thing("routeTableNo", "routetable")?;
    let subnets = members(ask, &table)?;
    ask.shown(&subnets, |subnet| subnet_view(ask, subnet))
}

pub fn add_subnets(ask: &mut Ask) -> Done<Reply> {
    move_subnets(ask, true)
}

pub fn remove_subnets(ask: &mut Ask) -> Done<Reply> {
    move_subnets(ask, false)
}

fn gateway_view(ask: &Ask, gateway: &Thing) -> Done<Value> {
    let vpc = ask.other("vpc", &gateway.parent)?;
    let address = ask.other("publicip", gateway.text("address"))?;
    let subnet = ask.other("network", gateway.text("subnet"))?;
    let zone = ask.zone_of(gateway)?;
    let name = if settling(gateway) {
        "initializing"
    } else {
        "running"
    };
    Ok(json!({
        "vpcNo": vpc.as_ref().map(|vpc| vpc.id.to_string()),
        "vpcName": vpc.as_ref().map(|vpc| &vpc.name),
        "natGatewayInstanceNo": gateway.id.to_string(),
        "natGatewayName": gateway.name,
        "publicIp": address.as_ref().map(|address| &address.name),
        "natGatewayInstanceStatus": standing(Some(gateway)),
        "natGatewayInstanceStatusName": name,
        "natGatewayInstanceOperation": code("NULL", "NULL"),
        "createDate": date(gateway.text("created")),
        "natGatewayDescription": gateway.text("description"),
        "zoneCode": zone,
        "natGatewayType": code("PBLIP", "Public"),
        "subnetNo": subnet.as_ref().map(|subnet| subnet.id.to_string()),
        "subnetName": subnet.as_ref().map(|subnet| &subnet.name),
        "publicIpInstanceNo": address.as_ref().map(|address| address.id.to_string()),
        "privateIp": gateway.text("ip"),
    }))
}

pub fn gateways(ask: &mut Ask) -> Done<Reply> {
    let gateways = ask.own("natgateway")?;
    ask.listed(&gateways, |gateway| gateway_view(ask, gateway))
}

pub fn create_gateway(ask: &mut Ask) -> Done<Reply> {
    let vpc = ask.thing("vpcNo", "vpc")?;
    let zone = ask.zone("zoneCode")?;
    let subnet = match ask.given.text("subnetNo") {
        Some(_) => Some(subnet(ask, "subnetNo")?),
        None => None,
    };
    if let Some(other) = subnet
        .as_ref()
        .filter(|subnet| subnet.text("vpcid") != vpc.uuid)
    {
        return Err(wrong("subnetNo", &other.id.to_string()));
    }
    let address = match ask.maybe("publicIpInstanceNo", "publicip")? {
        Some(address) if address.is("isstaticnat") => {
            return Err(Fault::service(
                OTHER,
                format!("The public IP {} is in use", address.name),
            ));
        }
        Some(address) => address,
        None => addresses::acquire_in(ask, &zone.uuid)?,
    };
    let name = match ask.given.text("natGatewayName") {
        Some(name) => name.to_string(),
        None => format!("nat{:.10}", uuid::Uuid::new_v4().simple().to_string()),
    };
    let body = json!({"name": name, "description": ask.given.text("natGatewayDescription"), "zoneid": zone.uuid,
        "address": address.uuid, "subnet": subnet.map(|subnet| subnet.uuid), "ip": ask.given.text("privateIp")});
    let gateway = ask.make("natgateway", &vpc.uuid, body)?;
    ask.shown(&[gateway], |gateway| gateway_view(ask, gateway))
}

pub fn delete_gateway(ask: &mut Ask) -> Done<Reply> {
    let gateway = ask.thing("natGatewayInstanceNo", "natgateway")?;
    let number = gateway.id.to_string();
    for table in tables_of(ask, &gateway.parent)? {
        if listed(&table, "routes")
            .iter()
            .any(|route| route["target"] == *number)
        {
            return Err(Fault::service(
                OTHER,
                format!("The NAT gateway {number} has routes in table {}", table.id),
            ));
        }
    }
    let shown = ask.shown(std::slice::from_ref(&gateway), |gateway| {
        gateway_view(ask, gateway)
    })?;
    ask.remove(&gateway)?;
    let address = gateway.text("address").to_string();
    ask.call("disassociateIpAddress", &[("id", &address)])?;
    Ok(shown)
}

pub fn describe_gateway(ask: &mut Ask) -> Done<Reply> {
    let mut gateway = ask.thing("natGatewayInstanceNo", "natgateway")?;
    gateway.set(
        "description",
        ask.given.text("natGatewayDescription").unwrap_or_default(),
    );
    ask.update(&gateway)?;
    ask.shown(&[gateway], |gateway| gateway_view(ask, gateway))
}
