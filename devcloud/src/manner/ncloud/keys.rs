//! Login keys, which are SSH key pairs, and scripts that new servers run.

use serde_json::{Value, json};

use super::ask::{Ask, Done, date};
use super::given::wrong;
use super::words::{Reply, code};
use crate::store::Thing;

fn view(ask: &Ask, pair: &Thing) -> Done<Value> {
    Ok(json!({
        "keyName": pair.name,
        "fingerprint": pair.text("fingerprint"),
        "publicKey": ask.noted(&pair.uuid, "publickey")?,
        "createDate": ask.note(&pair.uuid)?.map(|note| date(note.text("created"))),
    }))
}

pub fn list(ask: &mut Ask) -> Done<Reply> {
    let pairs = ask.own("keypair")?;
    ask.listed(&pairs, |pair| view(ask, pair))
}

/// The caller's pair of a name.
fn named(ask: &Ask, name: &str) -> Done<Option<Thing>> {
    let pairs = ask.own("keypair")?.into_iter();
    Ok(pairs.into_iter().find(|pair| pair.name == name))
}

fn name(ask: &Ask) -> String {
    match ask.given.text("keyName") {
        Some(name) => name.to_string(),
        None => format!("key{:.10}", uuid::Uuid::new_v4().simple().to_string()),
    }
}

/// The one answer in which the private key is told.
pub fn create(ask: &mut Ask) -> Done<Reply> {
    let name = name(ask);
    let answer = ask.call("createSSHKeyPair", &[("name", &name)])?;
    if let Some(pair) = named(ask, &name)? {
        ask.keep(&pair.uuid, json!({}))?;
    }
    let key = &answer["keypair"]["privatekey"];
    Ok(Reply::Fields(json!({"keyName": name, "privateKey": key})))
}

pub fn import(ask: &mut Ask) -> Done<Reply> {
    let name = name(ask);
    let key = ask.given.required("publicKey")?.to_string();
    let params = [("name", name.as_str()), ("publickey", &key)];
    ask.call("registerSSHKeyPair", &params)?;
    let pair = named(ask, &name)?;
    if let Some(pair) = &pair {
        ask.keep(&pair.uuid, json!({"publickey": key}))?;
    }
    let pairs: Vec<Thing> = pair.into_iter().collect();
    ask.shown(&pairs, |pair| view(ask, pair))
}

pub fn delete(ask: &mut Ask) -> Done<Reply> {
    let names: Vec<String> = ask
        .given
        .list("keyNameList")
        .into_iter()
        .map(String::from)
        .collect();
    for name in &names {
        if named(ask, name)?.is_none() {
            return Err(wrong("keyNameList", name));
        }
    }
    for name in &names {
        ask.call("deleteSSHKeyPair", &[("name", name)])?;
    }
    Ok(Reply::Fields(json!({})))
}

fn script_view(script: &Thing) -> Value {
    let os = script.text("os");
    json!({
        "initScriptNo": script.id.to_string(),
        "initScriptName": script.name,
        "createDate": date(script.text("created")),
        "initScriptDescription": script.text("description"),
        "initScriptContent": script.text("content"),
        "osType": code(os, if os == "WND" { "Windows" } else { "Linux" }),
    })
}

pub fn scripts(ask: &mut Ask) -> Done<Reply> {
    let scripts = ask.own("initscript")?;
    ask.listed(&scripts, |script| Ok(script_view(script)))
}

pub fn create_script(ask: &mut Ask) -> Done<Reply> {
    let os = ask.given.required("osTypeCode")?;
    if !["LNX", "WND"].contains(&os) {
        return Err(wrong("osTypeCode", os));
    }
    let name = match ask.given.text("initScriptName") {
        Some(name) => name.to_string(),
        None => format!("init{:.10}", uuid::Uuid::new_v4().simple().to_string()),
    };
    let body = json!({"name": name, "os": os, "content": ask.given.required("initScriptContent")?,
        "description": ask.given.text("initScriptDescription")});
    let script = ask.make("initscript", "", body)?;
    ask.shown(&[script], |script| Ok(script_view(script)))
}

pub fn delete_scripts(ask: &mut Ask) -> Done<Reply> {
    let scripts = ask.things("initScriptNoList", "initscript")?;
    for script in &scripts {
        ask.remove(script)?;
    }
    ask.shown(&scripts, |script| Ok(script_view(script)))
}
