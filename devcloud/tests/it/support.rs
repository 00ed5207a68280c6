//! A world in a temporary directory and a plain HTTP client that signs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use devcloud::{Cloud, Manner, Patience};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_json::Value;
use sha1::Sha1;

const BARE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'-')
    .remove(b'*')
    .remove(b'_');

pub struct World {
    directory: tempfile::TempDir,
    pub cloud: Cloud,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub description: Option<String>,
    pub retry_after: Option<String>,
    pub date: Option<String>,
    /// The cookies that were set, as the headers have them.
    pub cookies: Vec<String>,
    pub body: String,
}

/// A session of somebody who has logged in.
pub struct Session {
    /// What the cookie header says.
    pub cookie: String,
    pub key: String,
}

/// Who calls.
#[derive(Clone)]
pub struct Keys(pub String, pub String);

impl World {
    pub fn new() -> World {
        World::with(Patience::default())
    }

    /// A world whose server has other limits towards its callers.
    pub fn with(patience: Patience) -> World {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("cloud.sqlite");
        let loopback = ([127, 0, 0, 1], 0).into();
        let cloud = devcloud::start_with(&state, loopback, Manner::CloudStack, patience).unwrap();
        let world = World { directory, cloud };
        world.ok(
            "updateConfiguration",
            &[("name", "devcloud.job.milliseconds"), ("value", "0")],
        );
        world
    }

    /// A world as a server has it that was never used.
    pub fn empty() -> World {
        let world = World::new();
        devcloud::reset_empty(&world.state()).unwrap();
        world
    }

    /// Another server on the same world.
    pub fn again(&self) -> Cloud {
        start(self.directory.path())
    }

    /// Another server on the same world that speaks in the manner of that name.
    pub fn speaking(&self, manner: &str) -> Cloud {
        let manner = manner.parse().unwrap();
        devcloud::start_as(&self.state(), ([127, 0, 0, 1], 0).into(), manner).unwrap()
    }

    /// The same world with another server in place of this one.
    pub fn restarted(self) -> World {
        let World { directory, cloud } = self;
        drop(cloud);
        let cloud = start(directory.path());
        World { directory, cloud }
    }

    pub fn state(&self) -> std::path::PathBuf {
        self.directory.path().join("cloud.sqlite")
    }

    pub fn admin(&self) -> Keys {
        Keys(self.cloud.apikey().into(), self.cloud.secretkey().into())
    }

    pub fn json(&self, keys: &Keys, api: &str, params: &[(&str, &str)]) -> Answer {
        let mut all = vec![("response", "json")];
        all.extend(params);
        get(&self.cloud, &signed(keys, api, &all))
    }

    /// The body of an answer that must be good, without its envelope.
    pub fn ok(&self, api: &str, params: &[(&str, &str)]) -> Value {
        self.ok_as(&self.admin(), api, params)
    }

    pub fn ok_as(&self, keys: &Keys, api: &str, params: &[(&str, &str)]) -> Value {
        let answer = self.json(keys, api, params);
        assert_eq!(answer.status, 200, "{api}: {answer:?}");
        answer.inner()
    }

    /// errorcode and errortext of an answer that must be a refusal.
    pub fn refused(&self, keys: &Keys, api: &str, params: &[(&str, &str)]) -> (u64, String) {
        let answer = self.json(keys, api, params);
        let body = answer.inner();
        assert_eq!(body["errorcode"], answer.status, "{api}: {answer:?}");
        (
            u64::from(answer.status),
            body["errortext"].as_str().unwrap().to_string(),
        )
    }

    /// Makes an asynchronous call and gives its job's record once it has ended.
    pub fn job(&self, api: &str, params: &[(&str, &str)]) -> Value {
        let started = self.ok(api, params);
        self.ended(started["jobid"].as_str().unwrap())
    }

