//! Files for volumes and templates: announced by a call, sent to where it says, shown by the lists.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Answer, World, send_bytes};

/// Where a file goes and what goes with it.
struct Way {
    id: String,
    path: String,
    host: String,
    headers: Vec<(&'static str, String)>,
}

impl Way {
    fn of(body: &Value) -> Way {
        let text = |name: &str| body["getuploadparams"][name].as_str().unwrap().to_string();
        let url = text("postURL");
        let rest = url.strip_prefix("http://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        Way {
            id: text("id"),
            path: format!("/{path}"),
            host: host.into(),
            headers: vec![
                ("x-signature", text("signature")),
                ("x-metadata", text("metadata")),
                ("x-expires", text("expires")),
            ],
        }
    }

    fn head(&self, length: usize) -> String {
        let mut head = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: multipart/form-data; boundary=B\r\ncontent-length: {length}\r\n",
            self.path, self.host
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head + "\r\n"
    }

    fn send(&self, world: &World, form: &[u8]) -> Answer {
        let mut request = self.head(form.len()).into_bytes();
        request.extend_from_slice(form);
        send_bytes(&world.cloud, &request)
    }
}

fn form(file: &[u8]) -> Vec<u8> {
    let mut form =
        b"--B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"disk.qcow2\"\r\n\r\n"
            .to_vec();
    form.extend_from_slice(file);
    form.extend_from_slice(b"\r\n--B--\r\n");
    form
}

fn volume(world: &World, more: &[(&str, &str)]) -> Way {
    let zone = world.first("listZones", &[]);
    let mut params = vec![("name", "disk"), ("format", "QCOW2"), ("zoneid", &*zone)];
    params.extend(more);
    Way::of(&world.ok("getUploadParamsForVolume", &params))
}

fn template(world: &World) -> Way {
    let (zone, os) = (
        world.first("listZones", &[]),
        world.first("listOsTypes", &[]),
    );
    let params = [
        ("name", "tiny"),
        ("displaytext", "tiny"),
        ("format", "VHD"),
        ("hypervisor", "XenServer"),
        ("zoneid", &*zone),
        ("ostypeid", &*os),
    ];
    Way::of(&world.ok("getUploadParamsForTemplate", &params))
}

fn shown(world: &World, way: &Way) -> Value {
    world.rows("listVolumes", &[("id", &way.id)])[0].clone()
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 % 251) as u8).collect()
}

/// Of `bytes(3_000_001)`, by md5sum.
const SUM: &str = "22964ad4a70d334433b2073a55ea7f22";

#[test]
fn a_file_arrives_byte_for_byte() {
    let world = World::new();
    let file = bytes(3_000_001);
    let way = volume(&world, &[("checksum", SUM)]);
    assert_eq!(shown(&world, &way)["state"], "NotUploaded");
    let answer = way.send(&world, &form(&file));
    assert_eq!((answer.status, &*answer.body), (200, "upload successful."));
    let row = shown(&world, &way);
    assert_eq!(
        (&row["state"], &row["size"]),
        (&"Uploaded".into(), &3_000_001.into())
    );
    // From there on it is a disk like any other.
    let machine = world.machine("m");
    let job = world.job(
        "attachVolume",
        &[
            ("id", &way.id),
            ("virtualmachineid", machine["id"].as_str().unwrap()),
        ],
    );
    assert_eq!(job["jobresult"]["volume"]["state"], "Ready");

    let way = template(&world);
    let row = || {
        world.rows(
            "listTemplates",
            &[("templatefilter", "self"), ("id", &way.id)],
        )[0]
        .clone()
    };
    assert_eq!(
        (&row()["isready"], &row()["status"]),
        (&false.into(), &"NotUploaded".into())
    );
    assert!(
        world
            .rows(
                "listTemplates",
                &[("templatefilter", "executable"), ("id", &way.id)]
            )
            .is_empty()
    );
    way.send(&world, &form(&file));
    let row = row();
    assert_eq!(
        (&row["isready"], &row["status"]),
        (&true.into(), &"Download Complete".into())
    );
    assert_eq!(
        (&row["size"], &row["checksum"]),
        (&3_000_001.into(), &SUM.into())
    );
}

