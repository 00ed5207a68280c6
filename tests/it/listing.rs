//! Which list has the values of which parameter: every parameter of a real server's catalogue that takes ids.

use std::collections::BTreeMap;

use capuchin::catalog::Catalog;
use capuchin::cloud::usual;

/// For a part of the parameters, the lists that are right as the server itself declares what they mean.
const DECLARED: &str = include_str!("../recorded/uuid-params.json");

/// Fields that a list's rows have and the catalogue does not tell: the one of every job, and those of a virtual machine's
/// addresses beyond the first, which are told without their fields.
const UNTOLD: [&str; 2] = ["listAsyncJobs.jobid", "listVirtualMachines.secondaryip"];

/// The parameters without a list, and why.
const WITHOUT: [(&str, &str); 6] = [
    (
        "createTags.resourceids",
        "what they are is told by resourcetype, and each type has its list",
    ),
    ("deleteTags.resourceids", "as with createTags"),
    (
        "createVirtualRouterElement.providertype",
        "one of two words, whatever the server calls its type",
    ),
    (
        "deleteTrafficMonitor.id",
        "the list wants a zoneid, which the call does not have",
    ),
    (
        "deleteTrafficType.id",
        "the list wants a physicalnetworkid, which the call does not have",
    ),
    ("updateTrafficType.id", "as with deleteTrafficType"),
];

#[test]
fn every_parameter_that_takes_ids_leads_to_the_list_of_what_it_means() {
    let dialect = usual();
    let apis = dialect.shipped().unwrap().apis;
    let catalog = Catalog::of(apis.clone());
    let mut lists = BTreeMap::new();
    let (mut all, mut without) = (0, Vec::new());
    for api in &apis {
        for param in &api.params {
            if param.kind != "uuid" && !param.name.ends_with("ids") {
                continue;
            }
            all += 1;
            let place = format!("{}.{}", api.name, param.name);
            // Whatever the call takes besides may be typed first.
            let given: Vec<(String, String)> = api
                .params
                .iter()
                .filter(|other| other.name != param.name && other.kind == "uuid")
                .map(|other| (other.name.clone(), "1".to_string()))
                .collect();
            for given in [&given[..], &[]] {
                let Some(found) = dialect.listing(&catalog, api, &param.name, given) else {
                    continue;
                };
                let list = catalog.api(&found.request.api).unwrap().unwrap();
                let row = found.within.iter().fold(&list.response, |fields, within| {
                    let field = fields.iter().find(|field| field.name == *within);
                    &field
                        .unwrap_or_else(|| panic!("{place}: {within}"))
                        .response
                });
                let untold = format!(
                    "{}.{}",
                    list.name,
                    found.within.last().unwrap_or(&found.value)
                );
                assert!(
                    row.iter().any(|field| field.name == found.value)
                        || UNTOLD.contains(&untold.as_str()),
                    "{place}: {} has no {}",
                    list.name,
                    found.value
                );
                for (name, _) in &found.request.params {
                    assert!(list.param(name).is_some(), "{place}: {} {name}", list.name);
                }
                if found.missing.is_empty() {
                    lists.insert(place.clone(), list.name.clone());
                }
            }
            if !lists.contains_key(&place) {
                without.push(place);
            }
        }
    }
    without.sort();
    let mut named: Vec<&str> = WITHOUT.iter().map(|(place, _)| *place).collect();
    named.sort_unstable();
    assert_eq!(without, named);
    // A parameter that the catalogue has twice counts twice.
    assert_eq!(all, 968);
    assert!((all - without.len()) * 100 >= all * 95);

    let declared: serde_json::Value = serde_json::from_str(DECLARED).unwrap();
    let declared = declared["lists"].as_object().unwrap();
    assert_eq!(declared.len(), 411);
    for (place, right) in declared {
        let right: Vec<&str> = right
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|list| list.as_str())
            .collect();
        let found = lists.get(place).map_or("none", String::as_str);
        assert!(right.contains(&found), "{place}: {found}, not {right:?}");
    }
}
