//! What servers are made of and where: regions, zones, images, which are templates, and specs, which are offerings; the
//! products that both were before they had numbers; images of one's own.

use serde_json::{Value, json};

use super::ask::{Ask, Done, REGION, date, zone_code};
use super::given::{missing, wrong};
use super::servers;
use super::words::{Fault, OTHER, Reply, code};
use crate::store::{self, Thing};

/// The largest data disk of a server, in GB, and how many it may have.
const LARGEST_DISK: i64 = 2000;
const MOST_DISKS: i64 = 16;

pub fn regions(ask: &mut Ask) -> Done<Reply> {
    ask.listed(&[REGION], |region| {
        Ok(json!({"regionCode": region, "regionName": "Korea"}))
    })
}

pub fn zones(ask: &mut Ask) -> Done<Reply> {
    let zones = ask.look(|db| store::of_kind(db, "zone"))?;
    ask.listed(&zones, |zone| {
        Ok(
            json!({"zoneCode": zone_code(zone), "zoneName": zone.name, "zoneDescription": zone.name,
            "regionCode": REGION}),
        )
    })
}

pub fn hypervisors(ask: &mut Ask) -> Done<Reply> {
    ask.listed(&[code("XEN", "XEN"), code("KVM", "KVM")], |code| {
        Ok(code.clone())
    })
}

pub fn raids(ask: &mut Ask) -> Done<Reply> {
    ask.listed(&["1", "5"], |raid| {
        Ok(
            json!({"raidTypeName": raid, "raidName": format!("RAID {raid}"),
            "productType": code("BM", "BareMetal Server")}),
        )
    })
}

pub fn volume_types(ask: &mut Ask) -> Done<Reply> {
    let zones = ask.look(|db| store::of_kind(db, "zone"))?;
    let zones: Vec<String> = zones.iter().map(zone_code).collect();
    ask.listed(&["SSD", "HDD"], |kind| {
        Ok(json!({"zoneCodeList": zones, "blockStorageVolumeType": code(kind, kind),
            "hypervisorType": code("XEN", "XEN"), "minVolumeSize": 10, "maxVolumeSize": LARGEST_DISK,
            "isBaseStorageAvailable": *kind == "SSD"}))
    })
}

/// The hypervisor of a template or a machine.
pub fn hypervisor(thing: &Thing) -> Value {
    match thing.text("hypervisor") {
        "KVM" => code("KVM", "KVM"),
        _ => code("XEN", "XEN"),
    }
}

fn is_windows(image: &Thing) -> bool {
    image.text("ostypename").contains("Windows")
}

pub fn platform(image: &Thing) -> Value {
    match is_windows(image) {
        true => code("WND64", "Windows 64 Bit"),
        false => code("LNX64", "Linux 64 Bit"),
    }
}

/// The code of an image among the products.
pub fn image_product(image: &Thing) -> String {
    let platform = if is_windows(image) { "WND64" } else { "LNX64" };
    format!("SW.VSVR.OS.{platform}.DEVCLOUD.{:04}.B050", image.number)
}

/// The code of a spec.
pub fn spec_code(spec: &Thing) -> String {
    format!("c{}-g3-n{}", spec.whole("cpunumber"), spec.number)
}

/// The code of a spec among the products.
pub fn spec_product(spec: &Thing) -> String {
    format!(
        "SVR.VSVR.STAND.C{:03}.M{:05}.NET.SSD.B050.G003.N{}",
        spec.whole("cpunumber"),
        spec.whole("memory"),
        spec.number
    )
}

/// The images that the caller may use: the cloud's and what is public, and their own.
fn usable(ask: &Ask) -> Done<Vec<Thing>> {
    let templates = ask.look(|db| store::of_kind(db, "template"))?.into_iter();
    let account = ask.whose();
    Ok(templates
        .filter(|image| {
            let open = image.account == 0 || image.is("ispublic") || image.is("isfeatured");
            image.text("templatetype") != "SYSTEM" && (open || image.account == account)
        })
        .collect())
}

/// The specs there are.
pub fn specs(ask: &Ask) -> Done<Vec<Thing>> {
    ask.look(|db| store::of_kind(db, "serviceoffering"))
}

/// The image that a new server is to be made of.
pub fn image_asked(ask: &Ask) -> Done<Thing> {
    let images = usable(ask)?;
    for (name, product) in [
        ("serverImageNo", false),
        ("memberServerImageInstanceNo", false),
        ("serverImageProductCode", true),
    ] {
        let Some(wanted) = ask.given.text(name) else {
            continue;
        };
        let found = images.into_iter().find(|image| match product {
            true => image_product(image) == wanted,
            false => image.id.to_string() == wanted,
        });
        return found.ok_or_else(|| wrong(name, wanted));
    }
    Err(missing("serverImageNo"))
}

