//! Autoscaling: what a group is made of stays while it has it, and changes while it is disabled.

use serde_json::json;

use crate::support::World;

#[test]
fn a_group_is_made_of_counters_conditions_policies_and_a_profile() {
    let world = World::new();
    let counter = world.id_of(
        "createCounter",
        &[("name", "load"), ("source", "snmp"), ("value", "1.3.6.1")],
    );
    assert_eq!(
        world
            .fails(
                "createCounter",
                &[("name", "x"), ("source", "moon"), ("value", "1")]
            )
            .0,
        431
    );
    let compare = [
        ("counterid", counter.as_str()),
        ("relationaloperator", "GT"),
        ("threshold", "80"),
    ];
    let condition = world.id_of("createCondition", &compare);
    let odd = [compare[0], ("relationaloperator", "XX"), compare[2]];
    assert_eq!(world.fails("createCondition", &odd).0, 431);
    assert_eq!(
        world.rows("listConditions", &[("counterid", &counter)])[0]["threshold"],
        80
    );
    assert_eq!(world.fails("deleteCounter", &[("id", &counter)]).0, 536);
    let policy = |action| {
        world.id_of(
            "createAutoScalePolicy",
            &[
                ("action", action),
                ("conditionids", &condition),
                ("duration", "30"),
            ],
        )
    };
    let (up, down) = (policy("scaleup"), policy("scaledown"));
    assert_eq!(world.fails("deleteCondition", &[("id", &condition)]).0, 536);
    world.done("updateAutoScalePolicy", &[("id", &up), ("quiettime", "60")]);
    assert_eq!(
        world.rows("listAutoScalePolicies", &[("action", "scaleup")])[0]["quiettime"],
        60
    );
    let profile = world.id_of(
        "createAutoScaleVmProfile",
        &[
            ("zoneid", &world.first("listZones", &[])),
            (
                "serviceofferingid",
                &world.first("listServiceOfferings", &[]),
            ),
            (
                "templateid",
                &world.first("listTemplates", &[("templatefilter", "featured")]),
            ),
        ],
    );
    world.done(
        "updateAutoScaleVmProfile",
        &[("id", &profile), ("destroyvmgraceperiod", "5")],
    );
    assert_eq!(
        world.rows("listAutoScaleVmProfiles", &[])[0]["destroyvmgraceperiod"],
        5
    );
    let (network, machine) = world.in_network("one");
    let address = world.id_of("associateIpAddress", &[("networkid", &network)]);
    let balancer = world.id_of(
        "createLoadBalancerRule",
        &[
            ("publicipid", &address),
            ("name", "web"),
            ("algorithm", "source"),
            ("publicport", "80"),
            ("privateport", "80"),
        ],
    );
    let make = |least| {
        vec![
            ("lbruleid", balancer.as_str()),
            ("minmembers", least),
            ("maxmembers", "4"),
            ("scaleuppolicyids", &up),
            ("scaledownpolicyids", &down),
            ("vmprofileid", &profile),
        ]
    };
    assert_eq!(world.fails("createAutoScaleVmGroup", &make("9")).0, 431);
    world.done(
        "assignToLoadBalancerRule",
        &[("id", &balancer), ("virtualmachineids", &machine)],
    );
    assert_eq!(world.fails("createAutoScaleVmGroup", &make("1")).0, 431);
    world.done(
        "removeFromLoadBalancerRule",
        &[("id", &balancer), ("virtualmachineids", &machine)],
    );
    let group = world.id_of("createAutoScaleVmGroup", &make("1"));
    let shown = || world.rows("listAutoScaleVmGroups", &[("policyid", &up)])[0].clone();
    assert_eq!(
        (&shown()["state"], &shown()["minmembers"]),
        (&json!("enabled"), &json!(1))
    );
    for (api, id) in [
        ("deleteAutoScalePolicy", &up),
        ("deleteAutoScaleVmProfile", &profile),
    ] {
        assert_eq!(world.fails(api, &[("id", id)]).0, 536, "{api}");
    }
    let change = [("id", group.as_str()), ("minmembers", "2")];
    assert_eq!(world.fails("updateAutoScaleVmGroup", &change).0, 431);
    assert_eq!(
        world
            .fails("updateAutoScalePolicy", &[("id", &up), ("duration", "1")])
            .0,
        431
    );
    world.done("disableAutoScaleVmGroup", &[("id", &group)]);
    world.done("updateAutoScaleVmGroup", &change);
    world.done("enableAutoScaleVmGroup", &[("id", &group)]);
    assert_eq!(
        (&shown()["state"], &shown()["minmembers"]),
        (&json!("enabled"), &json!(2))
    );
    world.done("deleteAutoScaleVmGroup", &[("id", &group)]);
    world.done("deleteAutoScaleVmProfile", &[("id", &profile)]);
    world.done("deleteAutoScalePolicy", &[("id", &up)]);
    world.done("deleteAutoScalePolicy", &[("id", &down)]);
    world.done("deleteCondition", &[("id", &condition)]);
    world.done("deleteCounter", &[("id", &counter)]);
    for list in [
        "AutoScaleVmGroups",
        "AutoScaleVmProfiles",
        "AutoScalePolicies",
        "Conditions",
        "Counters",
    ] {
        assert!(world.rows(&format!("list{list}"), &[]).is_empty(), "{list}");
    }
}
