//! Key pairs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Ask;
use super::words::{Said, Wrong};

fn pairs(ask: &Ask) -> Result<Vec<Value>, Wrong> {
    ask.rows("listSSHKeyPairs", "sshkeypair", &[("listall", "true")])
}

/// A name that no pair has yet.
fn new_name<'a>(ask: &'a Ask) -> Result<&'a str, Wrong> {
    let name = ask.required("KeyName")?;
    if pairs(ask)?.iter().any(|pair| pair["name"] == name) {
        return Err(Wrong::client(
            "InvalidKeyPair.Duplicate",
            format!("The keypair '{name}' already exists."),
        ));
    }
    Ok(name)
}

fn missing(name: &str) -> Wrong {
    Wrong::client(
        "InvalidKeyPair.NotFound",
        format!("The key pair '{name}' does not exist"),
    )
}

pub fn create(ask: &Ask) -> Said {
    let name = new_name(ask)?;
    let made = ask.call("createSSHKeyPair", &[("name", name)])?;
    let pair = &made["keypair"];
    Ok(
        json!({"keyName": name, "keyFingerprint": pair["fingerprint"], "keyMaterial": pair["privatekey"]}),
    )
}

pub fn import(ask: &Ask) -> Said {
    let name = new_name(ask)?;
    let given = ask.required("PublicKeyMaterial")?;
    let wrong = || Wrong::client("InvalidKeyPair.Format", "The public key is none in base64");
    let key = STANDARD.decode(given).map_err(|_| wrong())?;
    let key = String::from_utf8(key).map_err(|_| wrong())?;
    let made = ask
        .call(
            "registerSSHKeyPair",
            &[("name", name), ("publickey", key.trim())],
        )
        .map_err(|wrong| wrong.called("InvalidKeyPair.Format"))?;
    Ok(json!({"keyName": name, "keyFingerprint": made["keypair"]["fingerprint"]}))
}

pub fn delete(ask: &Ask) -> Said {
    let name = ask.required("KeyName")?;
    if !pairs(ask)?.iter().any(|pair| pair["name"] == name) {
        return Err(missing(name));
    }
    ask.call("deleteSSHKeyPair", &[("name", name)])?;
    Ok(json!({"return": true}))
}

pub fn describe(ask: &Ask) -> Said {
    let pairs = pairs(ask)?;
    let wanted = ask.query.list("KeyName");
    for name in &wanted {
        if !pairs.iter().any(|pair| pair["name"] == *name) {
            return Err(missing(name));
        }
    }
    let items: Vec<Value> = pairs
        .iter()
        .filter(|pair| wanted.is_empty() || wanted.iter().any(|name| pair["name"] == *name))
        .map(|pair| json!({"keyName": pair["name"], "keyFingerprint": pair["fingerprint"]}))
        .collect();
    Ok(json!({ "keySet": items }))
}
