//! The integration port: closed unless somebody opens it, and whoever comes there is the cloud itself.

use std::net::{SocketAddr, TcpListener, TcpStream};

use serde_json::json;

use crate::support::{World, get, get_at};

const ANY: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

#[test]
fn it_takes_calls_without_keys() {
    let world = World::new();
    assert_eq!(world.cloud.integration_url(), None);
    let url = world.cloud.open_integration(ANY.into()).unwrap();
    assert_eq!(world.cloud.integration_url(), Some(url.clone()));
    let zones = get_at(&url, "command=listZones&response=json");
    assert_eq!(zones.content_type, "application/json; charset=UTF-8");
    assert_eq!(zones.inner()["zone"][0]["name"], "devcloud");
    let hosts = get_at(&url, "command=listHosts");
    assert_eq!(
        (hosts.status, hosts.content_type.as_str()),
        (200, "text/xml; charset=UTF-8")
    );
    let users = get_at(&url, "command=listUsers&listall=true&response=json").inner();
    assert_eq!(
        (&users["count"], &users["user"][0]["username"]),
        (&json!(1), &json!("admin"))
    );
    for (query, status, text) in [
        (
            "command=listNothing",
            432,
            "Unknown API command: listNothing",
        ),
        ("", 432, "Invalid request, no command sent"),
        (
            "command=listVirtualMachines&page=1",
            431,
            "\"pagesize\" parameter is required when \"page\" is specified",
        ),
        (
            "command=login&username=admin&password=password",
            405,
            "This is an authentication api, cannot be used directly",
        ),
    ] {
        let answer = get_at(&url, &format!("{query}&response=json"));
        assert_eq!(
            (answer.status, answer.inner()["errortext"].as_str()),
            (status, Some(text))
        );
        assert_eq!(answer.description, None);
    }
    // The ordinary door still wants to know who calls.
    assert_eq!(
        get(&world.cloud, "command=listZones&response=json").status,
        401
    );
}

#[test]
fn what_it_makes_is_the_clouds_own() {
    let world = World::new();
    let url = world.cloud.open_integration(ANY.into()).unwrap();
    let zone = world.first("listZones", &[]);
    let query = format!("command=createVolume&name=d&size=1&zoneid={zone}&response=json");
    let volume = get_at(&url, &query).inner()["id"].clone();
    let own = get_at(&url, "command=listVolumes&response=json").inner();
    assert_eq!(
        (&own["volume"][0]["id"], &own["volume"][0]["account"]),
        (&volume, &json!("system"))
    );
    assert!(world.rows("listVolumes", &[]).is_empty());
    assert_eq!(world.rows("listVolumes", &[("listall", "true")]).len(), 1);
    let jobs = get_at(&url, "command=listAsyncJobs&response=json").inner();
    assert_eq!(jobs["count"], 1);
}

#[test]
fn another_opening_closes_the_first() {
    let world = World::new();
    let first = world.cloud.open_integration(ANY.into()).unwrap();
    let second = world.cloud.open_integration(ANY.into()).unwrap();
    assert_ne!(first, second);
    assert_eq!(get_at(&second, "command=listZones").status, 200);
    assert_eq!(world.cloud.integration_url(), Some(second));
}

#[test]
fn only_this_machine_reaches_it() {
    let world = World::new();
    let error = world
        .cloud
        .open_integration(([0, 0, 0, 0], 0).into())
        .unwrap_err();
    assert!(error.to_string().contains("loopback"), "{error}");
    assert_eq!(world.cloud.integration_url(), None);
}

#[test]
fn the_configuration_opens_and_closes_it() {
    let mut world = World::new();
    let set = |world: &World, port: u16| {
        world.ok(
            "updateConfiguration",
            &[
                ("name", "integration.api.port"),
                ("value", &port.to_string()),
            ],
        );
    };
    // A port that another program has stays that program's; one of those that it leaves is soon the cloud's, now and
    // when a server starts.
    let url = loop {
        let other = TcpListener::bind(SocketAddr::from(ANY)).unwrap();
        let port = other.local_addr().unwrap().port();
        set(&world, port);
        assert_eq!(world.cloud.integration_url(), None);
        set(&world, 0);
        drop(other);
        set(&world, port);
        let at_once = world.cloud.integration_url();
        world = world.restarted();
        if let Some(url) = at_once.filter(|url| world.cloud.integration_url().as_ref() == Some(url))
        {
            break url;
        }
    };
    assert_eq!(get_at(&url, "command=listZones").status, 200);
    let configured = world.ok("listConfigurations", &[("name", "integration.api.port")]);
    let port = configured["configuration"][0]["value"]
        .as_str()
        .unwrap()
        .to_string();
    assert!(url.ends_with(&format!(":{port}/client/api")), "{url}");
    // Another server of the world finds the port taken, and does without.
    assert_eq!(world.again().integration_url(), None);
    // The call that closes it is answered all the same.
    let close = "command=updateConfiguration&name=integration.api.port&value=0&response=json";
    assert_eq!(get_at(&url, close).status, 200);
    assert_eq!(world.cloud.integration_url(), None);
    let address = SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
    // The door falls shut once the call is answered.
    while TcpStream::connect(address).is_ok() {}
}
