//! Zones, pods, clusters, hosts, storage pools, templates and offerings: listed, offerings made and removed too.

use serde_json::{Value, json};

use super::listing::{Listing, PAGED, view};
use super::{Access, Api, Call, Done, Param, Reply, Takes, fields, opt, quotas, req, storage};
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

const NAMED: &[Param] = &[opt("name", Takes::Text, "only the one of this name")];
const IN_ZONE: &[Param] = &[opt("zoneid", Takes::Id("zone"), "only those in this zone")];

/// A list without rules of its own.
macro_rules! plain_list {
    ($name:literal, $about:literal, $access:expr, $params:expr, $answers:expr, $listing:expr) => {
        Api {
            name: $name,
            about: $about,
            access: $access,
            params: $params,
            answers: $answers,
            run: |call| call.list(&$listing),
            job: None,
        }
    };
}

pub const APIS: &[Api] = &[
    plain_list!(
        "listZones",
        "Lists zones",
        Access::Everyone,
        &[
            &[
                opt("id", Takes::Id("zone"), "the id of the zone"),
                opt(
                    "available",
                    Takes::Boolean,
                    "whether zones without machines of the caller count"
                ),
                opt("networktype", Takes::Text, "Basic or Advanced"),
                opt("domainid", Takes::Id("domain"), "only zones of this domain"),
                opt("tags", Takes::Map, "only zones with these tags"),
            ],
            NAMED,
            PAGED
        ],
        fields::ZONE,
        Listing {
            kind: "zone",
            name: "zone",
            filters: &[("networktype", "networktype")]
        }
    ),
    plain_list!(
        "listPods",
        "Lists pods",
        Access::Root,
        &[
            &[opt("id", Takes::Id("pod"), "the id of the pod")],
            NAMED,
            IN_ZONE,
            PAGED
        ],
        fields::POD,
        Listing {
            kind: "pod",
            name: "pod",
            filters: &[("zoneid", "zoneid")]
        }
    ),
    plain_list!(
        "listClusters",
        "Lists clusters",
        Access::Root,
        &[
            &[
                opt("id", Takes::Id("cluster"), "the id of the cluster"),
                opt("podid", Takes::Id("pod"), "only those in this pod"),
            ],
            NAMED,
            IN_ZONE,
            PAGED
        ],
        fields::CLUSTER,
        Listing {
            kind: "cluster",
            name: "cluster",
            filters: &[("zoneid", "zoneid"), ("podid", "podid")]
        }
    ),
    plain_list!(
        "listHosts",
        "Lists hosts",
        Access::Root,
        &[
            &[
                opt("id", Takes::Id("host"), "the id of the host"),
                opt("type", Takes::Text, "only hosts for this, such as Routing"),
                opt("state", Takes::Text, "only hosts in this state"),
                opt(
                    "clusterid",
                    Takes::Id("cluster"),
                    "only those in this cluster"
                ),
            ],
            NAMED,
            IN_ZONE,
            PAGED
        ],
        fields::HOST,
        Listing {
            kind: "host",
            name: "host",
            filters: &[
                ("zoneid", "zoneid"),
                ("clusterid", "clusterid"),
                ("type", "type"),
                ("state", "state")
            ]
        }
    ),
    plain_list!(
        "listStoragePools",
        "Lists storage pools",
        Access::Root,
        &[
            &[
                opt("id", Takes::Id("storagepool"), "the id of the storage pool"),
                opt(
                    "clusterid",
                    Takes::Id("cluster"),
                    "only those of this cluster"
                ),
            ],
            NAMED,
            IN_ZONE,
            PAGED
        ],
        fields::POOL,
        Listing {
            kind: "storagepool",
            name: "storagepool",
            filters: &[("zoneid", "zoneid"), ("clusterid", "clusterid")]
        }
    ),
    plain_list!(
        "listServiceOfferings",
        "Lists service offerings",
        Access::Everyone,
        &[
            &[
                opt("id", Takes::Id("serviceoffering"), "the id of the offering"),
                opt(
                    "domainid",
                    Takes::Id("domain"),
                    "only offerings of this domain"
                ),
            ],
            NAMED,
            PAGED
        ],
        fields::SERVICEOFFERING,
        Listing {
            kind: "serviceoffering",
            name: "serviceoffering",
            filters: &[]
        }
    ),
    Api {
        name: "createServiceOffering",
        about: "Creates a service offering",
        access: Access::Root,
        params: &[&[
            req("name", Takes::Text, "its name"),
            req("displaytext", Takes::Text, "what it is"),
            opt("cpunumber", Takes::Integer, "how many processors"),
            opt("cpuspeed", Takes::Integer, "their speed in MHz"),
            opt("memory", Takes::Integer, "the memory in MB"),
        ]],
        answers: fields::SERVICEOFFERING,
        run: create_service_offering,
        job: None,
    },
    Api {
        name: "deleteServiceOffering",
        about: "Deletes a service offering",
        access: Access::Root,
        params: &[&[req(
            "id",
            Takes::Id("serviceoffering"),
            "the id of the offering",
        )]],
        answers: fields::SUCCESS,
        run: |call| delete(call, "serviceoffering"),
        job: None,
    },
    plain_list!(
        "listDiskOfferings",
        "Lists disk offerings",
        Access::Everyone,
        &[
            &[
                opt("id", Takes::Id("diskoffering"), "the id of the offering"),
                opt(
                    "domainid",
                    Takes::Id("domain"),
                    "only offerings of this domain"
                ),
            ],
            NAMED,
            PAGED
        ],
        fields::DISKOFFERING,
        Listing {
            kind: "diskoffering",
            name: "diskoffering",
            filters: &[]
        }
    ),
    Api {
        name: "createDiskOffering",
        about: "Creates a disk offering",
        access: Access::Root,
        params: &[&[
            req("name", Takes::Text, "its name"),
            req("displaytext", Takes::Text, "what it is").up_to(4096),
            opt("disksize", Takes::Long, "the size in GB"),
            opt("customized", Takes::Boolean, "whether the size is free"),
        ]],
        answers: fields::DISKOFFERING,
        run: create_disk_offering,
        job: None,
    },
    Api {
        name: "deleteDiskOffering",
        about: "Deletes a disk offering",
        access: Access::Root,
        params: &[&[req(
            "id",
            Takes::Id("diskoffering"),
            "the id of the offering",
        )]],
        answers: fields::SUCCESS,
        run: |call| delete(call, "diskoffering"),
        job: None,
    },
    plain_list!(
        "listNetworkOfferings",
        "Lists network offerings",
        Access::Everyone,
        &[
            &[
                opt("id", Takes::Id("networkoffering"), "the id of the offering"),
                opt("guestiptype", Takes::Text, "Isolated or Shared"),
                opt(
                    "forvpc",
                    Takes::Boolean,
                    "whether only those for VPCs count, or none"
                ),
                opt(
                    "isdefault",
                    Takes::Boolean,
                    "whether only those count that came with the cloud"
                ),
                opt("traffictype", Takes::Text, "only those for this traffic"),
                opt("availability", Takes::Text, "Required, Optional …"),
                opt("state", Takes::Text, "Enabled or Disabled"),
                opt(
                    "zoneid",
                    Takes::Id("zone"),
                    "only those that this zone offers"
                ),
            ],
            NAMED,
            PAGED
        ],
        fields::NETWORKOFFERING,
        Listing {
            kind: "networkoffering",
            name: "networkoffering",
            filters: &[
                ("guestiptype", "guestiptype"),
                ("state", "state"),
                ("forvpc", "forvpc"),
                ("isdefault", "isdefault"),
                ("traffictype", "traffictype"),
                ("availability", "availability")
            ]
        }
    ),
    plain_list!(
        "listOsTypes",
        "Lists the operating systems that templates can have",
        Access::Everyone,
        &[
            &[
                opt("id", Takes::Id("ostype"), "the id of the operating system"),
                opt(
                    "description",
                    Takes::Text,
                    "only the one of this description"
                ),
                opt(
                    "oscategoryid",
                    Takes::Id("oscategory"),
                    "only those of this category"
                ),
            ],
            PAGED
        ],
        fields::OSTYPE,
        Listing {
            kind: "ostype",
            name: "ostype",
            filters: &[
                ("description", "description"),
                ("oscategoryid", "oscategoryid")
            ]
        }
    ),
    plain_list!(
        "listOsCategories",
        "Lists the categories of operating systems",
        Access::Everyone,
        &[
            &[opt("id", Takes::Id("oscategory"), "the id of the category")],
            NAMED,
            PAGED
        ],
        fields::OSCATEGORY,
        Listing {
            kind: "oscategory",
            name: "oscategory",
            filters: &[]
        }
    ),
    Api {
        name: "listHypervisors",
        about: "Lists the hypervisors that hosts run",
        access: Access::Everyone,
        params: &[IN_ZONE],
        answers: fields::HYPERVISOR,
        run: list_hypervisors,
        job: None,
    },
];

