//! Who sees and may do what: the guide's list rules for a root administrator, a domain administrator and a user.

use crate::support::{Keys, World};

#[test]
fn others_things_are_not_to_be_touched() {
    let world = World::new();
    let machine = world.machine("admins");
    let user = world.user("u", "0", None);
    let id = machine["id"].as_str().unwrap();
    assert_eq!(
        world.refused(&user, "stopVirtualMachine", &[("id", id)]).0,
        531
    );
    assert_eq!(
        world.ok_as(&user, "listVirtualMachines", &[("id", id)]),
        serde_json::json!({})
    );
    assert_eq!(
        world.ok_as(&user, "listZones", &[("id", "1")])["count"],
        1,
        "numbers are as good as uuids for users too"
    );
    assert_eq!(world.refused(&user, "listHosts", &[]).0, 432);
    let apis = world.ok_as(&user, "listApis", &[]);
    let names: Vec<&str> = apis["api"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|api| api["name"].as_str())
        .collect();
    assert!(names.contains(&"deployVirtualMachine") && !names.contains(&"listHosts"));
}

#[test]
fn a_locked_user_and_a_wrong_secret_are_401() {
    let world = World::new();
    let user = world.user("u", "0", None);
    let id =
        world.ok("listUsers", &[("username", "u"), ("listall", "true")])["user"][0]["id"].clone();
    world.ok("lockUser", &[("id", id.as_str().unwrap())]);
    assert_eq!(world.refused(&user, "listZones", &[]).0, 401);
    world.ok("enableUser", &[("id", id.as_str().unwrap())]);
    world.ok_as(&user, "listZones", &[]);
    let wrong = Keys(user.0.clone(), "wrong".into());
    assert_eq!(world.refused(&wrong, "listZones", &[]).0, 401);
}

#[test]
fn accounts_are_locked_disabled_and_enabled() {
    let world = World::new();
    let user = world.user("u", "0", None);
    let domain = world.first("listDomains", &[("name", "ROOT")]);
    let zone = world.first("listZones", &[]);
    let account = [("account", "u"), ("domainid", domain.as_str())];
    let state = || {
        let rows = world.rows("listAccounts", &[("name", "u"), ("listall", "true")]);
        rows[0]["state"].clone()
    };
    world.ok("lockAccount", &account);
    assert_eq!(state(), "locked");
    assert_eq!(world.refused(&user, "listZones", &[]).0, 401);
    world.ok("enableAccount", &account);
    world.ok_as(&user, "listZones", &[]);
    let disable = [&account[..], &[("lock", "false")]].concat();
    world.done("disableAccount", &disable);
    assert_eq!(state(), "disabled");
    assert_eq!(world.refused(&user, "listZones", &[]).0, 401);
    world.ok("enableAccount", &account);
    assert_eq!(state(), "enabled");
    let own = [
        ("account", "admin"),
        ("domainid", &domain),
        ("lock", "true"),
    ];
    assert_eq!(world.fails("disableAccount", &own).0, 531);
    let marked = [&account[..], &[("zoneid", zone.as_str())]].concat();
    world.done("markDefaultZoneForAccount", &marked);
    let rows = world.rows("listAccounts", &[("name", "u"), ("listall", "true")]);
    assert_eq!(rows[0]["defaultzoneid"], zone.as_str());
    let id = rows[0]["user"][0]["id"].as_str().unwrap();
    world.done("disableUser", &[("id", id)]);
    assert_eq!(world.refused(&user, "listZones", &[]).0, 401);
}

