//! The list call whose rows are what a parameter means, by the table in lists.txt: the parameter and what was typed in, the
//! call with as much of that as it needs and narrows by out.

use std::sync::Arc;

use super::catalogue::{self, Platform};
use super::sign::is_list;
use crate::catalog::{Api, Catalog};
use crate::cloud::Request;
use crate::cloud::listing::Listing;
use crate::line::byname::has_name;

const TABLE: &str = include_str!("lists.txt");

/// What narrows a list and never hides a right value; what a list requires is taken besides.
const NARROWING: [&str; 5] = ["regionCode", "regionNo", "zoneCode", "zoneNo", "vpcNo"];

/// What a list tells besides, in place of a name.
const LABELS: [&str; 3] = ["ip", "port", "productDescription"];

struct Line {
    list: &'static str,
    value: &'static str,
    names: Vec<&'static str>,
    states: Vec<&'static str>,
    params: Vec<&'static str>,
}

pub fn listing(
    platform: Platform,
    catalog: &Catalog,
    api: &Api,
    param: &str,
    given: &[(String, String)],
) -> Option<Listing> {
    let wanted = bare(param);
    lines()
        .filter(|line| line.params.contains(&wanted))
        .find_map(|line| {
            let list = known(platform, catalog, &api.name, &line)?;
            Some(of(platform, &line, &list, &api.name, given))
        })
}

fn lines() -> impl Iterator<Item = Line> {
    TABLE.lines().filter_map(|text| {
        let (call, params) = text.split_once(" : ")?;
        let mut words = call.split(' ');
        let (list, value) = (words.next()?, words.next()?);
        let fields = |text: &'static str| -> Vec<&'static str> {
            text.split(',').filter(|field| *field != "-").collect()
        };
        (!text.starts_with('#')).then_some(Line {
            list,
            value,
            names: fields(words.next()?),
            states: fields(words.next()?),
            params: params.split(' ').collect(),
        })
    })
}

/// What a parameter is called without the list that it is in and without its being one: `subnetNo` of
/// `networkInterfaceList.1.subnetNo`, `serverInstanceNo` of `serverInstanceNoList`.
fn bare(param: &str) -> &str {
    let mut parts = param.rsplit('.');
    let last = parts.find(|part| part.parse::<u32>().is_err());
    let last = last.unwrap_or(param);
    match is_list(last) {
        true => last.strip_suffix("List").unwrap_or(last),
        false => last,
    }
}

/// The list as the platform of that API has it, if its rows have the value.
fn known(platform: Platform, catalog: &Catalog, api: &str, line: &Line) -> Option<Arc<Api>> {
    let find = |name: &str| catalog.api(name).ok().flatten();
    let own = platform.place(api).service;
    let services = [own, "server"].into_iter();
    let beside = services
        .filter(|_| platform.is_classic(api))
        .filter_map(|service| find(&format!("{service}/{}", line.list)));
    let has = |list: &Arc<Api>| list.response.iter().any(|field| field.name == line.value);
    beside.chain(find(line.list)).find(has)
}

