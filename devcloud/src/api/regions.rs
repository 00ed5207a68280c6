//! Regions, and where the cloud gets users, files and traffic from besides itself.

use serde_json::{Value, json};

use super::listing::{Listing, PAGED, view};
use super::{Call, Done, Reply};
use crate::api::fields::SUCCESS;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    REGION: id integer "its id", name string "its name", endpoint string "where its API is",
        gslbserviceenabled boolean "whether global load balancing works there",
        portableipserviceenabled boolean "whether portable addresses work there";
}
fields! {
    DIRECTORY: hostname string "that host's name", port string "its port", binddn string "who asks the directory",
        bindpass string "the password for that", queryfilter string "how users are found",
        searchbase string "where users are looked for", ssl string "whether it is spoken to in private";
}
fields! {
    OBJECTSTORE: id string "its id", name string "its name", url string "where it is",
        protocol string "what it speaks", providername string "who provides it", scope scopetype "CLUSTER or ZONE",
        zoneid string "the zone it is in", zonename string "that zone's name";
}
fields! {
    MONITOR: id string "its id", zoneid string "the zone it is in", ipaddress string "its address",
        numretries string "how often it is asked again", timeout string "how long it may take";
}

apis! {
    Everyone "listRegions" "Lists regions" (PAGED) {
        opt "id" Integer "its id";
        opt "name" Text "its name";
    } -> REGION |call| {
            let (id, name) = (call.number("id"), call.text("name"));
            let mut rows = Vec::new();
            for region in store::of_kind(call.db, "region")? {
                if id.is_none_or(|id| region.whole("id") == id) && name.is_none_or(|name| region.name == name) {
                    rows.push(view(call.db, &region)?);
                }
            }
            call.page("region", rows)
        };

    Root "addRegion" "Adds a region" () {
        req "id" Integer "its id";
        req "name" Text "its name";
        req "endpoint" Text "where its API is";
    } -> REGION |call| {
            let id = call.number("id").unwrap_or(0);
            let name = call.required("name")?;
            for region in store::of_kind(call.db, "region")? {
                if region.whole("id") == id || region.name == name {
                    return Err(Refusal::value(format!("Region with id: {id} or name: {name} already exists")));
                }
            }
            let body = json!({"endpoint": call.required("endpoint")?, "gslbserviceenabled": true, "portableipserviceenabled": false});
            let mut region = call.make_common(("region", name, "", ""), body)?;
            region.set("id", id);
            store::update(call.db, &region)?;
            call.shown("region", &region)
        };

    Root "updateRegion" "Changes a region's name or endpoint" () {
        req "id" Integer "its id";
        opt "name" Text "its name";
        opt "endpoint" Text "where its API is";
    } -> REGION |call| {
            let mut region = region(call)?;
            call.take_over(&mut region, &["name", "endpoint"], &[]);
            store::update(call.db, &region)?;
            call.shown("region", &region)
        };

    Root "removeRegion" "Removes a region" () {
        req "id" Integer "its id";
    } -> SUCCESS |call| {
            let region = region(call)?;
            if region.whole("id") == 1 {
                return Err(Refusal::value("The region that the cloud is in stays"));
            }
            store::remove(call.db, &region)?;
            Ok(Reply::Success)
        };

    Root "ldapConfig" "Sets where users are looked up, or tells it" () {
        opt "hostname" Text "the name of the host";
        opt "port" Integer "its port";
        opt "binddn" Text "who asks the directory";
        opt "bindpass" Text "the password for that";
        opt "queryfilter" Text "how users are found";
        opt "searchbase" Text "where users are looked for";
        opt "ssl" Boolean "whether it is spoken to in private";
        opt "listall" Boolean "whether it is only told";
    } -> DIRECTORY ldap;

    Root "listSwifts" "Lists Swift object stores" (PAGED) {
        opt "id" Long "its id";
    } -> OBJECTSTORE |call| {
            let id = call.number("id");
            let mut rows = Vec::new();
            for swift in store::of_kind(call.db, "swift")? {
                if id.is_none_or(|id| swift.number == id) {
                    rows.push(view(call.db, &swift)?);
                }
            }
            call.page("swift", rows)
        };

    Root "addSwift" "Adds a Swift object store" () {
        req "url" Text "where it is";
        opt "account" Text "the account there";
        opt "username" Text "the name to log in with";
        opt "key" Text "its key there";
    } -> OBJECTSTORE |call| {
            let url = call.required("url")?;
            if !store::named(call.db, "swift", url)?.is_empty() {
                return Err(Refusal::value(format!("Swift {url} is there already")));
            }
            let body = json!({"url": url, "protocol": "swift", "providername": "Swift", "scope": "REGION"});
            let swift = call.make_common(("swift", url, "", ""), body)?;
            call.shown("swift", &swift)
        };

    Root "listTrafficMonitors" "Lists who measures the traffic of a zone" (PAGED) {
        req "zoneid" Id("zone") "the zone it is in";
    } -> MONITOR |call| call.list(&Listing { kind: "trafficmonitor", name: "trafficmonitor", filters: &[("zoneid", "zoneid")] });

    Root "addTrafficMonitor" "Adds who measures the traffic of a zone" () {
        req "url" Text "where it is";
        req "zoneid" Id("zone") "the zone it is in";
        opt "includezones" Text "the zones that are measured";
        opt "excludezones" Text "the zones that are not";
    } -> MONITOR |call| {
            let zone = call.required_thing("zoneid", "zone")?;
            let url = call.required("url")?;
            let host = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
            let body = json!({"zoneid": zone.uuid, "ipaddress": host, "numretries": "1", "timeout": "300"});
            let monitor = call.make_common(("trafficmonitor", "", "", &zone.uuid), body)?;
            call.shown("trafficmonitor", &monitor)
        };

    Root "deleteTrafficMonitor" "Removes who measures the traffic of a zone" () {
        req "id" Id("trafficmonitor") "its id";
    } -> SUCCESS |call| {
            let monitor = call.required_thing("id", "trafficmonitor")?;
            store::remove(call.db, &monitor)?;
            Ok(Reply::Success)
        };
}

