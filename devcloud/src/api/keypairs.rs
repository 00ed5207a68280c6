//! SSH key pairs: made by the cloud, registered, deleted, put on machines.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::listing::{IN_PROJECT, Listing, OWNED, PAGED};
use super::things::{Owner, begun};
use super::{Call, Done, Reply, in_job};
use crate::api::fields::{MACHINE, SUCCESS};
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    KEYPAIR: name string "its name", account string "the account it belongs to",
        domainid string "the domain it belongs to", domain string "that domain's name",
        fingerprint string "the MD5 sum of its public key";
}
fields! {
    PRIVATEKEY: privatekey string "the private key, told this once";
}

apis! {
    Everyone "listSSHKeyPairs" "Lists SSH key pairs" (OWNED, IN_PROJECT, PAGED) {
        opt "name" Text "its name";
        opt "fingerprint" Text "the MD5 sum of its public key";
    } -> KEYPAIR list;

    Everyone "createSSHKeyPair" "Makes an SSH key pair and tells its private key, this once" () {
        req "name" Text "its name";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> PRIVATEKEY create;

    Everyone "registerSSHKeyPair" "Registers the public key of an SSH key pair" () {
        req "name" Text "its name";
        req "publickey" Text "the public key" <= 5120;
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> KEYPAIR register;

    Everyone "deleteSSHKeyPair" "Deletes an SSH key pair" () {
        req "name" Text "its name";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> SUCCESS delete;

    Everyone "resetSSHKeyForVirtualMachine" "Puts another SSH key pair on a stopped machine" () {
        req "id" Id("machine") "its id";
        req "keypair" Text "the name of the SSH key pair";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> MACHINE reset,
        job "admin.vm.ResetVMSSHKeyCmd" on "VirtualMachine" then |call| {
            let machine = call.subject("machine")?;
            Ok(in_job("virtualmachine", super::listing::view(call.db, &machine)?))
        };
}

fn list(call: &mut Call) -> Done<Reply> {
    let reply = call.list(&Listing {
        kind: "keypair",
        name: "sshkeypair",
        filters: &[("fingerprint", "fingerprint")],
    })?;
    let Reply::List(name, rows, count) = reply else {
        return Ok(reply);
    };
    Ok(Reply::List(
        name,
        rows.into_iter().map(shown).collect(),
        count,
    ))
}

/// A pair as answers show it: it has no id, and its key is not told.
fn shown(mut pair: Value) -> Value {
    if let Value::Object(fields) = &mut pair {
        fields.shift_remove("id");
        fields.shift_remove("publickey");
    }
    pair
}

/// The pair of that name that an owner has.
pub fn of_owner(call: &Call, owner: &Owner, name: &str) -> Done<Option<Thing>> {
    let pairs = store::named(call.db, "keypair", name)?;
    Ok(pairs.into_iter().find(|pair| pair.account == owner.id))
}

fn keep(call: &Call, owner: &Owner, name: &str, blob: &[u8]) -> Done<Thing> {
    if of_owner(call, owner, name)?.is_some() {
        return Err(Refusal::value(format!(
            "A key pair with name '{name}' already exists."
        )));
    }
    let fingerprint: Vec<String> = Md5::digest(blob)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let body = owner.body(json!({}), json!({"fingerprint": fingerprint.join(":")}));
    call.make(owner, ("keypair", name, "", ""), body)
}

fn create(call: &mut Call) -> Done<Reply> {
    let owner = call.owner()?;
    let name = call.required("name")?.to_string();
    // Nobody logs in to a machine of this cloud, so the key only has to look like one.
    let mut secret = Vec::new();
    while secret.len() < 1190 {
        secret.extend(uuid::Uuid::new_v4().into_bytes());
    }
    let pair = keep(call, &owner, &name, &secret)?;
    let text = STANDARD.encode(&secret);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .filter_map(|line| str::from_utf8(line).ok())
        .collect();
    let pem = format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
        lines.join("\n")
    );
    let mut body = shown(super::listing::view(call.db, &pair)?);
    body["privatekey"] = json!(pem);
    Ok(Reply::One("keypair", body))
}

fn register(call: &mut Call) -> Done<Reply> {
    let owner = call.owner()?;
    let name = call.required("name")?.to_string();
    let key = call.required("publickey")?;
    let blob = match key.split_whitespace().collect::<Vec<_>>().as_slice() {
        [kind, blob, ..] if kind.starts_with("ssh-") || kind.starts_with("ecdsa-") => {
            STANDARD.decode(blob).ok().filter(|blob| blob.len() > 16)
        }
        _ => None,
    };
    let blob = blob.ok_or_else(|| Refusal::value("Public key is invalid"))?;
    let pair = keep(call, &owner, &name, &blob)?;
    Ok(Reply::One(
        "keypair",
        shown(super::listing::view(call.db, &pair)?),
    ))
}

fn delete(call: &mut Call) -> Done<Reply> {
    let owner = call.owner()?;
    let name = call.required("name")?;
    let pair = of_owner(call, &owner, name)?.ok_or_else(|| {
        Refusal::value(format!(
            "A key pair with name '{name}' does not exist for account {} in specified domain id",
            owner.name
        ))
    })?;
    store::remove(call.db, &pair)?;
    Ok(Reply::Success)
}

fn reset(call: &mut Call) -> Done<Reply> {
    let mut machine = call.own_thing("id", "machine")?;
    let owner = call.owner_like(&machine)?;
    let name = call.required("keypair")?;
    if of_owner(call, &owner, name)?.is_none() {
        return Err(Refusal::value(format!(
            "A key pair with name '{name}' does not exist for account {} in specified domain id",
            owner.name
        )));
    }
    if machine.state != "Stopped" {
        return Err(Refusal::value(format!(
            "Vm {} should be stopped to do SSH Key reset",
            machine.uuid
        )));
    }
    machine.set("keypair", name);
    store::update(call.db, &machine)?;
    Ok(begun(&machine))
}
