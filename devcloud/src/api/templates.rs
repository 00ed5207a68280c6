//! Templates and ISOs: listed by filter, registered, made of disks, copied, shared, attached, deleted when unused.

use std::collections::HashSet;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::listing::{IN_PROJECT, Listing, OWNED, PAGED, Seen, view};
use super::things::{Owner, begun, born};
use super::{Call, Done, Reply, configuration, errands, in_job};
use crate::api::fields::{MACHINE, SUCCESS, TEMPLATE};
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    ISO: id string "its id", name string "its name", displaytext string "what it is",
        ispublic boolean "whether everybody may use it", created date "when it was made",
        isready boolean "whether it can be used", bootable boolean "whether machines can start from it",
        isfeatured boolean "whether it is recommended", crossZones boolean "whether it is in every zone",
        ostypeid string "the operating system in it", ostypename string "that system's name",
        account string "the account it belongs to", projectid string "the project it belongs to",
        project string "that project's name", zoneid string "the zone it is in", zonename string "that zone's name",
        status string "how far its download is", size long "its size", domain string "that domain's name",
        domainid string "the domain it belongs to", isextractable boolean "whether it can be taken out",
        checksum string "its MD5 sum", isdynamicallyscalable boolean "whether machines of it scale while they run",
        tags list "its tags";
}
fields! {
    PERMISSION: id string "its id", ispublic boolean "whether everybody may use it",
        domainid string "the domain it belongs to", account list "the account it belongs to",
        projectids list "the projects, by commas";
}
fields! {
    EXTRACTION: id string "its id", name string "its name", accountid string "the account that asked",
        created date "when it was made", extractId string "the id of what is taken out",
        extractMode string "how it is taken out", state string "its state", status string "how far its download is",
        storagetype string "where it comes from", uploadpercentage integer "how far it is", url string "where it is",
        zoneid string "the zone it is in", zonename string "that zone's name";
}

