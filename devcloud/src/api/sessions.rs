//! Sessions: opened with a user's name and password, ended by logout or by idleness, and what a call in one must bring.

use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::dispatch::Request;
use super::events::Event;
use super::{
    Access, Api, Call, Caller, Done, Reply, Takes, configuration, events, fields, opt, req,
};
use crate::auth::value;
use crate::store::{self, Thing};
use crate::wire::Refusal;
use crate::{clock, credentials};

/// The cookie that names a session.
const COOKIE: &str = "JSESSIONID";
/// The cookie or parameter that proves it.
const KEY: &str = "sessionkey";

pub const APIS: &[Api] = &[
    Api {
        name: "login",
        about: "Opens a session for a user; by POST only",
        access: Access::Entrance,
        params: &[&[
            req("username", Takes::Text, "the user's name"),
            req("password", Takes::Text, "the user's password"),
            opt(
                "domain",
                Takes::Text,
                "the path of the user's domain, such as / or ROOT/sales; ROOT if left out",
            ),
            opt(
                "domainId",
                Takes::Long,
                "the id of the user's domain, in place of its path",
            ),
        ]],
        answers: fields::LOGIN,
        run: used_directly,
        job: None,
    },
    Api {
        name: "logout",
        about: "Ends the session",
        access: Access::Entrance,
        params: &[],
        answers: fields::LOGOUT,
        run: used_directly,
        job: None,
    },
];

/// What these APIs say where there are no sessions.
fn used_directly(_: &mut Call) -> Done<Reply> {
    Err(Refusal {
        code: 405,
        cscode: Some(9999),
        text: "This is an authentication api, cannot be used directly".into(),
        plain: false,
    })
}

/// An answer's body, and the cookies that go with it.
pub type Entered = (Done<Value>, Vec<String>);

/// Answers `login` and `logout`, which nobody needs to be known for; nothing for other commands.
pub fn enter(db: &Connection, request: &Request, command: &str) -> Option<Entered> {
    let ended = || match request.cookie(COOKIE) {
        Some(id) => credentials::end_session(db, id),
        None => Ok(()),
    };
    match command {
        "logout" => {
            let done = ended().map_err(Refusal::from);
            Some((done.map(|()| json!({"description": "success"})), Vec::new()))
        }
        "login" => {
            let id = credentials::session_id();
            let done = ended()
                .map_err(Refusal::from)
                .and_then(|()| login(db, request, &id));
            // Real servers send a cookie whatever came of it; one that was refused opens nothing.
            let cookies = match &done {
                Ok(record) => {
                    let key = record[KEY].as_str().unwrap_or_default();
                    vec![
                        format!("{COOKIE}={id};Path=/client;HttpOnly"),
                        format!("{KEY}={key};Path=/client;HttpOnly"),
                    ]
                }
                Err(_) => vec![format!("{COOKIE}={id};Path=/client")],
            };
            Some((done, cookies))
        }
        _ => None,
    }
}

