//! Calls that make something whose undoing their verb and noun do not tell, and how it is asked whether it still is there.

use crate::cloud::{Source, Undoing};

use Source::{Given, Made};

/// What undoes a call by the number of what it made, and lists it by that.
const fn by_number(
    makes: &'static str,
    undo: (&'static str, &'static [(&'static str, Source)]),
    list: (&'static str, &'static [(&'static str, Source)]),
) -> Undoing {
    Undoing { makes, undo, list }
}

const TABLE: [Undoing; 20] = [
    by_number(
        "createServerInstances",
        (
            "terminateServerInstances",
            &[("serverInstanceNoList", Made)],
        ),
        ("getServerInstanceList", &[("serverInstanceNoList", Made)]),
    ),
    by_number(
        "createBlockStorageInstance",
        (
            "deleteBlockStorageInstances",
            &[("blockStorageInstanceNoList", Made)],
        ),
        (
            "getBlockStorageInstanceList",
            &[("blockStorageInstanceNoList", Made)],
        ),
    ),
    by_number(
        "createBlockStorageSnapshotInstance",
        (
            "deleteBlockStorageSnapshotInstances",
            &[("blockStorageSnapshotInstanceNoList", Made)],
        ),
        (
            "getBlockStorageSnapshotInstanceList",
            &[("blockStorageSnapshotInstanceNoList", Made)],
        ),
    ),
    by_number(
        "createMemberServerImageInstance",
        (
            "deleteMemberServerImageInstances",
            &[("memberServerImageInstanceNoList", Made)],
        ),
        (
            "getMemberServerImageInstanceList",
            &[("memberServerImageInstanceNoList", Made)],
        ),
    ),
    by_number(
        "createServerImage",
        ("deleteServerImage", &[("serverImageNoList", Made)]),
        ("getServerImageList", &[("serverImageNoList", Made)]),
    ),
    by_number(
        "createPublicIpInstance",
        ("deletePublicIpInstance", &[("publicIpInstanceNo", Made)]),
        (
            "getPublicIpInstanceList",
            &[("publicIpInstanceNoList", Made)],
        ),
    ),
    by_number(
        "createNetworkInterface",
        ("deleteNetworkInterface", &[("networkInterfaceNo", Made)]),
        (
            "getNetworkInterfaceList",
            &[("networkInterfaceNoList", Made)],
        ),
    ),
    by_number(
        "createInitScript",
        ("deleteInitScripts", &[("initScriptNoList", Made)]),
        ("getInitScriptList", &[("initScriptNoList", Made)]),
    ),
    by_number(
        "createPlacementGroup",
        ("deletePlacementGroup", &[("placementGroupNo", Made)]),
        ("getPlacementGroupList", &[("placementGroupNoList", Made)]),
    ),
    by_number(
        "createVpc",
        ("deleteVpc", &[("vpcNo", Made)]),
        ("getVpcList", &[("vpcNoList", Made)]),
    ),
    by_number(
        "createSubnet",
        ("deleteSubnet", &[("subnetNo", Made)]),
        ("getSubnetList", &[("subnetNoList", Made)]),
    ),
    by_number(
        "createRouteTable",
        ("deleteRouteTable", &[("routeTableNo", Made)]),
        ("getRouteTableList", &[("routeTableNoList", Made)]),
    ),
    by_number(
        "createNatGatewayInstance",
        (
            "deleteNatGatewayInstance",
            &[("natGatewayInstanceNo", Made)],
        ),
        (
            "getNatGatewayInstanceList",
            &[("natGatewayInstanceNoList", Made)],
        ),
    ),
    by_number(
        "createNetworkAcl",
        ("deleteNetworkAcl", &[("networkAclNo", Made)]),
        ("getNetworkAclList", &[("networkAclNoList", Made)]),
    ),
    by_number(
        "createVpcPeeringInstance",
        (
            "deleteVpcPeeringInstance",
            &[("vpcPeeringInstanceNo", Made)],
        ),
        (
            "getVpcPeeringInstanceList",
            &[("vpcPeeringInstanceNoList", Made)],
        ),
    ),
    by_number(
        "createLoadBalancerInstance",
        (
            "deleteLoadBalancerInstances",
            &[("loadBalancerInstanceNoList", Made)],
        ),
        (
            "getLoadBalancerInstanceList",
            &[("loadBalancerInstanceNoList", Made)],
        ),
    ),
    by_number(
        "createTargetGroup",
        ("deleteTargetGroups", &[("targetGroupNoList", Made)]),
        ("getTargetGroupList", &[("targetGroupNoList", Made)]),
    ),
    by_number(
        "createNasVolumeInstance",
        (
            "deleteNasVolumeInstances",
            &[("nasVolumeInstanceNoList", Made)],
        ),
        (
            "getNasVolumeInstanceList",
            &[("nasVolumeInstanceNoList", Made)],
        ),
    ),
    by_number(
        "createAccessControlGroup",
        (
            "deleteAccessControlGroup",
            &[("accessControlGroupNo", Made), ("vpcNo", Given("vpcNo"))],
        ),
        (
            "getAccessControlGroupList",
            &[("accessControlGroupNoList", Made)],
        ),
    ),
    by_number(
        "createLoginKey",
        ("deleteLoginKeys", &[("keyNameList", Given("keyName"))]),
        ("getLoginKeyList", &[("keyName", Given("keyName"))]),
    ),
];

/// How what a call makes is undone; what several services make goes by their names and is left to whoever made it.
pub fn of(api: &str) -> Option<&'static Undoing> {
    TABLE.iter().find(|undoing| undoing.makes == api)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::cloud::ncloud::catalogue::Platform;

    #[test]
    fn the_table_is_about_what_there_is() {
        let catalog = Catalog::of(Platform::Vpc.apis());
        for undoing in &TABLE {
            assert!(
                catalog.api(undoing.makes).unwrap().is_some(),
                "{}",
                undoing.makes
            );
            for (name, params) in [undoing.undo, undoing.list] {
                let api = catalog.api(name).unwrap().unwrap();
                assert!(
                    params.iter().all(|(param, _)| api.param(param).is_some()),
                    "{name}"
                );
            }
        }
    }
}
