//! A zone's pods, clusters, hosts and storage to steps.

use super::node::Node;
use super::plan::{Look, Step, When, public};
use super::zones::{Writer, Zone, details, id, take, text, unlike};
use crate::error::Result;

const POD: &[&str] = &[
    "name",
    "startip",
    "endip",
    "netmask",
    "gateway",
    "guestIpRanges",
    "clusters",
];
const CLUSTER: &[&str] = &[
    "clustername",
    "hypervisor",
    "clustertype",
    "url",
    "username",
    "password",
    "hosts",
    "primaryStorages",
];

impl Writer {
    /// All pods, the ranges of addresses, and then what is in the pods.
    pub fn pods(&mut self, node: &Node, zone: &mut Zone) -> Result<()> {
        let pods = node.list("pods")?;
        unlike(&pods, "name")?;
        let mut kept = Vec::new();
        for pod in &pods {
            kept.push(self.pod(pod, zone)?);
        }
        self.ranges(node, zone)?;
        let mut vmware = node.object("vmwaredc")?;
        for (pod, kept) in pods.iter().zip(&kept) {
            let clusters = pod.list("clusters")?;
            unlike(&clusters, "clustername")?;
            for cluster in &clusters {
                let hypervisor = cluster.required("hypervisor")?;
                if hypervisor.eq_ignore_ascii_case("vmware")
                    && let Some(datacentre) = vmware.take()
                {
                    self.vmware(&datacentre, zone)?;
                }
                self.cluster(cluster, &hypervisor, zone, kept)?;
            }
        }
        Ok(())
    }

    fn pod(&mut self, node: &Node, zone: &Zone) -> Result<String> {
        node.only(POD, &mut self.plan.notes)?;
        let name = node.required("name")?;
        let kept = self.name("pod");
        let mut params = vec![text("name", &name), id("zoneid", &zone.kept)];
        for key in ["startip", "netmask", "gateway"] {
            node.required(key)?;
        }
        take(
            &mut params,
            node,
            &["startip", "endip", "netmask", "gateway"],
        )?;
        self.step(Step {
            path: node.path.clone(),
            api: "createPod",
            params,
            about: name.clone(),
            keeps: Some(kept.clone()),
            when: When::Unlisted(Look {
                api: "listPods",
                params: vec![id("zoneid", &zone.kept), text("name", &name)],
                rows: vec![vec![("name", name)]],
            }),
        });
        let ranges = node.list("guestIpRanges")?;
        match zone.guests.as_deref().filter(|_| zone.basic) {
            Some(network) => {
                for range in &ranges {
                    let mut params = vec![id("zoneid", &zone.kept), id("podid", &kept)];
                    params.push(id("networkid", network));
                    self.addresses(&mut params, range)?;
                    params.push(text("forvirtualnetwork", "false"));
                    self.range(range, params, zone)?;
                }
            }
            None if ranges.is_empty() => {}
            None => {
                let note = "is for Basic zones, and left out";
                let path = node.at("guestIpRanges");
                self.plan.notes.push(format!("{path} {note}"));
            }
        }
        Ok(kept)
    }

    /// The vCenter's datacentre has to be known before its first cluster; a file without one leaves its name empty.
    fn vmware(&mut self, node: &Node, zone: &Zone) -> Result<()> {
        let keys = ["name", "vcenter", "username", "password"];
        node.only(&keys, &mut self.plan.notes)?;
        let Some(name) = node.text("name")? else {
            return Ok(());
        };
        let mut params = vec![id("zoneid", &zone.kept)];
        take(&mut params, node, &keys)?;
        self.step(Step {
            path: node.path.clone(),
            api: "addVmwareDc",
            params,
            about: name.clone(),
            keeps: None,
            when: When::Unlisted(Look {
                api: "listVmwareDcs",
                params: vec![id("zoneid", &zone.kept)],
                rows: vec![vec![("name", name)]],
            }),
        });
        Ok(())
    }

    fn cluster(&mut self, node: &Node, hypervisor: &str, zone: &Zone, pod: &str) -> Result<()> {
        node.only(CLUSTER, &mut self.plan.notes)?;
        let name = node.required("clustername")?;
        let kept = self.name("cluster");
        let mut params = vec![
            id("zoneid", &zone.kept),
            id("podid", pod),
            text("clustername", &name),
            text("hypervisor", hypervisor),
            text("clustertype", &node.required("clustertype")?),
        ];
        take(&mut params, node, &["url", "username", "password"])?;
        self.step(Step {
            path: node.path.clone(),
            api: "addCluster",
            params,
            about: name.clone(),
            keeps: Some(kept.clone()),
            when: When::Unlisted(Look {
                api: "listClusters",
                params: vec![id("podid", pod), text("name", &name)],
                rows: vec![vec![("name", name)]],
            }),
        });
        let hosts = node.list("hosts")?;
        unlike(&hosts, "url")?;
        for host in &hosts {
            self.host(host, hypervisor, zone, (pod, &kept))?;
        }
        let pools = node.list("primaryStorages")?;
        unlike(&pools, "name")?;
        for pool in &pools {
            self.pool(pool, zone, Some((pod, &kept)))?;
        }
        Ok(())
    }

