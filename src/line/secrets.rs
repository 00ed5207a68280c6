//! Which parameters carry secrets, and a line or a query without them: for history, log and errors.

mod strike;
mod within;

pub use strike::strike;

/// Stands where a secret was.
pub const STRUCK: &str = "********";

/// Whether a parameter of that name is a secret or, like user data, may hold some.
pub fn is_secret(name: &str) -> bool {
    const PARTS: [&str; 15] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "privatekey",
        "token",
        "sessionkey",
        "userdata",
        "signature",
        "ipsecpsk",
        "bindpass",
        "storepass",
        // What EC2's servlet is told to know its callers by, and what other stores are.
        "accesskey",
        // It is run by new machines, as user data is.
        "initscriptcontent",
        // The private half of a key pair, as EC2 answers it.
        "keymaterial",
    ];
    let name = name.to_ascii_lowercase();
    // How calls are signed tells nothing, everybody may know a public key, and these tokens let nobody in.
    const OPEN: [&str; 5] = [
        "signatureversion",
        "signature_method",
        "publickeymaterial",
        "nexttoken",
        "clienttoken",
    ];
    !OPEN.contains(&name.as_str()) && PARTS.iter().any(|part| name.contains(part))
}

/// Whether a parameter of a call is a secret: by its name, or by what the call is for.
pub fn is_secret_of(api: &str, params: &[(String, String)], name: &str) -> bool {
    // Some clouds' calls are of a service: vserver/createInitScript.
    let api = api.rsplit('/').next().unwrap_or(api).to_ascii_lowercase();
    let by_call = match (api.as_str(), name.to_ascii_lowercase().as_str()) {
        ("addswift", "key") => true,
        // A setting of the cloud may be a password.
        ("updateconfiguration", "value") => params
            .iter()
            .any(|(name, setting)| name.eq_ignore_ascii_case("name") && is_secret_setting(setting)),
        // A map's entry may be given as two members: details[0].key=password details[0].value=…
        (_, member) => entry_of(member).is_some_and(|entry| {
            params.iter().any(|(name, key)| {
                is_secret(key) && key_of(name).is_some_and(|other| other == entry)
            })
        }),
    };
    by_call || is_secret(name)
}

/// The entry of a map whose value this member is, in lower case: `details[0]` of `details[0].value`.
fn entry_of(member: &str) -> Option<String> {
    let entry = member.to_ascii_lowercase();
    let entry = entry.strip_suffix(".value")?;
    entry.ends_with(']').then(|| entry.to_string())
}

/// The entry of a map whose key this member is, in lower case.
fn key_of(member: &str) -> Option<String> {
    let entry = member.to_ascii_lowercase();
    let entry = [".key", ".name"]
        .iter()
        .find_map(|end| entry.strip_suffix(end))?;
    entry.ends_with(']').then(|| entry.to_string())
}

fn is_secret_setting(name: &str) -> bool {
    is_secret(name) || name.to_ascii_lowercase().ends_with("key")
}