#[test]
fn what_is_the_clouds_or_another_domains_is_left_alone() {
    let world = World::new();
    let domain = world.ok("createDomain", &[("name", "sales")])["domain"]["id"].clone();
    let root = world.first("listDomains", &[("name", "ROOT")]);
    let chief = world.user("chief", "2", domain.as_str());
    let user = world.user("u", "0", None);
    let person = [
        ("username", "x"),
        ("password", "p"),
        ("firstname", "F"),
        ("lastname", "L"),
        ("email", "e@example.org"),
        ("domainid", root.as_str()),
    ];
    let limit = [
        ("resourcetype", "0"),
        ("max", "0"),
        ("domainid", root.as_str()),
    ];
    let zone = world.first("listZones", &[]);
    let tag = [
        ("resourceids", zone.as_str()),
        ("resourcetype", "Zone"),
        ("tags[0].key", "k"),
        ("tags[0].value", "v"),
    ];
    let project = world.id_of("createProject", &[("name", "p"), ("displaytext", "p")]);
    let lock = [("account", "u"), ("domainid", root.as_str())];
    for (keys, api, params) in [
        (&chief, "createAccount", &person[..]),
        (&chief, "updateResourceLimit", &limit),
        (&chief, "lockAccount", &lock),
        (&user, "createTags", &tag),
        (&user, "deleteProject", &[("id", project.as_str())]),
    ] {
        assert_eq!(world.refused(keys, api, params).0, 531, "{api}");
    }
    let acl = world.named("listNetworkACLLists", "default_deny");
    let rule = world.first("listNetworkACLs", &[("aclid", &acl)]);
    assert_eq!(
        world.refused(&user, "deleteNetworkACL", &[("id", &rule)]).0,
        431
    );
    assert_eq!(world.rows("listNetworkACLs", &[("aclid", &acl)]).len(), 2);
}

#[test]
fn a_role_of_ones_own_allows_what_its_rules_say() {
    let world = World::new();
    let role = world.ok("createRole", &[("name", "reader"), ("type", "User")]);
    let role = role["role"]["id"].as_str().unwrap().to_string();
    let rule = |name: &str, permission: &str| {
        world.ok(
            "createRolePermission",
            &[
                ("roleid", &role),
                ("rule", name),
                ("permission", permission),
            ],
        )["rolepermission"]["id"]
            .as_str()
            .unwrap()
            .to_string()
    };
    let denied = rule("listVolumes", "deny");
    let listing = rule("list*", "allow");
    world.ok(
        "createAccount",
        &[
            ("username", "eve"),
            ("password", "pw"),
            ("firstname", "e"),
            ("lastname", "e"),
            ("email", "e@example.org"),
            ("roleid", &role),
        ],
    );
    let account = world.rows("listAccounts", &[("name", "eve"), ("listall", "true")]);
    assert_eq!(account[0]["rolename"], "reader");
    assert_eq!(account[0]["roleid"], role.as_str());
    let keys = world.keys_of(
        world.rows("listUsers", &[("username", "eve"), ("listall", "true")])[0]["id"]
            .as_str()
            .unwrap(),
    );
    world.ok_as(&keys, "listVirtualMachines", &[]);
    for api in ["listVolumes", "createVolume"] {
        assert_eq!(world.refused(&keys, api, &[]).0, 432, "{api}");
    }
    let apis = world.ok_as(&keys, "listApis", &[]);
    let apis: Vec<&str> = apis["api"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|api| api["name"].as_str())
        .collect();
    assert!(apis.contains(&"listZones") && !apis.contains(&"listVolumes"));
    assert!(
        apis.iter()
            .all(|api| api.starts_with("list") || api.starts_with("log")),
        "{apis:?}"
    );

    let order = format!("{listing},{denied}");
    world.ok(
        "updateRolePermission",
        &[("roleid", &role), ("ruleorder", &order)],
    );
    world.ok_as(&keys, "listVolumes", &[]);
    world.ok(
        "updateRolePermission",
        &[
            ("roleid", &role),
            ("ruleid", &listing),
            ("permission", "deny"),
        ],
    );
    assert_eq!(world.refused(&keys, "listZones", &[]).0, 432);
    world.ok("deleteRolePermission", &[("id", &listing)]);
    assert_eq!(
        world
            .rows("listRolePermissions", &[("roleid", &role)])
            .len(),
        1
    );
    assert_eq!(
        world
            .refused(&world.admin(), "deleteRole", &[("id", &role)])
            .0,
        431
    );
    world.done(
        "deleteAccount",
        &[("id", account[0]["id"].as_str().unwrap())],
    );
    world.ok("deleteRole", &[("id", &role)]);
    assert!(world.rows("listRoles", &[("name", "reader")]).is_empty());
    let first = world.named("listRoles", "User");
    assert_eq!(
        world
            .refused(&world.admin(), "deleteRole", &[("id", &first)])
            .0,
        431
    );
}