fn list_hypervisors(call: &mut Call) -> Done<Reply> {
    let mut names: Vec<Value> = Vec::new();
    for host in store::of_kind(call.db, "host")? {
        let name = json!({"name": host.body.get("hypervisor")});
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let count = names.len();
    Ok(Reply::List("hypervisor", names, count))
}

fn create_service_offering(call: &mut Call) -> Done<Reply> {
    let number = |name: &str| {
        call.number(name)
            .filter(|number| *number > 0)
            .ok_or_else(|| {
                Refusal::value(format!(
                    "Failed to create service offering: specify the {name} value greater than 0"
                ))
            })
    };
    let (cpus, speed, memory) = (number("cpunumber")?, number("cpuspeed")?, number("memory")?);
    let body = json!({"displaytext": call.required("displaytext")?, "cpunumber": cpus, "cpuspeed": speed,
        "memory": memory, "created": clock::date(call.now), "storagetype": "shared", "provisioningtype": "thin",
        "offerha": false, "limitcpuuse": false, "isvolatile": false, "issystem": false, "defaultuse": false,
        "iscustomized": false});
    let name = call.required("name")?.to_string();
    let thing = call.create(
        Made {
            kind: "serviceoffering",
            name: &name,
            state: "Active",
            ..Made::default()
        },
        body,
    )?;
    Ok(Reply::One("serviceoffering", view(call.db, &thing)?))
}

fn create_disk_offering(call: &mut Call) -> Done<Reply> {
    let customized = call.boolean("customized").unwrap_or(false);
    let size = call.number("disksize").unwrap_or(0);
    if !customized && size <= 0 {
        return Err(Refusal::value(
            "Disksize is required for a non-customized disk offering",
        ));
    }
    if size != 0 {
        storage::bytes(call, "disksize")?;
    }
    let body = json!({"displaytext": call.required("displaytext")?, "disksize": size,
        "created": clock::date(call.now), "iscustomized": customized, "storagetype": "shared",
        "provisioningtype": "thin", "displayoffering": true});
    let name = call.required("name")?.to_string();
    let thing = call.create(
        Made {
            kind: "diskoffering",
            name: &name,
            state: "Active",
            ..Made::default()
        },
        body,
    )?;
    Ok(Reply::One("diskoffering", view(call.db, &thing)?))
}

fn delete(call: &mut Call, kind: &str) -> Done<Reply> {
    let thing = call.required_thing("id", kind)?;
    store::remove(call.db, &thing)?;
    Ok(Reply::Success)
}

/// What a new thing is, besides its fields.
#[derive(Default)]
pub struct Made<'a> {
    pub kind: &'a str,
    pub name: &'a str,
    pub state: &'a str,
    pub parent: &'a str,
    /// The internal ids of whose it is; 0 for the cloud's own.
    pub account: i64,
    pub domain: i64,
    /// The uuid that it shall have, if somebody chose one.
    pub uuid: Option<String>,
}