/// The spec that a call names; a product's code goes with a product's.
pub fn spec_asked(ask: &Ask) -> Done<Option<Thing>> {
    let (code, product) = (
        ask.given.text("serverSpecCode"),
        ask.given.text("serverProductCode"),
    );
    let (name, wanted) = match (code, product) {
        (Some(code), None) => ("serverSpecCode", code),
        (None, Some(product)) => ("serverProductCode", product),
        (None, None) => return Ok(None),
        (Some(_), Some(product)) => return Err(wrong("serverProductCode", product)),
    };
    if name == "serverProductCode" && ask.given.text("serverImageNo").is_some() {
        return Err(wrong(name, wanted));
    }
    let specs = specs(ask)?.into_iter();
    let found = specs
        .into_iter()
        .find(|spec| spec_code(spec) == wanted || spec_product(spec) == wanted);
    found.map(Some).ok_or_else(|| wrong(name, wanted))
}

fn image_view(ask: &Ask, image: &Thing) -> Done<Value> {
    let (status, name) = match (ask.pending(&image.uuid)?, image.is("isready")) {
        (None, true) => ("CREAT", "created"),
        _ => ("INIT", "creating"),
    };
    let own = image.account == ask.whose() && image.account != 0;
    Ok(json!({
        "serverImageNo": image.id.to_string(),
        "serverImageName": image.name,
        "serverImageDescription": image.text("displaytext"),
        "serverImageProductCode": image_product(image),
        "serverImageType": if own { code("SELF", "My Server Image") } else { code("NCP", "NCP Server Image") },
        "hypervisorType": hypervisor(image),
        "cpuArchitectureType": code("X86_64", "x86 64bit"),
        "osCategoryType": if is_windows(image) { code("WINDOWS", "Windows") } else { code("LINUX", "Linux") },
        "osType": code(if is_windows(image) { "WINDOWS" } else { "LINUX" }, image.text("ostypename")),
        "serverImageStatus": code(status, &format!("NSI {status} state")),
        "serverImageOperation": code("NULL", "NSI NULL OP"),
        "serverImageStatusName": name,
        "createDate": date(image.text("created")),
        "shareStatus": code("NOTUSED", "NOT USED"),
        "blockStorageMappingList": [{"order": 0, "blockStorageSize": image.whole("size"),
            "blockStorageVolumeType": code("SSD", "SSD"), "isEncryptedVolume": false}],
        "platformCategoryCode": "OS",
    }))
}

pub fn images(ask: &mut Ask) -> Done<Reply> {
    let images = usable(ask)?;
    ask.listed(&images, |image| image_view(ask, image))
}

fn spec_view(spec: &Thing) -> Value {
    json!({
        "serverSpecCode": spec_code(spec),
        "generationCode": "G3",
        "cpuCount": spec.whole("cpunumber"),
        "memorySize": spec.whole("memory") << 20,
        "hypervisorType": code("XEN", "XEN"),
        "cpuArchitectureType": code("X86_64", "x86 64bit"),
        "blockStorageMaxCount": MOST_DISKS,
        "networkInterfaceMaxCount": 3,
        "serverProductCode": spec_product(spec),
        "serverSpecDescription": spec.name,
        "gpuCount": 0,
        "serverSpecNo": spec.id,
    })
}

pub fn spec_list(ask: &mut Ask) -> Done<Reply> {
    let specs = specs(ask)?;
    ask.listed(&specs, |spec| Ok(spec_view(spec)))
}

pub fn image_products(ask: &mut Ask) -> Done<Reply> {
    let images = usable(ask)?;
    ask.listed(&images, |image| {
        Ok(json!({
            "productCode": image_product(image),
            "productName": image.name,
            "productType": code("LINUX", "Linux"),
            "productDescription": image.text("displaytext"),
            "infraResourceType": code("SW", "Software"),
            "cpuCount": 0,
            "memorySize": 0,
            "baseBlockStorageSize": image.whole("size"),
            "platformType": platform(image),
            "osInformation": image.text("ostypename"),
            "addBlockStorageSize": 0,
        }))
    })
}

