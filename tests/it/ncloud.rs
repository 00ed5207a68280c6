//! Naver Cloud: calls as its gateway takes them, answers in both forms, things waited for by their status, keys of its own tools.

use std::sync::atomic::Ordering;

use ring::hmac;

use crate::stand_in::{Asked, StandIn};
use crate::support::{Home, Running, Stub};

const KEY: &str = "ACCESSKEYEXAMPLE";
const SECRET: &str = "SECRETKEYEXAMPLE";
const PROFILE: &str =
    "kind = \"ncloud\"\napikey = \"ACCESSKEYEXAMPLE\"\nsecretkey = \"SECRETKEYEXAMPLE\"";

/// A gateway that refuses what is not signed as it should be.
fn gateway(answer: impl Fn(&Asked) -> String + Send + 'static) -> StandIn {
    let mut cloud = StandIn::new(move |asked| match is_signed(asked) {
        true => answer(asked),
        false => refused(
            401,
            r#"{"error":{"errorCode":"200","message":"Authentication Failed"}}"#,
        ),
    });
    cloud.url = cloud.url.replace("/client/api", "/");
    cloud
}

fn is_signed(asked: &Asked) -> bool {
    let header = |name: &str| asked.header(name).unwrap_or_default();
    let (time, method) = (
        header("x-ncp-apigw-timestamp"),
        asked.head.split(' ').next().unwrap_or_default(),
    );
    let text = format!("{method} {}\n{time}\n{KEY}", asked.target);
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = base64(hmac::sign(&key, text.as_bytes()).as_ref());
    header("x-ncp-iam-access-key") == KEY
        && header("x-ncp-apigw-signature-v2") == signature
        && time.len() == 13
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn json(body: &str) -> String {
    Stub::whole("200 OK", "application/json;charset=UTF-8", body)
}

fn refused(status: u16, body: &str) -> String {
    Stub::whole(
        &format!("{status} X"),
        "application/json;charset=UTF-8",
        body,
    )
}

fn server(number: &str, name: &str, status: &str, operation: &str) -> String {
    format!(
        r#"{{"serverInstanceNo":"{number}","serverName":"{name}","serverDescription":"","cpuCount":2,"memorySize":8589934592,"publicIp":"","serverInstanceStatus":{{"code":"{status}","codeName":"Server {status} state"}},"serverInstanceOperation":{{"code":"{operation}","codeName":"Server {operation} OP"}},"serverInstanceStatusName":"as {status}","createDate":"2026-11-26T09:41:23+0900","zoneCode":"KR-1","networkInterfaceNoList":["1","2"]}}"#
    )
}

fn servers(action: &str, rows: &[String], total: usize) -> String {
    json(&format!(
        r#"{{"{action}Response":{{"requestId":"r-1","returnCode":"0","returnMessage":"success","totalRows":{total},"serverInstanceList":[{}]}}}}"#,
        rows.join(",")
    ))
}

/// The answer of the vendor's page, without its long tail.
const INTERRUPT: &str = r#"<interruptServerInstanceResponse>
  <returnCode>0</returnCode>
  <returnMessage>success</returnMessage>
  <totalRows>1</totalRows>
  <serverInstanceList>
    <serverInstance>
      <serverInstanceNo>4299</serverInstanceNo>
      <serverName>test-0</serverName>
      <serverDescription></serverDescription>
      <cpuCount>2</cpuCount>
      <memorySize>8589934592</memorySize>
      <platformType><code>WND64</code><codeName>Windows 64 Bit</codeName></platformType>
      <publicIp></publicIp>
      <serverInstanceStatus><code>RUN</code><codeName>Server run state</codeName></serverInstanceStatus>
      <serverInstanceOperation><code>SHTDN</code><codeName>Server SHUTDOWN OP</codeName></serverInstanceOperation>
      <serverInstanceStatusName>setting up</serverInstanceStatusName>
      <isProtectServerTermination>false</isProtectServerTermination>
      <networkInterfaceNoList><networkInterfaceNo>4300</networkInterfaceNo></networkInterfaceNoList>
    </serverInstance>
  </serverInstanceList>
</interruptServerInstanceResponse>"#;

#[test]
fn the_page_s_own_call_prints_what_the_page_shows() {
    let cloud = gateway(|_| Stub::whole("200 OK", "application/xml;charset=UTF-8", INTERRUPT));
    let home = cloud.home(PROFILE);
    let line = "interrupt serverinstance regioncode=KR serverinstanceno=4299";
    assert_eq!(
        home.run(&format!("{line} -o text")).ok(),
        "returnCode = 0\nreturnMessage = success\ntotalRows = 1\nserverInstanceList:\n\
         ==========================================================\n\
         serverInstanceNo = 4299\nserverName = test-0\nserverDescription =\ncpuCount = 2\nmemorySize = 8589934592\n\
         platformType = WND64\npublicIp =\nserverInstanceStatus = RUN\nserverInstanceOperation = SHTDN\n\
         serverInstanceStatusName = setting up\nisProtectServerTermination = false\nnetworkInterfaceNoList[0] = 4300\n\
         ==========================================================\n"
    );
    let asked = cloud.asked("interruptServerInstance");
    assert_eq!(
        asked[0].target,
        "/vserver/v2/interruptServerInstance?regionCode=KR&serverInstanceNo=4299&responseFormatType=json"
    );
    // What came as XML is told in JSON as the cloud tells it there.
    let told = home.run(&format!("{line} -o json")).ok();
    for part in [
        "\"totalRows\": 1",
        "\"memorySize\": 8589934592",
        "\"isProtectServerTermination\": false",
        "\"serverDescription\": \"\"",
        "\"codeName\": \"Server SHUTDOWN OP\"",
    ] {
        assert!(told.contains(part), "{part} {told}");
    }
    home.run(&format!("{line} response=xml")).ok();
    let asked = cloud.asked("interruptServerInstance");
    assert_eq!(asked[2].param("responseFormatType"), Some("xml"));
    assert_eq!(cloud.apis().len(), 3);
}

#[test]
fn codes_are_shown_searched_and_sorted_by_and_their_names_are_there() {
    let cloud = gateway(|asked| {
        let rows = [
            server("7", "web", "RUN", "NULL"),
            server("8", "db", "NSTOP", "NULL"),
        ];
        servers(asked.api(), &rows, 2)
    });
    let home = cloud.home(PROFILE);
    let list = "get serverinstancelist";
    assert_eq!(
        home.run(&format!(
            "{list} filter=serverName,serverInstanceStatus,serverInstanceStatus.codeName where=serverInstanceStatus=RUN -o csv"
        ))
        .ok(),
        "serverName,serverInstanceStatus,serverInstanceStatus.codeName\nweb,RUN,Server RUN state\n"
    );
    assert_eq!(
        home.run(&format!(
            "{list} filter=serverName sort=serverInstanceStatus -o csv"
        ))
        .ok(),
        "serverName\ndb\nweb\n"
    );
    let table = home
        .run(&format!(
            "{list} filter=serverName,serverInstanceStatus -o table"
        ))
        .ok();
    assert!(
        table.starts_with("totalRows = 2\nserverInstanceList:\n+"),
        "{table}"
    );
    assert!(
        table.contains("|    web     |         RUN          |"),
        "{table}"
    );
    home.script(
        "let vms = get serverinstancelist\nassert $vms[0].serverInstanceStatus == RUN\nassert $vms[1].serverInstanceStatus.codeName ~ NSTOP\n",
    )
    .status(0);
}

/// A cloud whose server 7 takes so many questions to come from one status to another.
fn moving(from: [&'static str; 2], to: [&'static str; 2], questions: usize) -> StandIn {
    gateway(move |asked| match (asked.api(), asked.nth) {
        ("getServerInstanceList", nth) if nth >= questions => match to[0] {
            "" => servers(asked.api(), &[], 0),
            status => servers(asked.api(), &[server("7", "web", status, to[1])], 1),
        },
        (api, _) => servers(api, &[server("7", "web", from[0], from[1])], 1),
    })
}

#[test]
fn things_are_waited_for_until_they_are_as_the_call_would_have_them() {
    for (line, from, to) in [
        (
            "stop serverinstances serverinstancenolist=7",
            ["RUN", "SHTDN"],
            ["NSTOP", "NULL"],
        ),
        (
            "start serverinstances serverinstancenolist=7",
            ["NSTOP", "START"],
            ["RUN", "NULL"],
        ),
        (
            "create serverinstances vpcno=1 subnetno=2 serverimageno=5 serverspeccode=s \
             networkinterfacelist.1.networkinterfaceorder=0 networkinterfacelist.1.accesscontrolgroupnolist=3,4",
            ["INIT", "NULL"],
            ["RUN", "NULL"],
        ),
        (
            "terminate serverinstances serverinstancenolist=7",
            ["NSTOP", "TERMT"],
            ["", ""],
        ),
    ] {
        let cloud = moving(from, to, 2);
        let home = cloud.home(PROFILE);
        let seen = home
            .run(&format!("{line} filter=serverInstanceStatus -o csv"))
            .seen()
            .status(0);
        match to[0] {
            "" => assert!(!seen.stdout.contains("NSTOP"), "{seen:?}"),
            status => assert_eq!(seen.stdout, format!("serverInstanceStatus\n{status}\n")),
        }
        let asked = cloud.asked("getServerInstanceList");
        assert_eq!(asked.len(), 3, "{line}");
        assert_eq!(asked[0].param("serverInstanceNoList.1"), Some("7"));
        let jobs = home.run("jobs all filter=api,state,resourceid -o csv").ok();
        assert!(jobs.contains(",done,7"), "{jobs}");
    }
}

#[test]
fn a_list_s_values_go_as_parameters_of_their_own() {
    let cloud = moving(["RUN", "SHTDN"], ["NSTOP", "NULL"], 0);
    let home = cloud.home(PROFILE);
    home.run(
        "create serverinstances vpcno=1 subnetno=2 serverimageno=5 serverspeccode=s \
         networkinterfacelist.1.networkinterfaceorder=0 networkinterfacelist.1.accesscontrolgroupnolist=3,4 asyncblock=false",
    )
    .ok();
    let asked = &cloud.asked("createServerInstances")[0];
    for (name, value) in [
        ("networkInterfaceList.1.networkInterfaceOrder", "0"),
        ("networkInterfaceList.1.accessControlGroupNoList.1", "3"),
        ("networkInterfaceList.1.accessControlGroupNoList.2", "4"),
    ] {
        assert_eq!(asked.param(name), Some(value), "{name}");
    }
    let said = home
        .run("create serverinstances vpcno=1 networkinterfacelist.1.nosuch=0")
        .fails(2);
    assert!(said.contains("has no part `.1.nosuch`"), "{said}");
    assert!(
        said.contains("networkInterfaceList, subnetNo are missing"),
        "{said}"
    );
}

#[test]
fn a_wait_ends_with_its_time_and_jobs_goes_on_with_it() {
    let cloud = moving(["RUN", "SHTDN"], ["NSTOP", "NULL"], 6);
    let home = cloud.home(PROFILE);
    let said = home
        .run("stop serverinstances serverinstancenolist=7 timeout=1")
        .seen();
    // The sixth question may come within the second, where the machine has time.
    assert!([0, 5].contains(&said.status), "{said:?}");
    let said = home
        .run("stop serverinstances serverinstancenolist=7 asyncblock=false")
        .seen()
        .status(0);
    assert!(
        said.stderr.contains(
            "serverInstanceNo 7 runs; ask after it with: get serverinstancelist serverinstancenolist=7"
        ),
        "{said:?}"
    );
    let jobs = home.run("jobs wait filter=state,resourceid -o csv").ok();
    assert!(jobs.contains("done,7"), "{jobs}");
}

#[test]
fn what_ends_in_a_failed_state_is_a_failure() {
    let cloud = moving(["RUN", "SHTDN"], ["FSTOP", "NULL"], 1);
    let said = cloud
        .home(PROFILE)
        .run("stop serverinstances serverinstancenolist=7")
        .fails(4);
    assert!(
        said.contains("stopServerInstances failed: serverInstanceNo 7 is FSTOP (as FSTOP)"),
        "{said}"
    );
}

#[test]
fn a_refusal_tells_its_code_in_either_envelope_and_form() {
    for (body, expected) in [
        (
            r#"{"responseError":{"returnCode":"1002035","returnMessage":"at least one ACG"}}"#,
            "at least one ACG (HTTP 400, returnCode 1002035: a network interface keeps",
        ),
        (
            "<responseError><returnCode>24002</returnCode><returnMessage>mounted</returnMessage></responseError>",
            "mounted (HTTP 400, returnCode 24002: the storage is mounted",
        ),
        (
            r#"{"error":{"errorCode":"300","message":"Not Found Exception"}}"#,
            "Not Found Exception (HTTP 400, errorCode 300: there is no such action",
        ),
    ] {
        let cloud = gateway(move |_| refused(400, body));
        let home = cloud.home(PROFILE);
        let line = "detach blockstorageinstances blockstorageinstancenolist=5";
        let said = home.run(line).fails(1);
        assert!(said.contains(expected), "{said}");
        assert_eq!(cloud.apis().len(), 1);
        home.run("jobs all -o csv").seen().out("refused");
    }
    let cloud = gateway(|_| {
        refused(
            400,
            r#"{"responseError":{"returnCode":"800","returnMessage":"no"}}"#,
        )
    });
    let home = cloud.home(PROFILE);
    home.script("expect-error 800 get vpclist\nexpect-error 400 get vpclist\n")
        .status(0);
    let told = home.run("get vpclist -o json").fails(1);
    assert!(told.contains(r#""errorcode":400"#), "{told}");
    assert!(told.contains(r#""cserrorcode":800"#), "{told}");
    let told = home.run("explain 1007009").ok();
    assert!(
        told.contains("access control group is being changed"),
        "{told}"
    );
}

#[test]
fn what_is_busy_goes_again_by_itself() {
    let cloud = gateway(|asked| match (asked.api(), asked.nth) {
        ("addAccessControlGroupInboundRule", 0) => refused(
            400,
            r#"{"responseError":{"returnCode":"1007009","returnMessage":"changing"}}"#,
        ),
        ("addAccessControlGroupInboundRule", _) => json(
            r#"{"addAccessControlGroupInboundRuleResponse":{"returnCode":"0","returnMessage":"success","totalRows":0,"accessControlGroupRuleList":[]}}"#,
        ),
        _ => json(
            r#"{"getAccessControlGroupListResponse":{"returnCode":"0","totalRows":1,"accessControlGroupList":[{"accessControlGroupNo":"3","accessControlGroupStatus":{"code":"RUN","codeName":"run"}}]}}"#,
        ),
    });
    let home = cloud.home(PROFILE);
    let line = "add accesscontrolgroupinboundrule vpcno=1 accesscontrolgroupno=3 \
                accesscontrolgrouprulelist.1.protocoltypecode=TCP";
    let seen = home.run(line).seen().status(0);
    assert!(
        seen.stderr.contains(
            "what addAccessControlGroupInboundRule is about is being changed; the call goes again in 1 s"
        ),
        "{seen:?}"
    );
    assert_eq!(cloud.asked("addAccessControlGroupInboundRule").len(), 2);
    let busy = gateway(|_| {
        refused(
            400,
            r#"{"responseError":{"returnCode":"1011002","returnMessage":"changing"}}"#,
        )
    });
    let said = busy
        .home(PROFILE)
        .run("delete networkacl networkaclno=3 throttle_wait=0")
        .fails(1);
    assert!(
        said.contains("still being changed, and throttle_wait is 0"),
        "{said}"
    );
    assert_eq!(busy.apis().len(), 1);
}

#[test]
fn a_long_list_comes_whole() {
    let cloud = gateway(|asked| {
        let number = |name: &str, usual: usize| {
            asked
                .param(name)
                .map_or(usual, |text| text.parse().unwrap())
        };
        let (page, size) = (number("pageNo", 1), number("pageSize", 2));
        let rows: Vec<String> = (0..5)
            .skip((page - 1) * size)
            .take(size)
            .map(|place| server(&format!("{place}"), "web", "RUN", "NULL"))
            .collect();
        servers(asked.api(), &rows, 5)
    });
    let home = cloud.home(PROFILE);
    let listed = home
        .run("get serverinstancelist filter=serverInstanceNo -o csv")
        .ok();
    assert_eq!(listed, "serverInstanceNo\n0\n1\n2\n3\n4\n");
    let counted = home.run("get serverinstancelist count=true").ok();
    assert_eq!(counted.trim(), "5");
    let one = home.run("get serverinstancelist pageno=2 pagesize=2 filter=serverInstanceNo -o csv");
    assert_eq!(one.ok(), "serverInstanceNo\n2\n3\n");
}

#[test]
fn a_wrong_clock_is_put_right() {
    let cloud = gateway(|asked| {
        let told: i64 = asked
            .header("x-ncp-apigw-timestamp")
            .unwrap()
            .parse()
            .unwrap();
        // Its clock is in 2033.
        let now = 2_000_000_000_000;
        if (told - now).abs() > 300_000 {
            let no = refused(
                401,
                r#"{"error":{"errorCode":"200","message":"Authentication Failed"}}"#,
            );
            return no.replacen("\r\n", "\r\ndate: Wed, 18 May 2033 03:33:20 GMT\r\n", 1);
        }
        servers(asked.api(), &[], 0)
    });
    let seen = cloud
        .home(PROFILE)
        .run("get serverinstancelist")
        .seen()
        .status(0);
    assert!(
        seen.stderr
            .contains("calls are signed with the cloud's time"),
        "{seen:?}"
    );
    assert_eq!(cloud.apis().len(), 2);
}

#[test]
fn a_wrong_secret_says_what_to_look_at() {
    let cloud = gateway(|asked| servers(asked.api(), &[], 0));
    let home = cloud
        .home("kind = \"ncloud\"\napikey = \"ACCESSKEYEXAMPLE\"\nsecretkey = \"WRONG-SECRET\"");
    let said = home.run("get serverinstancelist").fails(1);
    assert!(
        said.contains("errorCode 200") && said.contains("the access key, its secret"),
        "{said}"
    );
    assert!(!said.contains("WRONG-SECRET"), "{said}");
}

#[test]
fn secrets_go_in_bodies_and_are_kept_nowhere() {
    let cloud = gateway(|asked| match asked.api() {
        "getRootPassword" => json(
            r#"{"getRootPasswordResponse":{"requestId":"r","returnCode":"0","returnMessage":"success","rootPassword":"p4ss"}}"#,
        ),
        _ => json(
            r#"{"createLoginKeyResponse":{"returnCode":"0","returnMessage":"success","privateKey":"-----BEGIN\nk\n"}}"#,
        ),
    });
    let home = cloud.home(PROFILE);
    home.file("key.pem", "-----BEGIN hush-hush");
    let told = home
        .run("get rootpassword serverinstanceno=7 privatekey=@key.pem filter=rootPassword")
        .ok();
    assert_eq!(told, "rootPassword = p4ss\n");
    let asked = &cloud.asked("getRootPassword")[0];
    assert_eq!(asked.target, "/vserver/v2/getRootPassword");
    assert!(asked.head.starts_with("POST "), "{}", asked.head);
    assert!(asked.body.contains("hush-hush"), "{}", asked.body);
    let key = home.run("create loginkey keyname=k filter=privateKey").ok();
    assert_eq!(key, "privateKey = -----BEGIN\nk\n\n");
    let log = std::fs::read_to_string(home.path().join(".local/state/capuchin/capuchin.log"));
    let log = log.unwrap();
    assert!(log.contains("getRootPassword"), "{log}");
    for secret in ["hush-hush", "p4ss", SECRET, KEY] {
        assert!(!log.contains(secret), "{secret} {log}");
    }
}

#[test]
fn set_with_a_noun_is_the_api_and_without_one_the_built_in() {
    let cloud = gateway(|asked| {
        json(&format!(
            r#"{{"{}Response":{{"returnCode":"0","totalRows":0,"blockStorageInstanceList":[]}}}}"#,
            asked.api()
        ))
    });
    let home = cloud.home(PROFILE);
    home.run("set blockstoragereturnprotection blockstorageinstanceno=5 isreturnprotection=true")
        .ok();
    assert_eq!(cloud.apis(), ["setBlockStorageReturnProtection"]);
    home.run("set timeout 77").ok();
    assert!(home.run("set timeout").ok().contains("77"));
    home.run("set nosuchthing 1").fails(2);
    let offered = home.args(&["complete", "set prot"]).ok();
    assert!(offered.contains("protectservertermination"), "{offered}");
}

#[test]
fn classic_services_go_by_their_names_or_by_a_kind_of_their_own() {
    let cloud = gateway(|asked| servers(asked.api(), &[], 0));
    let home = cloud.home(PROFILE);
    home.run("get serverinstancelist").ok();
    home.run("api server/getServerInstanceList").ok();
    home.run("server/getserverinstancelist zoneno=2").ok();
    home.run("get instancetaglist").ok();
    let classic = cloud.home(&PROFILE.replace("ncloud", "ncloud-classic"));
    classic.run("get serverinstancelist zoneno=2").ok();
    classic.run("get serverinstancelist vpcno=2").fails(2);
    let targets: Vec<String> = ["getServerInstanceList", "getInstanceTagList"]
        .iter()
        .flat_map(|api| cloud.asked(api))
        .map(|asked| asked.target.split('?').next().unwrap().to_string())
        .collect();
    assert_eq!(
        targets,
        [
            "/vserver/v2/getServerInstanceList",
            "/server/v2/getServerInstanceList",
            "/server/v2/getServerInstanceList",
            "/server/v2/getServerInstanceList",
            "/server/v2/getInstanceTagList",
        ]
    );
}

#[test]
fn keys_of_the_vendor_s_tools_are_used_where_a_profile_has_none() {
    let cloud = gateway(|asked| servers(asked.api(), &[], 0));
    let bare = || Home::new().configured("profile = \"nc\"\n[profiles.nc]\nkind = \"ncloud\"\n");
    let home = bare();
    let said = home.run("get serverinstancelist").fails(7);
    assert!(
        said.contains("profile nc has no apikey and no secretkey"),
        "{said}"
    );
    assert!(
        said.contains("NCLOUD_ACCESS_KEY_ID or NCLOUD_ACCESS_KEY"),
        "{said}"
    );
    assert!(said.contains("~/.ncloud/configure"), "{said}");
    let at = cloud.url.trim_end_matches('/');
    let file = format!("ncloud_access_key_id = {KEY}\nncloud_secret_access_key = {SECRET}\n");
    home.file(".ncloud/configure", &file);
    let seen = home
        .run("get serverinstancelist")
        .env("NCLOUD_API_GW", at)
        .seen()
        .status(0);
    assert!(
        seen.stderr
            .contains("profile nc has no keys: those of ~/.ncloud/configure are used"),
        "{seen:?}"
    );
    assert!(
        seen.stderr.contains("that of NCLOUD_API_GW is used"),
        "{seen:?}"
    );
    // The environment goes before the file, and only as a pair.
    let wrong = bare();
    wrong.file(
        ".ncloud/configure",
        "ncloud_access_key_id = x\nncloud_secret_access_key = y\n",
    );
    let run = |name: &str| {
        wrong
            .run("get serverinstancelist")
            .env("NCLOUD_API_GW", at)
            .env("NCLOUD_ACCESS_KEY", KEY)
            .env(name, SECRET)
    };
    let seen = run("NCLOUD_SECRET_KEY").seen().status(0);
    assert!(
        seen.stderr
            .contains("those of NCLOUD_ACCESS_KEY and NCLOUD_SECRET_KEY are used"),
        "{seen:?}"
    );
    run("OTHER").fails(1);
    // A profile's own keys are its own.
    let own = cloud.home(PROFILE);
    let seen = own
        .run("get serverinstancelist")
        .env("NCLOUD_ACCESS_KEY", "x")
        .env("NCLOUD_SECRET_KEY", "y")
        .seen();
    assert_eq!(
        (seen.status, seen.stderr.contains("NCLOUD")),
        (0, false),
        "{seen:?}"
    );
}

#[test]
fn sites_have_names_and_keys_are_imported_with_their_kind() {
    let home = Home::new();
    home.file(
        ".ncloud/configure",
        "ncloud_access_key_id = NCKEY\nncloud_secret_access_key = TOPSECRET\n",
    );
    let shown = home.run("profile import -o csv").ok();
    assert_eq!(
        shown,
        "name,url,apikey,secretkey,username,password,from,there\n\
         ncloud,https://ncloud.apigw.ntruss.com,NCKEY,********,,,~/.ncloud/configure [ncloud],\n"
    );
    home.run("profile import --yes").ok();
    assert_eq!(
        std::fs::read_to_string(home.config()).unwrap(),
        "[profiles.ncloud]\nkind = \"ncloud\"\napikey = \"NCKEY\"\nsecretkey = \"TOPSECRET\"\n"
    );
    home.run("profile use ncloud").ok();
    for (site, url) in [
        ("public", "https://ncloud.apigw.ntruss.com"),
        ("gov", "https://ncloud.apigw.gov-ntruss.com"),
        ("fin", "https://fin-ncloud.apigw.fin-ntruss.com"),
    ] {
        home.run(&format!("set site {site}")).ok();
        let told = home.run("set url").ok();
        assert!(told.contains(url), "{told}");
    }
    home.run("set site moon").ok();
    let said = home.run("get vpclist").fails(7);
    assert!(said.contains("public, gov, fin"), "{said}");
    let again = home.run("profile import --yes").seen();
    assert!(
        again.stderr.contains("ncloud is there already"),
        "{again:?}"
    );
}

#[test]
fn numbers_complete_by_name_and_names_stand_for_them() {
    let cloud = gateway(|asked| match asked.api() {
        "getVpcList" => json(
            r#"{"getVpcListResponse":{"returnCode":"0","totalRows":1,"vpcList":[{"vpcNo":"11","vpcName":"main","vpcStatus":{"code":"RUN","codeName":"run"}}]}}"#,
        ),
        "getSubnetList" => json(
            r#"{"getSubnetListResponse":{"returnCode":"0","totalRows":1,"subnetList":[{"subnetNo":"21","subnetName":"front","vpcNo":"11"}]}}"#,
        ),
        api => {
            let rows = [
                server("7", "web", "RUN", "NULL"),
                server("8", "db", "NSTOP", "NULL"),
            ];
            servers(api, &rows, 2)
        }
    });
    let home = cloud.home(PROFILE);
    home.run("sync").ok();
    let offered = home
        .args(&[
            "complete",
            "--values",
            "stop serverinstances serverinstancenolist=",
        ])
        .ok();
    assert!(
        offered.contains("7\tweb") && offered.contains("8\tdb"),
        "{offered}"
    );
    let offered = home
        .args(&[
            "complete",
            "--values",
            "create serverinstances vpcno=11 subnetno=fr",
        ])
        .ok();
    assert!(offered.contains("21"), "{offered}");
    assert_eq!(cloud.asked("getSubnetList")[0].param("vpcNo"), Some("11"));
    home.run("get subnetlist vpcno=name:main").ok();
    assert_eq!(cloud.asked("getSubnetList")[1].param("vpcNo"), Some("11"));
    home.run("reboot serverinstances serverinstancenolist=name:web,name:db asyncblock=false")
        .ok();
    let asked = &cloud.asked("rebootServerInstances")[0];
    assert_eq!(
        [1, 2].map(|place| asked.param(&format!("serverInstanceNoList.{place}"))),
        [Some("7"), Some("8")]
    );
    let said = home.run("get subnetlist vpcno=name:nosuch").fails(2);
    assert!(said.contains("has nothing of that name"), "{said}");
}

#[test]
fn a_restart_is_not_over_before_it_has_begun_to_show() {
    let looks = std::sync::atomic::AtomicUsize::new(0);
    let cloud = gateway(move |asked| {
        let operation = match asked.api() {
            "getServerInstanceList" => match looks.fetch_add(1, Ordering::SeqCst) {
                1 => "RESTA",
                _ => "NULL",
            },
            _ => "NULL",
        };
        servers(asked.api(), &[server("7", "web", "RUN", operation)], 1)
    });
    let home = cloud.home(PROFILE);
    home.run("reboot serverinstances serverinstancenolist=7")
        .ok();
    assert_eq!(cloud.asked("getServerInstanceList").len(), 3);
}

#[test]
fn a_lost_answer_is_looked_for_by_the_name_that_was_given() {
    let made = |asked: &Asked| {
        let now = jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%S+0000")
            .to_string();
        let row = server("7", "web", "RUN", "NULL").replace("2026-11-26T09:41:23+0900", &now);
        servers(asked.api(), &[row], 1)
    };
    let cloud = gateway(move |asked| match asked.api() {
        "createServerInstances" => String::new(),
        _ => made(asked),
    });
    let home = cloud.home(PROFILE);
    let line = "create serverinstances vpcno=1 subnetno=2 servername=web serverimageno=5 serverspeccode=s \
                networkinterfacelist.1.networkinterfaceorder=0 networkinterfacelist.1.accesscontrolgroupnolist=3 \
                filter=serverInstanceNo -o csv";
    let seen = home.run(line).seen().status(0);
    assert_eq!(seen.stdout, "serverInstanceNo\n7\n");
    assert!(
        seen.stderr.contains("serverInstanceNo 7 was found there"),
        "{seen:?}"
    );
    assert_eq!(cloud.asked("createServerInstances").len(), 1);
    let nameless = line.replace("servername=web", "");
    home.run(&nameless).fails(6);
}

#[test]
fn help_tells_what_a_call_takes_without_a_cloud() {
    let cloud = gateway(|asked| servers(asked.api(), &[], 0));
    let home = cloud.home(PROFILE);
    let told = home.run("stop serverinstances -h").ok();
    assert!(
        told.contains("serverInstanceNoList") && told.contains("required"),
        "{told}"
    );
    let told = home.run("apropos loginkey").ok();
    assert!(told.contains("create loginkey"), "{told}");
    let seen = home.run("catalog show").ok();
    assert!(seen.contains("325"), "{seen}");
}

#[test]
fn what_does_not_go_together_is_told_before_it_is_sent() {
    let cloud = gateway(|asked| servers(asked.api(), &[], 0));
    let home = cloud.home(PROFILE);
    let line =
        "create serverinstances vpcno=1 subnetno=2 networkinterfacelist.1.networkinterfaceorder=0";
    let said = home.run(line).fails(2);
    assert!(
        said.contains(
            "memberServerImageInstanceNo, serverImageNo or serverImageProductCode is wanted"
        ),
        "{said}"
    );
    let said = home
        .run(&format!("{line} serverimageno=1 serverproductcode=x"))
        .fails(2);
    assert!(
        said.contains("serverProductCode and serverImageNo exclude each other"),
        "{said}"
    );
    assert!(cloud.apis().is_empty());
}

/// The built-in cloud in Naver Cloud's manner, with a home whose profile it is.
fn built_in() -> (Home, Home, Running) {
    let served = Home::new();
    served.job_milliseconds(50);
    let running = served
        .run("-o json devcloud serve --as ncloud --listen 127.0.0.1:0")
        .started();
    let told: serde_json::Value = serde_json::from_str(&running.line).unwrap();
    let text = |name: &str| told[name].as_str().unwrap().to_string();
    let home = Home::new().configured(&format!(
        "profile = \"nc\"\n[profiles.nc]\nkind = \"ncloud\"\nurl = \"{}\"\napikey = \"{}\"\nsecretkey = \"{}\"\n",
        text("url"),
        text("apikey"),
        text("secretkey")
    ));
    (home, served, running)
}

#[test]
fn the_built_in_cloud_is_worked_with_from_a_vpc_to_a_server_s_end() {
    let (home, _served, _running) = built_in();
    let seen = home.script(
        "\
let zone = get zonelist
let vpc = create vpc vpcname=home ipv4cidrblock=10.1.0.0/16
assert $vpc[0].vpcStatus == RUN
let acl = get networkacllist vpcno=$vpc[0].vpcNo
let subnet = create subnet vpcno=name:home subnetname=web subnet=10.1.1.0/24 zonecode=$zone[0].zoneCode \\
  networkaclno=$acl[0].networkAclNo subnettypecode=PUBLIC
assert $subnet[0].subnetStatus == RUN
let group = get accesscontrolgrouplist vpcno=name:home
add accesscontrolgroupinboundrule vpcno=name:home accesscontrolgroupno=$group[0].accessControlGroupNo \\
  accesscontrolgrouprulelist.1.protocoltypecode=TCP accesscontrolgrouprulelist.1.ipblock=0.0.0.0/0 \\
  accesscontrolgrouprulelist.1.portrange=22 filter=accessControlGroupStatus
let image = get serverimagelist
let vm = create serverinstances vpcno=name:home subnetno=name:web serverimageno=$image[0].serverImageNo servername=one \\
  networkinterfacelist.1.networkinterfaceorder=0 networkinterfacelist.1.accesscontrolgroupnolist=$group[0].accessControlGroupNo
assert $vm[0].serverInstanceStatus == RUN
let disk = create blockstorageinstance blockstoragesize=10 blockstoragename=data serverinstanceno=name:one
assert $disk[0].blockStorageInstanceStatus == ATTAC
detach blockstorageinstances blockstorageinstancenolist=name:data filter=blockStorageInstanceStatus
delete blockstorageinstances blockstorageinstancenolist=name:data
interrupt serverinstance serverinstanceno=name:one filter=serverInstanceNo
stop serverinstances serverinstancenolist=name:one filter=serverInstanceStatus
start serverinstances serverinstancenolist=name:one filter=serverInstanceStatus response=xml
stop serverinstances serverinstancenolist=name:one filter=serverInstanceStatus response=xml
terminate serverinstances serverinstancenolist=name:one
get serverinstancelist count=true
",
    );
    let seen = seen.status(0);
    assert!(seen.stdout.ends_with("\n0\n"), "{seen:?}");
    let jobs = home.run("jobs all where=state!=done count=true").ok();
    assert_eq!(jobs.trim(), "0");
}

#[test]
fn the_built_in_cloud_refuses_in_the_gateway_s_words() {
    let (home, served, _running) = built_in();
    let text = std::fs::read_to_string(home.config()).unwrap();
    let wrong = Home::new().configured(&text.replace("secretkey = \"", "secretkey = \"x"));
    let said = wrong.run("get vpclist").fails(1);
    assert!(said.contains("HTTP 401, errorCode 2"), "{said}");
    let said = home.run("delete vpc vpcno=999").fails(1);
    assert!(said.contains("returnCode"), "{said}");
    // A clock that is minutes off is put right by what the gateway tells.
    served.run("devcloud clock offset 10m").ok();
    let seen = home.run("get regionlist filter=regionCode -o csv").seen();
    assert_eq!(
        (seen.status, seen.stdout.as_str()),
        (0, "regionCode\nKR\n"),
        "{seen:?}"
    );
}
