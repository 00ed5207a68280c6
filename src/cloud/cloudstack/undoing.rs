//! Calls that make something whose undoing their verb and noun do not tell, and how it is asked whether it still is there.

use crate::cloud::{Source, Undoing};

use Source::{Given, Made, Text};

const TABLE: [Undoing; 10] = [
    Undoing {
        makes: "associateIpAddress",
        undo: ("disassociateIpAddress", &[("id", Made)]),
        list: ("listPublicIpAddresses", &[("id", Made)]),
    },
    // Without its zone it would be deleted where it was copied from as well.
    Undoing {
        makes: "copyTemplate",
        undo: (
            "deleteTemplate",
            &[("id", Given("id")), ("zoneid", Given("destzoneid"))],
        ),
        list: (
            "listTemplates",
            &[
                ("templatefilter", Text("all")),
                ("id", Given("id")),
                ("zoneid", Given("destzoneid")),
            ],
        ),
    },
    Undoing {
        makes: "copyIso",
        undo: (
            "deleteIso",
            &[("id", Given("id")), ("zoneid", Given("destzoneid"))],
        ),
        list: (
            "listIsos",
            &[
                ("isofilter", Text("all")),
                ("id", Given("id")),
                ("zoneid", Given("destzoneid")),
            ],
        ),
    },
    Undoing {
        makes: "createTags",
        undo: (
            "deleteTags",
            &[
                ("resourceids", Given("resourceids")),
                ("resourcetype", Given("resourcetype")),
                ("tags", Given("tags")),
            ],
        ),
        list: ("listTags", &[("resourceid", Given("resourceids"))]),
    },
    Undoing {
        makes: "createSnapshotPolicy",
        undo: ("deleteSnapshotPolicies", &[("id", Made)]),
        list: ("listSnapshotPolicies", &[("id", Made)]),
    },
    Undoing {
        makes: "createVMSnapshot",
        undo: ("deleteVMSnapshot", &[("vmsnapshotid", Made)]),
        list: ("listVMSnapshot", &[("vmsnapshotid", Made)]),
    },
    Undoing {
        makes: "createRemoteAccessVpn",
        undo: (
            "deleteRemoteAccessVpn",
            &[("publicipid", Given("publicipid"))],
        ),
        list: (
            "listRemoteAccessVpns",
            &[("publicipid", Given("publicipid"))],
        ),
    },
    Undoing {
        makes: "addVpnUser",
        undo: ("removeVpnUser", &[("username", Given("username"))]),
        list: ("listVpnUsers", &[("username", Given("username"))]),
    },
    Undoing {
        makes: "getUploadParamsForVolume",
        undo: ("deleteVolume", &[("id", Made)]),
        list: ("listVolumes", &[("id", Made)]),
    },
    Undoing {
        makes: "getUploadParamsForTemplate",
        undo: ("deleteTemplate", &[("id", Made)]),
        list: (
            "listTemplates",
            &[("templatefilter", Text("all")), ("id", Made)],
        ),
    },
];

pub fn of(api: &str) -> Option<&'static Undoing> {
    TABLE.iter().find(|row| row.makes == api)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::testing::recorded;

    #[test]
    fn each_call_of_the_table_is_one_of_the_cloud_and_takes_what_it_is_given() {
        let catalog = recorded();
        for row in TABLE {
            let made = catalog.api(row.makes).unwrap().unwrap();
            for (name, params) in [row.undo, row.list] {
                let api = catalog.api(name).unwrap().unwrap();
                for (param, source) in params {
                    assert!(api.param(param).is_some(), "{name} {param}");
                    if let Given(given) = source {
                        assert!(made.param(given).is_some(), "{} {given}", row.makes);
                    }
                }
                let required = api.params.iter().filter(|param| param.required);
                for param in required {
                    let given = params.iter().any(|(name, _)| *name == param.name);
                    assert!(given, "{name} {}", param.name);
                }
            }
        }
    }
}
