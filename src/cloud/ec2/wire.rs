//! A request as it was meant to parameters as they go over the wire: lists by numbers, filters by pairs, user data in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::catalog::{self, LIST};
use crate::cloud::Request;

const FILTER: &str = "Filter";

/// What is sent in base64 and may be given as it is.
const ENCODED: [&str; 2] = ["UserData", "UserData.Value"];
/// The same, but for those who have it in base64 already.
const KEY: &str = "PublicKeyMaterial";

/// The action's own parameters, without who calls and when.
pub fn params(request: &Request) -> Vec<(String, String)> {
    let action = catalog::action(&request.api);
    let mut sent = Vec::new();
    for (name, value) in &request.params {
        let param = action.and_then(|action| action.api.param(name));
        let Some(param) = param else {
            sent.push((name.clone(), value.clone()));
            continue;
        };
        let part = name.get(param.name.len()..).unwrap_or_default();
        let numbered = part.starts_with('.') && part[1..].starts_with(|c: char| c.is_ascii_digit());
        if param.name == FILTER && !numbered {
            filter(part.trim_start_matches('.'), value, request, &mut sent);
        } else if param.kind == LIST && part.is_empty() {
            list(&param.name, value, request, &mut sent);
        } else if ENCODED.contains(&name.as_str()) || (name == KEY && is_plain_key(value)) {
            sent.push((name.clone(), STANDARD.encode(value)));
        } else {
            sent.push((name.clone(), value.clone()));
        }
    }
    sent
}

/// `InstanceId=a,b` is InstanceId.1 and InstanceId.2.
fn list(name: &str, value: &str, request: &Request, sent: &mut Vec<(String, String)>) {
    let first = free(name, request, sent);
    let values = value.split(',').filter(|value| !value.is_empty());
    for (number, value) in (first..).zip(values) {
        sent.push((format!("{name}.{number}"), value.into()));
    }
}

/// `Filter.instance-state-name=a,b` is a pair of a name and its values.
fn filter(name: &str, value: &str, request: &Request, sent: &mut Vec<(String, String)>) {
    let number = free(FILTER, request, sent);
    sent.push((format!("{FILTER}.{number}.Name"), name.into()));
    for (place, value) in (1..).zip(value.split(',')) {
        sent.push((format!("{FILTER}.{number}.Value.{place}"), value.into()));
    }
}

/// The first number that none of the list has, on the line or so far.
fn free(list: &str, request: &Request, sent: &[(String, String)]) -> u64 {
    let taken = request.params.iter().chain(sent);
    let taken = taken.filter_map(|(name, _)| {
        let rest = name.get(..list.len()).filter(|base| *base == list);
        let rest = rest.and(name.get(list.len()..))?.strip_prefix('.')?;
        let number = rest.split('.').next()?;
        // No list goes on so far that a number behind these would be another's; the cloud refuses larger ones.
        number.parse::<u32>().ok()
    });
    taken.max().map_or(1, |last| u64::from(last) + 1)
}

/// Whether a public key is one as files have it, and not in base64 already.
fn is_plain_key(value: &str) -> bool {
    value.trim().contains([' ', '\n']) || value.starts_with("---")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(api: &str, params: &[(&str, &str)]) -> String {
        let request = Request {
            api: api.into(),
            params: params
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
        };
        let pairs = super::params(&request);
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join(" ")
    }

    #[test]
    fn lists_filters_and_user_data_go_as_the_api_wants_them() {
        for (api, params, expected) in [
            (
                "stopInstances",
                &[("InstanceId", "a,b"), ("Force", "true")][..],
                "InstanceId.1=a InstanceId.2=b Force=true",
            ),
            (
                "stopInstances",
                &[("InstanceId.3", "c"), ("InstanceId", "a,b")],
                "InstanceId.3=c InstanceId.4=a InstanceId.5=b",
            ),
            (
                "stopInstances",
                &[
                    ("InstanceId.18446744073709551615", "c"),
                    ("InstanceId.4294967295", "d"),
                    ("InstanceId", "a,b"),
                ],
                "InstanceId.18446744073709551615=c InstanceId.4294967295=d \
                 InstanceId.4294967296=a InstanceId.4294967297=b",
            ),
            (
                "describeInstances",
                &[
                    ("Filter.instance-state-name", "running,pending"),
                    ("Filter.tag-key", "x"),
                ],
                "Filter.1.Name=instance-state-name Filter.1.Value.1=running Filter.1.Value.2=pending \
                 Filter.2.Name=tag-key Filter.2.Value.1=x",
            ),
            (
                "describeInstances",
                &[
                    ("Filter.dns-name", "h"),
                    ("Filter.7.Name", "vpc-id"),
                    ("Filter.7.Value.1", "a,b"),
                ],
                "Filter.8.Name=dns-name Filter.8.Value.1=h Filter.7.Name=vpc-id Filter.7.Value.1=a,b",
            ),
            (
                "runInstances",
                &[
                    ("UserData", "#!/bin/sh\n"),
                    ("Placement.AvailabilityZone", "z,1"),
                ],
                "UserData=IyEvYmluL3NoCg== Placement.AvailabilityZone=z,1",
            ),
            (
                "modifyInstanceAttribute",
                &[("InstanceId", "a,b"), ("UserData.Value", "é")],
                "InstanceId=a,b UserData.Value=w6k=",
            ),
            (
                "importKeyPair",
                &[("PublicKeyMaterial", "ssh-rsa AAAA me")],
                "PublicKeyMaterial=c3NoLXJzYSBBQUFBIG1l",
            ),
            (
                "importKeyPair",
                &[("PublicKeyMaterial", "c3NoLXJzYSBBQUFBIG1l")],
                "PublicKeyMaterial=c3NoLXJzYSBBQUFBIG1l",
            ),
            ("makeCoffee", &[("Cup", "a,b")], "Cup=a,b"),
            ("DescribeInstances", &[("InstanceId", "")], ""),
        ] {
            assert_eq!(sent(api, params), expected);
        }
    }
}
