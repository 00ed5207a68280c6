//! Uploads: a call that makes a volume or template without its bytes and says where they go, the signature that they come
//! with, and what becomes of them. Their way in is `/upload/UUID` on the server's own port.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use serde_json::{Value, json};
use sha1::Sha1;

use super::infrastructure::Made;
use super::{Access, Api, Call, Done, Reply, Takes, configuration, fields, opt, req, storage};
use crate::store::{self, Thing};
use crate::wire::Refusal;
use crate::{clock, seed};

/// The key that uploads are signed with, kept among the settings under a name that no setting has.
const KEY: &str = "upload";
/// How long the cloud works on a file that has arrived, in milliseconds.
const WORK: i64 = 300;
const FORMATS: [&str; 8] = ["QCOW2", "RAW", "VHD", "VHDX", "OVA", "VMDK", "ISO", "TAR"];
const ERROR: &str = "UploadError";

const FORMAT: super::Param = req(
    "format",
    Takes::Text,
    "what the file is: QCOW2, RAW, VHD, OVA …",
);
const CHECKSUM: super::Param = opt(
    "checksum",
    Takes::Text,
    "the file's MD5 sum, which is held against what arrives",
);

pub(super) const APIS: &[Api] = &[
    Api {
        name: "getUploadParamsForVolume",
        about: "Makes a data disk for a file and tells where to upload it",
        access: Access::Everyone,
        params: &[&[
            req("name", Takes::Text, "its name"),
            FORMAT,
            req("zoneid", Takes::Id("zone"), "the zone it is in"),
            opt(
                "diskofferingid",
                Takes::Id("diskoffering"),
                "its offering, one that leaves the size free",
            ),
            CHECKSUM,
        ]],
        answers: fields::UPLOAD,
        run: for_volume,
        job: None,
    },
    Api {
        name: "getUploadParamsForTemplate",
        about: "Makes a template for a file and tells where to upload it",
        access: Access::Everyone,
        params: &[&[
            req("name", Takes::Text, "its name"),
            req("displaytext", Takes::Text, "what it is").up_to(4096),
            FORMAT,
            req("hypervisor", Takes::Text, "what it runs on"),
            req(
                "ostypeid",
                Takes::Id("ostype"),
                "the operating system in it",
            ),
            req("zoneid", Takes::Id("zone"), "the zone it is in"),
            opt(
                "ispublic",
                Takes::Boolean,
                "whether everybody may use it; true if left out",
            ),
            opt(
                "isfeatured",
                Takes::Boolean,
                "whether it is recommended; for administrators",
            ),
            opt(
                "isextractable",
                Takes::Boolean,
                "whether it may be downloaded",
            ),
            opt(
                "passwordenabled",
                Takes::Boolean,
                "whether passwords can be reset in it",
            ),
            CHECKSUM,
        ]],
        answers: fields::UPLOAD,
        run: for_template,
        job: None,
    },
];

/// What these calls are answered under, which is not their own name.
pub fn envelope(api: &str) -> Option<&'static str> {
    match api {
        "getUploadParamsForVolume" => Some("postuploadvolumeresponse"),
        "getUploadParamsForTemplate" => Some("postuploadtemplateresponse"),
        _ => None,
    }
}

fn for_volume(call: &mut Call) -> Done<Reply> {
    let format = format(call)?;
    let zone = call.required_thing("zoneid", "zone")?;
    let offering = call.thing("diskofferingid", "diskoffering")?;
    if let Some(offering) = &offering
        && offering.body.get("iscustomized") != Some(&json!(true))
    {
        return Err(Refusal::value(
            "Please specify a custom sized disk offering.",
        ));
    }
    let name = call.required("name")?.to_string();
    let mut volume = storage::add(
        call,
        &call.owner()?,
        &name,
        "DATADISK",
        0,
        &zone,
        offering.as_ref(),
        None,
    )?;
    volume.state = "NotUploaded".into();
    store::update(call.db, &volume)?;
    announce(call, &volume, &format)
}

fn for_template(call: &mut Call) -> Done<Reply> {
    let format = format(call)?;
    let zone = call.required_thing("zoneid", "zone")?;
    let os = call.required_thing("ostypeid", "ostype")?;
    let account = &call.caller.account;
    let domain = store::by_id(call.db, "domain", account.domain)?
        .ok_or_else(|| Refusal::internal("the caller's domain is gone"))?;
    let flag = |name: &str, default: bool| call.boolean(name).unwrap_or(default);
    let featured = flag("isfeatured", false) && call.caller.kind() != 0;
    let body = json!({"displaytext": call.required("displaytext")?, "ispublic": flag("ispublic", true),
        "created": clock::date(call.now), "isready": false, "passwordenabled": flag("passwordenabled", false),
        "format": format, "isfeatured": featured, "crossZones": false, "ostypeid": os.uuid, "ostypename": os.name,
        "account": account.name, "zoneid": zone.uuid, "zonename": zone.name, "status": "NotUploaded",
        "templatetype": "USER", "hypervisor": call.required("hypervisor")?, "domain": domain.name,
        "domainid": domain.uuid, "isextractable": flag("isextractable", false), "bits": 64, "sshkeyenabled": false,
        "isdynamicallyscalable": false, "tags": []});
    let name = call.required("name")?.to_string();
    let template = call.create(
        Made {
            kind: "template",
            name: &name,
            state: "NotUploaded",
            parent: &zone.uuid,
            account: account.id,
            domain: account.domain,
            uuid: None,
        },
        body,
    )?;
    announce(call, &template, &format)
}

