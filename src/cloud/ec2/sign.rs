//! Signature Version 2: method, address, parameters and a secret in, the text that is signed and its signature out, as Amazon
//! documents it and CloudStack's EC2 servlet checks it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha1::Sha1;
use sha2::Sha256;

/// RFC 3986 leaves these bare besides letters and digits.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Java's URLEncoder leaves these bare.
const JAVA: &AsciiSet = &UNRESERVED.add(b'~').remove(b'*');

/// What signs a call, as it says it itself.
const SHA1: &str = "HmacSHA1";
const SHA256: &str = "HmacSHA256";

/// The digest of that name, in any case; any other than HMAC-SHA1 is taken for HMAC-SHA256.
pub fn digest(name: &str) -> &'static str {
    match name.eq_ignore_ascii_case(SHA1) {
        true => SHA1,
        false => SHA256,
    }
}

/// Where a call goes, as it is signed: the Host header that goes with it, in lower case, and the path as it is sent.
#[derive(Debug, PartialEq)]
pub struct Place {
    host: String,
    path: String,
}

impl Place {
    pub fn of(url: &str) -> Place {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let rest = rest.split(['?', '#']).next().unwrap_or(rest);
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let host = host.to_lowercase();
        // The header leaves the scheme's own port out.
        let usual = match scheme.eq_ignore_ascii_case("https") {
            true => ":443",
            false => ":80",
        };
        Place {
            host: host.strip_suffix(usual).unwrap_or(&host).into(),
            path: path.into(),
        }
    }
}

/// The parameters as they are signed and sent: by their names' bytes, with all but the unreserved letters encoded.
pub fn query(params: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = params.iter().collect();
    sorted.sort();
    let pairs: Vec<String> = sorted
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

pub fn encode(text: &str) -> String {
    percent_encode(text.as_bytes(), UNRESERVED).to_string()
}

/// The same as CloudStack's servlet puts a form together anew: values in Java's manner, names bare. It differs for blanks,
/// stars and tildes.
pub fn form(params: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = params.iter().collect();
    sorted.sort();
    let pairs: Vec<String> = sorted
        .iter()
        .map(|(name, value)| {
            let value = percent_encode(value.as_bytes(), JAVA).to_string();
            format!("{name}={}", value.replace("%20", "+"))
        })
        .collect();
    pairs.join("&")
}

pub fn string_to_sign(method: &str, place: &Place, query: &str) -> String {
    format!("{method}\n{}\n{}\n{query}", place.host, place.path)
}

/// The signature in base64, not yet encoded for a URL.
pub fn signature(text: &str, secret: &str, digest: &str) -> String {
    // HMAC takes a key of any length, so neither can fail.
    match self::digest(digest) {
        SHA1 => Hmac::<Sha1>::new_from_slice(secret.as_bytes()).map_or_else(
            |_| String::new(),
            |mac| STANDARD.encode(mac.chain_update(text).finalize().into_bytes()),
        ),
        _ => Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_or_else(
            |_| String::new(),
            |mac| STANDARD.encode(mac.chain_update(text).finalize().into_bytes()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Vectors {
        vectors: Vec<Vector>,
    }

    #[derive(serde::Deserialize)]
    struct Vector {
        name: String,
        method: String,
        url: String,
        digest: String,
        secret: String,
        params: Vec<(String, String)>,
        string_to_sign: String,
        signature: String,
    }

    #[test]
    fn calls_are_signed_as_amazon_publishes_and_botocore_does() {
        let text = include_str!("../../../tests/recorded/ec2/signing.json");
        let Vectors { vectors } = serde_json::from_str(text).unwrap();
        assert!(vectors.len() >= 12);
        for vector in vectors {
            let place = Place::of(&vector.url);
            let signed = string_to_sign(&vector.method, &place, &query(&vector.params));
            assert_eq!(signed, vector.string_to_sign, "{}", vector.name);
            let signature = signature(&signed, &vector.secret, &vector.digest);
            assert_eq!(signature, vector.signature, "{}", vector.name);
        }
    }

    #[test]
    fn host_and_path_are_those_that_are_sent() {
        for (url, host, path) in [
            (
                "https://Compute.Example.org/awsapi",
                "compute.example.org",
                "/awsapi",
            ),
            (
                "https://c.example.org:443/awsapi/",
                "c.example.org",
                "/awsapi/",
            ),
            ("http://c.example.org:443", "c.example.org:443", "/"),
            ("http://127.0.0.1:8080/", "127.0.0.1:8080", "/"),
            ("http://user@[::1]:80/a/b?c#d", "[::1]", "/a/b"),
        ] {
            let expected = Place {
                host: host.into(),
                path: path.into(),
            };
            assert_eq!(Place::of(url), expected, "{url}");
        }
    }
}
