//! The parameters whose values are a fixed set: a parameter in, the values out, from the table in choices.txt.

use crate::catalog::names::Named;

const TABLE: &str = include_str!("choices.txt");

pub fn choices(param: &str) -> Vec<Named> {
    let line = lines().find(|(params, _)| params.split(' ').any(|known| known == param));
    let values = line.map_or("", |(_, values)| values);
    let named = |word: &str| {
        let (value, meaning) = word.split_once('=').unwrap_or((word, word));
        Named {
            name: meaning.replace('_', " "),
            value: value.into(),
        }
    };
    values.split_ascii_whitespace().map(named).collect()
}

fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(" : "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::ncloud::catalogue::Platform;

    #[test]
    fn each_line_is_about_parameters_that_there_are() {
        let apis = [Platform::Vpc, Platform::Classic]
            .map(Platform::apis)
            .concat();
        for (params, values) in lines() {
            assert!(!values.is_empty());
            for param in params.split(' ') {
                let has = apis.iter().any(|api| api.param(param).is_some());
                assert!(has, "{param}");
            }
        }
        let status = choices("serverInstanceStatusCode");
        assert_eq!(
            (status[3].value.as_str(), status[3].name.as_str()),
            ("NSTOP", "stopped")
        );
        assert!(choices("serverName").is_empty());
    }
}