pub fn spec_products(ask: &mut Ask) -> Done<Reply> {
    if let Some(wanted) = ask.given.text("serverImageProductCode") {
        let known = usable(ask)?
            .iter()
            .any(|image| image_product(image) == wanted);
        if !known {
            return Err(wrong("serverImageProductCode", wanted));
        }
    }
    let specs = specs(ask)?;
    ask.listed(&specs, |spec| {
        Ok(json!({
            "productCode": spec_product(spec),
            "productName": spec.name,
            "productType": code("STAND", "Standard"),
            "productDescription": spec.text("displaytext"),
            "infraResourceType": code("VSVR", "Server (VPC)"),
            "cpuCount": spec.whole("cpunumber"),
            "memorySize": spec.whole("memory") << 20,
            "baseBlockStorageSize": 50_i64 << 30,
            "diskType": code("NET", "Network Storage"),
            "addBlockStorageSize": 0,
            "generationCode": "G3",
        }))
    })
}

/// The caller's own images.
fn own(ask: &Ask) -> Done<Vec<Thing>> {
    ask.own("template")
}

fn member_view(ask: &Ask, image: &Thing) -> Done<Value> {
    let (status, name) = match (ask.pending(&image.uuid)?, image.is("isready")) {
        (None, true) => ("CREAT", "created"),
        _ => ("INIT", "creating"),
    };
    Ok(json!({
        "memberServerImageInstanceNo": image.id.to_string(),
        "memberServerImageName": image.name,
        "memberServerImageDescription": image.text("displaytext"),
        "originalServerInstanceNo": ask.noted(&image.uuid, "server")?,
        "originalServerImageProductCode": ask.noted(&image.uuid, "product")?,
        "memberServerImageInstanceStatus": code(status, &format!("MSI {status} state")),
        "memberServerImageInstanceOperation": code("NULL", "MSI NULL OP"),
        "memberServerImageInstanceStatusName": name,
        "createDate": date(image.text("created")),
        "memberServerImageBlockStorageTotalRows": 1,
        "memberServerImageBlockStorageTotalSize": image.whole("size"),
        "shareStatus": code("NOTUSED", "NOT USED"),
    }))
}

pub fn member_list(ask: &mut Ask) -> Done<Reply> {
    let images = own(ask)?;
    ask.listed(&images, |image| member_view(ask, image))
}

/// Makes an image of a stopped server's first volume.
fn make(ask: &mut Ask, name: &str, about: &str) -> Done<Thing> {
    let machine = ask.thing("serverInstanceNo", "machine")?;
    servers::idle(ask, &machine)?;
    let volumes = ask.look(|db| store::children(db, "volume", &machine.uuid))?;
    let root = volumes
        .into_iter()
        .find(|volume| volume.text("type") == "ROOT");
    let root = root.ok_or_else(|| Fault::service(OTHER, "the server has no base block storage"))?;
    let image = ask.other("template", machine.text("templateid"))?;
    let os = image
        .as_ref()
        .map_or("", |image| image.text("ostypeid"))
        .to_string();
    let product = image.as_ref().map(|image| image_product(image));
    let name = match ask.given.text(name) {
        Some(name) => name.to_string(),
        None => format!("m{:.10}", uuid::Uuid::new_v4().simple().to_string()),
    };
    let about = ask.given.text(about).unwrap_or(&name).to_string();
    let params = [
        ("volumeid", root.uuid.as_str()),
        ("name", &name),
        ("displaytext", &about),
        ("ostypeid", &os),
    ];
    let answer = ask.call("createTemplate", &params)?;
    let uuid = answer["id"].as_str().unwrap_or_default().to_string();
    let note = json!({"server": machine.id.to_string(), "product": product});
    ask.keep(&uuid, note)?;
    let made = ask.look(|db| store::by_uuid(db, "template", &uuid))?;
    made.ok_or_else(|| Fault::service(OTHER, "the image is gone"))
}

pub fn create(ask: &mut Ask) -> Done<Reply> {
    let image = make(ask, "serverImageName", "serverImageDescription")?;
    ask.shown(&[image], |image| image_view(ask, image))
}

pub fn create_member(ask: &mut Ask) -> Done<Reply> {
    let image = make(ask, "memberServerImageName", "memberServerImageDescription")?;
    ask.shown(&[image], |image| member_view(ask, image))
}

fn delete_all(ask: &mut Ask, name: &str) -> Done<Vec<Thing>> {
    let images = ask.things(name, "template")?;
    for image in &images {
        ask.call("deleteTemplate", &[("id", &image.uuid)])?;
    }
    Ok(images)
}

pub fn delete(ask: &mut Ask) -> Done<Reply> {
    let images = delete_all(ask, "serverImageNoList")?;
    ask.shown(&images, |image| image_view(ask, image))
}

pub fn delete_member(ask: &mut Ask) -> Done<Reply> {
    let images = delete_all(ask, "memberServerImageInstanceNoList")?;
    ask.shown(&images, |image| member_view(ask, image))
}
