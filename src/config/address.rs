//! Where a cloud's API is: a URL, or several with commas between them, checked and brought into one form, read and changed
//! by its parts.

use std::net::Ipv6Addr;

use reqwest::Url;

use crate::error::{Error, Result};

/// What the first part that is set begins with: the guide's defaults.
pub const START: &str = "http://localhost:8080/";

const EXAMPLE: &str = "an address is like https://cloud.example.org/client/api";

/// Gives the one spelling of an address; a missing path is `/`.
pub fn check(text: &str) -> Result<String> {
    let refuse = |why: &str| {
        // Whoever pastes a password or a signed query does not want it repeated.
        let given = match text {
            "" => "nothing".into(),
            _ if text.contains(['@', '?', '#']) => "the address given".into(),
            _ => format!("\"{text}\""),
        };
        Error::line(format!("url: {given} {why}")).hint(EXAMPLE)
    };
    let Some((_, rest)) = text.split_once("://") else {
        return Err(refuse("does not begin with http:// or https://"));
    };
    // The URL standard reads past a missing host and drops blanks.
    if rest.starts_with('/')
        || text.contains(|letter: char| letter.is_whitespace() || letter == '\\')
    {
        return Err(refuse("is not an address"));
    }
    let url = Url::parse(text).map_err(|why| refuse(&format!("is not an address: {why}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("does not begin with http:// or https://"));
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || rest
            .split('/')
            .next()
            .is_some_and(|host| host.contains('@'))
    {
        return Err(refuse(
            "carries a user or password: the keys are settings of their own",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("carries more than a path (? or #)"));
    }
    if url.port() == Some(0) {
        return Err(refuse("names port 0"));
    }
    Ok(url.into())
}

/// Gives the one spelling of an address, or of several: the servers of one cloud, each once.
pub fn check_all(text: &str) -> Result<String> {
    let mut urls: Vec<String> = Vec::new();
    for part in text.split(',') {
        let url = check(part.trim())?;
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    Ok(urls.join(","))
}

/// The addresses in a checked text; those without a path get this one.
pub fn all(urls: &str, path: &str) -> Vec<String> {
    let whole = |url: &str| match Url::parse(url) {
        Ok(mut whole) if whole.path() == "/" => {
            whole.set_path(path);
            whole.into()
        }
        _ => url.into(),
    };
    urls.split(',').map(whole).collect()
}

/// Gives a part of an address (protocol, host, port, path), of several of the first; nothing where the address is none.
pub fn part(url: &str, name: &str) -> String {
    let first = url.split(',').next().unwrap_or_default();
    let Ok(url) = Url::parse(first) else {
        return String::new();
    };
    match name {
        "protocol" => url.scheme().into(),
        "host" => url.host_str().unwrap_or_default().into(),
        "port" => url
            .port_or_known_default()
            .map_or(String::new(), |port| port.to_string()),
        "path" => url.path().into(),
        _ => String::new(),
    }
}

/// Gives the address with one part (protocol, host, port, path) changed; several are not changed by a part of one.
pub fn with_part(url: &str, name: &str, value: &str) -> Result<String> {
    if url.contains(',') {
        return Err(Error::line(format!(
            "{name}: url is a list of servers, of which {name} would change one"
        ))
        .hint("`set url ADDRESS,ADDRESS` takes all of them"));
    }
    let mut url = Url::parse(url)
        .map_err(|why| Error::line(format!("url: it is not an address: {why}")).hint(EXAMPLE))?;
    let changed = match name {
        "protocol" => url.set_scheme(value).is_ok(),
        "host" => url.set_host(Some(&host(value)?)).is_ok(),
        "port" => value
            .parse()
            .is_ok_and(|port| url.set_port(Some(port)).is_ok()),
        "path" => {
            if value.contains(|letter: char| letter.is_whitespace() || "?#\\".contains(letter)) {
                return Err(Error::line(format!("path: \"{value}\" is not a path"))
                    .hint("a path is like /client/api"));
            }
            url.set_path(value);
            true
        }
        _ => false,
    };
    if !changed {
        return Err(Error::line(format!("{name}: \"{value}\" is no {name}")));
    }
    check(url.as_str())
}

/// A host as it stands in an address.
fn host(value: &str) -> Result<String> {
    let bare = value.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<Ipv6Addr>().is_ok() {
        return Ok(format!("[{bare}]"));
    }
    if value.contains("://") {
        return Err(Error::line("host: an address was given, not a host")
            .hint("`set url ADDRESS` takes all of it"));
    }
    if value.contains(':') {
        return Err(Error::line(format!("host: \"{value}\" is not a host"))
            .hint("a port goes to `set port PORT`"));
    }
    if value.is_empty()
        || value.contains(|letter: char| letter.is_whitespace() || "/\\@?#".contains(letter))
    {
        return Err(Error::line(format!("host: \"{value}\" is not a host"))
            .hint("a host is like cloud.example.org or 192.0.2.1"));
    }
    Ok(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_spelling() {
        for (given, url) in [
            ("https://cloud.example.org", "https://cloud.example.org/"),
            ("https://cloud.example.org/", "https://cloud.example.org/"),
            (
                "HTTP://Cloud.Example.org:8080/client/api",
                "http://cloud.example.org:8080/client/api",
            ),
            (
                "https://cloud.example.org:443/api",
                "https://cloud.example.org/api",
            ),
            (
                "http://[::1]:8080/client/api/",
                "http://[::1]:8080/client/api/",
            ),
            ("http://192.0.2.1:8096", "http://192.0.2.1:8096/"),
        ] {
            assert_eq!(check(given).as_deref(), Ok(url));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for (given, says) in [
            ("", "url: nothing does not begin with http:// or https://"),
            (
                "cloud.example.org:8080/client/api",
                "url: \"cloud.example.org:8080/client/api\" does not begin with http:// or https://",
            ),
            (
                "ftp://cloud.example.org",
                "url: \"ftp://cloud.example.org\" does not begin with http:// or https://",
            ),
            (
                "https://",
                "url: \"https://\" is not an address: empty host",
            ),
            (
                "http:///client/api",
                "url: \"http:///client/api\" is not an address",
            ),
            (
                "http://a b/client/api",
                "url: \"http://a b/client/api\" is not an address",
            ),
            (
                "http://c:99999/",
                "url: \"http://c:99999/\" is not an address: invalid port number",
            ),
            ("http://c:0/", "url: \"http://c:0/\" names port 0"),
            (
                "https://me:hunter2@c/",
                "url: the address given carries a user or password: the keys are settings of their own",
            ),
            (
                "https://@c/",
                "url: the address given carries a user or password: the keys are settings of their own",
            ),
            (
                "https://c/client/api?apikey=KEY",
                "url: the address given carries more than a path (? or #)",
            ),
            (
                "https://c/client/api#x",
                "url: the address given carries more than a path (? or #)",
            ),
        ] {
            assert_eq!(check(given).expect_err(given).message, says);
        }
    }

    #[test]
    fn an_address_is_set_by_its_parts_in_any_order() {
        let mut url = START.to_string();
        for (name, value) in [
            ("protocol", "https"),
            ("port", "8443"),
            ("path", "api"),
            ("host", "cloud.example.org"),
        ] {
            url = with_part(&url, name, value).expect(name);
        }
        assert_eq!(url, "https://cloud.example.org:8443/api");
        for (name, value) in [
            ("protocol", "https"),
            ("host", "cloud.example.org"),
            ("port", "8443"),
            ("path", "/api"),
        ] {
            assert_eq!(part(&url, name), value);
        }
        let url = with_part(&url, "port", "443").expect("port");
        assert_eq!(part(&url, "port"), "443");
    }

    #[test]
    fn several_addresses_are_one_cloud() {
        let list =
            check_all("https://a.example.org, https://b.example.org/x,https://a.example.org/")
                .expect("a list");
        assert_eq!(
            all(&list, "/client/api"),
            [
                "https://a.example.org/client/api",
                "https://b.example.org/x"
            ]
        );
        assert_eq!(check_all(&list).as_ref(), Ok(&list));
        assert_eq!(part(&list, "host"), "a.example.org");
        let error = with_part(&list, "host", "c").expect_err("a list");
        assert!(error.message.contains("list of servers"), "{error}");
        for text in ["https://a,", ",https://a", "https://a,b"] {
            assert!(check_all(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_host_is_a_host_alone() {
        for value in [
            "",
            "c:80",
            "https://c",
            "c/x",
            "me@c",
            "a b",
            "a..b?",
            "[x]",
        ] {
            assert!(with_part(START, "host", value).is_err(), "{value}");
        }
    }
}