apis! {
    Everyone "listTemplates" "Lists templates" (OWNED, IN_PROJECT, PAGED) {
        req "templatefilter" Text "which templates: featured, self, selfexecutable, sharedexecutable, executable, community, or all for administrators";
        opt "id" Id("template") "its id";
        opt "ids" List "the ids, by commas";
        opt "hypervisor" Text "only templates for this hypervisor";
        opt "name" Text "its name";
        opt "zoneid" Id("zone") "only those in this zone";
        opt "tags" Map "its tags";
    } -> TEMPLATE |call| list(call, "template");

    Everyone "registerTemplate" "Registers a template that is at a URL" () {
        req "displaytext" Text "what it is" <= 4096;
        req "format" Text "its disk format";
        req "hypervisor" Text "what it runs on";
        req "name" Text "its name";
        req "ostypeid" Id("ostype") "the operating system in it";
        req "url" Text "where it is" <= 2048;
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
        opt "bits" Integer "32 or 64";
        opt "checksum" Text "its MD5 sum";
        opt "details" Map "its details, such as details[0].name=value";
        opt "isdynamicallyscalable" Boolean "whether machines of it scale while they run";
        opt "isextractable" Boolean "whether it can be taken out";
        opt "isfeatured" Boolean "whether it is recommended";
        opt "ispublic" Boolean "whether everybody may use it";
        opt "isrouting" Boolean "whether routers are made of it";
        opt "passwordenabled" Boolean "whether its password can be reset";
        opt "requireshvm" Boolean "whether it needs hardware virtualisation";
        opt "sshkeyenabled" Boolean "whether it takes SSH keys";
        opt "templatetag" Text "its tag, for hosts to have";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "zoneids" List "the zones it is in, by commas";
    } -> TEMPLATE register_template;

    Everyone "updateTemplate" "Changes a template's names and what it is able to do" () {
        req "id" Id("template") "its id";
        opt "name" Text "its name";
        opt "displaytext" Text "what it is" <= 4096;
        opt "bootable" Boolean "whether machines can start from it";
        opt "format" Text "its disk format";
        opt "isdynamicallyscalable" Boolean "whether machines of it scale while they run";
        opt "isrouting" Boolean "whether routers are made of it";
        opt "ostypeid" Id("ostype") "the operating system in it";
        opt "passwordenabled" Boolean "whether its password can be reset";
        opt "requireshvm" Boolean "whether it needs hardware virtualisation";
        opt "sortkey" Integer "its place in lists";
        opt "details" Map "its details, such as details[0].name=value";
    } -> TEMPLATE |call| update(call, "template");

    Everyone "deleteTemplate" "Deletes a template" () {
        req "id" Id("template") "its id";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "forced" Boolean "whether it goes although machines were made of it";
    } -> SUCCESS |call| delete(call, "template"),
        job "user.template.DeleteTemplateCmd" on "Template" then |call| call.end_removed("template");

    Everyone "createTemplate" "Makes a template of a stopped machine's volume or of a snapshot" () {
        req "displaytext" Text "what it is" <= 4096;
        req "name" Text "its name";
        req "ostypeid" Id("ostype") "the operating system in it";
        opt "bits" Integer "32 or 64";
        opt "details" Map "its details, such as details[0].name=value";
        opt "isdynamicallyscalable" Boolean "whether machines of it scale while they run";
        opt "isfeatured" Boolean "whether it is recommended";
        opt "ispublic" Boolean "whether everybody may use it";
        opt "passwordenabled" Boolean "whether its password can be reset";
        opt "projectid" Id("project") "the project it belongs to";
        opt "requireshvm" Boolean "whether it needs hardware virtualisation";
        opt "snapshotid" Id("snapshot") "the snapshot";
        opt "templatetag" Text "its tag, for hosts to have";
        opt "volumeid" Id("volume") "the volume";
    } -> TEMPLATE create,
        job "admin.template.CreateTemplateCmdByAdmin" on "Template" then |call| {
            let mut template = call.subject("template")?;
            template.set("isready", true);
            template.set("status", "Download Complete");
            template.state = "Active".into();
            store::update(call.db, &template)?;
            Ok(in_job("template", view(call.db, &template)?))
        };

    Everyone "copyTemplate" "Copies a template to other zones" () {
        req "id" Id("template") "its id";
        opt "destzoneid" Id("zone") "the zone it is copied to";
        opt "destzoneids" List "the zones it is copied to, by commas";
        opt "sourcezoneid" Id("zone") "the zone it is copied from";
    } -> TEMPLATE |call| copy(call, "template"),
        job "admin.template.CopyTemplateCmdByAdmin" on "Template" then |call| call.end_shown("template", "template");

    Root "prepareTemplate" "Brings a template into a zone's storage before it is needed" () {
        req "templateid" Id("template") "the template";
        req "zoneid" Id("zone") "the zone";
        opt "storageid" Id("storagepool") "the storage pool";
    } -> TEMPLATE |call| {
            let template = call.required_thing("templateid", "template")?;
            Ok(Reply::List("template", vec![view(call.db, &template)?], 1))
        };

    Everyone "extractTemplate" "Tells where a template can be fetched" () {
        req "id" Id("template") "its id";
        req "mode" Text "how it is taken out: HTTP_DOWNLOAD or FTP_UPLOAD";
        opt "url" Text "where it is" <= 2048;
        opt "zoneid" Id("zone") "the zone it is in";
    } -> EXTRACTION |call| extract(call, "template"),
        job "user.template.ExtractTemplateCmd" on "Template" then |call| extracted(call, "template");

    Everyone "listTemplatePermissions" "Tells who may use a template" () {
        req "id" Id("template") "its id";
    } -> PERMISSION |call| permissions(call, "template");

    Everyone "updateTemplatePermissions" "Changes who may use a template" () {
        req "id" Id("template") "its id";
        opt "accounts" List "the accounts, by commas";
        opt "projectids" List "the projects, by commas";
        opt "op" Text "add, remove or reset";
        opt "isextractable" Boolean "whether it can be taken out";
        opt "isfeatured" Boolean "whether it is recommended";
        opt "ispublic" Boolean "whether everybody may use it";
    } -> SUCCESS |call| permit(call, "template");

    Everyone "listIsos" "Lists ISOs" (OWNED, IN_PROJECT, PAGED) {
        opt "isofilter" Text "featured, self, selfexecutable, sharedexecutable, executable, community or all";
        opt "id" Id("iso") "its id";
        opt "name" Text "its name";
        opt "bootable" Boolean "whether only those count that machines can start from";
        opt "isready" Boolean "whether only those count that can be used";
        opt "ispublic" Boolean "whether everybody may use it";
        opt "zoneid" Id("zone") "only those in this zone";
        opt "tags" Map "its tags";
    } -> ISO |call| list(call, "iso");

    Everyone "registerIso" "Registers an ISO that is at a URL" () {
        req "displaytext" Text "what it is" <= 4096;
        req "name" Text "its name";
        req "url" Text "where it is" <= 2048;
        req "zoneid" Id("zone") "the zone it is in";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
        opt "bootable" Boolean "whether machines can start from it";
        opt "checksum" Text "its MD5 sum";
        opt "isdynamicallyscalable" Boolean "whether machines of it scale while they run";
        opt "isextractable" Boolean "whether it can be taken out";
        opt "isfeatured" Boolean "whether it is recommended";
        opt "ispublic" Boolean "whether everybody may use it";
        opt "ostypeid" Id("ostype") "the operating system in it";
    } -> ISO register_iso;

    Everyone "updateIso" "Changes an ISO's names and what it is able to do" () {
        req "id" Id("iso") "its id";
        opt "name" Text "its name";
        opt "displaytext" Text "what it is" <= 4096;
        opt "bootable" Boolean "whether machines can start from it";
        opt "format" Text "its disk format";
        opt "isdynamicallyscalable" Boolean "whether machines of it scale while they run";
        opt "ostypeid" Id("ostype") "the operating system in it";
        opt "sortkey" Integer "its place in lists";
    } -> ISO |call| update(call, "iso");

    Everyone "deleteIso" "Deletes an ISO that no machine has attached" () {
        req "id" Id("iso") "its id";
        opt "zoneid" Id("zone") "the zone it is in";
    } -> SUCCESS |call| delete(call, "iso"),
        job "user.iso.DeleteIsoCmd" on "Iso" then |call| call.end_removed("iso");

    Everyone "copyIso" "Copies an ISO to other zones" () {
        req "id" Id("iso") "its id";
        opt "destzoneid" Id("zone") "the zone it is copied to";
        opt "destzoneids" List "the zones it is copied to, by commas";
        opt "sourcezoneid" Id("zone") "the zone it is copied from";
    } -> ISO |call| copy(call, "iso"),
        job "admin.iso.CopyIsoCmdByAdmin" on "Iso" then |call| call.end_shown("iso", "iso");

    Everyone "extractIso" "Tells where an ISO can be fetched" () {
        req "id" Id("iso") "its id";
        req "mode" Text "how it is taken out: HTTP_DOWNLOAD or FTP_UPLOAD";
        opt "url" Text "where it is" <= 2048;
        opt "zoneid" Id("zone") "the zone it is in";
    } -> EXTRACTION |call| extract(call, "iso"),
        job "user.iso.ExtractIsoCmd" on "Iso" then |call| extracted(call, "iso");

    Everyone "listIsoPermissions" "Tells who may use an ISO" () {
        req "id" Id("iso") "its id";
    } -> PERMISSION |call| permissions(call, "iso");

    Everyone "updateIsoPermissions" "Changes who may use an ISO" () {
        req "id" Id("iso") "its id";
        opt "accounts" List "the accounts, by commas";
        opt "projectids" List "the projects, by commas";
        opt "op" Text "add, remove or reset";
        opt "isextractable" Boolean "whether it can be taken out";
        opt "isfeatured" Boolean "whether it is recommended";
        opt "ispublic" Boolean "whether everybody may use it";
    } -> SUCCESS |call| permit(call, "iso");

    Everyone "attachIso" "Puts an ISO into a machine's CD drive" () {
        req "id" Id("iso") "its id";
        req "virtualmachineid" Id("machine") "the virtual machine";
    } -> MACHINE attach,
        job "admin.iso.AttachIsoCmdByAdmin" on "VirtualMachine" then |call| call.end_shown("machine", "virtualmachine");

    Everyone "detachIso" "Takes the ISO out of a machine's CD drive" () {
        req "virtualmachineid" Id("machine") "the virtual machine";
    } -> MACHINE detach,
        job "admin.iso.DetachIsoCmdByAdmin" on "VirtualMachine" then |call| call.end_shown("machine", "virtualmachine");
}