/// Whether answers show the name that a thing is found by.
fn shows_name(kind: &str) -> bool {
    !matches!(
        kind,
        "user"
            | "publicip"
            | "rule"
            | "egressrule"
            | "portforwarding"
            | "ipforwarding"
            | "aclrule"
            | "policy"
            | "limit"
            | "trafficmonitor"
            | "hypervisorability"
            | "scalepolicy"
            | "scaleprofile"
            | "scalegroup"
            | "userdata"
            | "vlan"
            | "ostype"
            | "traffictype"
            | "element"
            | "staticroute"
            | "privategateway"
            | "vpngateway"
            | "vpnconnection"
            | "vpnuser"
            | "remotevpn"
            | "storageips"
            | "condition"
    )
}

impl Call<'_> {
    /// The id that a new thing shall have, where a root administrator chose one.
    pub fn custom_id(&self) -> Done<Option<String>> {
        let Some(uuid) = self.text("customid") else {
            return Ok(None);
        };
        if !self.caller.root() {
            return Err(Refusal::new(
                531,
                4365,
                "Please check your permissions, you are not allowed to create/update custom id",
            ));
        }
        if uuid.len() != 36 || uuid::Uuid::try_parse(uuid).is_err() {
            return Err(Refusal::value(format!(
                "UUID: {uuid} doesn't follow the UUID format"
            )));
        }
        if store::taken(self.db, uuid)? {
            return Err(Refusal::value(format!(
                "UUID: {uuid} already exists so can't create/update with custom id"
            )));
        }
        Ok(Some(uuid.into()))
    }

    /// Keeps a new thing; its id and name come first among its fields.
    pub fn create(&self, made: Made, fields: Value) -> Done<Thing> {
        quotas::reserve_made(self, &made, &fields)?;
        let uuid = made
            .uuid
            .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        let mut body = serde_json::Map::new();
        body.insert("id".into(), json!(uuid));
        if shows_name(made.kind) {
            body.insert("name".into(), json!(made.name));
        }
        if let Value::Object(fields) = fields {
            body.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
        }
        let mut thing = Thing {
            id: 0,
            number: 0,
            uuid,
            kind: made.kind.into(),
            name: made.name.into(),
            account: made.account,
            domain: made.domain,
            parent: made.parent.into(),
            state: made.state.into(),
            body,
        };
        store::insert(self.db, &mut thing)?;
        Ok(thing)
    }
}
