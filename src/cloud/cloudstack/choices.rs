//! The parameters whose values are a fixed set: an API and a parameter in, the values out, from the table in choices.txt.

use crate::catalog::names::Named;

/// Lines of APIs (`*` is all of them, `list*` those that begin so; several have commas between), parameter and values, with
/// `value=what it means` where the value does not say so itself; `%20` is a blank in a value. The first line that fits counts.
pub const TABLE: &str = include_str!("choices.txt");

/// The values by the first of the tables that has the parameter.
pub fn choices(tables: &[&'static str], api: &str, param: &str) -> Vec<Named> {
    let mut lines = tables.iter().flat_map(|table| lines(table));
    let line = lines.find(|(apis, known, _)| *known == param && fits(apis, api));
    let values = line.map_or("", |(.., values)| values);
    let values = values.split_ascii_whitespace();
    values
        .map(|word| match word.split_once('=') {
            Some((value, meaning)) => Named {
                name: meaning.replace('_', " "),
                value: value.to_string(),
            },
            None => {
                let value = word.replace("%20", " ");
                Named {
                    name: value.clone(),
                    value,
                }
            }
        })
        .collect()
}

fn lines(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (apis, rest) = line.split_once(' ')?;
            let (param, values) = rest.split_once(' ')?;
            Some((apis, param, values))
        })
}

fn fits(apis: &str, api: &str) -> bool {
    apis.split(',').any(|known| match known.strip_suffix('*') {
        Some(start) => api.starts_with(start),
        None => known == api,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::testing::recorded;

    #[test]
    fn the_first_line_that_fits_counts() {
        let values = |api: &str, param: &str| {
            let values = choices(&[TABLE], api, param).into_iter();
            values
                .map(|named| named.value)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(values("createPortForwardingRule", "protocol"), "tcp udp");
        assert_eq!(values("createFirewallRule", "protocol"), "tcp udp icmp all");
        assert_eq!(values("createZone", "networktype"), "Basic Advanced");
        assert_eq!(values("createZone", "name"), "");
        let types = choices(&[TABLE], "updateResourceLimit", "resourcetype");
        assert_eq!(
            (types[8].value.as_str(), types[8].name.as_str()),
            ("8", "CPU cores")
        );
        assert_eq!(
            values("createTags", "resourcetype").split(' ').next(),
            Some("UserVm")
        );
    }

    #[test]
    fn each_line_is_about_a_parameter_that_a_server_has() {
        let catalog = recorded();
        let apis: Vec<_> = catalog.entries().iter().collect();
        for (known, param, values) in lines(TABLE) {
            let has = |api: &str| {
                let api = catalog.api(api).unwrap().unwrap();
                api.param(param).is_some()
            };
            let fitting = apis.iter().filter(|api| fits(known, &api.name));
            assert!(fitting.clone().any(|api| has(&api.name)), "{known} {param}");
            for name in known.split(',').filter(|name| !name.ends_with('*')) {
                assert!(has(name), "{name} {param}");
            }
            assert!(!values.is_empty(), "{known} {param}");
        }
    }
}
