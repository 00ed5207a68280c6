//! What holds between the parameters of CloudStack's calls, which listApis does not tell: APIs in, the same with their rules out.

use crate::catalog::Api;
use crate::catalog::rules::Rule;

/// Has the APIs say which of their parameters go together, as far as every server that has them says the same.
pub fn with_rules(mut apis: Vec<Api>) -> Vec<Api> {
    for api in &mut apis {
        let rules: Vec<Rule> = of(&api.name)
            .into_iter()
            .chain([together(&["page", "pagesize"])])
            .filter(|rule| names(rule).iter().all(|name| api.param(name).is_some()))
            .filter(|rule| !api.rules.contains(rule))
            .collect();
        api.rules.extend(rules);
    }
    apis
}

fn of(api: &str) -> Vec<Rule> {
    match api {
        "authorizeSecurityGroupEgress" | "authorizeSecurityGroupIngress" => {
            vec![one(&[&["securitygroupid"], &["securitygroupname"]])]
        }
        "deleteSecurityGroup" => vec![one(&[&["id"], &["name"]])],
        "detachVolume" => vec![one(&[&["id"], &["deviceid", "virtualmachineid"]])],
        _ => Vec::new(),
    }
}

fn one(ways: &[&[&str]]) -> Rule {
    Rule::One(ways.iter().map(|way| owned(way)).collect())
}

fn together(names: &[&str]) -> Rule {
    Rule::Together(owned(names))
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// The parameters that a rule is about.
fn names(rule: &Rule) -> Vec<&String> {
    match rule {
        Rule::One(ways) => ways.iter().flatten().collect(),
        Rule::Any(names) | Rule::Apart(names) | Rule::Together(names) => names.iter().collect(),
        Rule::With(name, other) => vec![name, other],
        Rule::Within(name, ..) => vec![name],
    }
}

#[cfg(test)]
mod tests {
    use crate::line::testing::recorded;

    #[test]
    fn the_rules_are_about_parameters_of_a_server() {
        let catalog = recorded();
        let rules = |name: &str| {
            let api = catalog.api(name).unwrap().unwrap();
            let rules = api.rules.iter().map(ToString::to_string);
            rules.collect::<Vec<_>>().join("; ")
        };
        assert_eq!(rules("listZones"), "page and pagesize go together");
        assert_eq!(rules("deleteSecurityGroup"), "id or name, only one of them");
        assert_eq!(
            rules("detachVolume"),
            "id or deviceid with virtualmachineid, only one of them"
        );
        assert!(rules("authorizeSecurityGroupIngress").contains("securitygroupid or"));
        assert_eq!(rules("startVirtualMachine"), "");
    }
}
