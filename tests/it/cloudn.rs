//! NTT's Cloudn Compute FLAT: the calls of its manual with the answers that it shows, and a whole session with the built-in cloud
//! in its manner.

use serde_json::Value;

use crate::stand_in::{Asked, StandIn};
use crate::support::{Home, Stub};

fn home(url: &str, lines: &str) -> Home {
    Home::new().configured(&format!(
        "profile = \"n\"\n[profiles.n]\nkind = \"cloudn\"\nurl = \"{url}\"\n{lines}\n"
    ))
}

const KEYS: &str = "apikey = \"KEY\"\nsecretkey = \"TOPSECRET\"";

#[test]
fn the_manuals_example_is_signed_as_it_prints() {
    let body = "<deployvirtualmachineresponse><jobid>7</jobid></deployvirtualmachineresponse>";
    let cloud = StandIn::new(move |_| Stub::whole("200 OK", "text/xml", body));
    let keys = "apikey = \"APIKEYSAMPLE\"\nsecretkey = \"SECRETKEYSAMPLE\"";
    let home = home(&cloud.url, keys);
    let seen = home
        .run(
            "command=deployVirtualMachine serviceofferingid=38 templateid=241 zoneid=1 expires=0 response=xml \
             asyncblock=false output=raw --reveal",
        )
        .seen()
        .status(0);
    assert_eq!(seen.stdout.trim_end(), body);
    seen.err(&format!(
        "SEND URL: {}?command=deployVirtualMachine&serviceofferingid=38&templateid=241&zoneid=1&apikey=APIKEYSAMPLE\
         &signature=8vjVFWLtIruwxdxNvG1CLs1mGVw%3D\n",
        cloud.url
    ));
}

#[test]
fn calls_go_by_get_with_an_expiry_and_its_version_and_leave_no_secret() {
    let cloud =
        StandIn::new(|_| Stub::whole("200 OK", "application/json", r#"{"x":{"jobid":"7"}}"#));
    let home = home(&cloud.url, KEYS);
    let data = "c2VjcmV0".repeat(250);
    home.run(&format!(
        "deploy virtualmachine serviceofferingid=1 templateid=1 zoneid=1 userdata={data} asyncblock=false showurl=true"
    ))
    .seen()
    .status(0)
    .err("userdata=********");
    let sent = &cloud.asked("deployVirtualMachine")[0];
    assert!(sent.head.starts_with("GET ") && sent.body.is_empty());
    assert_eq!(sent.param("signatureversion"), Some("3"));
    assert!(sent.param("expires").unwrap().ends_with("%2B0000"));
    assert_eq!(sent.param("userdata"), Some(data.as_str()));
    let mut files = vec![home.path().join(".local/state/capuchin")];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(path.read_dir().unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        assert!(
            !bytes.windows(16).any(|part| part == b"c2VjcmV0c2VjcmV0"),
            "{path:?}"
        );
    }
    let long = format!(
        "deploy virtualmachine serviceofferingid=1 templateid=1 zoneid=1 userdata={data}{data}"
    );
    let said = home.run(&long).fails(2);
    assert!(said.contains("go by GET"), "{said}");
    assert_eq!(cloud.asked("deployVirtualMachine").len(), 1);
}

#[test]
fn answers_with_the_manuals_slips_are_understood() {
    let cloud = StandIn::new(|asked: &Asked| {
        let body = match asked.api() {
            "rebootVirtualMachine" => r#"{"rebootvirtualmachinereponse":{"jjobid":"7"}}"#,
            "revokeSecurityGroupIngress" => r#"{"revokesecuritygroupingress":{"jobid":"8"}}"#,
            "queryAsyncJobResult" => {
                r#"{"queryasyncjobresultresponse":{"jjobid":"7","jobstatus":1,"jobporcstatus":0,
                    "jobresult":{"virtualmachine":{"id":"1","name":"web","domiain":"d"}}}}"#
            }
            "listZones" => {
                r#"{"listzonesresponse":{"count":1,"serviceoffering":[{"id":"1","name":"jp-e1a"}]}}"#
            }
            "listSecurityGroups" => {
                r#"{"listsecuritygroupsresponse":{"count":1,"asynchjobs":[{"id":"1","name":"g","ingress":[
                    {"ruleid":"r","startport":80,"endpoint":81,"icmpctype":8}]}]}}"#
            }
            _ => "{}",
        };
        Stub::whole("200 OK", "application/json", body)
    });
    let home = home(&cloud.url, KEYS);
    let rebooted = home
        .run("reboot virtualmachine id=1 filter=name,domain -o csv")
        .ok();
    assert_eq!(rebooted, "name,domain\nweb,d\n");
    home.run("revoke securitygroupingress id=1 asyncblock=false --yes")
        .seen()
        .status(0)
        .err("query asyncjobresult jobid=8");
    let zones = home.run("list zones").ok();
    assert!(
        zones.contains("zone:") && zones.contains("jp-e1a"),
        "{zones}"
    );
    let groups = home
        .run("list securitygroups filter=ingress.endport,ingress.icmptype -o csv")
        .ok();
    assert!(groups.contains("81") && groups.contains('8'), "{groups}");
    let asked = home
        .run("query asyncjobresult jobid=7 filter=jobid,jobprocstatus -o csv")
        .ok();
    assert_eq!(asked, "jobid,jobprocstatus\n7,0\n");
}