fn format(call: &Call) -> Done<String> {
    let given = call.required("format")?;
    let format = given.to_uppercase();
    if FORMATS.contains(&format.as_str()) {
        return Ok(format);
    }
    Err(Refusal::value(format!(
        "Image format: {given} is incorrect. Supported formats are {}",
        FORMATS.join(", ")
    )))
}

/// Keeps what is expected and tells where it goes and until when.
fn announce(call: &Call, thing: &Thing, format: &str) -> Done<Reply> {
    let minutes = configuration::upload_minutes(call.db)?;
    let expires = call.now.saturating_add(minutes.saturating_mul(60_000));
    let expected = Made {
        kind: "upload",
        name: &thing.kind,
        state: "NotUploaded",
        parent: &thing.uuid,
        account: thing.account,
        domain: thing.domain,
        uuid: None,
    };
    call.create(
        expected,
        json!({"expires": expires, "checksum": call.text("checksum").map(str::to_lowercase)}),
    )?;
    let url = format!("http://{}/upload/{}", call.host, thing.uuid);
    let shown = Timestamp::from_millisecond(expires)
        .unwrap_or(Timestamp::MAX)
        .strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
        .to_string();
    // Real servers encrypt it; nobody but the cloud has to read it.
    let metadata = STANDARD
        .encode(json!({"uuid": thing.uuid, "kind": thing.kind, "format": format}).to_string());
    let signature = signature(&key(call.db)?, &metadata, &url, &shown)?;
    Ok(Reply::One(
        "getuploadparams",
        json!({"id": thing.uuid, "postURL": url, "metadata": metadata, "expires": shown, "signature": signature}),
    ))
}

fn key(db: &Connection) -> Done<String> {
    if let Some(key) = store::setting(db, KEY)? {
        return Ok(key);
    }
    let key = seed::key();
    store::change_setting(db, KEY, &key)?;
    Ok(key)
}

fn mac(key: &str, metadata: &str, url: &str, expires: &str) -> Option<Hmac<Sha1>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).ok()?;
    for part in [metadata, url, expires] {
        mac.update(part.as_bytes());
    }
    Some(mac)
}

