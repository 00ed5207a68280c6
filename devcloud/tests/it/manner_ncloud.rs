//! The cloud in Naver Cloud's manner: signed calls to vserver and vpc, and what comes back on the wire.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use devcloud::Cloud;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::hostile::{EXTREME, STRANGE, sound};
use crate::support::{Answer, Keys, World, encode, send};

struct Naver {
    world: World,
    cloud: Cloud,
    keys: Keys,
}

/// A signature as the documents say that it is made.
fn signature(method: &str, uri: &str, sent: i64, keys: &Keys) -> String {
    let text = format!("{method} {uri}\n{sent}\n{}", keys.0);
    let mut mac = Hmac::<Sha256>::new_from_slice(keys.1.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn query(params: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = params
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    pairs.join("&")
}

impl Naver {
    fn new() -> Naver {
        Naver::of(World::new())
    }

    fn of(world: World) -> Naver {
        let cloud = world.speaking("ncloud");
        let keys = world.admin();
        Naver { world, cloud, keys }
    }

    /// A GET of that path and query with these headers.
    fn get_with(&self, uri: &str, headers: &[(&str, String)]) -> Answer {
        let headers: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let headers = headers.concat();
        let head = format!("GET {uri} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
        send(&self.cloud, &head)
    }

    fn headers(&self, method: &str, uri: &str) -> Vec<(&'static str, String)> {
        let sent = Timestamp::now().as_millisecond();
        vec![
            ("x-ncp-apigw-timestamp", sent.to_string()),
            ("x-ncp-iam-access-key", self.keys.0.clone()),
            (
                "x-ncp-apigw-signature-v2",
                signature(method, uri, sent, &self.keys),
            ),
        ]
    }

    fn get(&self, path: &str, params: &[(&str, &str)]) -> Answer {
        let uri = match params {
            [] => path.to_string(),
            params => format!("{path}?{}", query(params)),
        };
        self.get_with(&uri, &self.headers("GET", &uri))
    }

    /// A form, whose fields are not signed.
    fn post(&self, path: &str, params: &[(&str, &str)]) -> Answer {
        let form = query(params);
        let headers: Vec<String> = self
            .headers("POST", path)
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        send(
            &self.cloud,
            &format!(
                "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                 content-length: {}\r\n{}\r\n{form}",
                form.len(),
                headers.concat()
            ),
        )
    }

    fn path(action: &str) -> String {
        let of_vpc = ["Vpc", "Subnet", "NetworkAcl", "Route", "NatGateway"];
        let service = match of_vpc.iter().any(|noun| action.contains(noun)) {
            true => "vpc",
            false => "vserver",
        };
        format!("/{service}/v2/{action}")
    }

    /// What a good answer's envelope holds.
    fn ok(&self, action: &str, params: &[(&str, &str)]) -> Value {
        let all = [&[("responseFormatType", "json")], params].concat();
        let answer = self.post(&Naver::path(action), &all);
        assert_eq!(answer.status, 200, "{action} {params:?}: {answer:?}");
        let body = answer.whole()[format!("{action}Response")].clone();
        assert_eq!(
            (&body["returnCode"], &body["returnMessage"]),
            (&json!("0"), &json!("success"))
        );
        body
    }

    /// The rows of a good answer's list.
    fn rows(&self, action: &str, params: &[(&str, &str)]) -> Vec<Value> {
        let body = self.ok(action, params);
        let list = body
            .as_object()
            .unwrap()
            .iter()
            .find(|(name, _)| name.ends_with("List"));
        list.unwrap().1.as_array().unwrap().clone()
    }

    /// The only row of such a list.
    fn one(&self, action: &str, params: &[(&str, &str)]) -> Value {
        let rows = self.rows(action, params);
        assert_eq!(rows.len(), 1, "{action}: {rows:?}");
        rows[0].clone()
    }

    /// The number of what the only row shows.
    fn number(&self, action: &str, params: &[(&str, &str)], field: &str) -> String {
        text(&self.one(action, params), field)
    }

    /// The code and words of a service's refusal.
    fn refused(&self, action: &str, params: &[(&str, &str)]) -> (String, String) {
        let all = [&[("responseFormatType", "json")], params].concat();
        let answer = self.post(&Naver::path(action), &all);
        assert_eq!(answer.status, 400, "{action} {params:?}: {answer:?}");
        let error = &answer.whole()["responseError"];
        (text(error, "returnCode"), text(error, "returnMessage"))
    }

    /// A server's row once its status is that and nothing goes on with it.
    fn awaited(&self, server: &str, status: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let row = self.one("getServerInstanceDetail", &[("serverInstanceNo", server)]);
            if row["serverInstanceStatus"]["code"] == *status
                && row["serverInstanceOperation"]["code"] == "NULL"
            {
                return row;
            }
            assert!(Instant::now() < deadline, "{row}");
        }
    }

    /// A VPC with a subnet, its own ACL and group.
    fn place(&self) -> Place {
        let vpc = self.number(
            "createVpc",
            &[("vpcName", "home"), ("ipv4CidrBlock", "10.1.0.0/16")],
            "vpcNo",
        );
        let acl = self.number("getNetworkAclList", &[("vpcNo", &vpc)], "networkAclNo");
        let subnet = self.number(
            "createSubnet",
            &[
                ("vpcNo", &vpc),
                ("networkAclNo", &acl),
                ("subnet", "10.1.1.0/24"),
                ("zoneCode", "KR-1"),
                ("subnetTypeCode", "PUBLIC"),
                ("subnetName", "web"),
            ],
            "subnetNo",
        );
        let group = self.number(
            "getAccessControlGroupList",
            &[("vpcNo", &vpc)],
            "accessControlGroupNo",
        );
        Place {
            vpc,
            acl,
            subnet,
            group,
        }
    }

    /// A server in a place, by number.
    fn server(&self, place: &Place, name: &str, more: &[(&str, &str)]) -> String {
        let image = &self.rows("getServerImageList", &[])[0];
        let image = text(image, "serverImageNo");
        let params = [
            ("vpcNo", place.vpc.as_str()),
            ("subnetNo", &place.subnet),
            ("serverImageNo", &image),
            ("serverName", name),
            ("networkInterfaceList.1.networkInterfaceOrder", "0"),
            (
                "networkInterfaceList.1.accessControlGroupNoList.1",
                &place.group,
            ),
        ];
        self.number(
            "createServerInstances",
            &[&params, more].concat(),
            "serverInstanceNo",
        )
    }
}

struct Place {
    vpc: String,
    acl: String,
    subnet: String,
    group: String,
}

fn text(row: &Value, field: &str) -> String {
    let value = row[field].as_str();
    value
        .unwrap_or_else(|| panic!("no {field} in {row}"))
        .to_string()
}

#[test]
fn the_gateway_takes_only_who_signs_in_time_and_what_is_there() {
    let naver = Naver::new();
    let uri = "/vserver/v2/getRegionList?responseFormatType=json";
    let good = naver.headers("GET", uri);
    let answer = naver.get_with(uri, &good);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.content_type.starts_with("application/json"));
    let but = |place: usize, value: &str| {
        let mut headers = good.clone();
        headers[place].1 = value.to_string();
        headers
    };
    let sent: i64 = good[0].1.parse().unwrap();
    let (old, coming) = (sent - 5 * 60 * 1000 - 1000, sent + 5 * 60 * 1000 + 1000);
    let signed_at = |at: i64| {
        let mut headers = but(0, &at.to_string());
        headers[2].1 = signature("GET", uri, at, &naver.keys);
        headers
    };
    let other = Keys(naver.keys.0.clone(), "other".into());
    for headers in [
        vec![],
        good[..2].to_vec(),
        but(0, "now"),
        but(0, &(sent + 1).to_string()),
        but(1, "nobody"),
        but(
            2,
            &signature("GET", "/vserver/v2/getRegionList", sent, &naver.keys),
        ),
        but(2, &signature("POST", uri, sent, &naver.keys)),
        but(2, &signature("GET", uri, sent, &other)),
        signed_at(old),
        signed_at(coming),
    ] {
        let answer = naver.get_with(uri, &headers);
        let error = answer.whole()["error"].clone();
        assert_eq!(
            (answer.status, &error["errorCode"], &error["message"]),
            (401, &json!("200"), &json!("Authentication Failed")),
            "{headers:?}"
        );
    }
    // What is signed is the request line as it was sent, escapes and all.
    let escaped = "/vserver/v2/getLoginKeyList?keyName=a%2fb%20c&responseFormatType=json";
    let answer = naver.get_with(escaped, &naver.headers("GET", escaped));
    assert_eq!(answer.status, 200);
    // One SDK calls the same signature by its older name.
    let mut older = naver.headers("GET", uri);
    older[2].0 = "x-ncp-apigw-signature-v1";
    assert_eq!(naver.get_with(uri, &older).status, 200);
    for path in [
        "/",
        "/vserver/v2/getNothing",
        "/vpc/v2/getServerInstanceList",
        "/vnas/v2/getNasVolumeInstanceList",
        "/client/api",
    ] {
        let answer = naver.get(path, &[]);
        let error = &answer.whole()["error"];
        assert_eq!(
            (answer.status, &error["errorCode"], &error["message"]),
            (404, &json!("300"), &json!("Not Found Exception")),
            "{path}"
        );
    }
    let broken = "/vserver/v2/getZoneList?regionCode=%ff";
    let answer = naver.get_with(broken, &naver.headers("GET", broken));
    assert_eq!(
        (answer.status, &answer.whole()["error"]["errorCode"]),
        (400, &json!("100"))
    );
}

#[test]
fn answers_have_their_envelopes_in_xml_and_json() {
    let naver = Naver::new();
    let answer = naver.get("/vserver/v2/getZoneList", &[("regionCode", "KR")]);
    assert!(
        answer.content_type.starts_with("application/xml"),
        "{answer:?}"
    );
    let (head, body) = answer.body.split_once("<requestId>").unwrap();
    assert!(head.ends_with("<getZoneListResponse>"), "{head}");
    let (_, body) = body.split_once("</requestId>").unwrap();
    assert_eq!(
        body,
        "<returnCode>0</returnCode><returnMessage>success</returnMessage><totalRows>1</totalRows><zoneList><zone>\
         <zoneName>devcloud</zoneName><zoneCode>KR-1</zoneCode><regionCode>KR</regionCode>\
         <zoneDescription>devcloud</zoneDescription></zone></zoneList></getZoneListResponse>"
    );
    let body = naver.ok("getRegionList", &[]);
    assert_eq!(
        body["regionList"],
        json!([{"regionCode": "KR", "regionName": "Korea"}])
    );
    assert_eq!(body["totalRows"], 1);
    // A service's refusal has another envelope, in either form.
    let answer = naver.post("/vserver/v2/getZoneList", &[("regionCode", "XX")]);
    assert_eq!(answer.status, 400);
    let said = "<responseError><returnCode>800</returnCode><returnMessage>";
    assert!(answer.body.contains(said), "{answer:?}");
    let missing = naver.refused("stopServerInstances", &[]);
    assert_eq!(missing.0, "800");
    assert!(missing.1.contains("serverInstanceNoList"), "{missing:?}");
    let unknown = naver.refused("stopServerInstances", &[("serverInstanceNoList.1", "4711")]);
    assert!(unknown.1.contains("4711"), "{unknown:?}");
}

/// The actions of the two services that are not offered, and why.
const NOT_OFFERED: &[(&str, &[&str])] = &[
    (
        "images are an account's own here, and accounts have no login ids to share them with",
        &[
            "addMemberServerImageSharingPermission",
            "addServerImageSharingPermission",
            "removeMemberServerImageSharingPermission",
            "removeServerImageSharingPermission",
            "setMemberServerImageSharingPermission",
        ],
    ),
    (
        "the world has no hosts with a fabric between them",
        &[
            "changeFabricClusterDescription",
            "changeFabricClusterName",
            "changeFabricClusterServerInstances",
            "createFabricCluster",
            "deleteFabricCluster",
            "getFabricClusterDetail",
            "getFabricClusterList",
            "getFabricClusterPoolList",
            "updateFabricCluster",
            "updateFabricClusterServerInstances",
        ],
    ),
    (
        "there is no object storage for the logs of what flows",
        &[
            "disableFlowLog",
            "enableFlowLog",
            "getFlowLogConfigurationList",
        ],
    ),
    (
        "a snapshot here becomes a volume or a template of CloudStack's, by way of its volume",
        &["createServerImageFromSnapshot"],
    ),
    (
        "passwords are not kept under a login key's public half",
        &["getRootPassword", "getRootPasswordServerInstanceList"],
    ),
    (
        "networks of different VPCs have no way to each other",
        &[
            "acceptOrRejectVpcPeering",
            "createVpcPeeringInstance",
            "deleteVpcPeeringInstance",
            "getVpcPeeringInstanceDetail",
            "getVpcPeeringInstanceList",
            "setVpcPeeringDescription",
        ],
    ),
    (
        "rules of CloudStack's ACLs name their sources themselves and know no groups of them",
        &[
            "createNetworkAclDenyAllowGroup",
            "deleteNetworkAclDenyAllowGroup",
            "getNetworkAclDenyAllowGroupDetail",
            "getNetworkAclDenyAllowGroupList",
            "setNetworkAclDenyAllowGroupDescription",
            "setNetworkAclDenyAllowGroupIpList",
        ],
    ),
];

#[test]
fn every_action_of_the_two_services_is_offered_or_says_that_it_is_not() {
    let naver = Naver::new();
    let left_out: Vec<&str> = NOT_OFFERED
        .iter()
        .flat_map(|(_, actions)| actions.iter().copied())
        .collect();
    let catalogue = include_str!("../../src/manner/ncloud/catalogue.txt");
    let mut offered = 0;
    for line in catalogue.lines().filter(|line| !line.starts_with('=')) {
        let mut words = line.split(' ');
        let (service, action) = (words.next().unwrap(), words.next().unwrap());
        let path = format!("/{service}/v2/{action}");
        let answer = naver.post(&path, &[("responseFormatType", "json")]);
        let refused = answer
            .body
            .contains(&format!("The built-in cloud does not offer {action}"));
        assert_eq!(refused, left_out.contains(&action), "{answer:?}");
        if !refused {
            assert!([200, 400].contains(&answer.status), "{action}: {answer:?}");
            offered += 1;
        }
    }
    assert_eq!(offered, 149 - left_out.len());
}

#[test]
fn a_server_lives_from_creating_to_terminating() {
    let naver = Naver::new();
    let place = naver.place();
    naver.world.ok(
        "updateConfiguration",
        &[("name", "devcloud.job.milliseconds"), ("value", "600000")],
    );
    let server = naver.server(&place, "web", &[("serverDescription", "ours")]);
    let row = naver.one("getServerInstanceDetail", &[("serverInstanceNo", &server)]);
    assert!(server.parse::<u32>().is_ok(), "{server}");
    assert_eq!(
        row["serverInstanceStatus"],
        json!({"code": "INIT", "codeName": "Server init state"})
    );
    assert_eq!(row["serverInstanceStatusName"], "init");
    assert_eq!(
        (&row["vpcNo"], &row["subnetNo"]),
        (&json!(place.vpc), &json!(place.subnet))
    );
    assert_eq!(
        (&row["publicIp"], &row["fabricClusterNo"]),
        (&json!(""), &json!(""))
    );
    assert_eq!(row["serverDescription"], "ours");
    assert!(text(&row, "createDate").ends_with("+0900"), "{row}");
    // It is in operation: nothing else begins.
    let stop = [("serverInstanceNoList.1", server.as_str())];
    assert_eq!(naver.refused("stopServerInstances", &stop).0, "23006");
    let status = || {
        let row = naver.one("getServerInstanceDetail", &[("serverInstanceNo", &server)]);
        let code = |field: &str| text(&row[field], "code");
        (
            code("serverInstanceStatus"),
            code("serverInstanceOperation"),
        )
    };
    let pair = |status: &str, operation: &str| (status.to_string(), operation.to_string());
    let pass = |milliseconds| devcloud::advance(&naver.world.state(), milliseconds).unwrap();
    pass(1000);
    assert_eq!(status(), pair("CREAT", "SETUP"));
    pass(600_000);
    assert_eq!(status(), pair("RUN", "NULL"));
    assert_eq!(naver.refused("terminateServerInstances", &stop).0, "1300");
    for (action, during, after) in [
        ("rebootServerInstances", ("RUN", "RESTA"), ("RUN", "NULL")),
        ("stopServerInstances", ("RUN", "SHTDN"), ("NSTOP", "NULL")),
        ("startServerInstances", ("NSTOP", "START"), ("RUN", "NULL")),
        ("stopServerInstances", ("RUN", "SHTDN"), ("NSTOP", "NULL")),
    ] {
        let row = naver.one(action, &stop);
        assert_eq!(row["serverInstanceOperation"]["code"], during.1, "{action}");
        assert_eq!(status(), pair(during.0, during.1), "{action}");
        pass(600_000);
        assert_eq!(status(), pair(after.0, after.1), "{action}");
    }
    let protect = |value| {
        naver.one(
            "setProtectServerTermination",
            &[
                ("serverInstanceNo", &server),
                ("isProtectServerTermination", value),
            ],
        )["isProtectServerTermination"]
            .clone()
    };
    assert_eq!(protect("true"), true);
    assert!(
        naver
            .refused("terminateServerInstances", &stop)
            .1
            .contains("protected")
    );
    assert_eq!(protect("false"), false);
    let row = naver.one("terminateServerInstances", &stop);
    assert_eq!(row["serverInstanceStatusName"], "terminating");
    pass(600_000);
    let gone = naver.ok("getServerInstanceDetail", &[("serverInstanceNo", &server)]);
    assert_eq!(
        (&gone["totalRows"], &gone["serverInstanceList"]),
        (&json!(0), &json!([]))
    );
    // The world is one: CloudStack knows nothing of it any more either.
    assert!(naver.world.rows("listVirtualMachines", &[]).is_empty());
}

#[test]
fn servers_are_many_renamed_respecified_interrupted_and_found() {
    let naver = Naver::new();
    let place = naver.place();
    let spec = &naver.rows("getServerSpecList", &[])[1];
    let image = &naver.rows("getServerImageList", &[])[0];
    let group = (
        "networkInterfaceList.1.accessControlGroupNoList.1",
        place.group.as_str(),
    );
    let params = [
        ("vpcNo", place.vpc.as_str()),
        ("subnetNo", &place.subnet),
        ("serverImageNo", image["serverImageNo"].as_str().unwrap()),
        ("serverSpecCode", spec["serverSpecCode"].as_str().unwrap()),
        ("serverName", "web"),
        ("serverCreateCount", "3"),
        ("serverCreateStartNo", "7"),
        ("networkInterfaceList.1.networkInterfaceOrder", "0"),
        group,
    ];
    let made = naver.rows("createServerInstances", &params);
    let names: Vec<String> = made.iter().map(|row| text(row, "serverName")).collect();
    assert_eq!(names, ["web-007", "web-008", "web-009"]);
    assert_eq!(
        (
            &made[0]["cpuCount"],
            &made[0]["memorySize"],
            &made[0]["serverSpecCode"]
        ),
        (
            &spec["cpuCount"],
            &spec["memorySize"],
            &spec["serverSpecCode"]
        )
    );
    assert!(
        naver
            .refused("createServerInstances", &params)
            .1
            .contains("web-007")
    );
    let first = text(&made[0], "serverInstanceNo");
    let last = text(&made[2], "serverInstanceNo");
    naver.awaited(&first, "RUN");
    let list = |params: &[(&str, &str)]| {
        let body = naver.ok("getServerInstanceList", params);
        let rows = body["serverInstanceList"].as_array().unwrap();
        let names: Vec<String> = rows.iter().map(|row| text(row, "serverName")).collect();
        (body["totalRows"].as_u64().unwrap(), names)
    };
    let of = |names: &[&str]| {
        names
            .iter()
            .map(|name| name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(list(&[]).0, 3);
    assert_eq!(
        list(&[("pageNo", "2"), ("pageSize", "2")]),
        (3, of(&["web-009"]))
    );
    assert_eq!(list(&[("pageNo", "9"), ("pageSize", "2")]), (3, vec![]));
    assert_eq!(list(&[("serverName", "web-008")]), (1, of(&["web-008"])));
    assert_eq!(
        list(&[
            ("serverInstanceNoList.1", &last),
            ("serverInstanceNoList.2", &first)
        ]),
        (2, of(&["web-007", "web-009"]))
    );
    assert_eq!(
        list(&[
            ("sortedBy", "serverName"),
            ("sortingOrder", "DESC"),
            ("pageSize", "1"),
            ("pageNo", "1")
        ]),
        (3, of(&["web-009"]))
    );
    assert_eq!(list(&[("serverInstanceStatusCode", "NSTOP")]).0, 0);
    let ip = naver.rows("getNetworkInterfaceList", &[("instanceNo", &last)])[0]["ip"].clone();
    assert_eq!(list(&[("ip", ip.as_str().unwrap())]), (1, of(&["web-009"])));
    let row = naver.one("interruptServerInstance", &[("serverInstanceNo", &first)]);
    assert_eq!(row["serverInstanceStatus"]["code"], "RUN");
    let rename = [
        ("serverInstanceNo", first.as_str()),
        ("serverName", "front"),
    ];
    assert_eq!(
        naver.one("changeServerInstanceName", &rename)["serverName"],
        "front"
    );
    let product = text(&naver.rows("getServerProductList", &[])[0], "productCode");
    let change = [
        ("serverInstanceNo", first.as_str()),
        ("serverProductCode", &product),
    ];
    assert_eq!(naver.refused("changeServerInstanceSpec", &change).0, "1300");
    naver.rows("stopServerInstances", &[("serverInstanceNoList.1", &first)]);
    naver.awaited(&first, "NSTOP");
    let changed = naver.one("changeServerInstanceSpec", &change);
    assert_eq!(changed["serverProductCode"], *product);
}

#[test]
fn block_storage_is_made_attached_snapped_and_deleted() {
    let naver = Naver::new();
    let place = naver.place();
    let server = naver.server(&place, "web", &[]);
    naver.awaited(&server, "RUN");
    let root = naver.one(
        "getBlockStorageInstanceList",
        &[("serverInstanceNo", &server)],
    );
    assert_eq!(
        (
            &root["blockStorageType"]["code"],
            &root["blockStorageInstanceStatus"]["code"]
        ),
        (&json!("BASIC"), &json!("ATTAC"))
    );
    let make = [
        ("blockStorageSize", "20"),
        ("blockStorageName", "data"),
        ("zoneCode", "KR-1"),
    ];
    let disk = naver.number(
        "createBlockStorageInstance",
        &make,
        "blockStorageInstanceNo",
    );
    let disk = disk.as_str();
    let number = [("blockStorageInstanceNo", disk)];
    let listed = [("blockStorageInstanceNoList.1", disk)];
    let row = naver.one("getBlockStorageInstanceDetail", &number);
    assert_eq!(
        (
            &row["blockStorageSize"],
            &row["blockStorageInstanceStatus"]["code"]
        ),
        (&json!(20_i64 << 30), &json!("CREAT"))
    );
    assert_eq!(
        naver
            .refused("createBlockStorageInstance", &[("blockStorageSize", "7")])
            .0,
        "800"
    );
    naver.one(
        "attachBlockStorageInstance",
        &[number[0], ("serverInstanceNo", &server)],
    );
    let row = naver.one("getBlockStorageInstanceDetail", &number);
    assert_eq!(
        (
            &row["serverInstanceNo"],
            &row["deviceName"],
            &row["blockStorageInstanceStatusName"]
        ),
        (&json!(server), &json!("/dev/xvdb"), &json!("attached"))
    );
    assert_eq!(
        naver.refused("deleteBlockStorageInstances", &listed).0,
        "1300"
    );
    let snapshot = naver.number(
        "createBlockStorageSnapshotInstance",
        &[
            ("originalBlockStorageInstanceNo", disk),
            ("blockStorageSnapshotName", "snap"),
        ],
        "blockStorageSnapshotInstanceNo",
    );
    let row = naver.one("getBlockStorageSnapshotInstanceList", &[]);
    assert_eq!(
        (
            &row["blockStorageSnapshotName"],
            &row["originalBlockStorageInstanceNo"]
        ),
        (&json!("snap"), &json!(disk))
    );
    assert_eq!(row["blockStorageSnapshotInstanceStatus"]["code"], "CREAT");
    let larger = [number[0], ("blockStorageSize", "40")];
    assert_eq!(
        naver.one("changeBlockStorageVolumeSize", &larger)["blockStorageInstanceNo"],
        disk
    );
    naver.rows("detachBlockStorageInstances", &listed);
    let row = naver.one("getBlockStorageInstanceDetail", &number);
    assert_eq!(
        (&row["serverInstanceNo"], &row["blockStorageSize"]),
        (&json!(""), &json!(40_i64 << 30))
    );
    let protect = |value| [number[0], ("isReturnProtection", value)];
    naver.one("setBlockStorageReturnProtection", &protect("true"));
    assert!(
        naver
            .refused("deleteBlockStorageInstances", &listed)
            .1
            .contains("protected")
    );
    naver.one("setBlockStorageReturnProtection", &protect("false"));
    naver.rows("deleteBlockStorageInstances", &listed);
    assert!(
        naver
            .rows("getBlockStorageInstanceDetail", &number)
            .is_empty()
    );
    let gone = [("blockStorageSnapshotInstanceNoList.1", snapshot.as_str())];
    naver.rows("deleteBlockStorageSnapshotInstances", &gone);
    assert!(
        naver
            .rows("getBlockStorageSnapshotInstanceList", &[])
            .is_empty()
    );
}

#[test]
fn keys_scripts_images_and_placement_groups_come_and_go() {
    let naver = Naver::new();
    let key = naver.ok("createLoginKey", &[("keyName", "mine")]);
    assert!(text(&key, "privateKey").starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    let row = naver.one("getLoginKeyList", &[("keyName", "mine")]);
    assert!(text(&row, "fingerprint").contains(':'));
    let script = naver.number(
        "createInitScript",
        &[
            ("initScriptContent", "#!/bin/sh\necho <hi>"),
            ("osTypeCode", "LNX"),
            ("initScriptName", "hi"),
        ],
        "initScriptNo",
    );
    let row = naver.one("getInitScriptDetail", &[("initScriptNo", &script)]);
    assert_eq!(row["initScriptContent"], "#!/bin/sh\necho <hi>");
    let group = naver.number(
        "createPlacementGroup",
        &[("placementGroupName", "apart")],
        "placementGroupNo",
    );
    let place = naver.place();
    let server = naver.server(
        &place,
        "web",
        &[
            ("loginKeyName", "mine"),
            ("initScriptNo", &script),
            ("placementGroupNo", &group),
        ],
    );
    let row = naver.awaited(&server, "RUN");
    assert_eq!(
        (
            &row["loginKeyName"],
            &row["initScriptNo"],
            &row["placementGroupName"]
        ),
        (&json!("mine"), &json!(script), &json!("apart"))
    );
    let machine = naver.world.first("listVirtualMachines", &[]);
    let data = naver.world.ok(
        "getVirtualMachineUserData",
        &[("virtualmachineid", &machine)],
    );
    let data = data["virtualmachineuserdata"]["userdata"].as_str().unwrap();
    assert_eq!(STANDARD.decode(data).unwrap(), b"#!/bin/sh\necho <hi>");
    let number = [("serverInstanceNoList.1", server.as_str())];
    naver.rows("stopServerInstances", &number);
    naver.awaited(&server, "NSTOP");
    let image = naver.number(
        "createMemberServerImageInstance",
        &[
            ("serverInstanceNo", &server),
            ("memberServerImageName", "golden"),
        ],
        "memberServerImageInstanceNo",
    );
    let row = naver.one(
        "getMemberServerImageInstanceDetail",
        &[("memberServerImageInstanceNo", &image)],
    );
    assert_eq!(
        (
            &row["originalServerInstanceNo"],
            &row["memberServerImageInstanceStatus"]["code"]
        ),
        (&json!(server), &json!("CREAT"))
    );
    let out = [
        ("placementGroupNo", group.as_str()),
        ("serverInstanceNo", &server),
    ];
    let row = naver.one("removePlacementGroupServerInstance", &out);
    assert_eq!(row["placementGroupNo"], "");
    naver.rows("deletePlacementGroup", &[("placementGroupNo", &group)]);
    naver.rows(
        "deleteMemberServerImageInstances",
        &[("memberServerImageInstanceNoList.1", &image)],
    );
    naver.rows("deleteInitScripts", &[("initScriptNoList.1", &script)]);
    let answer = naver.ok("deleteLoginKeys", &[("keyNameList.1", "mine")]);
    assert!(answer.get("loginKeyList").is_none());
    for list in [
        "getLoginKeyList",
        "getInitScriptList",
        "getPlacementGroupList",
        "getMemberServerImageInstanceList",
    ] {
        assert!(naver.rows(list, &[]).is_empty(), "{list}");
    }
}

#[test]
fn public_addresses_lead_to_one_server_each() {
    let naver = Naver::new();
    let place = naver.place();
    let server = naver.server(&place, "web", &[]);
    naver.awaited(&server, "RUN");
    let address = naver.number(
        "createPublicIpInstance",
        &[("publicIpDescription", "front")],
        "publicIpInstanceNo",
    );
    let both = [
        ("publicIpInstanceNo", address.as_str()),
        ("serverInstanceNo", &server),
    ];
    assert_eq!(
        naver.rows("getPublicIpTargetServerInstanceList", &[]).len(),
        1
    );
    let row = naver.one("associatePublicIpWithServerInstance", &both);
    assert_eq!(
        (
            &row["serverName"],
            &row["privateIp"],
            &row["publicIpDescription"]
        ),
        (&json!("web"), &json!("10.1.1.2"), &json!("front"))
    );
    assert!(
        naver
            .rows("getPublicIpTargetServerInstanceList", &[])
            .is_empty()
    );
    let shown = naver.awaited(&server, "RUN");
    assert_eq!(
        (&shown["publicIp"], &shown["publicIpInstanceNo"]),
        (&row["publicIp"], &json!(address))
    );
    assert_eq!(
        naver
            .rows("getPublicIpInstanceList", &[("isAssociated", "true")])
            .len(),
        1
    );
    assert_eq!(
        naver
            .rows("getPublicIpInstanceList", &[("vpcNo", &place.vpc)])
            .len(),
        1
    );
    assert_eq!(
        naver.refused("deletePublicIpInstance", &both[..1]).0,
        "1300"
    );
    assert_eq!(
        naver.refused("createPublicIpInstance", &both[1..]).0,
        "1300"
    );
    naver.rows("disassociatePublicIpFromServerInstance", &both[..1]);
    naver.rows("deletePublicIpInstance", &both[..1]);
    assert!(naver.rows("getPublicIpInstanceList", &[]).is_empty());
    // A server that is on its way has to be waited for.
    naver.world.ok(
        "updateConfiguration",
        &[("name", "devcloud.job.milliseconds"), ("value", "600000")],
    );
    let coming = naver.server(&place, "late", &[]);
    let early = naver.refused("createPublicIpInstance", &[("serverInstanceNo", &coming)]);
    assert_eq!(early.0, "1003016");
}

#[test]
fn interfaces_are_added_changed_and_taken_off() {
    let naver = Naver::new();
    let place = naver.place();
    let server = naver.server(&place, "web", &[]);
    naver.awaited(&server, "RUN");
    let first = naver.one("getNetworkInterfaceList", &[]);
    assert_eq!(
        (&first["instanceNo"], &first["isDefault"], &first["ip"]),
        (&json!(server), &json!(true), &json!("10.1.1.2"))
    );
    assert_eq!(first["accessControlGroupNoList"], json!([place.group]));
    let shown = naver.awaited(&server, "RUN");
    assert_eq!(
        shown["networkInterfaceNoList"],
        json!([first["networkInterfaceNo"]])
    );
    let second = naver.number(
        "createSubnet",
        &[
            ("vpcNo", &place.vpc),
            ("networkAclNo", &place.acl),
            ("subnet", "10.1.2.0/24"),
            ("zoneCode", "KR-1"),
            ("subnetTypeCode", "PRIVATE"),
        ],
        "subnetNo",
    );
    let one = naver.number(
        "createNetworkInterface",
        &[
            ("vpcNo", &place.vpc),
            ("subnetNo", &second),
            ("networkInterfaceName", "inner"),
            ("ip", "10.1.2.9"),
            ("accessControlGroupNoList.1", &place.group),
        ],
        "networkInterfaceNo",
    );
    let of_one = ("networkInterfaceNo", one.as_str());
    let row = naver.one("getNetworkInterfaceDetail", &[of_one]);
    assert_eq!(
        (&row["networkInterfaceStatus"]["code"], &row["instanceNo"]),
        (&json!("NOTUSED"), &json!(""))
    );
    let there = [
        of_one,
        ("serverInstanceNo", server.as_str()),
        ("subnetNo", &second),
    ];
    let row = naver.one("attachNetworkInterface", &there);
    assert_eq!(
        (&row["instanceNo"], &row["ip"], &row["deviceName"]),
        (&json!(server), &json!("10.1.2.9"), &json!("eth1"))
    );
    let row = naver.one(
        "assignSecondaryIps",
        &[of_one, ("secondaryIpList.1", "10.1.2.77")],
    );
    assert_eq!(row["secondaryIpList"], json!(["10.1.2.77"]));
    let taken = [of_one, ("secondaryIpList.1", "10.1.2.77")];
    naver.one("unassignSecondaryIps", &taken);
    assert_eq!(naver.refused("unassignSecondaryIps", &taken).0, "800");
    let row = naver.one("getNetworkInterfaceDetail", &[of_one]);
    assert_eq!(row["secondaryIpList"], json!([]));
    let group = naver.number(
        "createAccessControlGroup",
        &[("vpcNo", &place.vpc), ("accessControlGroupName", "more")],
        "accessControlGroupNo",
    );
    let more = [of_one, ("accessControlGroupNoList.1", group.as_str())];
    let row = naver.one("addNetworkInterfaceAccessControlGroup", &more);
    assert_eq!(row["accessControlGroupNoList"], json!([place.group, group]));
    let delete = [
        ("vpcNo", place.vpc.as_str()),
        ("accessControlGroupNo", &group),
    ];
    assert_eq!(naver.refused("deleteAccessControlGroup", &delete).0, "1300");
    naver.one("removeNetworkInterfaceAccessControlGroup", &more);
    let last = [of_one, ("accessControlGroupNoList.1", place.group.as_str())];
    assert_eq!(
        naver
            .refused("removeNetworkInterfaceAccessControlGroup", &last)
            .0,
        "1002035"
    );
    assert_eq!(naver.refused("deleteNetworkInterface", &[of_one]).0, "1300");
    naver.one("detachNetworkInterface", &there);
    naver.one("deleteNetworkInterface", &[of_one]);
    assert_eq!(naver.rows("getNetworkInterfaceList", &[]).len(), 1);
}

#[test]
fn access_control_groups_have_rules_that_take_a_moment() {
    let naver = Naver::new();
    let place = naver.place();
    let group = [
        ("vpcNo", place.vpc.as_str()),
        ("accessControlGroupNo", &place.group),
    ];
    let row = naver.one("getAccessControlGroupDetail", &group[1..]);
    assert_eq!(
        (&row["isDefault"], &row["accessControlGroupName"]),
        (&json!(true), &json!("home-default-acg"))
    );
    let rule = [
        ("accessControlGroupRuleList.1.protocolTypeCode", "TCP"),
        ("accessControlGroupRuleList.1.ipBlock", "0.0.0.0/0"),
        ("accessControlGroupRuleList.1.portRange", "1-1024"),
        (
            "accessControlGroupRuleList.1.accessControlGroupRuleDescription",
            "low",
        ),
        ("accessControlGroupRuleList.2.protocolTypeCode", "ICMP"),
        (
            "accessControlGroupRuleList.2.accessControlGroupSequence",
            &place.group,
        ),
    ];
    let added = naver.rows(
        "addAccessControlGroupInboundRule",
        &[&group[..], &rule].concat(),
    );
    assert_eq!(added.len(), 2);
    assert_eq!(
        added[0],
        json!({"accessControlGroupNo": place.group,
            "protocolType": {"code": "TCP", "codeName": "tcp", "number": 6}, "ipBlock": "0.0.0.0/0",
            "portRange": "1-1024", "accessControlGroupSequence": "",
            "accessControlGroupRuleType": {"code": "INBND", "codeName": "Inbound"},
            "accessControlGroupRuleDescription": "low"})
    );
    assert_eq!(added[1]["accessControlGroupSequence"], place.group.as_str());
    naver.rows(
        "addAccessControlGroupOutboundRule",
        &[&group[..], &rule[..4]].concat(),
    );
    let list = |kind: &str| {
        let params = [group[1], ("accessControlGroupRuleTypeCode", kind)];
        naver.rows("getAccessControlGroupRuleList", &params).len()
    };
    assert_eq!((list("INBND"), list("OTBND")), (2, 1));
    let again = naver.refused(
        "addAccessControlGroupInboundRule",
        &[&group[..], &rule].concat(),
    );
    assert_eq!(again.0, "800");
    naver.rows(
        "removeAccessControlGroupInboundRule",
        &[&group[..], &rule].concat(),
    );
    assert_eq!((list("INBND"), list("OTBND")), (0, 1));
    naver.world.ok(
        "updateConfiguration",
        &[("name", "devcloud.job.milliseconds"), ("value", "600000")],
    );
    let call = [&group[..], &rule[..4]].concat();
    naver.rows("addAccessControlGroupInboundRule", &call);
    let row = naver.one("getAccessControlGroupDetail", &group[1..]);
    assert_eq!(row["accessControlGroupStatus"]["code"], "SET");
    assert_eq!(
        naver
            .refused("removeAccessControlGroupInboundRule", &call)
            .0,
        "1007009"
    );
    devcloud::advance(&naver.world.state(), 600_000).unwrap();
    naver.rows("removeAccessControlGroupInboundRule", &call);
    let unknown = [("vpcNo", place.vpc.as_str()), ("accessControlGroupNo", "1")];
    assert_eq!(
        naver.refused("deleteAccessControlGroup", &unknown).0,
        "1007000"
    );
}

#[test]
fn a_vpc_has_subnets_acls_tables_and_gateways_and_goes_when_they_are_gone() {
    let naver = Naver::new();
    assert_eq!(
        naver
            .refused("createVpc", &[("ipv4CidrBlock", "8.8.0.0/16")])
            .0,
        "800"
    );
    assert_eq!(
        naver
            .refused("createVpc", &[("ipv4CidrBlock", "10.1.0.0/8")])
            .0,
        "800"
    );
    let place = naver.place();
    let vpc = ("vpcNo", place.vpc.as_str());
    let row = naver.one("getVpcList", &[("vpcName", "home")]);
    assert_eq!(row["vpcStatus"]["code"], "RUN");
    assert!(text(&row, "createDate").ends_with("+0900"), "{row}");
    let outside = [
        vpc,
        ("networkAclNo", place.acl.as_str()),
        ("subnet", "10.2.1.0/24"),
        ("zoneCode", "KR-1"),
        ("subnetTypeCode", "PUBLIC"),
    ];
    assert_eq!(naver.refused("createSubnet", &outside).0, "800");
    let tables = naver.rows("getRouteTableList", &[vpc]);
    assert_eq!(tables.len(), 2);
    let public = text(&tables[0], "routeTableNo");
    let members = naver.rows("getRouteTableSubnetList", &[("routeTableNo", &public)]);
    assert_eq!(members[0]["subnetNo"], place.subnet.as_str());

    let acl = naver.number(
        "createNetworkAcl",
        &[vpc, ("networkAclName", "tight")],
        "networkAclNo",
    );
    let of_acl = ("networkAclNo", acl.as_str());
    let rules = [
        of_acl,
        ("networkAclRuleList.1.protocolTypeCode", "TCP"),
        ("networkAclRuleList.1.ipBlock", "0.0.0.0/0"),
        ("networkAclRuleList.1.ruleActionCode", "ALLOW"),
        ("networkAclRuleList.1.portRange", "443"),
        ("networkAclRuleList.1.priority", "10"),
        ("networkAclRuleList.2.protocolTypeCode", "ICMP"),
        ("networkAclRuleList.2.ipBlock", "10.0.0.0/8"),
        ("networkAclRuleList.2.ruleActionCode", "DROP"),
        ("networkAclRuleList.2.priority", "20"),
    ];
    naver.rows("addNetworkAclInboundRule", &rules);
    naver.rows("addNetworkAclOutboundRule", &rules[..6]);
    let inward = naver.rows(
        "getNetworkAclRuleList",
        &[of_acl, ("networkAclRuleTypeCode", "INBND")],
    );
    let seen: Vec<(i64, &str, &str)> = inward
        .iter()
        .map(|row| {
            let code = |field: &str| row[field]["code"].as_str().unwrap();
            (
                row["priority"].as_i64().unwrap(),
                code("protocolType"),
                code("ruleAction"),
            )
        })
        .collect();
    assert_eq!(seen, [(10, "TCP", "ALLOW"), (20, "ICMP", "DROP")]);
    naver.rows(
        "removeNetworkAclInboundRule",
        &[of_acl, ("networkAclRuleList.1.priority", "20")],
    );
    assert_eq!(naver.rows("getNetworkAclRuleList", &[of_acl]).len(), 2);
    naver.rows(
        "setSubnetNetworkAcl",
        &[of_acl, ("subnetNo", &place.subnet)],
    );
    let subnet = naver.one("getSubnetDetail", &[("subnetNo", &place.subnet)]);
    assert_eq!(subnet["networkAclNo"], acl.as_str());
    assert_eq!(naver.refused("deleteNetworkAcl", &[of_acl]).0, "1300");

    let gateway = naver.number(
        "createNatGatewayInstance",
        &[vpc, ("zoneCode", "KR-1"), ("natGatewayName", "out")],
        "natGatewayInstanceNo",
    );
    let row = naver.one("getNatGatewayInstanceList", &[("natGatewayName", "out")]);
    assert!(!text(&row, "publicIp").is_empty());
    // The gateway's address is nobody else's.
    assert!(naver.rows("getPublicIpInstanceList", &[]).is_empty());
    let private = text(&tables[1], "routeTableNo");
    let route = [
        vpc,
        ("routeTableNo", private.as_str()),
        ("routeList.1.destinationCidrBlock", "0.0.0.0/0"),
        ("routeList.1.targetTypeCode", "NATGW"),
        ("routeList.1.targetNo", &gateway),
    ];
    naver.rows("addRoute", &route);
    let routes = naver.rows("getRouteList", &route[..2]);
    assert_eq!(
        (&routes[0]["targetType"]["code"], &routes[1]["targetName"]),
        (&json!("LOCAL"), &json!("out"))
    );
    let nat = [("natGatewayInstanceNo", gateway.as_str())];
    assert_eq!(naver.refused("deleteNatGatewayInstance", &nat).0, "1300");
    assert_eq!(naver.refused("deleteVpc", &[vpc]).0, "1300");
    naver.rows("removeRoute", &route);
    naver.rows("deleteNatGatewayInstance", &nat);

    let table = naver.number(
        "createRouteTable",
        &[
            vpc,
            ("supportedSubnetTypeCode", "PUBLIC"),
            ("routeTableName", "own"),
        ],
        "routeTableNo",
    );
    let member = [
        vpc,
        ("routeTableNo", table.as_str()),
        ("subnetNoList.1", &place.subnet),
    ];
    assert_eq!(naver.rows("addRouteTableSubnet", &member).len(), 1);
    assert_eq!(naver.refused("deleteRouteTable", &member[1..2]).0, "1300");
    assert!(naver.rows("removeRouteTableSubnet", &member).is_empty());
    naver.rows("deleteRouteTable", &member[1..2]);

    naver.rows("deleteSubnet", &[("subnetNo", &place.subnet)]);
    naver.rows("deleteNetworkAcl", &[of_acl]);
    let answer = naver.ok("deleteVpc", &[vpc]);
    assert_eq!(answer["totalRows"], 1);
    for list in [
        "getVpcList",
        "getSubnetList",
        "getNetworkAclList",
        "getRouteTableList",
        "getAccessControlGroupList",
    ] {
        assert!(naver.rows(list, &[]).is_empty(), "{list}");
    }
}

#[test]
fn everybody_sees_and_changes_their_own_and_limits_hold() {
    let naver = Naver::new();
    let place = naver.place();
    let server = naver.server(&place, "web", &[]);
    naver.awaited(&server, "RUN");
    let keys = naver.world.user("other", "0", None);
    let domain = naver.world.first("listDomains", &[]);
    let limit = [
        ("resourcetype", "7"),
        ("max", "1"),
        ("account", "other"),
        ("domainid", &*domain),
    ];
    naver.world.ok("updateResourceLimit", &limit);
    let other = Naver {
        cloud: naver.world.speaking("ncloud"),
        keys,
        world: naver.world,
    };
    for list in [
        "getServerInstanceList",
        "getVpcList",
        "getSubnetList",
        "getNetworkInterfaceList",
        "getAccessControlGroupList",
    ] {
        assert!(other.rows(list, &[]).is_empty(), "{list}");
    }
    assert!(
        other
            .rows("getServerInstanceDetail", &[("serverInstanceNo", &server)])
            .is_empty()
    );
    let stop = [("serverInstanceNoList.1", server.as_str())];
    assert_eq!(other.refused("stopServerInstances", &stop).0, "800");
    assert_eq!(
        other.refused("deleteVpc", &[("vpcNo", &place.vpc)]).0,
        "800"
    );
    let vpc = |name: &'static str| [("vpcName", name), ("ipv4CidrBlock", "10.1.0.0/16")];
    other.one("createVpc", &vpc("first"));
    let (code, said) = other.refused("createVpc", &vpc("second"));
    assert_eq!(code, "1300", "{said}");
}

#[test]
fn trouble_comes_in_the_manners_own_words() {
    let naver = Naver::new();
    let add = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let fault = devcloud::faults::Fault::parse(&words).unwrap();
        devcloud::faults::add(&naver.world.state(), &fault).unwrap();
    };
    add("getZoneList 401 once");
    let answer = naver.get("/vserver/v2/getZoneList", &[("responseFormatType", "json")]);
    assert_eq!(
        (answer.status, &answer.whole()["error"]["errorCode"]),
        (401, &json!("200"))
    );
    add("getZoneList 533 no room once");
    let (code, said) = naver.refused("getZoneList", &[]);
    assert_eq!((code.as_str(), said.as_str()), ("1300", "no room"));
    naver.one("getZoneList", &[]);
    assert_eq!(
        naver.cloud.url(),
        format!("http://{}", naver.cloud.address())
    );
}

#[test]
fn no_value_of_any_parameter_breaks_an_action_or_an_answer() {
    let naver = Naver::new();
    let place = naver.place();
    naver.awaited(&naver.server(&place, "web", &[]), "RUN");
    let catalogue = include_str!("../../src/manner/ncloud/catalogue.txt");
    for line in catalogue.lines().filter(|line| !line.starts_with('=')) {
        let mut words = line.split(' ');
        let (service, action) = (words.next().unwrap(), words.next().unwrap());
        let params: Vec<&str> = words.skip(2).collect();
        let bare = |param: &str| {
            let name = param.split([':', '!', '[']).next().unwrap();
            match (param.contains("[]"), param.contains(':')) {
                (true, true) => format!("{name}.1.portRange"),
                (true, false) => format!("{name}.1"),
                _ => name.to_string(),
            }
        };
        for (place, param) in params.iter().enumerate() {
            for value in STRANGE.into_iter().chain([EXTREME[0]]) {
                let form = if place % 2 == 0 { "xml" } else { "json" };
                let others = params
                    .iter()
                    .filter(|other| other.contains('!') && *other != param);
                let mut call: Vec<(String, &str)> =
                    others.map(|other| (bare(other), "1")).collect();
                call.push((bare(param), value));
                call.push(("responseFormatType".into(), form));
                let call: Vec<(&str, &str)> = call
                    .iter()
                    .map(|(name, value)| (name.as_str(), *value))
                    .collect();
                let answer = naver.post(&format!("/{service}/v2/{action}"), &call);
                assert!(answer.status < 500, "{action} {call:?}: {answer:?}");
                sound(&answer, &format!("{action} {call:?}"));
            }
        }
    }
}