    fn host(
        &mut self,
        node: &Node,
        hypervisor: &str,
        zone: &Zone,
        (pod, cluster): (&str, &str),
    ) -> Result<()> {
        let keys = ["url", "username", "password", "hosttags"];
        node.only(&keys, &mut self.plan.notes)?;
        let url = node.required("url")?;
        let mut params = vec![
            id("zoneid", &zone.kept),
            id("podid", pod),
            id("clusterid", cluster),
            text("hypervisor", hypervisor),
        ];
        take(&mut params, node, &["url", "username", "password"])?;
        if let Some(tags) = node.texts("hosttags")? {
            params.push(text("hosttags", &tags));
        }
        // Clouds name a host as it names itself, by its address or by its URL.
        let place = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let place = place.trim_end_matches('/');
        let address = place.split(['/', ':']).next().unwrap_or(place);
        let rows = vec![
            vec![("name", place.to_string())],
            vec![("name", address.to_string())],
            vec![("ipaddress", address.to_string())],
        ];
        self.step(Step {
            path: node.path.clone(),
            api: "addHost",
            params,
            about: public(&url),
            keeps: None,
            when: When::Unlisted(Look {
                api: "listHosts",
                params: vec![id("clusterid", cluster)],
                rows,
            }),
        });
        Ok(())
    }

    /// A storage pool of a cluster, or of the whole zone.
    fn pool(&mut self, node: &Node, zone: &Zone, within: Option<(&str, &str)>) -> Result<()> {
        let keys = ["name", "url", "tags", "scope", "provider", "details"];
        node.only(&keys, &mut self.plan.notes)?;
        let (name, url) = (node.required("name")?, node.required("url")?);
        let mut params = vec![id("zoneid", &zone.kept)];
        let mut looked = params.clone();
        if let Some((pod, cluster)) = within {
            params.extend([id("podid", pod), id("clusterid", cluster)]);
            looked.push(id("clusterid", cluster));
        }
        params.extend([text("name", &name), text("url", &url)]);
        if let Some(tags) = node.texts("tags")? {
            params.push(text("tags", &tags));
        }
        match (node.text("scope")?, within) {
            (Some(scope), _) => params.push(text("scope", &scope)),
            (None, None) => params.push(text("scope", "ZONE")),
            (None, Some(_)) => {}
        }
        take(&mut params, node, &["provider"])?;
        params.extend(details(node, "details")?);
        looked.push(text("name", &name));
        self.step(Step {
            path: node.path.clone(),
            api: "createStoragePool",
            params,
            about: name.clone(),
            keeps: None,
            when: When::Unlisted(Look {
                api: "listStoragePools",
                params: looked,
                rows: vec![vec![("name", name)]],
            }),
        });
        Ok(())
    }

    /// Where templates and snapshots are kept, caches before, and the pools of the whole zone.
    pub fn stores(&mut self, node: &Node, zone: &Zone) -> Result<()> {
        for (key, api, list) in [
            (
                "cacheStorages",
                "createSecondaryStagingStore",
                "listSecondaryStagingStores",
            ),
            ("secondaryStorages", "addImageStore", "listImageStores"),
        ] {
            for store in node.list(key)? {
                self.store(&store, zone, api, list)?;
            }
        }
        let pools = node.list("primaryStorages")?;
        unlike(&pools, "name")?;
        for pool in &pools {
            self.pool(pool, zone, None)?;
        }
        Ok(())
    }

    fn store(
        &mut self,
        node: &Node,
        zone: &Zone,
        api: &'static str,
        list: &'static str,
    ) -> Result<()> {
        let keys = ["name", "url", "provider", "details"];
        node.only(&keys, &mut self.plan.notes)?;
        let provider = node.required("provider")?;
        // Object stores serve the whole cloud.
        let of_zone = !["s3", "swift"].contains(&provider.to_ascii_lowercase().as_str());
        let mut params = Vec::new();
        if of_zone {
            params.push(id("zoneid", &zone.kept));
        }
        let looked = params.clone();
        take(&mut params, node, &["name", "url", "provider"])?;
        params.extend(details(node, "details")?);
        let url = node.text("url")?;
        let name = node.text("name")?;
        let rows = match (&name, &url) {
            (Some(name), _) => vec![vec![("name", name.clone())]],
            (None, Some(url)) => {
                vec![vec![("url", url.clone())], vec![("name", url.clone())]]
            }
            (None, None) => vec![vec![("providername", provider.clone())]],
        };
        let about = name.or_else(|| url.as_deref().map(public));
        self.step(Step {
            path: node.path.clone(),
            api,
            params,
            about: about.unwrap_or(provider),
            keeps: None,
            when: When::Unlisted(Look {
                api: list,
                params: looked,
                rows,
            }),
        });
        Ok(())
    }
}
