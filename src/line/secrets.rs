//! Which parameters carry secrets, and a line or a query without them: for history, log and errors.

/// Stands where a secret was.
pub const STRUCK: &str = "********";

/// Whether a parameter of that name is a secret or, like user data, may hold some.
pub fn is_secret(name: &str) -> bool {
    const PARTS: [&str; 12] = [
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
    ];
    let name = name.to_ascii_lowercase();
    // The version of the signing rule tells nothing.
    name != "signatureversion" && PARTS.iter().any(|part| name.contains(part))
}

/// Whether a parameter of a call is a secret: by its name, or by what the call is for.
pub fn is_secret_of(api: &str, params: &[(String, String)], name: &str) -> bool {
    let by_call = match (api, name.to_ascii_lowercase().as_str()) {
        ("addSwift", "key") => true,
        // A setting of the cloud may be a password.
        ("updateConfiguration", "value") => params
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

/// The line with the value of every secret struck out; `set secretkey …` and `--password …` too.
pub fn strike(line: &str) -> String {
    let mut struck = String::with_capacity(line.len());
    let mut secret_follows = false;
    let lower = line.to_ascii_lowercase();
    let configuration = lower.contains("configuration")
        && lower.split_ascii_whitespace().any(|word| {
            let name = word.trim_matches(['"', '\'']).strip_prefix("name=");
            name.is_some_and(is_secret_setting)
        });
    let swift = lower.contains("swift");
    // The entries of maps whose key is a secret's name, wherever on the line it stands.
    let mut entries = Vec::new();
    for piece in pieces(line) {
        if let Some((name, key)) = unquoted(piece).split_once('=')
            && is_secret(key)
        {
            entries.extend(key_of(name));
        }
    }
    let by_call = |name: &str| {
        entry_of(name).is_some_and(|entry| entries.contains(&entry))
            || (configuration && name.eq_ignore_ascii_case("value"))
            || (swift && name.eq_ignore_ascii_case("key"))
    };
    // `set` takes all that follows the name for the value, blanks and all.
    let mut set = false;
    // Whoever types a password after `login` is refused, and the line told of.
    let mut login = false;
    for piece in pieces(line) {
        let bare = unquoted(piece);
        match bare.split_once('=') {
            _ if piece.trim().is_empty() => {
                struck.push_str(piece);
                continue;
            }
            Some((name, value)) if (is_secret(name) || by_call(name)) && !value.is_empty() => {
                struck.push_str(name);
                struck.push('=');
                struck.push_str(STRUCK);
                secret_follows = false;
                if set {
                    return struck;
                }
            }
            None if login && !bare.starts_with(['|', '-']) => struck.push_str(STRUCK),
            _ if secret_follows => {
                struck.push_str(STRUCK);
                secret_follows = false;
                if set {
                    return struck;
                }
            }
            _ => {
                secret_follows = !bare.contains('=') && is_secret(&bare);
                struck.push_str(piece);
            }
        }
        set = bare == "set" || (set && secret_follows);
        login = (login && !bare.starts_with('|')) || (bare == "login" && struck.trim() == "login");
    }
    struck
}

/// Whether the line carries a secret that must not be kept.
pub fn has_secret(line: &str) -> bool {
    strike(line) != line
}

fn unquoted(piece: &str) -> String {
    piece
        .chars()
        .filter(|letter| !matches!(letter, '"' | '\'' | '\\'))
        .collect()
}

/// The line cut where words begin and end, blanks included; quotes hold a word together, closed or not.
fn pieces(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut in_blank = true;
    let mut quote = None;
    let mut escaped = false;
    for (at, letter) in line.char_indices() {
        let blank = letter.is_ascii_whitespace() && quote.is_none() && !escaped;
        if blank != in_blank {
            pieces.push(&line[start..at]);
            start = at;
            in_blank = blank;
        }
        if escaped {
            escaped = false;
        } else if letter == '\\' && quote != Some('\'') {
            escaped = true;
        } else if quote == Some(letter) {
            quote = None;
        } else if quote.is_none() && matches!(letter, '"' | '\'') {
            quote = Some(letter);
        }
    }
    pieces.push(&line[start..]);
    pieces
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
            ("set secretkey abc", "set secretkey ********"),
            ("set  secretkey  'a b'", "set  secretkey  ********"),
            ("set secretkey", "set secretkey"),
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
