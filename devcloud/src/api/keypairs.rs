//! SSH key pairs: made by the cloud, registered, deleted, put on machines.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use getrandom::SysRng;
use md5::{Digest, Md5};
use rsa::PrivateKey;
use rsa::pkcs1::{EncodeRsaPrivateKey, LineEnding};
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};

use super::listing::{IN_PROJECT, Listing, OWNED, PAGED};
use super::things::{Owner, begun};
use super::{Call, Done, Reply, in_job};
use crate::api::fields::{MACHINE, SUCCESS};
use crate::store::{self, Thing};
use crate::wire::Refusal;

/// How many bits the keys have that the cloud makes.
const BITS: usize = 2048;

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

fn taken(name: &str) -> Refusal {
    Refusal::value(format!("A key pair with name '{name}' already exists."))
}

fn fingerprint(blob: &[u8]) -> String {
    let bytes: Vec<String> = Md5::digest(blob)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    bytes.join(":")
}

fn keep(call: &Call, owner: &Owner, name: &str, blob: &[u8]) -> Done<Thing> {
    if of_owner(call, owner, name)?.is_some() {
        return Err(taken(name));
    }
    let body = owner.body(json!({}), json!({"fingerprint": fingerprint(blob)}));
    call.make(owner, ("keypair", name, "", ""), body)
}

fn create(call: &mut Call) -> Done<Reply> {
    let owner = call.owner()?;
    let name = call.required("name")?.to_string();
    if of_owner(call, &owner, &name)?.is_some() {
        return Err(taken(&name));
    }
    let failed = |why: &dyn std::fmt::Display| {
        Refusal::internal(format!("a key pair could not be made: {why}"))
    };
    let secret = PrivateKey::new(&mut SysRng, BITS).map_err(|why| failed(&why))?;
    let pem = secret
        .to_pkcs1_pem(LineEnding::LF)
        .map_err(|why| failed(&why))?;
    let public = secret.to_public_key();
    let blob = blob(&[b"ssh-rsa", &public.e_bytes(), &public.n_bytes()]);
    let pair = keep(call, &owner, &name, &blob)?;
    let mut body = json!({"privatekey": pem.as_str()});
    if let (Value::Object(body), Value::Object(more)) =
        (&mut body, shown(super::listing::view(call.db, &pair)?))
    {
        body.extend(more);
    }
    Ok(Reply::One("keypair", body))
}

/// The fields of a public key as SSH writes them: each with its length before it. Numbers have a 0 in front where they
/// would look negative.
fn blob(fields: &[&[u8]]) -> Vec<u8> {
    let mut blob = Vec::new();
    for (place, field) in fields.iter().enumerate() {
        let sign = place > 0 && field.first().is_some_and(|byte| *byte >= 0x80);
        let length = u32::try_from(field.len() + usize::from(sign)).unwrap_or(0);
        blob.extend(length.to_be_bytes());
        blob.extend(sign.then_some(0));
        blob.extend(*field);
    }
    blob
}

/// The fields of a public key's blob; nothing where lengths lead past its end.
fn fields_of(mut blob: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while !blob.is_empty() {
        let (length, rest) = blob.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        fields.push(field);
        blob = rest;
    }
    Some(fields)
}

/// The blob of a public key as files have it: its kind, the blob in base64, and perhaps whose it is.
fn public_key(text: &str) -> Option<Vec<u8>> {
    let mut words = text.split_whitespace();
    let kind = words.next()?;
    let blob = STANDARD.decode(words.next()?).ok()?;
    let fields = fields_of(&blob)?;
    let (named, fields) = fields.split_first()?;
    let good = match kind {
        "ssh-rsa" => fields.len() == 2 && fields[1].len() > 64,
        "ssh-dss" => fields.len() == 4,
        "ssh-ed25519" => fields.len() == 1 && fields[0].len() == 32,
        _ if kind.starts_with("ecdsa-sha2-nistp") => {
            fields.len() == 2 && kind.as_bytes().ends_with(fields[0]) && fields[1].len() > 64
        }
        _ => false,
    };
    (good && *named == kind.as_bytes()).then_some(blob)
}

fn register(call: &mut Call) -> Done<Reply> {
    let owner = call.owner()?;
    let name = call.required("name")?.to_string();
    let blob = public_key(call.required("publickey")?)
        .ok_or_else(|| Refusal::value("Public key is invalid"))?;
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
