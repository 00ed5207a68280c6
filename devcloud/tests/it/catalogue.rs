//! listApis against the recorded catalogue of a real server: the same shape, and the parameters that it knows too.

use serde_json::Value;

use crate::support::World;

#[test]
fn what_is_declared_agrees_with_a_real_server() {
    let recorded: Value = serde_json::from_str(include_str!(
        "../../../src/cloud/cloudstack/listapis-4.11.json"
    ))
    .unwrap();
    let recorded = recorded["listapisresponse"]["api"]
        .as_array()
        .unwrap()
        .clone();
    let world = World::new();
    let body = world.ok("listApis", &[]);
    let apis = body["api"].as_array().unwrap();
    assert_eq!(body["count"], apis.len());
    assert!(apis.len() >= 50);
    let mut wrong = Vec::new();
    for api in apis {
        let name = api["name"].as_str().unwrap();
        let Some(real) = recorded.iter().find(|real| real["name"] == *name) else {
            wrong.push(format!("{name} is no API of 4.11"));
            continue;
        };
        if real["isasync"] != api["isasync"] {
            wrong.push(format!("{name} isasync"));
        }
        assert!(!api["description"].as_str().unwrap().is_empty());
        for param in api["params"].as_array().unwrap() {
            let known = real["params"]
                .as_array()
                .unwrap()
                .iter()
                .find(|known| known["name"] == param["name"]);
            match known {
                None => wrong.push(format!("{name} has no parameter {}", param["name"])),
                Some(known) => {
                    let guide = name == "createNetwork" && param["name"] == "displaytext";
                    for field in ["type", "required", "length"] {
                        if known[field] != param[field] && !guide {
                            wrong.push(format!(
                                "{name} {} {field} {} {}",
                                param["name"], known[field], param[field]
                            ));
                        }
                    }
                }
            }
        }
        for required in real["params"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|param| param["required"] == true)
        {
            let declared = api["params"]
                .as_array()
                .unwrap()
                .iter()
                .any(|param| param["name"] == required["name"]);
            if !declared {
                wrong.push(format!("{name} lacks {}", required["name"]));
            }
        }
        for field in api["response"].as_array().unwrap() {
            let known = real["response"]
                .as_array()
                .unwrap()
                .iter()
                .find(|known| known["name"] == field["name"]);
            // The real catalogue has a field without a name where these are.
            let unnamed = ["tags", "jobid"].contains(&field["name"].as_str().unwrap());
            if known.is_none() && !unnamed {
                wrong.push(format!("{name} answers no {}", field["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn one_api_can_be_asked_for() {
    let world = World::new();
    let body = world.ok("listApis", &[("name", "listZones")]);
    assert_eq!(body["count"], 1);
    assert_eq!(body["api"][0]["name"], "listZones");
}

#[test]
fn the_readme_says_how_many_there_are() {
    let count = World::new().ok("listApis", &[])["count"].clone();
    let line =
        format!("    {count} APIs discovered and cached (first use of this cloud and key)\n");
    assert!(include_str!("../../../README.md").contains(&line), "{line}");
}

/// Commands of the developer guide that are not offered, and why.
const NOT_OFFERED: &[(&str, &str)] = &[
    ("addBaremetalHost", "there are no bare machines"),
    ("addNetscalerLoadBalancer", "there is no such appliance"),
    (
        "configureNetscalerLoadBalancer",
        "there is no such appliance",
    ),
    (
        "configureSimulator",
        "hosts here are none of the simulator's",
    ),
    ("deleteNetscalerLoadBalancer", "there is no such appliance"),
    (
        "listNetscalerLoadBalancerNetworks",
        "there is no such appliance",
    ),
    ("listNetscalerLoadBalancers", "there is no such appliance"),
];

#[test]
fn what_the_guide_names_is_offered_or_has_a_reason() {
    let guide: Value =
        serde_json::from_str(include_str!("../../../tests/recorded/guide-commands.json")).unwrap();
    let apis = World::new().ok("listApis", &[]);
    let apis = apis["api"].as_array().unwrap();
    let missing: Vec<&str> = guide["commands"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .filter(|name| apis.iter().all(|api| api["name"] != **name))
        .collect();
    let known: Vec<&str> = NOT_OFFERED.iter().map(|(name, _)| *name).collect();
    assert_eq!(missing, known);
    assert!(apis.len() >= 220);
}