const FILTERS: [&str; 7] = [
    "featured",
    "self",
    "selfexecutable",
    "sharedexecutable",
    "executable",
    "community",
    "all",
];

/// The accounts and projects, by internal id, that the caller's own things may belong to.
fn own_accounts(call: &Call) -> Done<HashSet<i64>> {
    let projects = super::projects::of_caller(call)?;
    let mut own: HashSet<i64> = projects.iter().map(|project| project.id).collect();
    own.insert(call.caller.account.id);
    Ok(own)
}

/// Whether somebody let an account use a template.
fn shared(call: &Call, thing: &Thing, accounts: &HashSet<i64>) -> Done<bool> {
    let granted = store::children(call.db, "permission", &thing.uuid)?;
    Ok(granted
        .iter()
        .any(|grant| accounts.contains(&grant.account)))
}

/// Refuses a template or ISO that the caller may not use for machines.
pub fn usable(call: &Call, thing: &Thing) -> Done<()> {
    if thing.is("ispublic")
        || call.may_use(thing).is_ok()
        || shared(call, thing, &own_accounts(call)?)?
    {
        return Ok(());
    }
    call.may_use(thing)
}

fn list(call: &mut Call, kind: &'static str) -> Done<Reply> {
    let param = if kind == "iso" {
        "isofilter"
    } else {
        "templatefilter"
    };
    let filter = call.text(param).unwrap_or("selfexecutable").to_string();
    if !FILTERS.contains(&filter.as_str()) {
        return Err(Refusal::param(format!(
            "No enum constant com.cloud.template.VirtualMachineTemplate.TemplateFilter.{filter}"
        )));
    }
    if filter == "all" && call.caller.kind() == 0 {
        return Err(Refusal::value("Filter all can be specified by admin only"));
    }
    let seen = Seen::by(call)?;
    let own = own_accounts(call)?;
    let mut visible = HashSet::new();
    for thing in store::of_kind(call.db, kind)? {
        let is = |name: &str| thing.is(name);
        let owned = thing.account != 0 && seen.sees_account(call, thing.account)?;
        let of_cloud = thing.account == 0;
        let granted = shared(call, &thing, &own)?;
        let shows = match filter.as_str() {
            "all" => owned || of_cloud || is("ispublic"),
            "featured" => {
                is("ispublic") && is("isfeatured") && is("isready") || of_cloud && is("isfeatured")
            }
            "executable" => (is("ispublic") || owned || granted) && is("isready"),
            "community" => is("ispublic") && !is("isfeatured") && is("isready"),
            "self" => owned,
            "sharedexecutable" => granted && is("isready"),
            _ => owned && is("isready"),
        };
        if shows {
            visible.insert(thing.id);
        }
    }
    let listing = Listing {
        kind,
        name: kind,
        filters: &[
            ("hypervisor", "hypervisor"),
            ("bootable", "bootable"),
            ("isready", "isready"),
            ("ispublic", "ispublic"),
        ],
    };
    let zone = call.thing("zoneid", "zone")?;
    let mut rows = Vec::new();
    for thing in call.found_open(&listing)? {
        if !visible.contains(&thing.id) {
            continue;
        }
        for row in in_zones(call, &thing)? {
            if zone.as_ref().is_none_or(|zone| row["zoneid"] == *zone.uuid) {
                rows.push(row);
            }
        }
    }
    call.page(kind, rows)
}