#[test]
fn what_is_not_as_it_was_announced_is_refused_and_ends_the_upload() {
    let world = World::new();
    type Spoil = fn(&mut Way);
    let cases: [(Spoil, &str); 5] = [
        (
            |way| way.headers[0].1 = "bm8=".into(),
            "signature validation failed.",
        ),
        (
            |way| way.headers[1].1 = "bm8=".into(),
            "signature validation failed.",
        ),
        (
            |way| way.headers[2].1 = "2199-01-01T00:00:00.000Z".into(),
            "signature validation failed.",
        ),
        (
            |way| way.host = "elsewhere".into(),
            "signature validation failed.",
        ),
        (
            |way| way.headers.truncate(2),
            "signature, metadata and expires are compulsory fields.",
        ),
    ];
    for (spoil, says) in cases {
        let mut way = volume(&world, &[]);
        spoil(&mut way);
        let answer = way.send(&world, &form(b"x"));
        assert_eq!((answer.status, &*answer.body), (400, says));
        assert_eq!(shown(&world, &way)["state"], "UploadError");
    }
    let way = volume(&world, &[("checksum", "00000000000000000000000000000000")]);
    let answer = way.send(&world, &form(b"x"));
    assert_eq!(answer.status, 500);
    assert!(answer.body.contains("checksum"), "{answer:?}");
    assert_eq!(shown(&world, &way)["state"], "UploadError");
    let way = volume(&world, &[]);
    let answer = way.send(
        &world,
        b"--B\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\nx\r\n--B--\r\n",
    );
    assert_eq!(
        (answer.status, &*answer.body),
        (422, "received entity is not a file")
    );
    assert_eq!(shown(&world, &way)["state"], "UploadError");
}

#[test]
fn an_upload_is_taken_once_and_in_time() {
    let world = World::new();
    let way = volume(&world, &[]);
    assert_eq!(way.send(&world, &form(b"x")).status, 200);
    let again = way.send(&world, &form(b"x"));
    assert_eq!(again.status, 400);
    assert!(again.body.contains("already used"), "{again:?}");
    assert_eq!(shown(&world, &way)["state"], "Uploaded");
    world.ok(
        "updateConfiguration",
        &[("name", "upload.operation.timeout"), ("value", "0")],
    );
    let (late, never) = (volume(&world, &[]), volume(&world, &[]));
    let answer = late.send(&world, &form(b"x"));
    assert_eq!(
        (answer.status, &*answer.body),
        (400, "request not valid anymore.")
    );
    assert_eq!(shown(&world, &never)["state"], "UploadAbandoned");
}

#[test]
fn a_sender_that_goes_away_leaves_an_error() {
    let world = World::new();
    let way = volume(&world, &[]);
    let mut stream = TcpStream::connect(world.cloud.address()).unwrap();
    stream.write_all(way.head(5_000_000).as_bytes()).unwrap();
    stream.write_all(&form(&bytes(100_000))[..50_000]).unwrap();
    let until = |state: &str| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while shown(&world, &way)["state"] != state {
            assert!(Instant::now() < deadline, "{}", shown(&world, &way));
        }
    };
    until("UploadInProgress");
    let zone = world.refused(&world.admin(), "deleteVolume", &[("id", &way.id)]);
    assert!(zone.1.contains("getting uploaded"), "{zone:?}");
    drop(stream);
    until("UploadError");
    world.ok("deleteVolume", &[("id", &way.id)]);
}

#[test]
fn what_is_not_there_yet_cannot_be_used() {
    let world = World::new();
    let machine = world.machine("m");
    let way = volume(&world, &[]);
    let job = world.job(
        "attachVolume",
        &[
            ("id", &way.id),
            ("virtualmachineid", machine["id"].as_str().unwrap()),
        ],
    );
    assert_eq!(job["jobstatus"], 2, "{job}");
    let way = template(&world);
    let refused = world.refused(
        &world.admin(),
        "deployVirtualMachine",
        &[
            ("templateid", &way.id),
            ("zoneid", &world.first("listZones", &[])),
            (
                "serviceofferingid",
                &world.first("listServiceOfferings", &[]),
            ),
        ],
    );
    assert!(refused.1.contains("completely downloaded"), "{refused:?}");
    let bad = [
        ("name", "x"),
        ("format", "DOC"),
        ("zoneid", &*world.first("listZones", &[])),
    ];
    let refused = world.refused(&world.admin(), "getUploadParamsForVolume", &bad);
    assert!(refused.1.contains("Supported formats are"), "{refused:?}");
}
