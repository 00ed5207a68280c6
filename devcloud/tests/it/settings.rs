//! Settings of the cloud that say how much there may be: each takes hold as soon as it is changed.

use serde_json::json;

use crate::support::{Answer, World};

#[test]
fn no_volume_is_larger_than_the_setting_says() {
    let world = World::new();
    let zone = world.first("listZones", &[]);
    let custom = world.named("listDiskOfferings", "Custom");
    let size = |size: &str| {
        let params = [
            ("name", "d"),
            ("zoneid", zone.as_str()),
            ("diskofferingid", &custom),
            ("size", size),
        ];
        world.json(&world.admin(), "createVolume", &params)
    };
    let too_large = |answer: Answer| {
        let text = answer.inner()["errortext"].as_str().unwrap().to_string();
        (answer.status, text)
    };
    assert_eq!(
        too_large(size("2001")),
        (
            431,
            "Invalid size for custom volume creation: 2001 ,max volume size is:2000".into()
        )
    );
    world.set("max.volume.size.gb", "10");
    assert_eq!(
        too_large(size("11")),
        (
            431,
            "Invalid size for custom volume creation: 11 ,max volume size is:10".into()
        )
    );
    let id = size("10").inner()["id"].as_str().unwrap().to_string();
    let resize = [("id", id.as_str()), ("size", "11")];
    assert_eq!(
        world.fails("resizeVolume", &resize),
        (431, "Requested size out of range".into())
    );
    world.set("max.volume.size.gb", "11");
    assert_eq!(
        world.done("resizeVolume", &resize)["size"],
        json!(11_i64 << 30)
    );
}

#[test]
fn what_an_account_may_have_follows_the_settings() {
    let world = World::new();
    let zone = world.first("listZones", &[]);
    let user = world.user("u", "0", None);
    for (setting, what, name, api, params) in [
        (
            "max.account.volumes",
            "2",
            "volume",
            "createVolume",
            vec![("name", "v"), ("size", "1"), ("zoneid", zone.as_str())],
        ),
        (
            "max.account.networks",
            "6",
            "network",
            "createNetwork",
            vec![
                ("name", "n"),
                ("displaytext", "n"),
                ("zoneid", &zone),
                (
                    "networkofferingid",
                    &world.first("listNetworkOfferings", &[]),
                ),
            ],
        ),
    ] {
        world.set(setting, "1");
        let limits = world.ok_as(&user, "listResourceLimits", &[("resourcetype", what)]);
        assert_eq!(limits["resourcelimit"][0]["max"], 1, "{setting}");
        world.ok_as(&user, api, &params);
        let (code, text) = world.refused(&user, api, &params);
        assert_eq!(code, 535, "{setting}");
        assert!(
            text.starts_with(&format!(
                "Maximum amount of resources of Type = '{name}' for Account Name = u"
            )),
            "{text}"
        );
        world.set(setting, "2");
        world.ok_as(&user, api, &params);
    }
}

#[test]
fn an_older_world_is_started_over_with_its_administrators_keys_and_a_newer_one_is_left_alone() {
    let world = World::new();
    let keys = world.admin();
    world.ok("createDomain", &[("name", "old")]);
    let state = world.state();
    let version = |set: Option<i64>| -> i64 {
        let file = rusqlite::Connection::open(&state).unwrap();
        let now = file
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        if let Some(version) = set {
            file.pragma_update(None, "user_version", version).unwrap();
        }
        now
    };
    let current = version(None);
    version(Some(current - 1));
    let cloud = world.again();
    assert_eq!((cloud.apikey(), cloud.secretkey()), (&*keys.0, &*keys.1));
    assert!(world.rows("listDomains", &[("name", "old")]).is_empty());
    version(Some(current + 1));
    let refused = devcloud::start(&state, ([127, 0, 0, 1], 0).into());
    assert!(refused.err().unwrap().to_string().contains("newer version"));
    assert_eq!(version(None), current + 1);
}