/// A template as answers show it, once for each zone that it is in.
fn in_zones(call: &Call, thing: &Thing) -> Done<Vec<Value>> {
    let mut rows = vec![view(call.db, thing)?];
    for copy in store::children(call.db, "copy", &thing.uuid)? {
        if let Some(zone) = store::by_uuid(call.db, "zone", &copy.name)? {
            let mut row = view(call.db, thing)?;
            row["zoneid"] = json!(zone.uuid);
            row["zonename"] = json!(zone.name);
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Refuses what nothing can be fetched from.
fn fetchable(call: &Call) -> Done<()> {
    let url = call.required("url")?;
    let known = ["http", "https", "nfs", "file"];
    match url.split_once("://") {
        Some((scheme, rest))
            if known.contains(&scheme.to_lowercase().as_str()) && !rest.is_empty() =>
        {
            Ok(())
        }
        Some((scheme, _)) => Err(Refusal::value(format!(
            "Unsupported scheme for url: {scheme}"
        ))),
        None => Err(Refusal::value(format!("Invalid URL: {url}"))),
    }
}

/// What a new template or ISO may be for others: published by anybody, recommended by administrators.
fn offered(call: &Call) -> (bool, bool, bool) {
    let flag = |name: &str| call.boolean(name).unwrap_or(false);
    (
        flag("ispublic"),
        flag("isfeatured") && call.caller.kind() != 0,
        flag("isextractable"),
    )
}

fn register_template(call: &mut Call) -> Done<Reply> {
    fetchable(call)?;
    let zone = zone_for(call)?;
    let os = call.required_thing("ostypeid", "ostype")?;
    let format = call.required("format")?.to_uppercase();
    let host = store::of_kind(call.db, "host")?.into_iter().next();
    let hypervisor = call.required("hypervisor")?;
    if host.is_some_and(|host| !host.text("hypervisor").eq_ignore_ascii_case(hypervisor)) {
        return Err(Refusal::value(format!(
            "Hypervisor {hypervisor} is not available in zone {}",
            zone.name
        )));
    }
    if !matches!(
        format.as_str(),
        "VHD" | "QCOW2" | "RAW" | "OVA" | "VHDX" | "VMDK"
    ) {
        return Err(Refusal::value(format!(
            "Image format: {format} is incorrect. Supported formats are [VHD, QCOW2, RAW, OVA, VHDX, VMDK]"
        )));
    }
    let owner = call.owner()?;
    let template = add(call, &owner, &zone, &os, &format, 1 << 30)?;
    download(call, &template)?;
    Ok(Reply::List("template", vec![view(call.db, &template)?], 1))
}

/// The zone that a template is registered in: the one named, the first of those named, or the first of all.
fn zone_for(call: &Call) -> Done<Thing> {
    if let Some(zone) = call.thing("zoneid", "zone")? {
        return Ok(zone);
    }
    if let Some(first) = call
        .listed("zoneids")
        .first()
        .filter(|first| **first != "-1")
    {
        return call.find("zoneids", "zone", first);
    }
    store::of_kind(call.db, "zone")?
        .into_iter()
        .next()
        .ok_or_else(|| Refusal::value("there is no zone"))
}

fn add(
    call: &Call,
    owner: &Owner,
    zone: &Thing,
    os: &Thing,
    format: &str,
    size: i64,
) -> Done<Thing> {
    let (public, featured, extractable) = offered(call);
    let flag = |name: &str| call.boolean(name).unwrap_or(false);
    let host = store::of_kind(call.db, "host")?.into_iter().next();
    let hypervisor = host.map_or_else(
        || "XenServer".to_string(),
        |host| host.text("hypervisor").into(),
    );
    let name = call.required("name")?;
    let before = json!({"displaytext": call.required("displaytext")?, "ispublic": public,
        "created": clock::date(call.now), "isready": false, "passwordenabled": flag("passwordenabled"),
        "format": format, "isfeatured": featured, "crossZones": false, "ostypeid": os.uuid, "ostypename": os.name});
    let after = json!({"zoneid": zone.uuid, "zonename": zone.name, "size": size,
        "templatetype": "USER", "hypervisor": hypervisor, "isextractable": extractable,
        "checksum": call.text("checksum"), "templatetag": call.text("templatetag"),
        "bits": call.number("bits").unwrap_or(64), "sshkeyenabled": flag("sshkeyenabled"),
        "isdynamicallyscalable": flag("isdynamicallyscalable"), "tags": []});
    call.make(
        owner,
        ("template", name, "Active", &zone.uuid),
        owner.body(before, after),
    )
}

fn register_iso(call: &mut Call) -> Done<Reply> {
    fetchable(call)?;
    let zone = call.required_thing("zoneid", "zone")?;
    let bootable = call.boolean("bootable").unwrap_or(true);
    let os = call.thing("ostypeid", "ostype")?;
    if bootable && os.is_none() {
        return Err(Refusal::value("Please pass a valid GuestOS Id"));
    }
    let (public, featured, extractable) = offered(call);
    let owner = call.owner()?;
    let name = call.required("name")?;
    let before = json!({"displaytext": call.required("displaytext")?, "ispublic": public,
        "created": clock::date(call.now), "isready": false, "bootable": bootable, "isfeatured": featured,
        "crossZones": false, "ostypeid": os.as_ref().map(|os| &os.uuid), "ostypename": os.as_ref().map(|os| &os.name)});
    let after = json!({"zoneid": zone.uuid, "zonename": zone.name,
        "size": 350_000_000, "isextractable": extractable, "checksum": call.text("checksum"),
        "isdynamicallyscalable": call.boolean("isdynamicallyscalable").unwrap_or(false), "tags": []});
    let iso = call.make(
        &owner,
        ("iso", name, "Active", &zone.uuid),
        owner.body(before, after),
    )?;
    download(call, &iso)?;
    Ok(Reply::List("iso", vec![view(call.db, &iso)?], 1))
}

/// How long a download takes, in milliseconds, unless jobs have a time of their own.
const DOWNLOAD_TIME: i64 = 5_000;

/// Begins to fetch what was registered by its URL.
pub fn download(call: &Call, thing: &Thing) -> Done<()> {
    let time = configuration::job_milliseconds(call.db)?.unwrap_or(DOWNLOAD_TIME);
    errands::plan(call.db, errands::DOWNLOAD, thing, clock::now() + time)
}

/// The end of a download: a template or ISO can be used, a volume can be attached.
pub fn downloaded(db: &Connection, thing: &Thing) -> Done<()> {
    let mut thing = thing.clone();
    if thing.kind == "volume" {
        thing.state = "Uploaded".into();
    } else {
        thing.set("isready", true);
        let status = match thing.kind.as_str() {
            "iso" => "Successfully Installed",
            _ => "Download Complete",
        };
        thing.set("status", status);
    }
    Ok(store::update(db, &thing)?)
}

fn update(call: &mut Call, kind: &'static str) -> Done<Reply> {
    let mut thing = changeable(call, kind)?;
    if thing.account == 0 && !call.caller.root() {
        return Err(Refusal::new(
            531,
            4365,
            format!(
                "Unable to update template: {} is the cloud's own",
                thing.name
            ),
        ));
    }
    call.take_over(
        &mut thing,
        &["name", "displaytext", "format"],
        &["bootable", "isdynamicallyscalable", "passwordenabled"],
    );
    if let Some(os) = call.thing("ostypeid", "ostype")? {
        thing.set("ostypeid", os.uuid);
        thing.set("ostypename", os.name);
    }
    if call.text("details[0].name").is_some() || !call.map("details").is_empty() {
        thing.set("details", call.map("details"));
    }
    store::update(call.db, &thing)?;
    call.shown(kind, &thing)
}

fn changeable(call: &Call, kind: &str) -> Done<Thing> {
    let thing = call.required_thing("id", kind)?;
    call.may_use(&thing)?;
    Ok(thing)
}

fn delete(call: &mut Call, kind: &str) -> Done<Reply> {
    let thing = changeable(call, kind)?;
    if thing.text("templatetype") == "SYSTEM" || (thing.account == 0 && !call.caller.root()) {
        return Err(Refusal::value("The system vm template cannot be deleted."));
    }
    let machines = store::mentioning(call.db, "machine", &thing.uuid)?;
    let forced = call.boolean("forced").unwrap_or(false);
    if kind == "iso" && !machines.is_empty() {
        return Err(Refusal::value(
            "Unable to delete iso, as it's used by other vms",
        ));
    }
    if kind == "template" && !machines.is_empty() && !forced {
        return Err(Refusal::value(format!(
            "Unable to delete template with id: {} because VM instances: [{}] are using it.",
            thing.uuid,
            machines
                .iter()
                .map(|machine| machine.text("instancename"))
                .collect::<Vec<_>>()
                .join(", ")
        )));
    }
    Ok(begun(&thing))
}

fn create(call: &mut Call) -> Done<Reply> {
    let source = match (call.text("volumeid"), call.text("snapshotid")) {
        (Some(_), None) => call.own_thing("volumeid", "volume")?,
        (None, Some(_)) => call.own_thing("snapshotid", "snapshot")?,
        (None, None) => {
            return Err(Refusal::value(
                "Failed to create private template record, neither volume ID nor snapshot ID were specified.",
            ));
        }
        _ => {
            return Err(Refusal::value(
                "Failed to create private template record, both volume ID and snapshot ID were specified; give one",
            ));
        }
    };
    let machine = store::by_uuid(call.db, "machine", &source.parent)?;
    if source.kind == "volume" && machine.is_some_and(|machine| machine.state != "Stopped") {
        return Err(Refusal::value(format!(
            "Unable to create a template from volume {}: the VM it is attached to is not stopped",
            source.uuid
        )));
    }
    let zone = store::by_uuid(call.db, "zone", source.text("zoneid"))?
        .ok_or_else(|| Refusal::value("the zone of the volume is gone"))?;
    let os = call.required_thing("ostypeid", "ostype")?;
    let owner = match call.text("projectid") {
        Some(_) => call.owner()?,
        None => call.owner_like(&source)?,
    };
    let size = source.whole("size").max(source.whole("virtualsize"));
    let mut template = add(call, &owner, &zone, &os, "VHD", size)?;
    template.set("isready", false);
    template.set("status", "Creating");
    store::update(call.db, &template)?;
    Ok(born(&template))
}

fn copy(call: &mut Call, kind: &str) -> Done<Reply> {
    let thing = changeable(call, kind)?;
    let mut zones: Vec<Thing> = call.thing("destzoneid", "zone")?.into_iter().collect();
    for given in call.listed("destzoneids") {
        zones.push(call.find("destzoneids", "zone", given)?);
    }
    if zones.is_empty() {
        return Err(Refusal::value(
            "Either destzoneid or destzoneids parameters have to be specified.",
        ));
    }
    for zone in zones {
        if zone.uuid == thing.text("zoneid") {
            return Err(Refusal::value(
                "Please specify different source and destination zones.",
            ));
        }
        let there = store::children(call.db, "copy", &thing.uuid)?;
        if there.iter().all(|copy| copy.name != zone.uuid) {
            call.make_common(("copy", &zone.uuid, "", &thing.uuid), json!({}))?;
        }
    }
    Ok(begun(&thing))
}

fn extract(call: &mut Call, kind: &str) -> Done<Reply> {
    let thing = changeable(call, kind)?;
    if !thing.is("isextractable") && !call.caller.root() {
        return Err(Refusal::new(
            531,
            4365,
            format!("The {kind} {} cannot be extracted", thing.uuid),
        ));
    }
    let mode = call.required("mode")?.to_ascii_uppercase();
    if !matches!(mode.as_str(), "HTTP_DOWNLOAD" | "FTP_UPLOAD") {
        return Err(Refusal::value(
            "Please specify a valid extract Mode. Supported modes: FTP_UPLOAD, HTTP_DOWNLOAD",
        ));
    }
    Ok(begun(&thing))
}

/// Where something can be fetched: an address that no server answers at, for there are no bytes behind it.
fn extracted(call: &mut Call, kind: &str) -> Done<Value> {
    let thing = call.subject(kind)?;
    let mut record = json!({"id": thing.uuid, "name": thing.name, "extractId": thing.uuid,
        "accountid": call.caller.account.uuid, "state": "DOWNLOAD_URL_CREATED", "zoneid": thing.text("zoneid"),
        "zonename": thing.text("zonename"), "extractMode": call.required("mode")?.to_ascii_uppercase()});
    record["url"] = json!(format!("http://10.147.28.6/userdata/{}.vhd", thing.uuid));
    Ok(in_job(kind, record))
}

fn permissions(call: &mut Call, kind: &str) -> Done<Reply> {
    let thing = call.required_thing("id", kind)?;
    usable(call, &thing)?;
    let grants = store::children(call.db, "permission", &thing.uuid)?;
    let (mut accounts, mut projects) = (Vec::new(), Vec::new());
    for grant in grants {
        if grant.text("project").is_empty() {
            accounts.push(grant.name);
        } else {
            projects.push(grant.name);
        }
    }
    let mut record = json!({"id": thing.uuid, "ispublic": thing.is("ispublic"),
        "domainid": thing.body.get("domainid")});
    if !accounts.is_empty() {
        record["account"] = json!(accounts);
    }
    if !projects.is_empty() {
        record["projectids"] = json!(projects);
    }
    Ok(Reply::One("templatepermission", record))
}

fn permit(call: &mut Call, kind: &str) -> Done<Reply> {
    let mut thing = changeable(call, kind)?;
    if thing.account == 0 && !call.caller.root() {
        return Err(Refusal::new(
            531,
            4365,
            format!("unable to update permissions for {}", thing.name),
        ));
    }
    let op = call.text("op").map(String::from);
    let named = call.text("accounts").is_some() || call.text("projectids").is_some();
    match op.as_deref() {
        Some("add" | "remove") if !named => {
            return Err(Refusal::value(
                "Please provide a list of accounts or projects to add or remove",
            ));
        }
        Some("add" | "remove" | "reset") | None => {}
        Some(other) => {
            return Err(Refusal::value(format!(
                "Invalid operation on {kind}: {other}. Valid operations are: add, remove, reset"
            )));
        }
    }
    let featured = thing.is("isfeatured");
    call.take_over(
        &mut thing,
        &[],
        &["ispublic", "isextractable", "isfeatured"],
    );
    if call.caller.kind() == 0 {
        thing.set("isfeatured", featured);
    }
    store::update(call.db, &thing)?;
    let mut who: Vec<(String, Thing)> = Vec::new();
    for name in call.listed("accounts") {
        let accounts = store::named(call.db, "account", name)?;
        let account = accounts
            .into_iter()
            .find(|account| account.domain == thing.domain || call.caller.root());
        let account = account.ok_or_else(|| {
            Refusal::value(format!(
                "Unable to grant a launch permission to account {name}: it is not in the domain"
            ))
        })?;
        who.push((name.to_string(), account));
    }
    for given in call.listed("projectids") {
        let project = call.find("projectids", "project", given)?;
        who.push((project.uuid.clone(), project));
    }
    let grants = store::children(call.db, "permission", &thing.uuid)?;
    match op.as_deref() {
        Some("add") => {
            for (name, account) in who {
                if grants.iter().all(|grant| grant.account != account.id) {
                    let owner = call.owner_of(&account)?;
                    let project = owner.project.then_some(&owner.name);
                    call.make(
                        &owner,
                        ("permission", &name, "", &thing.uuid),
                        json!({"project": project}),
                    )?;
                }
            }
        }
        Some("remove") => {
            for grant in grants
                .iter()
                .filter(|grant| who.iter().any(|(_, account)| account.id == grant.account))
            {
                store::remove(call.db, grant)?;
            }
        }
        Some(_) => {
            for grant in &grants {
                store::remove(call.db, grant)?;
            }
            thing.set("ispublic", false);
            thing.set("isfeatured", false);
            store::update(call.db, &thing)?;
        }
        None => {}
    }
    Ok(Reply::Success)
}

fn attach(call: &mut Call) -> Done<Reply> {
    let iso = call.required_thing("id", "iso")?;
    usable(call, &iso)?;
    if !iso.is("isready") {
        return Err(Refusal::value(format!(
            "The ISO {} has not been downloaded as a whole; it cannot be attached yet",
            iso.uuid
        )));
    }
    let mut machine = call.own_thing("virtualmachineid", "machine")?;
    if !matches!(machine.state.as_str(), "Running" | "Stopped") {
        return Err(Refusal::value(
            "Please specify a VM that is either Stopped or Running.",
        ));
    }
    machine.set("isoid", iso.uuid);
    machine.set("isoname", iso.name);
    machine.set(
        "isodisplaytext",
        iso.body.get("displaytext").cloned().unwrap_or_default(),
    );
    store::update(call.db, &machine)?;
    Ok(begun(&machine))
}

fn detach(call: &mut Call) -> Done<Reply> {
    let mut machine = call.own_thing("virtualmachineid", "machine")?;
    if machine.text("isoid").is_empty() {
        return Err(Refusal::value(
            "The specified VM has no ISO attached to it.",
        ));
    }
    machine.unset(&["isoid", "isoname", "isodisplaytext"]);
    store::update(call.db, &machine)?;
    Ok(begun(&machine))
}
