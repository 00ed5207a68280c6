//! The guide's list rules in a table: what each role sees of what belongs to accounts, by the parameters that it gives.

use crate::support::{Keys, World};

/// Accounts in ROOT, in the domain `top` and in `sub` below it, each with a volume named like the account, and a project of
/// the one in `sub` with a volume of its own.
struct Estate {
    world: World,
    admin: Keys,
    chief: Keys,
    worker: Keys,
    root: String,
    top: String,
    sub: String,
    project: String,
}

fn estate() -> Estate {
    let world = World::new();
    let root = world.first("listDomains", &[("name", "ROOT")]);
    let domain = |name: &str, above: &str| {
        let made = world.ok("createDomain", &[("name", name), ("parentdomainid", above)]);
        made["domain"]["id"].as_str().unwrap().to_string()
    };
    let top = domain("top", &root);
    let sub = domain("sub", &top);
    let admin = world.admin();
    let chief = world.user("chief", "2", Some(&top));
    let worker = world.user("worker", "0", Some(&sub));
    let mate = world.user("mate", "0", Some(&sub));
    let begun = world.ok_as(
        &worker,
        "createProject",
        &[("name", "p"), ("displaytext", "p")],
    );
    let project = begun["id"].as_str().unwrap().to_string();
    world.ended(begun["jobid"].as_str().unwrap());
    let zone = world.first("listZones", &[]);
    let volume = |keys: &Keys, name: &str, more: &[(&str, &str)]| {
        let params = [("name", name), ("size", "1"), ("zoneid", zone.as_str())];
        world.ok_as(keys, "createVolume", &[&params[..], more].concat());
    };
    volume(&admin, "admin", &[]);
    volume(&chief, "chief", &[]);
    volume(&worker, "worker", &[]);
    volume(&mate, "mate", &[]);
    volume(&worker, "project", &[("projectid", &project)]);
    Estate {
        world,
        admin,
        chief,
        worker,
        root,
        top,
        sub,
        project,
    }
}

impl Estate {
    /// The names of the volumes that somebody sees, or the code of the refusal.
    fn seen(&self, keys: &Keys, params: &[(&str, &str)]) -> String {
        let answer = self.world.json(keys, "listVolumes", params);
        if answer.status != 200 {
            return answer.status.to_string();
        }
        let body = answer.inner();
        let rows = body["volume"].as_array().cloned().unwrap_or_default();
        let mut names: Vec<&str> = rows
            .iter()
            .map(|row| row["name"].as_str().unwrap())
            .collect();
        assert_eq!(body["count"].as_u64().unwrap_or(0), names.len() as u64);
        names.sort_unstable();
        names.join(" ")
    }
}

/// What is given, and what a root administrator, a domain administrator and a user see then.
type Row<'a> = (&'a [(&'a str, &'a str)], [&'a str; 3]);

#[test]
fn each_role_sees_what_the_guide_says() {
    let estate = estate();
    let (root, top, sub) = (
        ("domainid", estate.root.as_str()),
        ("domainid", estate.top.as_str()),
        ("domainid", estate.sub.as_str()),
    );
    let all = ("listall", "true");
    let below = ("isrecursive", "true");
    let not_below = ("isrecursive", "false");
    let account = |name| ("account", name);
    let project = ("projectid", estate.project.as_str());
    let projects = ("projectid", "-1");
    let table: &[Row] = &[
        (&[], ["admin", "chief", "worker"]),
        (
            &[all],
            ["admin chief mate worker", "chief mate worker", "worker"],
        ),
        (&[("listall", "false")], ["admin", "chief", "worker"]),
        (&[below], ["admin", "chief", "worker"]),
        (&[root], ["admin", "531", "531"]),
        (&[root, below], ["admin chief mate worker", "531", "531"]),
        (&[top], ["chief", "chief", "531"]),
        (&[top, not_below], ["chief", "chief", "531"]),
        (
            &[top, below],
            ["chief mate worker", "chief mate worker", "531"],
        ),
        (&[sub], ["mate worker", "mate worker", "worker"]),
        (&[sub, below], ["mate worker", "mate worker", "worker"]),
        (&[sub, all], ["mate worker", "mate worker", "worker"]),
        (&[account("worker"), sub], ["worker", "worker", "worker"]),
        (&[account("chief"), top], ["chief", "chief", "531"]),
        (&[account("admin"), root], ["admin", "531", "531"]),
        // Somebody else's is an empty list.
        (&[account("mate"), sub], ["mate", "mate", ""]),
        // Without a domain, an account is one of the caller's.
        (&[account("worker")], ["431", "431", "worker"]),
        (&[account("nobody"), sub], ["431", "431", "431"]),
        (&[project], ["project", "project", "project"]),
        (
            &[projects],
            ["admin project", "chief project", "project worker"],
        ),
        (
            &[projects, all],
            ["admin project", "chief project", "project worker"],
        ),
        (&[("keyword", "ORK"), all], ["worker", "worker", "worker"]),
        (&[("keyword", "nothing"), all], ["", "", ""]),
        (&[("name", "worker")], ["", "", "worker"]),
        (&[("name", "worker"), all], ["worker", "worker", "worker"]),
    ];
    let mut wrong = Vec::new();
    for (params, expected) in table {
        let seen =
            [&estate.admin, &estate.chief, &estate.worker].map(|keys| estate.seen(keys, params));
        if seen != *expected {
            wrong.push(format!("{params:?}\n   {seen:?}\n   {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_thing_is_seen_by_its_id_where_the_caller_may_see_it() {
    let estate = estate();
    let id = |name: &str| {
        let rows = estate
            .world
            .rows("listVolumes", &[("name", name), ("listall", "true")]);
        rows[0]["id"].as_str().unwrap().to_string()
    };
    for (name, expected) in [
        ("admin", ["admin", "", ""]),
        ("chief", ["chief", "chief", ""]),
        ("mate", ["mate", "mate", ""]),
        ("worker", ["worker", "worker", "worker"]),
    ] {
        let id = id(name);
        let seen = [&estate.admin, &estate.chief, &estate.worker]
            .map(|keys| estate.seen(keys, &[("id", &id)]));
        assert_eq!(seen, expected, "{name}");
    }
}