    pub fn ended(&self, job: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let record = self.ok("queryAsyncJobResult", &[("jobid", job)]);
            if record["jobstatus"] != 0 {
                return record;
            }
            assert!(Instant::now() < deadline, "{record}");
        }
    }

    /// What came of an asynchronous call that must succeed: the thing in its job's result.
    pub fn done(&self, api: &str, params: &[(&str, &str)]) -> Value {
        let job = self.job(api, params);
        assert_eq!(job["jobstatus"], 1, "{api}: {job}");
        let result = job["jobresult"].as_object().unwrap();
        result.values().next().unwrap().clone()
    }

    /// The id of what an asynchronous call made or changed.
    pub fn id_of(&self, api: &str, params: &[(&str, &str)]) -> String {
        self.done(api, params)["id"].as_str().unwrap().to_string()
    }

    /// The code and text of a call that the administrator is refused, at once or when its job ends.
    pub fn fails(&self, api: &str, params: &[(&str, &str)]) -> (u64, String) {
        let answer = self.json(&self.admin(), api, params);
        let body = match answer.inner()["jobid"].as_str() {
            Some(job) => self.ended(job)["jobresult"].clone(),
            None => answer.inner(),
        };
        let code = body["errorcode"].as_u64();
        let code = code.unwrap_or_else(|| panic!("{api} was done: {body}"));
        (code, body["errortext"].as_str().unwrap().to_string())
    }

    /// A network of that name and the id of a machine that runs in it.
    pub fn in_network(&self, name: &str) -> (String, String) {
        let machine = self.machine(name);
        let network = machine["nic"][0]["networkid"].as_str().unwrap();
        (network.into(), machine["id"].as_str().unwrap().into())
    }

    /// The id of the thing of that name in a list.
    pub fn named(&self, api: &str, name: &str) -> String {
        let rows = self.rows(api, &[]);
        let row = rows.iter().find(|row| row["name"] == *name);
        row.unwrap_or_else(|| panic!("{api} has no {name}: {rows:?}"))["id"]
            .as_str()
            .unwrap()
            .to_string()
    }

    /// The id of the first thing that a list has.
    pub fn first(&self, api: &str, params: &[(&str, &str)]) -> String {
        let body = self.ok(api, params);
        let list = body
            .as_object()
            .unwrap()
            .values()
            .find(|value| value.is_array());
        list.unwrap()[0]["id"].as_str().unwrap().to_string()
    }

    /// Lets so many seconds pass.
    pub fn pass(&self, seconds: i64) {
        devcloud::advance(&self.state(), seconds * 1000).unwrap();
    }

    /// Changes a setting of the cloud.
    pub fn set(&self, name: &str, value: &str) {
        self.ok("updateConfiguration", &[("name", name), ("value", value)]);
    }

    /// A machine of that name that runs.
    pub fn machine(&self, name: &str) -> Value {
        let job = self.job(
            "deployVirtualMachine",
            &[
                ("name", name),
                ("zoneid", &self.first("listZones", &[])),
                (
                    "templateid",
                    &self.first("listTemplates", &[("templatefilter", "featured")]),
                ),
                (
                    "serviceofferingid",
                    &self.first("listServiceOfferings", &[]),
                ),
            ],
        );
        assert_eq!(job["jobstatus"], 1, "{job}");
        job["jobresult"]["virtualmachine"].clone()
    }

    pub fn rows(&self, api: &str, params: &[(&str, &str)]) -> Vec<Value> {
        let body = self.ok(api, params);
        let list = body
            .as_object()
            .unwrap()
            .values()
            .find(|value| value.is_array());
        list.map_or(Vec::new(), |list| list.as_array().unwrap().clone())
    }

    /// Opens a session with what the form says besides the command.
    pub fn login(&self, form: &str) -> Session {
        let answer = post(&self.cloud, &format!("command=login&response=json&{form}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        let cookie = answer.cookies[0].split(';').next().unwrap().to_string();
        let key = answer.inner()["sessionkey"].as_str().unwrap().to_string();
        Session { cookie, key }
    }

    /// A call in a session, by its key as a parameter.
    pub fn in_session(&self, session: &Session, query: &str) -> Answer {
        let query = format!("response=json&sessionkey={}&{query}", session.key);
        get_with(&self.cloud, &query, &session.cookie)
    }

    /// A user of an account of that type, with keys.
    pub fn user(&self, name: &str, kind: &str, domain: Option<&str>) -> Keys {
        let mut params = vec![
            ("username", name),
            ("password", "p"),
            ("firstname", "F"),
            ("lastname", "L"),
            ("email", "e@example.org"),
            ("accounttype", kind),
        ];
        params.extend(domain.map(|domain| ("domainid", domain)));
        let account = self.ok("createAccount", &params);
        self.keys_of(account["account"]["user"][0]["id"].as_str().unwrap())
    }

    /// New keys of a user.
    pub fn keys_of(&self, user: &str) -> Keys {
        let keys = self.ok("registerUserKeys", &[("id", user)]);
        let key = |name: &str| keys["userkeys"][name].as_str().unwrap().to_string();
        Keys(key("apikey"), key("secretkey"))
    }
}

impl Answer {
    pub fn whole(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub fn inner(&self) -> Value {
        let whole = self.whole();
        whole.as_object().unwrap().values().next().unwrap().clone()
    }
}

fn start(directory: &std::path::Path) -> Cloud {
    devcloud::start(&directory.join("cloud.sqlite"), ([127, 0, 0, 1], 0).into()).unwrap()
}

pub fn encode(value: &str) -> String {
    percent_encode(value.as_bytes(), BARE).to_string()
}

/// A signed query.
pub fn signed(keys: &Keys, api: &str, params: &[(&str, &str)]) -> String {
    let mut all: Vec<(&str, &str)> = params.to_vec();
    if !api.is_empty() {
        all.push(("command", api));
    }
    all.push(("apikey", &keys.0));
    all.sort_unstable();
    let query: Vec<String> = all
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    let signature = signature(&keys.1, &query);
    format!("{}&signature={}", query.join("&"), encode(&signature))
}

/// The signature of pairs that are written and ordered already.
pub fn signature(secret: &str, pairs: &[String]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(pairs.join("&").to_lowercase().as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

pub fn get(cloud: &Cloud, query: &str) -> Answer {
    get_with(cloud, query, "")
}

/// A query that brings cookies.
pub fn get_with(cloud: &Cloud, query: &str, cookie: &str) -> Answer {
    send(
        cloud,
        &format!(
            "GET /client/api?{query} HTTP/1.1\r\nhost: x\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
        ),
    )
}

pub fn post(cloud: &Cloud, form: &str) -> Answer {
    send(
        cloud,
        &format!(
            "POST /client/api HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        ),
    )
}

pub fn send(cloud: &Cloud, request: &str) -> Answer {
    send_bytes(cloud, request.as_bytes())
}

/// A query to the API at that URL, without keys.
pub fn get_at(url: &str, query: &str) -> Answer {
    let address = url
        .strip_prefix("http://")
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    let request =
        format!("GET /client/api?{query} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    send_to(address.parse().unwrap(), request.as_bytes())
}

pub fn send_bytes(cloud: &Cloud, request: &[u8]) -> Answer {
    send_to(cloud.address(), request)
}

fn send_to(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("{text:?}"));
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then(|| value.to_string())
        })
    };
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        content_type: header("content-type").unwrap_or_default(),
        description: header("x-description"),
        retry_after: header("retry-after"),
        date: header("date"),
        cookies: head
            .lines()
            .filter_map(|line| line.strip_prefix("set-cookie: "))
            .map(String::from)
            .collect(),
        body: body.to_string(),
    }
}
