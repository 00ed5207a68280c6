//! Fields of answers that are kept nowhere: they follow from other things as these are now.

use std::collections::HashMap;

use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::{Done, errands};
use crate::store::{self, Load, Thing};

/// Things that others refer to, each looked up once for an answer.
#[derive(Default)]
pub struct Others {
    by_uuid: HashMap<(&'static str, String), Option<Thing>>,
    load: Option<HashMap<String, Load>>,
}

impl Others {
    /// The thing of a kind that has that uuid.
    pub fn of(&mut self, db: &Connection, kind: &'static str, uuid: &str) -> Done<Option<&Thing>> {
        let key = (kind, uuid.to_string());
        if !self.by_uuid.contains_key(&key) {
            let found = store::by_uuid(db, kind, uuid)?;
            self.by_uuid.insert(key.clone(), found);
        }
        Ok(self.by_uuid.get(&key).and_then(Option::as_ref))
    }

    /// The thing that a field of a record names.
    fn named(
        &mut self,
        db: &Connection,
        kind: &'static str,
        body: &Map<String, Value>,
        field: &str,
    ) -> Done<Option<&Thing>> {
        match body.get(field).and_then(Value::as_str) {
            Some(uuid) => self.of(db, kind, uuid),
            None => Ok(None),
        }
    }

    fn load_of(&mut self, db: &Connection, host: &str) -> Done<Load> {
        if self.load.is_none() {
            self.load = Some(store::load(db)?);
        }
        let load = self.load.as_ref().and_then(|load| load.get(host));
        Ok(load.copied().unwrap_or_default())
    }