fn region(call: &Call) -> Done<Thing> {
    let id = call.number("id").unwrap_or(0);
    store::of_kind(call.db, "region")?
        .into_iter()
        .find(|region| region.whole("id") == id)
        .ok_or_else(|| Refusal::value(format!("Region with id: {id} does not exist")))
}

fn ldap(call: &mut Call) -> Done<Reply> {
    let there = store::of_kind(call.db, "directory")?.into_iter().next();
    if call.boolean("listall").unwrap_or(false) {
        let record = there.map(|directory| shown(call, &directory)).transpose()?;
        return Ok(Reply::One(
            "ldapconfig",
            record.unwrap_or_else(|| json!({})),
        ));
    }
    let host = call.text("hostname").ok_or_else(|| Refusal::value("You need to provide hostname, searchbase and queryfilter to configure your LDAP server"))?;
    for field in ["searchbase", "queryfilter"] {
        if call.text(field).is_none() {
            return Err(Refusal::value(
                "You need to provide hostname, searchbase and queryfilter to configure your LDAP server",
            ));
        }
    }
    if let Some(directory) = there {
        store::remove(call.db, &directory)?;
    }
    let ssl = call.boolean("ssl").unwrap_or(false);
    let port = call.number("port").unwrap_or(if ssl { 636 } else { 389 });
    let body = json!({"hostname": host, "port": port.to_string(), "ssl": ssl.to_string(), "binddn": call.text("binddn"),
        "queryfilter": call.text("queryfilter"), "searchbase": call.text("searchbase")});
    let directory = call.make_common(("directory", host, "", ""), body)?;
    Ok(Reply::One("ldapconfig", shown(call, &directory)?))
}

/// A directory as answers show it; its password is kept nowhere.
fn shown(call: &Call, directory: &Thing) -> Done<Value> {
    let mut shown = view(call.db, directory)?;
    if let Value::Object(fields) = &mut shown {
        fields.shift_remove("id");
        fields.shift_remove("name");
    }
    Ok(shown)
}