fn of(
    platform: Platform,
    line: &Line,
    list: &Api,
    api: &str,
    given: &[(String, String)],
) -> Listing {
    // A name or a file that is still to be looked into narrows nothing, and a list is not narrowed by itself.
    let typed = |name: &str| {
        let mut given = given.iter();
        let found = given.find(|(known, _)| known == name)?;
        let text = found.1.as_str();
        let plain = !(text.is_empty() || has_name(text) || text.starts_with('@'));
        plain.then(|| text.to_string())
    };
    let mut params = Vec::new();
    let mut missing = Vec::new();
    for param in &list.params {
        let narrows = NARROWING.contains(&param.name.as_str()) && list.name != api;
        match typed(&param.name).filter(|_| param.required || narrows) {
            Some(value) => params.push((param.name.clone(), value)),
            None if param.required => missing.push(param.name.clone()),
            None => {}
        }
    }
    let has = |name: &str| list.param(name).is_some();
    let place = platform.place(&list.name);
    let by = |name: &str| catalogue::param_of(place.service, place.action, name);
    Listing {
        request: Request {
            api: list.name.clone(),
            params,
        },
        missing,
        keyword: false,
        paged: has("pageNo") && has("pageSize"),
        by_value: by(&format!("{}List", line.value)).or_else(|| by(line.value)),
        within: Vec::new(),
        value: line.value,
        names: line.names.clone(),
        labels: LABELS.into(),
        states: line.states.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_about_fields_and_parameters_that_there_are() {
        let apis = [Platform::Vpc, Platform::Classic]
            .map(Platform::apis)
            .concat();
        for line in lines() {
            let own = apis.iter().filter(|api| api.name == line.list);
            let has = |field: &&str| {
                let mut lists = own.clone();
                lists.any(|api| api.response.iter().any(|known| known.name == **field))
            };
            assert!(has(&line.value), "{} {}", line.list, line.value);
            for field in line.names.iter().chain(&line.states) {
                assert!(has(field), "{} {field}", line.list);
            }
            for param in &line.params {
                let named = |api: &Api| {
                    let parts = api.params.iter().flat_map(|param| {
                        let own = std::iter::once(param.name.clone());
                        let members = param.members.iter();
                        own.chain(members.map(|member| format!("{}{}", param.name, member.name)))
                    });
                    parts.into_iter().any(|name| bare(&name) == *param)
                };
                assert!(apis.iter().any(named), "{param}");
            }
        }
    }

    #[test]
    fn nearly_every_number_has_its_list() {
        for platform in [Platform::Vpc, Platform::Classic] {
            let apis = platform.apis();
            let catalog = Catalog::of(apis.clone());
            let mut without: Vec<String> = Vec::new();
            for api in &apis {
                for param in &api.params {
                    let number = param.name.ends_with("No") || param.name.ends_with("NoList");
                    let page = matches!(param.name.as_str(), "pageNo" | "serverCreateStartNo");
                    if number
                        && !page
                        && listing(platform, &catalog, api, &param.name, &[]).is_none()
                    {
                        without.push(param.name.clone());
                    }
                }
            }
            without.sort();
            without.dedup();
            // No action lists certificates; what logs are about nobody types.
            without.retain(|name| {
                !matches!(
                    name.as_str(),
                    "sslCertificateNo" | "activityNoList" | "configurationNoList"
                )
            });
            assert!(without.is_empty(), "{platform:?} {without:?}");
        }
    }

    #[test]
    fn a_list_is_asked_for_one_thing_by_its_number() {
        let catalog = Catalog::of(Platform::Vpc.apis());
        for (api, param, expected) in [
            (
                "stopServerInstances",
                "serverInstanceNoList",
                Some("serverInstanceNoList"),
            ),
            ("deleteVpc", "vpcNo", Some("vpcNoList")),
            ("createServerInstances", "loginKeyName", Some("keyName")),
            ("getZoneList", "regionCode", None),
        ] {
            let api = catalog.api(api).unwrap().unwrap();
            let listing = listing(Platform::Vpc, &catalog, &api, param, &[]).unwrap();
            assert_eq!(listing.by_value, expected, "{param}");
        }
    }

    #[test]
    fn lists_are_narrowed_by_what_was_typed() {
        let catalog = Catalog::of(Platform::Vpc.apis());
        let listed = |api: &str, param: &str, given: &[(&str, &str)]| {
            let api = catalog.api(api).unwrap().unwrap();
            let given: Vec<_> = given
                .iter()
                .map(|(n, v)| (n.to_string(), v.to_string()))
                .collect();
            let listing = listing(Platform::Vpc, &catalog, &api, param, &given).unwrap();
            let params = listing.request.params.iter();
            let params: String = params.map(|(n, v)| format!(" {n}={v}")).collect();
            (format!("{}{params}", listing.request.api), listing.missing)
        };
        for (api, param, given, expected, missing) in [
            (
                "createServerInstances",
                "subnetNo",
                &[("vpcNo", "5"), ("regionCode", "KR"), ("serverName", "x")][..],
                "getSubnetList regionCode=KR vpcNo=5",
                &[][..],
            ),
            (
                "createServerInstances",
                "networkInterfaceList.1.accessControlGroupNoList",
                &[("vpcNo", "name:x")],
                "getAccessControlGroupList",
                &[],
            ),
            (
                "addLoadBalancerListenerCertificate",
                "loadBalancerListenerNo",
                &[],
                "getLoadBalancerListenerList",
                &["loadBalancerInstanceNo"],
            ),
            (
                "server/stopServerInstances",
                "serverInstanceNoList",
                &[],
                "server/getServerInstanceList",
                &[],
            ),
            (
                "getServerInstanceList",
                "vpcNo",
                &[("vpcNo", "5")],
                "getVpcList",
                &[],
            ),
        ] {
            let (call, lacks) = listed(api, param, given);
            assert_eq!(
                (call.as_str(), lacks.as_slice()),
                (
                    expected,
                    &missing.iter().map(|m| m.to_string()).collect::<Vec<_>>()[..]
                ),
                "{api} {param}"
            );
        }
    }
}
