//! HTTP itself: methods, limits, broken requests; lists and pages.

use crate::support::{World, get, post, send, signed};

#[test]
fn a_form_is_as_good_as_a_query() {
    let world = World::new();
    let form = signed(&world.admin(), "listZones", &[("response", "json")]);
    let answer = post(&world.cloud, &form);
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("devcloud"));
}

#[test]
fn what_is_no_call_is_refused_before_the_api() {
    let world = World::new();
    for (request, status) in [
        (
            format!(
                "GET /client/api?x={} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
                "y".repeat(9000)
            ),
            414,
        ),
        (
            "GET /client/api?x=%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".into(),
            400,
        ),
        (
            "GET /client/api?x=%ff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".into(),
            400,
        ),
        (
            "GET /elsewhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".into(),
            404,
        ),
    ] {
        let answer = send(&world.cloud, &request);
        assert_eq!(answer.status, status, "{request:.60}");
        assert!(answer.content_type.starts_with("text/html"), "{answer:?}");
    }
    assert_eq!(get(&world.cloud, "").status, 401);
}

#[test]
fn any_format_but_json_is_xml() {
    let world = World::new();
    for (form, json) in [
        ("json", true),
        ("JSON", true),
        ("xml", false),
        ("yaml", false),
    ] {
        let answer = get(
            &world.cloud,
            &signed(&world.admin(), "listZones", &[("response", form)]),
        );
        assert_eq!(answer.body.starts_with('{'), json, "{form}");
    }
    let answer = get(&world.cloud, &signed(&world.admin(), "listZones", &[]));
    assert!(answer.body.starts_with(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><listzonesresponse cloud-stack-version=\""
    ));
    assert!(
        answer.body.contains("<count>1</count><zone><id>"),
        "{}",
        answer.body
    );
}

#[test]
fn lists_are_paged_and_stop_in_silence() {
    let world = World::new();
    let page = |page: &str, size: &str| {
        world
            .rows(
                "listServiceOfferings",
                &[("page", page), ("pagesize", size)],
            )
            .len()
    };
    assert_eq!(
        (
            page("1", "2"),
            page("2", "2"),
            page("3", "2"),
            page("0", "2")
        ),
        (2, 1, 0, 2)
    );
    let past = world.ok("listServiceOfferings", &[("page", "9"), ("pagesize", "2")]);
    assert_eq!(past, serde_json::json!({"count": 3}));
    world.ok(
        "updateConfiguration",
        &[("name", "default.page.size"), ("value", "2")],
    );
    let body = world.ok("listServiceOfferings", &[]);
    assert_eq!(
        (
            body["count"].clone(),
            body["serviceoffering"].as_array().unwrap().len()
        ),
        (3.into(), 2)
    );
    assert_eq!(
        world
            .refused(
                &world.admin(),
                "listServiceOfferings",
                &[("page", "1"), ("pagesize", "3")]
            )
            .0,
        431
    );
}

#[test]
fn secrets_that_users_send_are_not_kept() {
    let world = World::new();
    world.user("u", "0", None);
    let users = world.ok("listUsers", &[("listall", "true")]).to_string();
    assert!(!users.contains("secretkey") && !users.contains(world.cloud.secretkey()));
}
