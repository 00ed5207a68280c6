//! What starts by itself in a zone as soon as it can: system VMs, and the templates that come with the cloud.

use serde_json::json;

use super::{Call, Done};
use crate::clock;
use crate::seed;
use crate::store::{self, Thing};

const GIGABYTE: i64 = 1 << 30;

impl Call<'_> {
    /// Starts it all in an enabled zone with a host, a storage pool and somewhere to keep templates; what is there stays.
    pub fn wake(&self, zone: &Thing) -> Done<()> {
        let of_zone = |kind: &str| -> Done<Vec<Thing>> {
            let things = store::mentioning(self.db, kind, &zone.uuid)?;
            Ok(things
                .into_iter()
                .filter(|thing| thing.text("zoneid") == zone.uuid)
                .collect())
        };
        let zone = &match store::by_uuid(self.db, "zone", &zone.uuid)? {
            Some(zone) if zone.text("allocationstate") == "Enabled" => zone,
            _ => return Ok(()),
        };
        let hosts = of_zone("host")?;
        let stores = store::of_kind(self.db, "imagestore")?;
        let kept = stores.iter().any(|store| {
            let only = store.text("zoneid");
            only.is_empty() || only == zone.uuid
        });
        let Some(host) = hosts.first().filter(|host| host.state == "Up" && kept) else {
            return Ok(());
        };
        if of_zone("storagepool")?.is_empty() {
            return Ok(());
        }
        let mut templates = of_zone("template")?;
        for host in &hosts {
            let hypervisor = host.text("hypervisor");
            let has = |template: &Thing| {
                template.text("templatetype") == "SYSTEM"
                    && template.text("hypervisor").eq_ignore_ascii_case(hypervisor)
            };
            if templates.iter().any(has) {
                continue;
            }
            for (name, kind, size) in [
                (
                    format!("SystemVM Template ({hypervisor})"),
                    "SYSTEM",
                    2 * GIGABYTE,
                ),
                (format!("tiny Linux ({hypervisor})"), "BUILTIN", 50 << 20),
            ] {
                templates.push(seed::template(
                    self.db, &name, kind, size, hypervisor, zone,
                )?);
            }
        }
        if !of_zone("systemvm")?.is_empty() {
            return Ok(());
        }
        let template = templates
            .iter()
            .find(|template| template.text("templatetype") == "SYSTEM");
        for (letter, kind) in [("s", "secondarystoragevm"), ("v", "consoleproxy")] {
            let number = store::last_number(self.db, "systemvm")? + 1;
            let body = json!({"systemvmtype": kind, "zoneid": zone.uuid, "zonename": zone.name,
                "dns1": zone.text("dns1"), "podid": host.text("podid"), "hostid": host.uuid, "hostname": host.name,
                "hypervisor": host.text("hypervisor"), "linklocalip": format!("169.254.0.{}", 2 + number.rem_euclid(250)),
                "templateid": template.map(|template| &template.uuid), "created": clock::date(self.now),
                "state": "Running", "activeviewersessions": 0});
            let name = format!("{letter}-{number}-VM");
            self.make_common(("systemvm", &name, "Running", &zone.uuid), body)?;
        }
        Ok(())
    }
}
