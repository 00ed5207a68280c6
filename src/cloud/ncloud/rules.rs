//! What holds between the parameters of Naver Cloud's actions, which its SDK's models do not tell.

use crate::catalog::Api;
use crate::catalog::rules::Rule;

/// The rules of an API that has all of what they are about.
pub fn of(api: &Api) -> Vec<Rule> {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let image = [
        "memberServerImageInstanceNo",
        "serverImageNo",
        "serverImageProductCode",
    ];
    let has = |name: &&str| api.param(name).is_some();
    match api.name.as_str() {
        "createServerInstances" if image.iter().all(has) => vec![
            Rule::One(image.iter().map(|name| names(&[name])).collect()),
            // A specification goes with an image of the same generation.
            Rule::Apart(names(&["serverSpecCode", "serverImageProductCode"])),
            Rule::Apart(names(&["serverProductCode", "serverImageNo"])),
        ],
        _ => Vec::new(),
    }
}