#[test]
fn snapshots_are_asked_for_as_cloudstack_and_then_as_the_manual_calls_them() {
    let cloud = StandIn::new(|asked: &Asked| match asked.api() {
        "listSnapshot" => Stub::whole(
            "200 OK",
            "application/json",
            r#"{"listsnapshotresponse":{"count":1,"snapshot":[{"id":"1","name":"nightly"}]}}"#,
        ),
        _ => Stub::whole(
            "432 X",
            "application/json",
            r#"{"errorresponse":{"errorcode":432,"errortext":"The given command does not exist"}}"#,
        ),
    });
    let home = home(&cloud.url, KEYS);
    for line in ["list snapshots", "list snapshot", "command=listSnapshot"] {
        let rows = home.run(&format!("{line} filter=name -o csv")).ok();
        assert_eq!(rows, "name\nnightly\n", "{line}");
    }
    assert_eq!(cloud.apis()[..2], ["listSnapshots", "listSnapshot"]);
}

#[test]
fn every_command_of_the_manual_runs_with_the_built_in_cloud() {
    let cloud = Home::new();
    let running = cloud.run("-o json devcloud serve --as cloudn").started();
    let told: Value = serde_json::from_str(&running.line).unwrap();
    let text = |name: &str| told[name].as_str().unwrap();
    let keys = format!(
        "apikey = \"{}\"\nsecretkey = \"{}\"",
        text("apikey"),
        text("secretkey")
    );
    let home = home(text("url"), &keys);
    let ok = |line: &str| home.run(line).ok();
    let value = |line: &str, field: &str| home.value(line, field);

    let seen = home.run("list zones filter=name -o csv").seen().status(0);
    assert_eq!(seen.stdout, "name\ndevcloud\n");
    seen.err("38 APIs in the catalogue of Cloudn");
    let zone = value("list zones", "id");
    let template = value("list templates templatefilter=featured", "id");
    let offering = value("list serviceofferings name=tinyOffering", "id");
    let larger = value("list serviceofferings where=name~Medium", "id");
    let disk = value("list diskofferings", "id");

    // A machine's life.
    let deploy = format!(
        "deploy virtualmachine name=web displayname=web zoneid={zone} templateid={template} serviceofferingid={offering} \
         userdata=c2VjcmV0 keyboard=jp filter=name,state -o csv"
    );
    assert_eq!(ok(&deploy), "name,state\nweb,Running\n");
    let machine = value("list virtualmachines name=web", "id");
    let state = |line: &str| value(&format!("{line} id={machine}"), "state");
    assert_eq!(state("reboot virtualmachine"), "Running");
    assert_eq!(state("stop virtualmachine forced=true"), "Stopped");
    ok(&format!(
        "change serviceforvirtualmachine id={machine} serviceofferingid={larger}"
    ));
    ok(&format!(
        "update virtualmachine id={machine} displayname=shop group=g"
    ));
    let named = value(&format!("list virtualmachines id={machine}"), "displayname");
    assert_eq!(named, "shop");
    // Templates: of its disk, of an address, as a file.
    let root = value(
        &format!("list volumes virtualmachineid={machine} type=ROOT"),
        "id",
    );
    let os = value(
        &format!("list templates templatefilter=executable id={template}"),
        "ostypeid",
    );
    let own = value(
        &format!("create template name=own displaytext=own volumeid={root} ostypeid={os}"),
        "id",
    );
    assert_eq!(
        value(
            &format!("list templates templatefilter=self id={own}"),
            "name"
        ),
        "own"
    );
    ok(&format!("delete template id={own}"));
    let url = "url=http://files.example.org/disk.vhd";
    ok(&format!(
        "upload template name=up displaytext=up {url} format=VHD hypervisor=XenServer ostypeid={os} zoneid={zone}"
    ));
    ok(&format!(
        "upload volume name=up {url} format=VHD zoneid={zone}"
    ));
    ok(&format!(
        "extract template id={template} zoneid={zone} mode=HTTP_DOWNLOAD"
    ));
    assert_eq!(state("start virtualmachine"), "Running");
    assert!(ok("list asyncjobs filter=cmd").contains("VM"));

    // Disks and their copies.
    let volume = value(
        &format!("create volume name=data zoneid={zone} diskofferingid={disk}"),
        "id",
    );
    ok(&format!(
        "attach volume id={volume} virtualmachineid={machine}"
    ));
    assert_eq!(
        value(&format!("list volumes id={volume} type=DATADISK"), "vmname"),
        "web"
    );
    let snapshot = value(&format!("create snapshot volumeid={volume}"), "id");
    assert_eq!(value("list snapshot", "id"), snapshot);
    ok(&format!("delete snapshot id={snapshot}"));
    ok(&format!("detach volume id={volume}"));
    let extracted = value(
        &format!("extract volume id={volume} zoneid={zone} mode=HTTP_DOWNLOAD"),
        "url",
    );
    assert!(extracted.starts_with("http"), "{extracted}");
    assert_eq!(
        ok(&format!("delete volume id={volume} filter=success -o csv")),
        "success\ntrue\n"
    );

    // Security groups, by id and by name.
    let group = value("create securitygroup name=web description=shop", "id");
    ok(
        "authorize securitygroupingress securitygroupname=web protocol=tcp startport=80 endport=80 cidrlist=10.0.0.0/8",
    );
    ok(&format!(
        "authorize securitygroupegress securitygroupid={group} protocol=icmp icmptype=8 icmpcode=0 cidrlist=10.0.0.0/8"
    ));
    assert!(ok("list securitygroups securitygroupname=web").contains("10.0.0.0/8"));
    ok("delete securitygroup name=web");

    // Its end, and what brings it back.
    assert_eq!(state("stop virtualmachine"), "Stopped");
    assert_eq!(state("destroy virtualmachine"), "Destroyed");
    assert_eq!(state("recover virtualmachine"), "Stopped");

    // What the manual does not have is refused as it says.
    let said = home.run("api listHosts").fails(1);
    assert!(said.contains("The given command does not exist"), "{said}");
    let wrong = self::home(text("url"), KEYS);
    let said = wrong.run("list zones").fails(1);
    assert!(said.contains("so it is the API key, its secret"), "{said}");
}
