//! Requests as they go over the wire, and the signature over method, address, time and key that Naver Cloud's gateway checks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha2::Sha256;

/// What RFC 3986 leaves bare besides letters and digits.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'-')
    .remove(b'~')
    .remove(b'_');

/// Names of lists that are texts all the same.
const TEXTS: [&str; 1] = ["sortList"];

/// What is sent in base64 and given as it is.
const ENCODED: &str = "userData";

/// The parameters with user data in base64 and with a list's values, which are typed with commas between, as parameters of their own: `name.1`, `name.2`.
/// A comma after a backslash belongs to its value.
pub fn spread(params: &[(String, String)]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, value) in params {
        if name == ENCODED {
            all.push((name.clone(), STANDARD.encode(value)));
            continue;
        }
        if !is_list(name) || value.is_empty() {
            all.push((name.clone(), value.clone()));
            continue;
        }
        for (place, item) in items(value).into_iter().enumerate() {
            all.push((format!("{name}.{}", place + 1), item));
        }
    }
    all
}

/// Whether a parameter, or a part of one, takes several values.
pub fn is_list(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.ends_with("List") && !TEXTS.contains(&name)
}

/// The values in a text with commas between.
pub fn items(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            ',' => {
                items.push(String::new());
                continue;
            }
            '\\' => letters.next_if_eq(&',').unwrap_or(letter),
            other => other,
        };
        if let Some(item) = items.last_mut() {
            item.push(letter);
        }
    }
    items
}

/// The parameters as a URL's query or a form's body has them.
pub fn query(params: &[(String, String)]) -> String {
    let encoded = |text: &str| percent_encode(text.as_bytes(), VALUE).to_string();
    let pairs: Vec<String> = params
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    pairs.join("&")
}

/// Gives the signature of a call; `uri` is path and query as they are sent, `time` milliseconds since 1970. A body is not signed.
pub fn signature(method: &str, uri: &str, time: &str, apikey: &str, secret: &str) -> String {
    // HMAC takes a key of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{method} {uri}\n{time}\n{apikey}").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "SECRETKEYEXAMPLE";

    #[test]
    fn calls_are_signed_as_others_compute_it() {
        for (method, uri, expected) in [
            (
                "GET",
                "/vserver/v2/getServerInstanceList?regionCode=KR&responseFormatType=json",
                "AdLYCeBkjJcMLKwRSaX/QcKdxGvhUNtPDnXQP7rQ/A4=",
            ),
            (
                "POST",
                "/vserver/v2/getServerInstanceList",
                "HXD1RXaESz6LltJdOkEqqOrJv5eXZuRTyXbDJ/xSsc8=",
            ),
        ] {
            let (time, key) = ("1505290625682", "ACCESSKEYEXAMPLE");
            assert_eq!(signature(method, uri, time, key, SECRET), expected, "{uri}");
            let text = format!("{method} {uri}\n{time}\n{key}");
            let other = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
            let other = ring::hmac::sign(&other, text.as_bytes());
            assert_eq!(STANDARD.encode(other), expected, "{uri}");
        }
    }

    #[test]
    fn values_of_a_list_are_numbered() {
        let spread = |name: &str, value: &str| query(&spread(&[(name.into(), value.into())]));
        for (name, value, expected) in [
            (
                "serverInstanceNoList",
                "1234,2345",
                "serverInstanceNoList.1=1234&serverInstanceNoList.2=2345",
            ),
            (
                "networkInterfaceList.1.accessControlGroupNoList",
                "7",
                "networkInterfaceList.1.accessControlGroupNoList.1=7",
            ),
            (
                "serverInstanceNoList.2",
                "1,2",
                "serverInstanceNoList.2=1%2C2",
            ),
            ("ipList", r"a\,b,c\d", r"ipList.1=a%2Cb&ipList.2=c%5Cd"),
            ("sortList", "a,b", "sortList=a%2Cb"),
            ("serverName", "웹 *~", "serverName=%EC%9B%B9%20%2A~"),
            ("ipList", "", "ipList="),
            ("userData", "#!/bin/sh", "userData=IyEvYmluL3No"),
        ] {
            assert_eq!(spread(name, value), expected, "{name}={value}");
        }
    }
}