fn login(db: &Connection, request: &Request, id: &str) -> Done<Value> {
    if !request.post {
        return Err(Refusal::plain(
            405,
            "Please use HTTP POST to authenticate using this API",
        ));
    }
    let params = &request.params;
    let path = value(params, "domain");
    let domain = domain(db, value(params, "domainid"), path)?;
    // Real servers answer so, in JSON and XML alike.
    let name = value(params, "username").ok_or_else(|| Refusal::plain(531, "null"))?;
    let domain = domain.ok_or_else(|| {
        let path = path.map_or("null".into(), |path| match path.trim_matches('/') {
            "" => "/".into(),
            path => format!("/{path}/"),
        });
        Refusal::bare(
            531,
            format!("Unable to find the domain from the path {path}"),
        )
    })?;
    let user = store::named(db, "user", name)?
        .into_iter()
        .find(|user| user.domain == domain.id);
    let password = value(params, "password").unwrap_or_default();
    let Some(user) = user else {
        return Err(stranger(name, &domain));
    };
    if !credentials::password_is(db, user.id, password)? {
        return Err(stranger(name, &domain));
    }
    let account = account(db, &user)?.ok_or_else(|| {
        Refusal::bare(
            531,
            format!(
                "User {name} in domain {} is disabled/locked (or account is disabled/locked)",
                domain.name
            ),
        )
    })?;
    let now = clock::now();
    let seconds = configuration::number(db, configuration::SESSION_TIME)?;
    let session = credentials::open_session(db, id, user.id, now, now - seconds * 1000)?;
    let caller = Caller {
        account,
        user: user.uuid.clone(),
    };
    let shown = configuration::cloud_time(db)?;
    let event = Event {
        kind: "USER.LOGIN",
        state: "Completed",
        about: "user has logged in",
        after: None,
    };
    events::add(db, &caller, &event, shown)?;
    let mut record = Map::new();
    let mut put = |name: &str, value: Value| record.insert(name.into(), value);
    put("username", json!(user.name));
    put("userid", json!(user.uuid));
    put("domainid", json!(domain.uuid));
    put("timeout", json!(seconds));
    put("account", json!(caller.account.name));
    for field in ["firstname", "lastname"] {
        put(field, user.body.get(field).cloned().unwrap_or_default());
    }
    put("type", json!(caller.kind().to_string()));
    if let Some(zone) = user.body.get("timezone") {
        put("timezone", zone.clone());
    }
    put("registered", json!("false"));
    put(KEY, json!(session.key));
    Ok(Value::Object(record))
}

/// Neither tells whether the user is there.
fn stranger(name: &str, domain: &Thing) -> Refusal {
    Refusal::bare(
        531,
        format!(
            "Failed to authenticate user {name} in domain {}; please provide valid credentials",
            domain.number
        ),
    )
}

/// The domain by its id, or else by its path from ROOT; ROOT itself where neither is given.
fn domain(db: &Connection, id: Option<&str>, path: Option<&str>) -> Done<Option<Thing>> {
    if let Some(id) = id {
        return match (store::by_uuid(db, "domain", id)?, id.parse()) {
            (Some(domain), _) => Ok(Some(domain)),
            (None, Ok(number)) => Ok(store::by_number(db, "domain", number)?),
            (None, Err(_)) => Err(Refusal::plain(
                401,
                "Invalid domain id entered, please enter a valid one",
            )),
        };
    }
    let path = path.unwrap_or_default().trim_matches('/').to_lowercase();
    let wanted = match path.as_str() {
        "" => "root".into(),
        path if path == "root" || path.starts_with("root/") => path.into(),
        path => format!("root/{path}"),
    };
    Ok(store::of_kind(db, "domain")?.into_iter().find(|domain| {
        let path = domain.body.get("path").and_then(Value::as_str);
        path.is_some_and(|path| path.to_lowercase() == wanted)
    }))
}

/// The account of a user, if both may make calls.
fn account(db: &Connection, user: &Thing) -> Done<Option<Thing>> {
    let account = store::by_uuid(db, "account", &user.parent)?;
    Ok(account.filter(|account| user.state == "enabled" && account.state == "enabled"))
}

/// Who calls in a session; nothing where the request is in none, and keys decide.
pub fn resume(db: &Connection, request: &Request, now: i64) -> Done<Option<Caller>> {
    let Some(id) = request.cookie(COOKIE) else {
        return Ok(None);
    };
    let idle = configuration::number(db, configuration::SESSION_TIME)? * 1000;
    let Some(session) = credentials::session(db, id, now - idle)? else {
        return Ok(None);
    };
    let given = [value(&request.params, KEY), request.cookie(KEY)];
    let proven =
        given.iter().any(Option::is_some) && given.iter().flatten().all(|key| *key == session.key);
    if !proven {
        credentials::end_session(db, id)?;
        return Err(Refusal::bare(401, "unable to verify user credentials"));
    }
    let user = store::by_id(db, "user", session.user)?;
    let account = match &user {
        Some(user) => account(db, user)?,
        None => None,
    };
    let (Some(user), Some(account)) = (user, account) else {
        credentials::end_session(db, id)?;
        return Ok(None);
    };
    if value(&request.params, "command").is_none() {
        return Err(Refusal::bare(400, "no command specified"));
    }
    credentials::use_session(db, &session, now)?;
    Ok(Some(Caller {
        account,
        user: user.uuid,
    }))
}
