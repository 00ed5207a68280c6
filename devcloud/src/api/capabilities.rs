//! What the services of networks are able to do, as networks, their offerings and the cloud as a whole say it.

use serde_json::{Value, json};

/// A service with what it is able to do in a network.
const IN_NETWORKS: &[(&str, &[(&str, &str)])] = &[
    (
        "Vpn",
        &[
            ("SupportedVpnTypes", "pptp,l2tp,ipsec"),
            ("VpnTypes", "removeaccessvpn"),
        ],
    ),
    (
        "SourceNat",
        &[
            ("SupportedSourceNatTypes", "peraccount"),
            ("RedundantRouter", "true"),
        ],
    ),
    (
        "Lb",
        &[
            ("LbSchemes", "Public"),
            ("SupportedLbAlgorithms", "roundrobin,leastconn,source"),
            ("SupportedProtocols", "tcp, udp, tcp-proxy"),
            ("SupportedLBIsolation", "dedicated"),
        ],
    ),
    ("Dhcp", &[("DhcpAccrossMultipleSubnets", "true")]),
    ("Dns", &[("AllowDnsSuffixModification", "true")]),
    (
        "Firewall",
        &[
            ("MultipleIps", "true"),
            ("SupportedTrafficDirection", "ingress, egress"),
            ("SupportedEgressProtocols", "tcp,udp,icmp, all"),
            ("TrafficStatistics", "per public ip"),
            ("SupportedProtocols", "tcp,udp,icmp"),
        ],
    ),
    ("PortForwarding", &[("SupportedProtocols", "tcp,udp")]),
    ("NetworkACL", &[("SupportedProtocols", "tcp,udp,icmp")]),
];

/// The same of an offering, where it says so.
const IN_OFFERINGS: &[(&str, &[(&str, &str)])] = &[
    (
        "SourceNat",
        &[
            ("SupportedSourceNatTypes", "peraccount"),
            ("RedundantRouter", "false"),
        ],
    ),
    (
        "StaticNat",
        &[("ElasticIp", "false"), ("AssociatePublicIP", "true")],
    ),
    (
        "Lb",
        &[
            ("SupportedLBIsolation", "dedicated"),
            ("ElasticLb", "false"),
            ("InlineMode", "false"),
        ],
    ),
];

/// What a service can be chosen to do, and whether there is a choice.
const IN_ALL: &[(&str, &[(&str, bool)])] = &[
    ("Vpn", &[("SupportedVpnTypes", false), ("VpnTypes", false)]),
    ("Dhcp", &[("ExtraDhcpOptions", false)]),
    ("Dns", &[("AllowDnsSuffixModification", false)]),
    (
        "Firewall",
        &[
            ("SupportedProtocols", false),
            ("MultipleIps", false),
            ("TrafficStatistics", false),
            ("SupportedTrafficDirection", false),
            ("SupportedEgressProtocols", false),
        ],
    ),
    (
        "Lb",
        &[
            ("SupportedLbAlgorithms", false),
            ("SupportedLBIsolation", true),
            ("SupportedProtocols", false),
            ("TrafficStatistics", false),
            ("LoadBalancingSupportedIps", false),
            ("SupportedStickinessMethods", false),
            ("ElasticLb", false),
            ("LbSchemes", false),
        ],
    ),
    (
        "SourceNat",
        &[("SupportedSourceNatTypes", true), ("RedundantRouter", true)],
    ),
    ("StaticNat", &[("ElasticIp", false)]),
    ("NetworkACL", &[("SupportedProtocols", false)]),
];

/// Ways to keep a caller on the machine that it came to first, and the parameters of each; flags are told apart.
const STICKINESS: &[(&str, &[(&str, bool)])] = &[
    (
        "LbCookie",
        &[
            ("cookie-name", false),
            ("mode", false),
            ("nocache", true),
            ("indirect", true),
            ("postonly", true),
            ("domain", false),
        ],
    ),
    (
        "AppCookie",
        &[
            ("cookie-name", false),
            ("length", false),
            ("holdtime", false),
            ("request-learn", true),
            ("prefix", true),
            ("mode", false),
        ],
    ),
    ("SourceBased", &[("tablesize", false), ("expire", false)]),
];

fn valued(table: &[(&str, &[(&str, &str)])], service: &str) -> Vec<Value> {
    let known = table.iter().find(|(name, _)| *name == service);
    known.map_or(Vec::new(), |(_, abilities)| {
        abilities
            .iter()
            .map(|(name, value)| ability(name, value))
            .collect()
    })
}

fn ability(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value, "canchooseservicecapability": false})
}

fn with(mut service: Value, abilities: Vec<Value>) -> Value {
    if !abilities.is_empty() {
        service["capability"] = Value::Array(abilities);
    }
    service
}

/// A service as a network shows it.
pub fn of_network(name: &str) -> Value {
    let mut abilities = valued(IN_NETWORKS, name);
    if name == "Lb" {
        let methods: Vec<Value> = STICKINESS
            .iter()
            .map(|(method, params)| {
                let params: Vec<Value> = params
                    .iter()
                    .map(|(param, flag)| {
                        json!({"paramname": param, "required": false, "isflag": flag, "description": " "})
                    })
                    .collect();
                json!({"methodname": method, "paramlist": params, "description": format!("{method} stickiness")})
            })
            .collect();
        abilities.push(ability(
            "SupportedStickinessMethods",
            &Value::Array(methods).to_string(),
        ));
    }
    with(json!({"name": name}), abilities)
}

/// A service as an offering shows it, by its providers.
pub fn of_offering(name: &str, provider: &str) -> Value {
    let service = json!({"name": name, "provider": [{"name": provider}]});
    with(service, valued(IN_OFFERINGS, name))
}

/// What a service can be able to do at all.
pub fn of_service(name: &str) -> Vec<Value> {
    let known = IN_ALL.iter().find(|(known, _)| *known == name);
    known.map_or(Vec::new(), |(_, abilities)| {
        abilities
            .iter()
            .map(|(name, choice)| json!({"name": name, "canchooseservicecapability": choice}))
            .collect()
    })
}
