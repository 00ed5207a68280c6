//! Sessions: opened by name and password, proven by cookie and key, ended by logout, by a wrong key and by idleness.

use serde_json::{Value, json};

use crate::support::{World, get, get_with, post, signed};

#[test]
fn a_session_is_as_good_as_keys_until_logout() {
    let world = World::new();
    let answer = post(
        &world.cloud,
        "command=login&username=admin&password=password&response=json",
    );
    let record = answer.inner();
    let names: Vec<&String> = record.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "username",
            "userid",
            "domainid",
            "timeout",
            "account",
            "firstname",
            "lastname",
            "type",
            "registered",
            "sessionkey"
        ]
    );
    assert_eq!(
        (&record["timeout"], &record["type"], &record["registered"]),
        (&json!(1800), &json!("1"), &json!("false"))
    );
    let key = record["sessionkey"].as_str().unwrap();
    let [session, proof] = &answer.cookies[..] else {
        panic!("{answer:?}");
    };
    assert!(session.starts_with("JSESSIONID=") && session.ends_with(";Path=/client;HttpOnly"));
    assert_eq!(*proof, format!("sessionkey={key};Path=/client;HttpOnly"));
    let session = session.split(';').next().unwrap();
    let users = "command=listUsers&response=json";
    for (query, cookie) in [
        (format!("{users}&sessionkey={key}"), session.to_string()),
        (users.into(), format!("{session}; sessionkey={key}")),
        (
            format!("{users}&SessionKey={key}"),
            format!("a=b; {session}; sessionkey={key}"),
        ),
    ] {
        let answer = get_with(&world.cloud, &query, &cookie);
        assert_eq!(
            answer.inner()["user"][0]["username"],
            "admin",
            "{query} {cookie}"
        );
    }
    let query = format!("{users}&sessionkey={key}");
    assert_eq!(get(&world.cloud, &query).status, 401);
    let out = get_with(&world.cloud, "command=logout&response=json", session);
    assert_eq!(
        (out.status, out.whole()),
        (200, json!({"logoutresponse": {"description": "success"}}))
    );
    let gone = get_with(&world.cloud, &query, session);
    assert_eq!(gone.status, 401);
    assert!(gone.body.contains("and/or request signature"), "{gone:?}");
    assert_eq!(get(&world.cloud, "command=logout").status, 200);
    let events = world.rows("listEvents", &[("type", "USER.LOGIN")]);
    assert_eq!(events.len(), 1, "{events:?}");
}

#[test]
fn a_wrong_key_ends_the_session() {
    let world = World::new();
    let session = world.login("username=admin&password=password");
    let users = "command=listUsers&response=json";
    let wrong = get_with(
        &world.cloud,
        &format!("{users}&sessionkey={}", session.key),
        &format!("{}; sessionkey=wrong", session.cookie),
    );
    assert_eq!(wrong.status, 401);
    assert_eq!(
        wrong.inner()["errortext"],
        "unable to verify user credentials"
    );
    assert_eq!(world.in_session(&session, "command=listUsers").status, 401);
}

#[test]
fn a_session_ends_when_nobody_uses_it() {
    let world = World::new();
    let session = world.login("username=admin&password=password");
    let unused_for = |seconds: i64| {
        rusqlite::Connection::open(world.state())
            .unwrap()
            .execute("UPDATE session SET used = used - ?", [seconds * 1000])
            .unwrap();
    };
    let status = || world.in_session(&session, "command=listUsers").status;
    unused_for(1700);
    assert_eq!(status(), 200);
    // That call was a use.
    unused_for(1700);
    assert_eq!(status(), 200);
    unused_for(1801);
    assert_eq!(status(), 401);
    world.ok(
        "updateConfiguration",
        &[("name", "devcloud.session.seconds"), ("value", "7200")],
    );
    let answer = post(
        &world.cloud,
        "command=login&username=admin&password=password&response=json",
    );
    assert_eq!(answer.inner()["timeout"], 7200);
}

#[test]
fn a_session_outlives_its_server() {
    let mut world = World::new();
    let session = world.login("username=admin&password=password");
    world.cloud = world.again();
    assert_eq!(world.in_session(&session, "command=listUsers").status, 200);
}

