//! Cloudn as its manual has it: its commands, the signature that it prints, calls by GET alone, its slips.

use super::*;
use crate::catalog::rules::Rule;
use crate::catalog::types::Types;
use crate::catalog::{Api, Catalog};
use crate::cloud::cloudstack::sign;
use crate::cloud::{Dialect, Manner, Outcome, Proof, Reply, kind};
use crate::config::secret::Secret;

fn dialect() -> Box<dyn Dialect> {
    (kind("cloudn").dialect)()
}

fn apis() -> Vec<Api> {
    dialect().shipped().unwrap().apis
}

fn request(api: &str, params: &[(&str, &str)]) -> Request {
    let params = params.iter();
    Request {
        api: api.into(),
        params: params
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
    }
}

fn read(api: &str, body: &str) -> Outcome {
    let reply = Reply {
        status: 200,
        body: body.as_bytes().to_vec().into(),
        ..Reply::default()
    };
    let apis = apis();
    let known = apis.iter().find(|known| known.name == api).unwrap();
    let types = Types::of(&known.response);
    dialect()
        .read(&request(api, &[]), &reply, &types, true)
        .unwrap()
}

#[test]
fn the_catalogue_is_the_manuals_and_whole() {
    let apis = apis();
    assert_eq!(apis.len(), 38);
    assert!(dialect().discovery().is_none() && dialect().logout().is_none());
    let text = include_str!("catalogue.txt");
    // Those of which the manual has the name only take CloudStack's parameters.
    let named = |api: &&Api| text.contains(&format!("\n{} ~", api.name));
    let (bare, written): (Vec<&Api>, Vec<&Api>) = apis.iter().partition(named);
    assert_eq!((bare.len(), written.len()), (8, 30));
    assert!(bare.iter().all(|api| !api.params.is_empty()));
    let asynchronous = written.iter().filter(|api| api.asynchronous).count();
    assert_eq!(asynchronous, 15);
}

#[test]
fn rules_are_about_parameters_that_are_there() {
    for api in apis() {
        for rule in &api.rules {
            let names: Vec<&String> = match rule {
                Rule::One(ways) => ways.iter().flatten().collect(),
                Rule::Any(names) | Rule::Apart(names) | Rule::Together(names) => {
                    names.iter().collect()
                }
                Rule::With(name, other) => vec![name, other],
                Rule::Within(name, ..) => vec![name],
            };
            for name in names {
                assert!(api.param(name).is_some(), "{} {name}", api.name);
            }
        }
        if let (Some(_), Some(_)) = (api.param("account"), api.param("domainid")) {
            let rules: Vec<String> = api.rules.iter().map(ToString::to_string).collect();
            let said = rules.iter().any(|rule| {
                rule == "account goes with domainid" || rule == "account and domainid go together"
            });
            let written = include_str!("catalogue.txt").contains(&format!("\n{} ~", api.name));
            assert!(said || written, "{} {rules:?}", api.name);
        }
    }
}

#[test]
fn the_signature_that_the_manual_prints_comes_out() {
    let params = [
        ("command", "deployVirtualMachine"),
        ("serviceofferingid", "38"),
        ("templateid", "241"),
        ("zoneid", "1"),
        ("apikey", "APIKEYSAMPLE"),
    ];
    let params = params.map(|(name, value)| (name.to_string(), value.to_string()));
    let signature = sign::signature(&params, "SECRETKEYSAMPLE");
    assert_eq!(signature, "8vjVFWLtIruwxdxNvG1CLs1mGVw=");
}

fn signed(params: &[(&str, &str)], expires: u64) -> (String, Option<String>, String) {
    let manner = Manner {
        variant: 0,
        expires,
        response: "json".into(),
        version: String::new(),
        method: String::new(),
    };
    let proof = Proof::Keys {
        apikey: "K",
        secretkey: &Secret::new("S"),
    };
    let call = request("deployVirtualMachine", params);
    let signed = dialect().sign(&call, "https://h/client/api", proof, &manner, 1_371_092_400);
    (signed.url, signed.body, signed.shown)
}

#[test]
fn every_call_goes_by_get_and_no_secret_is_shown() {
    let data = "c2VjcmV0".repeat(300);
    let (url, body, shown) = signed(&[("name", "web"), ("userdata", &data)], 0);
    assert!(url.contains(&data) && body.is_none());
    assert!(!shown.contains("c2VjcmV0"), "{shown}");
    assert!(
        shown.contains("userdata=*") || shown.contains("userdata=%2A"),
        "{shown}"
    );
}

