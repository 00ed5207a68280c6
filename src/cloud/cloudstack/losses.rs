//! Which calls take something away that no other call brings back, and what they say too little about.

use crate::catalog::verb_of;
use crate::cloud::{Loss, Request};

/// Verbs that end the existence of a thing, or give it back to a pool from which others may take it at once. Not among
/// them: stop, detach, disable, lock and suspend, which another call undoes; cancel and recover, which bring back; reset,
/// which makes a new password or key and shows it.
const VERBS: [&str; 9] = [
    "archive",
    "delete",
    "destroy",
    "disassociate",
    "expunge",
    "purge",
    "release",
    "remove",
    "revoke",
];

/// Calls whose verb does not tell, by what there is to say.
const CALLS: [(&str, &str); 4] = [
    ("ldapRemove", ""),
    ("restoreVirtualMachine", "its root disk is made anew"),
    ("revertSnapshot", "what was written since is lost"),
    ("revertToVMSnapshot", "what was written since is lost"),
];

/// Calls that do so only if a parameter is true.
const SWITCHES: [(&str, &str, &str); 2] = [
    ("destroyVirtualMachine", "expunge", "nothing recovers it"),
    ("resizeVolume", "shrinkok", "what does not fit is lost"),
];

/// Parameters that name what is lost, best first.
const NAMING: [&str; 6] = [
    "id",
    "ids",
    "virtualmachineid",
    "vmsnapshotid",
    "resourceids",
    "name",
];

pub fn loss(request: &Request) -> Option<Loss> {
    let given = |wanted: &str| {
        let mut params = request.params.iter();
        params.find(|(name, value)| name.eq_ignore_ascii_case(wanted) && !value.is_empty())
    };
    let is = |api: &str| request.api.eq_ignore_ascii_case(api);
    let switched = SWITCHES.iter().find(|(api, param, _)| {
        is(api) && given(param).is_some_and(|(_, value)| value.eq_ignore_ascii_case("true"))
    });
    let named = CALLS.iter().find(|(api, _)| is(api));
    let verb = verb_of(&request.api);
    // A name that is typed without capitals is all verb.
    let begins = |known: &str| verb == known || (verb == request.api && verb.starts_with(known));
    let remark = match (switched, named) {
        (Some((.., remark)), _) | (None, Some((_, remark))) => remark,
        (None, None) if VERBS.iter().any(|known| begins(known)) => "",
        (None, None) => return None,
    };
    let param = NAMING.iter().find_map(|name| given(name));
    Some(Loss {
        param: param.map(|(name, _)| name.clone()),
        remark,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::Dialect;
    use crate::cloud::cloudstack::CLOUDSTACK;

    fn request(line: &str) -> Request {
        let mut words = line.split(' ');
        let api = words.next().unwrap_or_default().into();
        let params = words.filter_map(|word| word.split_once('='));
        Request {
            api,
            params: params.map(|(n, v)| (n.into(), v.into())).collect(),
        }
    }

    #[test]
    fn what_is_gone_for_good_is_told_from_what_another_call_undoes() {
        for (line, param, remark) in [
            ("destroyVirtualMachine id=1", Some("id"), ""),
            (
                "destroyVirtualMachine id=1 expunge=true",
                Some("id"),
                "nothing recovers it",
            ),
            ("destroyVirtualMachine id=1 expunge=false", Some("id"), ""),
            ("deleteEvents ids=1,2", Some("ids"), ""),
            (
                "deleteTags resourceids=1 resourcetype=UserVm",
                Some("resourceids"),
                "",
            ),
            ("removeVpnUser username=x", None, ""),
            (
                "restoreVirtualMachine virtualmachineid=1",
                Some("virtualmachineid"),
                "its root disk is made anew",
            ),
            (
                "resizeVolume id=1 shrinkok=true size=1",
                Some("id"),
                "what does not fit is lost",
            ),
            ("deleteVolume id=1", Some("id"), ""),
            ("deletevolume id=1", Some("id"), ""),
        ] {
            let loss = loss(&request(line)).expect(line);
            assert_eq!(
                (loss.param.as_deref(), loss.remark),
                (param, remark),
                "{line}"
            );
        }
        for line in [
            "listVirtualMachines id=1",
            "stopVirtualMachine id=1",
            "recoverVirtualMachine id=1",
            "resizeVolume id=1 size=9",
            "cancelHostMaintenance id=1",
            "resetPasswordForVirtualMachine id=1",
            "detachVolume id=1",
            "login username=x",
        ] {
            assert_eq!(loss(&request(line)), None, "{line}");
        }
    }

    #[test]
    fn of_a_servers_calls_these_ask() {
        let apis = CLOUDSTACK.shipped().unwrap().apis;
        let asking = apis
            .iter()
            .filter(|api| loss(&request(&api.name)).is_some());
        let asking: Vec<&str> = asking.map(|api| api.name.as_str()).collect();
        assert_eq!(asking.len(), 112, "{asking:?}");
        // Nothing that only reads or makes is among them.
        let harmless = ["list", "get", "query", "create", "add", "start", "update"];
        for api in asking {
            assert!(!harmless.contains(&verb_of(api)), "{api}");
        }
    }
}