    /// Adds to a thing's record what follows from others; `listed` is whether it is shown in a list, which tells more.
    pub fn complete(
        &mut self,
        db: &Connection,
        thing: &Thing,
        body: &mut Map<String, Value>,
        listed: bool,
    ) -> Done<()> {
        match thing.kind.as_str() {
            "machine" => self.machine(db, thing, body, listed),
            "volume" => self.volume(db, thing, body),
            "snapshot" => self.snapshot(db, body),
            "host" => self.host(db, thing, body, listed),
            "network" => self.network(db, thing, body),
            "user" => self.user(db, body),
            "storagepool" if listed => {
                add(
                    body,
                    json!({"disksizeused": 0, "storagecapabilities": {"VOLUME_SNAPSHOT_QUIESCEVM": "false"}}),
                );
                Ok(())
            }
            "iso" => self.downloading(db, thing, body),
            "template" => {
                self.downloading(db, thing, body)?;
                let size = body.get("size").filter(|_| thing.is("isready")).cloned();
                let checksum = body.get("checksum").cloned().unwrap_or(json!(""));
                add(
                    body,
                    json!({"physicalsize": size, "checksum": checksum, "directdownload": false}),
                );
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// How far the download of a template or ISO is that cannot be used yet.
    fn downloading(
        &mut self,
        db: &Connection,
        thing: &Thing,
        body: &mut Map<String, Value>,
    ) -> Done<()> {
        if !thing.is("isready")
            && let Some(percent) = errands::progress(db, errands::DOWNLOAD, thing)?
        {
            let status = match percent {
                100 => "Installing Template".to_string(),
                percent => format!("{percent}% Downloaded"),
            };
            add(body, json!({"status": status}));
        }
        Ok(())
    }

    fn machine(
        &mut self,
        db: &Connection,
        thing: &Thing,
        body: &mut Map<String, Value>,
        listed: bool,
    ) -> Done<()> {
        let mut system = None;
        for kind in ["template", "iso"] {
            let made_of = self.named(db, kind, body, "templateid")?;
            system = system.or(made_of.map(|made_of| made_of.text("ostypeid").to_string()));
        }
        if let Some(system) = system.filter(|uuid| !uuid.is_empty()) {
            let number = self.of(db, "ostype", &system)?.map(|system| system.number);
            add(body, json!({"guestosid": system, "ostypeid": number}));
        }
        // Only a machine that is on a host has wires there.
        if body.contains_key("hostid") {
            for nic in body
                .get_mut("nic")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                let network = nic["networkid"].as_str().unwrap_or_default().to_string();
                let network = self.of(db, "network", &network)?;
                let carried = network.and_then(|network| network.body.get("broadcasturi"));
                if let Some(carried) = carried {
                    nic["isolationuri"] = carried.clone();
                    nic["broadcasturi"] = carried.clone();
                }
            }
        }
        if listed && thing.state == "Running" {
            add(
                body,
                json!({"cpuused": "0%", "networkkbsread": 0, "networkkbswrite": 0, "diskkbsread": 0, "diskkbswrite": 0,
                    "memorykbs": 0, "memoryintfreekbs": 0, "memorytargetkbs": 0, "diskioread": 0, "diskiowrite": 0}),
            );
        }
        Ok(())
    }

    fn volume(
        &mut self,
        db: &Connection,
        thing: &Thing,
        body: &mut Map<String, Value>,
    ) -> Done<()> {
        if let Some(offering) = self.named(db, "diskoffering", body, "diskofferingid")? {
            let text = offering.text("displaytext").to_string();
            add(body, json!({"diskofferingdisplaytext": text}));
        }
        if let Some(machine) = self.named(db, "machine", body, "virtualmachineid")? {
            let more = json!({"vmdisplayname": machine.text("displayname"), "vmstate": machine.state,
                "serviceofferingid": if thing.text("type") == "ROOT" { machine.body.get("serviceofferingid").cloned() }
                    else { None }});
            add(body, more);
            if let Some(offering) = self.named(db, "serviceoffering", body, "serviceofferingid")? {
                let more = json!({"serviceofferingname": offering.name,
                    "serviceofferingdisplaytext": offering.text("displaytext")});
                add(body, more);
            }
        }
        if let Some(template) = self.named(db, "template", body, "templateid")? {
            let more = json!({"templatename": template.name,
                "templatedisplaytext": template.text("displaytext")});
            add(body, more);
        }
        if thing.state != "Ready" {
            return Ok(());
        }
        if !body.contains_key("storageid") {
            // What was never moved is in the first pool of its zone.
            let zone = thing.text("zoneid").to_string();
            let first = store::of_kind(db, "storagepool")?
                .into_iter()
                .find(|pool| pool.text("zoneid") == zone);
            add(body, json!({"storageid": first.map(|pool| pool.uuid)}));
        }
        if let Some(pool) = self.named(db, "storagepool", body, "storageid")? {
            let mut more = json!({"storage": pool.name, "path": thing.name});
            for field in ["clusterid", "clustername", "podid", "podname"] {
                more[field] = pool.body.get(field).cloned().unwrap_or_default();
            }
            add(body, more);
        }
        Ok(())
    }

    fn snapshot(&mut self, db: &Connection, body: &mut Map<String, Value>) -> Done<()> {
        let Some(volume) = self.named(db, "volume", body, "volumeid")? else {
            return Ok(());
        };
        let template = volume.text("templateid").to_string();
        let system = self.of(db, "template", &template)?;
        let system = system.map(|template| template.text("ostypeid").to_string());
        if let Some(uuid) = system
            && let Some(system) = self.of(db, "ostype", &uuid)?
        {
            let more = json!({"ostypeid": system.uuid, "osdisplayname": system.name});
            add(body, more);
        }
        Ok(())
    }

    fn host(
        &mut self,
        db: &Connection,
        thing: &Thing,
        body: &mut Map<String, Value>,
        listed: bool,
    ) -> Done<()> {
        if thing.text("type") != "Routing" {
            return Ok(());
        }
        let load = self.load_of(db, &thing.uuid)?;
        let speed = thing.whole("cpunumber") * thing.whole("cpuspeed");
        let (allocated, memory) = (share(load.speed, speed), thing.whole("memorytotal"));
        add(
            body,
            json!({"cpuallocated": allocated, "cpuwithoverprovisioning": format!("{speed}.0"),
                "memorywithoverprovisioning": as_java_writes(memory), "memoryallocated": load.memory << 20,
                "capabilities": "hvm", "lastpinged": thing.body.get("created"),
                // What a management server calls itself: the number of its network card.
                "managementserverid": 0x0200_0000_0001_i64, "islocalstorageactive": false,
                "events": "AgentConnected; AgentDisconnected; HostDown; ManagementServerDown; Ping; PingTimeout; Remove; \
                    ShutdownRequested; StartAgentRebalance",
                "hostha": {"haenable": false, "hastate": "Disabled"},
                "outofbandmanagement": {"powerstate": "Disabled", "enabled": false}, "hahost": false}),
        );
        if listed {
            add(
                body,
                json!({"cpuused": "0%", "networkkbsread": 0, "networkkbswrite": 0, "memoryused": 0}),
            );
        }
        Ok(())
    }

    fn network(
        &mut self,
        db: &Connection,
        thing: &Thing,
        body: &mut Map<String, Value>,
    ) -> Done<()> {
        let offering = self.named(db, "networkoffering", body, "networkofferingid")?;
        let conserves = offering.is_none_or(|offering| offering.is("conservemode"));
        add(
            body,
            json!({"related": thing.uuid, "networkofferingconservemode": conserves, "redundantrouter": false}),
        );
        if thing.text("type") == "Isolated" && !body.contains_key("physicalnetworkid") {
            let wires = store::children(db, "physicalnetwork", thing.text("zoneid"))?;
            add(
                body,
                json!({"physicalnetworkid": wires.first().map(|wire| &wire.uuid)}),
            );
        }
        Ok(())
    }

    fn user(&mut self, db: &Connection, body: &mut Map<String, Value>) -> Done<()> {
        let role = body.get("rolename").and_then(Value::as_str);
        let roles = store::named(db, "role", role.unwrap_or_default())?;
        add(
            body,
            json!({"roleid": roles.first().map(|role| &role.uuid)}),
        );
        Ok(())
    }
}

/// Puts fields into a record, but for those that are nothing.
fn add(body: &mut Map<String, Value>, fields: Value) {
    if let Value::Object(fields) = fields {
        body.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
    }
}

/// How much of something is taken, as in 3.12%.
pub fn share(taken: i64, whole: i64) -> String {
    if taken == 0 || whole == 0 {
        return "0%".into();
    }
    format!("{:.2}%", 100.0 * taken as f64 / whole as f64)
}

/// A large number as Java writes one with a fraction: 8.5899346E9.
fn as_java_writes(number: i64) -> String {
    let text = format!("{:.7e}", number as f64);
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = digits.trim_end_matches('0');
    let digits = if digits.ends_with('.') {
        format!("{digits}0")
    } else {
        digits.to_string()
    };
    format!("{digits}E{power}")
}