fn signature(key: &str, metadata: &str, url: &str, expires: &str) -> Done<String> {
    let mac = mac(key, metadata, url, expires)
        .ok_or_else(|| Refusal::internal("no signature can be made with its key"))?;
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

/// What comes before the bytes of a file.
pub struct Announced {
    pub uuid: String,
    pub host: String,
    pub signature: String,
    pub metadata: String,
    pub expires: String,
    /// How long the request is that brings it, in bytes.
    pub length: u64,
}

/// What arrived.
pub struct Arrived {
    pub size: u64,
    /// Its MD5 sum in lower-case hexadecimal digits.
    pub checksum: String,
}

/// Lets a file in, or says in the server's words why not, which ends the upload.
pub fn begin(db: &mut Connection, given: &Announced, now: i64) -> Result<(), String> {
    let missing = [&given.signature, &given.metadata, &given.expires]
        .iter()
        .any(|value| value.is_empty());
    if missing {
        fail(db, &given.uuid)?;
        return Err("signature, metadata and expires are compulsory fields.".into());
    }
    if given.length == 0 {
        return Err("content length is not set in the request or has invalid value.".into());
    }
    let most = configuration::number(db, configuration::MAX_VOLUME).map_err(|why| why.text)?;
    if given.length >> 30 >= most.unsigned_abs() && given.length > most.unsigned_abs() << 30 {
        fail(db, &given.uuid)?;
        return Err(format!(
            "Maximum file size exceeded: {} bytes are more than the {most} GB that a volume may have.",
            given.length
        ));
    }
    let url = format!("http://{}/upload/{}", given.host, given.uuid);
    let key = key(db).map_err(|why| why.text)?;
    let signed = STANDARD
        .decode(&given.signature)
        .ok()
        .zip(mac(&key, &given.metadata, &url, &given.expires))
        .is_some_and(|(given, mac)| mac.verify_slice(&given).is_ok());
    if !signed {
        fail(db, &given.uuid)?;
        return Err("signature validation failed.".into());
    }
    let expiry = given.expires.parse::<Timestamp>();
    if expiry.is_ok_and(|expiry| expiry.as_millisecond() < now) {
        fail(db, &given.uuid)?;
        return Err("request not valid anymore.".into());
    }
    let used = || "The one time post url is already used for upload.".to_string();
    change(db, &given.uuid, |db, upload| {
        if upload.state != "NotUploaded" {
            return Ok(Err(used()));
        }
        upload.state = "UploadInProgress".into();
        store::update(db, upload)?;
        show(db, upload, "UploadInProgress", "0% Downloaded", None)?;
        Ok(Ok(()))
    })?
    .unwrap_or_else(|| Err(used()))
}

/// Takes what arrived whole, or says why it is not what was expected, which ends the upload.
pub fn finish(db: &mut Connection, uuid: &str, arrived: &Arrived, now: i64) -> Result<(), String> {
    change(db, uuid, |db, upload| {
        let expected = upload.body.get("checksum").and_then(Value::as_str);
        if let Some(expected) = expected
            && expected != arrived.checksum
        {
            end(db, upload, ERROR)?;
            return Ok(Err(format!(
                "the checksum of the file is {} and not {expected}",
                arrived.checksum
            )));
        }
        let work = configuration::job_milliseconds(db)?.unwrap_or(WORK);
        upload.state = "Received".into();
        upload
            .body
            .insert("ready".into(), json!(now.saturating_add(work)));
        store::update(db, upload)?;
        show(
            db,
            upload,
            "UploadInProgress",
            "Installing Template",
            Some(arrived),
        )?;
        Ok(Ok(()))
    })?
    .unwrap_or_else(|| Err("the upload was ended meanwhile".into()))
}

/// Ends an upload that went wrong, if it is still going on.
pub fn fail(db: &mut Connection, uuid: &str) -> Result<(), String> {
    change(db, uuid, |db, upload| {
        if upload.state == "Received" {
            return Ok(());
        }
        end(db, upload, ERROR)
    })
    .map(|_| ())
}

/// Works on the upload for a volume or template; nothing where there is none.
fn change<T>(
    db: &mut Connection,
    uuid: &str,
    work: impl FnOnce(&Connection, &mut Thing) -> Done<T>,
) -> Result<Option<T>, String> {
    let changed = || -> Done<Option<T>> {
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = store::children(&transaction, "upload", uuid)?.pop();
        let worked = found
            .map(|mut upload| work(&transaction, &mut upload))
            .transpose()?;
        transaction.commit()?;
        Ok(worked)
    };
    changed().map_err(|why| why.text)
}

/// Whether there is something that time alone has decided.
pub fn due(db: &Connection, now: i64) -> Done<bool> {
    Ok(store::of_kind(db, "upload")?
        .iter()
        .any(|upload| is_due(upload, now)))
}

fn is_due(upload: &Thing, now: i64) -> bool {
    let passed = |name: &str| {
        let moment = upload.body.get(name).and_then(Value::as_i64);
        moment.is_some_and(|moment| moment <= now)
    };
    match upload.state.as_str() {
        "NotUploaded" => passed("expires"),
        "Received" => passed("ready"),
        _ => false,
    }
}

/// Ends the uploads that time has decided: files that were worked on, and those that never came.
pub fn settle(db: &Connection, now: i64) -> Done<()> {
    for upload in store::of_kind(db, "upload")? {
        if is_due(&upload, now) {
            let state = match upload.state.as_str() {
                "Received" => "Uploaded",
                _ => "UploadAbandoned",
            };
            end(db, &upload, state)?;
        }
    }
    Ok(())
}

/// Shows how it ended, and expects nothing any more.
fn end(db: &Connection, upload: &Thing, state: &str) -> Done<()> {
    let status = match state {
        "Uploaded" => "Download Complete",
        state => state,
    };
    show(db, upload, state, status, None)?;
    store::remove(db, upload)?;
    Ok(())
}

/// Shows in the volume's state or the template's status how far its upload is.
fn show(
    db: &Connection,
    upload: &Thing,
    state: &str,
    status: &str,
    arrived: Option<&Arrived>,
) -> Done<()> {
    // The upload has the name of the kind that it is for.
    let Some(mut thing) = store::by_uuid(db, &upload.name, &upload.parent)? else {
        return Ok(());
    };
    let template = thing.kind == "template";
    if let Some(Arrived { size, checksum }) = arrived {
        thing.body.insert("size".into(), json!(size));
        if template {
            thing.body.insert("checksum".into(), json!(checksum));
        }
    }
    if template {
        let done = state == "Uploaded";
        thing.state = if done { "Active" } else { state }.into();
        thing.body.insert("status".into(), json!(status));
        thing.body.insert("isready".into(), json!(done));
    } else {
        thing.state = state.into();
    }
    store::update(db, &thing)?;
    Ok(())
}