#[test]
fn an_expiry_always_has_its_version() {
    let (url, ..) = signed(&[], 600);
    let expiry = "&signatureversion=3&expires=2013-06-13T03%3A10%3A00%2B0000&signature=";
    assert!(url.contains(expiry), "{url}");
    let (url, ..) = signed(&[], 0);
    assert!(
        !url.contains("expires") && !url.contains("signatureversion"),
        "{url}"
    );
}

#[test]
fn the_manuals_slips_are_understood() {
    for body in [
        r#"{"rebootvirtualmachinereponse":{"jjobid":"7"}}"#,
        "<rebootvirtualmachinereponse><jjobid>7</jjobid></rebootvirtualmachinereponse>",
    ] {
        match read("rebootVirtualMachine", body) {
            Outcome::Started { job, .. } => assert_eq!(job, "7"),
            other => panic!("{other:?}"),
        }
    }
    let Outcome::Done(zones) = read(
        "listZones",
        "<listzonesresponse><count>1</count><serviceoffering><id>1</id></serviceoffering></listzonesresponse>",
    ) else {
        panic!("a job");
    };
    assert_eq!(zones.name.as_deref(), Some("zone"));
    let Outcome::Done(groups) = read(
        "listSecurityGroups",
        r#"{"listsecuritygroupsresponse":{"count":1,"asynchjobs":[{"id":"1","domiain":"d",
            "ingress":[{"endpoint":80,"icmpctype":8}]}]}}"#,
    ) else {
        panic!("a job");
    };
    assert_eq!(groups.name.as_deref(), Some("securitygroup"));
    let group = groups.records().next().unwrap();
    assert_eq!(group.text("domain").as_deref(), Some("d"));
    let shown = format!("{group:?}");
    assert!(
        shown.contains("endport") && shown.contains("icmptype"),
        "{shown}"
    );
}

#[test]
fn snapshots_are_listed_under_either_name() {
    let refusal = dialect()
        .read(
            &request("listSnapshots", &[]),
            &Reply {
                status: 432,
                body: r#"{"errorresponse":{"errorcode":432,"errortext":"The given command does not exist"}}"#.into(),
                ..Reply::default()
            },
            &Types::default(),
            false,
        )
        .unwrap_err();
    let asked = request("listSnapshots", &[("id", "1")]);
    let other = dialect().rephrased(&asked, &refusal).unwrap();
    assert_eq!(
        (other.api.as_str(), other.params),
        ("listSnapshot", asked.params)
    );
    assert_eq!(
        dialect().rephrased(&request("listZones", &[]), &refusal),
        None
    );
}

#[test]
fn fixed_values_are_the_manuals() {
    let catalog = Catalog::of(apis());
    let values = |api: &str, param: &str| {
        assert!(catalog.api(api).unwrap().unwrap().param(param).is_some());
        let values = dialect().choices(api, param).into_iter();
        values.map(|one| one.value).collect::<Vec<_>>().join(",")
    };
    for (api, param, expected) in [
        (
            "deployVirtualMachine",
            "keyboard",
            "de,de-ch,es,fi,fr,fr-be,fr-ch,is,it,jp,nl-be,no,pt,uk,us",
        ),
        (
            "listVirtualMachines",
            "details",
            "all,group,nics,stats,secgrp,templ,servoff,iso,volume,min",
        ),
        (
            "listVolumes",
            "details",
            "all,vm,account,storage type,disk_offering,min",
        ),
        ("listVolumes", "type", "ROOT,DATADISK"),
        (
            "listTemplates",
            "templatefilter",
            "featured,self,selfexecutable,executable",
        ),
        ("uploadVolume", "format", "QCOW2,OVA,VHD"),
        ("extractVolume", "mode", "HTTP_DOWNLOAD,FTP_UPLOAD"),
        ("authorizeSecurityGroupIngress", "protocol", "tcp,udp,icmp"),
        (
            "listVirtualMachines",
            "state",
            "Running,Stopped,Destroyed,Expunging",
        ),
    ] {
        assert_eq!(values(api, param), expected, "{api} {param}");
    }
}

#[test]
fn user_data_that_no_address_takes_is_not_sent() {
    let long = "A".repeat(2049);
    for (data, right) in [(&long[1..], true), (long.as_str(), false)] {
        let call = request("deployVirtualMachine", &[("userdata", data)]);
        assert_eq!(dialect().objection(&call).is_none(), right);
    }
}
