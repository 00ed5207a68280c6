//! Projects and their members, and how much an account may have.

use serde_json::json;

use crate::support::World;

#[test]
fn a_project_is_shared_by_its_members() {
    let world = World::new();
    let create = [("name", "joint"), ("displaytext", "ours")];
    let project = world.id_of("createProject", &create);
    assert_eq!(world.fails("createProject", &create).0, 431);
    let user = world.user("u", "0", None);
    assert_eq!(world.ok_as(&user, "listProjects", &[]), json!({}));
    let add = [("projectid", project.as_str()), ("account", "u")];
    let inside = [
        ("name", "n"),
        ("size", "1"),
        ("zoneid", "1"),
        ("projectid", &project),
    ];
    assert_eq!(world.refused(&user, "createVolume", &inside).0, 531);
    world.job("addAccountToProject", &add);
    assert_eq!(world.fails("addAccountToProject", &add).0, 431);
    world.ok_as(&user, "createVolume", &inside);
    let listed = world.ok_as(&user, "listProjects", &[]);
    assert_eq!(
        (&listed["count"], &listed["project"][0]["volumetotal"]),
        (&json!(1), &json!(1))
    );
    let count = |params: &[(&str, &str)]| world.rows("listVolumes", params).len();
    assert_eq!(
        count(&[("listall", "true")]),
        0,
        "what projects have is seen by projectid alone"
    );
    assert_eq!(
        (
            count(&[("projectid", &project)]),
            count(&[("projectid", "-1")])
        ),
        (1, 1)
    );
    let volume = world.rows("listVolumes", &[("projectid", &project)])[0].clone();
    assert_eq!(
        (&volume["project"], volume.get("account")),
        (&json!("joint"), None)
    );
    let members = world.rows("listProjectAccounts", &[("projectid", &project)]);
    assert_eq!(
        (&members[0]["role"], &members[1]["role"]),
        (&json!("Admin"), &json!("Regular"))
    );
    let owner = [("projectid", project.as_str()), ("account", "admin")];
    assert_eq!(world.fails("deleteAccountFromProject", &owner).0, 431);
    assert_eq!(
        world
            .refused(
                &user,
                "updateProject",
                &[("id", &project), ("displaytext", "x")]
            )
            .0,
        531
    );
    world.done(
        "updateProject",
        &[
            ("id", &project),
            ("account", "u"),
            ("displaytext", "theirs"),
        ],
    );
    let shown = || world.rows("listProjects", &[("id", &project)])[0].clone();
    assert_eq!(
        (&shown()["account"], &shown()["displaytext"]),
        (&json!("u"), &json!("theirs"))
    );
    world.done("deleteAccountFromProject", &owner);
    world.done("suspendProject", &[("id", &project)]);
    assert_eq!(shown()["state"], "Suspended");
    assert_eq!(world.fails("createVolume", &inside).0, 531);
    world.done("activateProject", &[("id", &project)]);
    assert_eq!(shown()["state"], "Active");
    world.done("deleteProject", &[("id", &project)]);
    assert!(world.rows("listProjects", &[]).is_empty());
    assert_eq!(count(&[("listall", "true")]), 0);
}

#[test]
fn members_may_be_invited_first() {
    let world = World::new();
    world.ok(
        "updateConfiguration",
        &[("name", "project.invite.required"), ("value", "true")],
    );
    let project = world.id_of(
        "createProject",
        &[("name", "joint"), ("displaytext", "ours")],
    );
    let user = world.user("u", "0", None);
    let add = [("projectid", project.as_str()), ("account", "u")];
    let invited = || {
        world.rows(
            "listProjectInvitations",
            &[("projectid", &project), ("listall", "true")],
        )
    };
    world.done("addAccountToProject", &add);
    let id = invited()[0]["id"].as_str().unwrap().to_string();
    assert_eq!(invited()[0]["state"], "Pending");
    world.done("deleteProjectInvitation", &[("id", &id)]);
    assert!(invited().is_empty());
    world.done("addAccountToProject", &add);
    let job = world.ok_as(&user, "updateProjectInvitation", &[("projectid", &project)]);
    assert_eq!(world.ended(job["jobid"].as_str().unwrap())["jobstatus"], 1);
    assert_eq!(invited()[0]["state"], "Completed");
    assert_eq!(world.ok_as(&user, "listProjects", &[])["count"], 1);
}

#[test]
fn limits_are_set_and_kept() {
    let world = World::new();
    let user = world.user("u", "0", None);
    let domain = world.first("listDomains", &[("name", "ROOT")]);
    let account = [("account", "u"), ("domainid", domain.as_str())];
    let limit = |number| {
        let params = [&account[..], &[("resourcetype", number)]].concat();
        world.rows("listResourceLimits", &params)[0]["max"].clone()
    };
    assert_eq!((limit("0"), limit("2")), (json!(20), json!(20)));
    assert_eq!(
        world.rows("listResourceLimits", &[("resourcetype", "0")])[0]["max"],
        -1
    );
    let set = [&account[..], &[("resourcetype", "2"), ("max", "1")]].concat();
    world.ok("updateResourceLimit", &set);
    assert_eq!(limit("2"), 1);
    let volume = [("name", "n"), ("size", "1"), ("zoneid", "1")];
    world.ok_as(&user, "createVolume", &volume);
    let (code, text) = world.refused(&user, "createVolume", &volume);
    assert_eq!(code, 535);
    assert_eq!(
        text,
        "Maximum amount of resources of Type = 'volume' for Account Name = u in Domain Id = 1 is exceeded: Account \
         Resource Limit = 1, Current Account Resource Amount = 1, Requested Resource Amount = 1."
    );
    let counted = [&account[..], &[("resourcetype", "2")]].concat();
    let body = world.ok("updateResourceCount", &counted);
    assert_eq!(body["resourcecount"][0]["resourcecount"], 1);
    assert_eq!(
        world
            .refused(&user, "updateResourceLimit", &[("resourcetype", "2")])
            .0,
        432
    );
}

#[test]
fn what_machines_and_disks_take_is_limited_too() {
    let world = World::new();
    let user = world.user("u", "0", None);
    let account = world.ok_as(&user, "listAccounts", &[])["account"][0].clone();
    assert_eq!(
        [
            &account["cpulimit"],
            &account["memorylimit"],
            &account["primarystorageavailable"],
            &account["secondarystorageavailable"]
        ],
        ["40", "40960", "200", "400.0"]
    );
    let volume = |size| [("name", "n"), ("size", size), ("zoneid", "1")];
    let made = world.ok_as(&user, "createVolume", &volume("150"));
    world.ended(made["jobid"].as_str().unwrap());
    let (code, text) = world.refused(&user, "createVolume", &volume("51"));
    assert_eq!(code, 535);
    assert_eq!(
        text,
        "Maximum amount of resources of Type = 'primary_storage' for Account Name = u in Domain Id = 1 is exceeded: \
         Account Resource Limit = 214748364800, Current Account Resource Amount = 161061273600, Requested Resource \
         Amount = 54760833024."
    );
    world.ok_as(&user, "createVolume", &volume("50"));
    let larger = [("id", made["id"].as_str().unwrap()), ("size", "151")];
    assert_eq!(world.refused(&user, "resizeVolume", &larger).0, 535);
}