/// Whether the line carries a secret that must not be kept.
pub fn has_secret(line: &str) -> bool {
    strike(line) != line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_call_is_for_makes_a_secret_too() {
        let params = |name: &str| {
            vec![
                ("name".to_string(), name.to_string()),
                ("value".to_string(), "hush".to_string()),
            ]
        };
        for (api, name, parameter, secret) in [
            ("updateConfiguration", "ldap.bind.password", "value", true),
            ("updateConfiguration", "default.page.size", "value", false),
            ("addSwift", "x", "key", true),
            ("ADDSWIFT", "x", "key", true),
            ("vserver/createInitScript", "x", "initScriptContent", true),
            ("createinitscript", "x", "initscriptcontent", true),
            ("setUserKeys", "x", "accesskey", true),
            ("listTags", "x", "key", false),
            ("createTags", "x", "tags[0].value", false),
            ("createVpnCustomerGateway", "x", "ipsecpsk", true),
            ("ldapConfig", "x", "bindpass", true),
        ] {
            let told = is_secret_of(api, &params(name), parameter);
            assert_eq!(told, secret, "{api} {name} {parameter}");
        }
        for (line, expected) in [
            (
                "update configuration name=ldap.bind.password value=hush",
                "update configuration name=ldap.bind.password value=********",
            ),
            (
                "update configuration name=default.page.size value=5",
                "update configuration name=default.page.size value=5",
            ),
            ("add swift url=u key=hush", "add swift url=u key=********"),
            (
                "api vserver/createInitScript initScriptContent='#!/bin/sh hush'",
                "api vserver/createInitScript initScriptContent=********",
            ),
            (
                "set userkeys accesskey=hush secretkey=hush",
                "set userkeys accesskey=******** secretkey=********",
            ),
            (
                "add imagestore details[0].value=hush details[0].key=secretkey details[1].value=x",
                "add imagestore details[0].value=******** details[0].key=secretkey details[1].value=x",
            ),
        ] {
            assert_eq!(strike(line), expected);
        }
        let entry = [
            ("details[0].key".to_string(), "password".to_string()),
            ("details[0].value".to_string(), "hush".to_string()),
            ("details[1].value".to_string(), "x".to_string()),
        ];
        for (member, secret) in [("details[0].value", true), ("details[1].value", false)] {
            assert_eq!(is_secret_of("addHost", &entry, member), secret, "{member}");
        }
    }

    #[test]
    fn secrets_are_struck_and_the_rest_stays() {
        for (line, expected) in [
            ("list users", "list users"),
            (
                "create user password=abc username=x",
                "create user password=******** username=x",
            ),
            (
                "create user 'password=a b' username=x",
                "create user password=******** username=x",
            ),
            (
                "create user password=\"a b\" x=1",
                "create user password=******** x=1",
            ),
            (
                "create user pass\"word\"=abc x=1",
                "create user password=******** x=1",
            ),
            (
                "complete 'create user account=x password=hunter5 na'",
                "complete 'create user account=x password=******** na'",
            ),
            (
                "complete 'set secretkey a b' x",
                "complete 'set secretkey ********' x",
            ),
            (
                "complete --values 'create user --password \"a\" b'",
                "complete --values 'create user --password ******** b'",
            ),
            (
                "complete 'set secretkey hunter2 y=1'",
                "complete 'set secretkey ********'",
            ),
            (
                "complete 'login a b' x",
                "complete 'login ******** ********' x",
            ),
            (
                "complete 'let password = a'",
                "complete 'let password = ********'",
            ),
            (
                "!echo 'user=a&password=hunter6' b",
                "!echo 'user=a&password=********' b",
            ),
            (
                "!curl -d '{\"secretkey\": \"a b\", \"x\": 1}'",
                "!curl -d '{\"secretkey\": \"********\", \"x\": 1}'",
            ),
            (
                "create x url=http://h/?token=abc&y=1 z=2",
                "create x url=http://h/?token=********&y=1 z=2",
            ),
            (
                "create x displaytext='the password is wrong' y=1",
                "create x displaytext='the password is wrong' y=1",
            ),
            (
                "list x ids=name:password-server",
                "list x ids=name:password-server",
            ),
            (
                "expect-error login admin hunter3",
                "expect-error login ******** ********",
            ),
            (
                "expect-error 401 login admin hunter3 | cat",
                "expect-error 401 login ******** ******** | cat",
            ),
            (
                "let x = login admin hunter3",
                "let x = login ******** ********",
            ),
            ("let x=login a b", "let x=login ******** ********"),
            ("watch 5 login a", "watch 5 login ********"),
            ("list login a", "list login a"),
            (
                "ec2-run-instances m-1 -n 2 -d '#!/bin/sh hush' -t small",
                "ec2-run-instances m-1 -n 2 -d ******** -t small",
            ),
            (
                "let x=ec2-run-instances m-1 -d a=b",
                "let x=ec2-run-instances m-1 -d ********",
            ),
            (
                "complete 'ec2-run-instances m-1 -d hush'",
                "complete 'ec2-run-instances m-1 -d ********'",
            ),
            (
                "ec2-attach-volume v-1 -i i-1 -d /dev/sdb",
                "ec2-attach-volume v-1 -i i-1 -d /dev/sdb",
            ),
            (
                "assert hunter2 == $x.secretkey",
                "assert ******** == $x.secretkey",
            ),
            (
                "expect-error 8 assert $x.secretkey != 'a b'",
                "expect-error 8 assert $x.secretkey != ********",
            ),
            ("assert a == b", "assert a == b"),
            (
                "for password in hunter2 'a b' c",
                "for password in ******** ******** ********",
            ),
            ("for x in a b", "for x in a b"),
            ("set secretkey abc", "set secretkey ********"),
            ("set  secretkey  'a b'", "set  secretkey  ********"),
            ("set secretkey", "set secretkey"),
            ("let password = 'a b'", "let password = ********"),
            ("let password=a", "let password=********"),
            (
                "assert $k.secretkey == abc",
                "assert $k.secretkey == ********",
            ),
            ("set password a b c", "set password ********"),
            ("set password=a b c", "set password=********"),
            (
                "set secretkey_command echo a",
                "set secretkey_command ********",
            ),
            (
                "create user --password a b",
                "create user --password ******** b",
            ),
            (
                "deploy virtualmachine userdata=@file name=x",
                "deploy virtualmachine userdata=******** name=x",
            ),
            (
                "create user password=\"unclosed a b",
                "create user password=********",
            ),
            (
                "list templates signatureversion=3",
                "list templates signatureversion=3",
            ),
        ] {
            assert_eq!(strike(line), expected);
        }
    }
}
