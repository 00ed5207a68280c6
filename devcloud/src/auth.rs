//! A request's parameters in, who calls out: API keys, signatures, expiry. Refusals are the one plain 401 of real servers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha1::Sha1;

use crate::clock;

/// What Java's URLEncoder leaves bare besides letters and digits.
pub const BARE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'-')
    .remove(b'*')
    .remove(b'_');

/// Parameters as they came, in their order.
pub type Params = Vec<(String, String)>;

/// The value of a parameter whose name is given in lower case; of several the last counts.
pub fn value<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params
        .iter()
        .rev()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// The text that a signature is made of: names as sent and in the order of their UTF-16, values encoded, all in lower case.
fn string_to_sign(params: &Params) -> String {
    let mut sorted: Vec<&(String, String)> = params
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("signature"))
        .collect();
    sorted.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
    // Of a name given twice the last one counts.
    let mut kept: Vec<&(String, String)> = Vec::new();
    for pair in sorted {
        match kept.last_mut() {
            Some(last) if last.0 == pair.0 => *last = pair,
            _ => kept.push(pair),
        }
    }
    let pairs: Vec<String> = kept
        .iter()
        .map(|(name, value)| format!("{name}={}", percent_encode(value.as_bytes(), BARE)))
        .collect();
    pairs.join("&").to_lowercase()
}

/// Whether the signature among the parameters is this secret's.
pub fn signed_by(params: &Params, secret: &str) -> bool {
    let Some(given) = value(params, "signature") else {
        return false;
    };
    let Ok(given) = STANDARD.decode(given) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(string_to_sign(params).as_bytes());
    mac.verify_slice(&given).is_ok()
}

/// Whether a call with signatureVersion 3 is still good at `now`, in seconds; calls without it are always.
pub fn in_time(params: &Params, now: i64) -> bool {
    if value(params, "signatureversion") != Some("3") {
        return true;
    }
    let Some(expires) = value(params, "expires") else {
        return false;
    };
    clock::moment(expires).is_some_and(|expiry| expiry >= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vector_that_a_server_accepted_is_accepted() {
        let text = include_str!("../../tests/recorded/signing.json");
        let whole: serde_json::Value = serde_json::from_str(text).unwrap();
        let vectors = whole["vectors"].as_array().unwrap();
        assert!(vectors.len() >= 10);
        for vector in vectors {
            let mut params: Params = vector["params"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap().into()))
                .collect();
            let secret = vector["secret"].as_str().unwrap();
            assert_eq!(
                string_to_sign(&params),
                vector["string_to_sign"],
                "{vector}"
            );
            params.push((
                "signature".into(),
                vector["signature"].as_str().unwrap().into(),
            ));
            assert!(signed_by(&params, secret), "{vector}");
            assert!(!signed_by(&params, "another"), "{vector}");
            params.push(("extra".into(), "1".into()));
            assert!(!signed_by(&params, secret), "{vector}");
        }
    }

    #[test]
    fn expiry_has_one_form() {
        let now = 1_795_311_005; // 2026-11-22T01:30:05+0000
        for (expires, good) in [
            ("2026-11-22T01:30:05+0000", true),
            ("2026-11-22T04:30:05+0300", true),
            ("2099-01-01T00:00:00+0000", true),
            ("2026-11-22T01:10:05+0000", false),
            ("2026-11-22T01:40:05Z", false),
            ("2026-11-22T01:40:05+00:00", false),
            ("2026-11-22T01:40:05.000+0000", false),
            ("", false),
        ] {
            let params = vec![
                ("signatureVersion".to_string(), "3".to_string()),
                ("expires".to_string(), expires.to_string()),
            ];
            assert_eq!(in_time(&params, now), good, "{expires}");
        }
        assert!(!in_time(
            &vec![("signatureversion".into(), "3".into())],
            now
        ));
        assert!(in_time(&Vec::new(), now));
    }
}