#[test]
fn commands_in_a_session_are_told_apart() {
    let world = World::new();
    world.user("u", "0", None);
    let root = world.login("username=admin&password=password");
    let user = world.login("username=u&password=p");
    let refused = |session, query| {
        let answer = world.in_session(session, query);
        let body = answer.whole();
        let (envelope, error) = body.as_object().unwrap().iter().next().unwrap();
        (
            answer.status,
            envelope.clone(),
            error["errortext"].as_str().unwrap().to_string(),
        )
    };
    let no_such = "does not exist or is not available for this account.";
    for (session, query, status, envelope, text) in [
        (
            &root,
            "command=listNothing",
            432,
            "errorresponse",
            "Unknown API command: listNothing".to_string(),
        ),
        (
            &user,
            "command=listNothing",
            432,
            "errorresponse",
            format!("The API listNothing {no_such}"),
        ),
        (
            &user,
            "command=listHosts",
            432,
            "errorresponse",
            format!("The API listHosts {no_such}"),
        ),
        (&user, "", 400, "null", "no command specified".into()),
    ] {
        assert_eq!(
            refused(session, query),
            (status, envelope.into(), text),
            "{query}"
        );
    }
    let by_key = world.json(&world.admin(), "listNothing", &[]);
    assert_eq!(by_key.status, 401);
}

#[test]
fn a_domain_is_named_by_its_path_or_id() {
    let world = World::new();
    let domain = world.ok("createDomain", &[("name", "sales")])["domain"]["id"].clone();
    let domain = domain.as_str().unwrap();
    world.user("u", "0", Some(domain));
    for place in [
        "domain=sales".to_string(),
        "domain=/sales/".into(),
        "domain=ROOT/sales".into(),
        "domain=%2FROOT%2FSales".into(),
        format!("domainid={domain}"),
        "domainId=2".into(),
    ] {
        world.login(&format!("username=u&password=p&{place}"));
    }
    world.login("username=admin&password=password&domain=/");
    let text = |form: &str| {
        let form = format!("command=login&response=json&username=u&password=p&{form}");
        let answer = post(&world.cloud, &form);
        let text: Option<Value> = serde_json::from_str(&answer.body).ok();
        let text = text.map(|body| {
            body["loginresponse"]["errortext"]
                .as_str()
                .unwrap()
                .to_string()
        });
        (answer.status, text.unwrap_or(answer.body))
    };
    assert_eq!(
        text("domain=nowhere"),
        (
            531,
            "Unable to find the domain from the path /nowhere/".into()
        )
    );
    assert_eq!(
        text("domainid=nowhere"),
        (
            401,
            "Invalid domain id entered, please enter a valid one".into()
        )
    );
    assert_eq!(
        text(""),
        (
            531,
            "Failed to authenticate user u in domain 1; please provide valid credentials".into()
        )
    );
    world.ok("updateDomain", &[("id", domain), ("name", "trade")]);
    world.login("username=u&password=p&domain=trade");
}

#[test]
fn passwords_change_and_go_with_their_users() {
    let world = World::new();
    world.user("u", "0", None);
    let id =
        world.ok("listUsers", &[("username", "u"), ("listall", "true")])["user"][0]["id"].clone();
    let id = id.as_str().unwrap();
    let session = world.login("username=u&password=p");
    let tried = |password: &str| {
        let form = format!("command=login&response=json&username=u&password={password}");
        post(&world.cloud, &form).status
    };
    assert_eq!((tried("q"), tried("")), (531, 531));
    world.ok("updateUser", &[("id", id), ("password", "q&=+%")]);
    assert_eq!((tried("p"), tried("q%26%3D%2B%25")), (531, 200));
    world.ok("lockUser", &[("id", id)]);
    assert_eq!(tried("q%26%3D%2B%25"), 531);
    assert_eq!(world.in_session(&session, "command=listZones").status, 401);
    world.ok("enableUser", &[("id", id)]);
    world.ok("deleteUser", &[("id", id)]);
    assert_eq!(tried("q%26%3D%2B%25"), 531);
    let kept = std::fs::read(world.state()).unwrap();
    let text = String::from_utf8_lossy(&kept);
    assert!(
        !text.contains("q&=+%"),
        "a password is in the file as it is"
    );
}

#[test]
fn a_session_does_not_take_the_place_of_a_signature() {
    let world = World::new();
    let session = world.login("username=admin&password=password");
    // A call that is signed and brings a session's cookie is the session's, and has to prove it.
    let query = signed(&world.admin(), "listZones", &[("response", "json")]);
    assert_eq!(get_with(&world.cloud, &query, &session.cookie).status, 401);
    assert_eq!(
        get_with(&world.cloud, &query, "JSESSIONID=gone").status,
        200
    );
}
