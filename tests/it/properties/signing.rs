//! Signatures of any parameters, against a signer that shares nothing with the program's, and against the built-in
//! cloud, which checks them.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use capuchin::cloud::cloudstack::{CLOUDSTACK, sign};
use capuchin::cloud::{Dialect, Manner, Proof, Request, SignedCall};
use capuchin::config::secret::Secret;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::{cases, text};

type Params = Vec<(String, String)>;

/// 2026-11-22T01:30:05+0000.
const NOW: i64 = 1_795_311_005;

/// Every name once, in any order.
fn params() -> impl Strategy<Value = Params> {
    let pairs = proptest::collection::btree_map(text(6), text(12), 0..8);
    pairs
        .prop_map(|pairs| pairs.into_iter().collect::<Params>())
        .prop_shuffle()
}

/// What Java's URLEncoder does with UTF-8, but for a blank, which servers turn into %20.
fn encoded(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => {
                out.push(byte.into());
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// A server sorts names as Java compares them, which is by their UTF-16, and lowers the text when its values are
/// encoded: the letters of names and of escapes become small, those that an escape stands for stay as they are.
fn to_sign(params: &Params) -> String {
    let sorted: BTreeMap<Vec<u16>, &(String, String)> = params
        .iter()
        .map(|pair| (pair.0.encode_utf16().collect(), pair))
        .collect();
    let pairs: Vec<String> = sorted
        .values()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    pairs
        .join("&")
        .chars()
        .flat_map(char::to_lowercase)
        .collect()
}

fn signature(params: &Params, secret: &str) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    base64(ring::hmac::sign(&key, to_sign(params).as_bytes()).as_ref())
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| {
            bits << 8 | usize::from(*three.get(at).unwrap_or(&0))
        });
        for at in 0..4 {
            let digit = DIGITS[bits >> (18 - 6 * at) & 63];
            out.push(if at <= three.len() { digit.into() } else { '=' });
        }
    }
    out
}

/// What a server finds in a query or form.
fn received(query: &str) -> Params {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            (unescaped(name), unescaped(value))
        })
        .collect()
}

fn unescaped(text: &str) -> String {
    assert!(
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'+'),
        "{text:?}"
    );
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            let digits = std::str::from_utf8(&digits).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Where a call goes, and whose it is.
struct Caller {
    url: String,
    apikey: String,
    secretkey: Secret,
}

impl Caller {
    fn new(url: &str, apikey: &str, secretkey: &str) -> Caller {
        Caller {
            url: url.into(),
            apikey: apikey.into(),
            secretkey: Secret::new(secretkey),
        }
    }

    fn call(&self, params: &Params, now: i64) -> SignedCall {
        let request = Request {
            api: "listZones".into(),
            params: params.clone(),
        };
        let manner = Manner {
            version: String::new(),
            method: String::new(),
            variant: 0,
            expires: 600,
            response: "json".into(),
        };
        let proof = Proof::Keys {
            apikey: &self.apikey,
            secretkey: &self.secretkey,
        };
        CLOUDSTACK.sign(&request, &self.url, proof, &manner, now)
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn any_parameters_are_signed_as_another_signer_does(params in params(), secret in text(90)) {
        // The one letter whose small form depends on its neighbours has a test of its own.
        let params: Params = params
            .into_iter()
            .map(|(name, value)| (name.replace('Σ', "σ"), value))
            .collect();
        prop_assert_eq!(sign::string_to_sign(&params), to_sign(&params));
        prop_assert_eq!(sign::signature(&params, &secret), signature(&params, &secret));
        prop_assert_eq!(received(&sign::query(&params)), params);
    }

    #[test]
    fn any_call_arrives_with_a_signature_of_all_of_it(params in params(), apikey in text(9), secret in text(9)) {
        let call = Caller::new("http://cloud/client/api", &apikey, &secret).call(&params, NOW);
        let query = call.body.as_deref().or(call.url.split_once('?').map(|(_, query)| query));
        let mut all = received(query.unwrap());
        let (name, given) = all.pop().unwrap();
        prop_assert_eq!(name, "signature");
        prop_assert_eq!(given, signature(&all, &secret));
        let ours = [
            ("command", "listZones"),
            ("response", "json"),
            ("apikey", &apikey),
            ("signatureversion", "3"),
            ("expires", "2026-11-22T01:40:05+0000"),
        ];
        let mut expected: Params = ours.map(|(name, value)| (name.into(), value.into())).into();
        expected.extend(params);
        all.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(all, expected);
    }
}

#[test]
fn a_sigma_is_small_as_its_word_has_it() {
    let params = [
        ("ΑΣ".to_string(), "Σ".to_string()),
        ("ΣΑ".into(), String::new()),
    ];
    assert_eq!(sign::string_to_sign(&params), "ας=%ce%a3&σα=");
}

#[test]
fn the_built_in_cloud_takes_any_call_and_no_other_signature() {
    let home = tempfile::tempdir().unwrap();
    let cloud = devcloud::start(
        &home.path().join("cloud.sqlite"),
        ([127, 0, 0, 1], 0).into(),
    )
    .unwrap();
    let url = cloud.url();
    let good = Caller::new(&url, cloud.apikey(), cloud.secretkey());
    let bad = Caller::new(&url, cloud.apikey(), "another");
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    // Some calls have a secret or are long, and go in a body.
    let more = proptest::option::of(("password|lengthy", text(1000)));
    TestRunner::new(cases(100))
        .run(&(params(), more), |(mut params, more)| {
            params.extend(more);
            // A query has no way to tell a call without a name from none.
            params.retain(|(name, _)| !name.is_empty());
            // Whether the values are any good comes after whose call it is.
            let taken = status(&good.call(&params, now));
            prop_assert!(matches!(taken, 200 | 431), "{taken}");
            prop_assert_eq!(status(&bad.call(&params, now)), 401);
            Ok(())
        })
        .unwrap();
}

/// Sends the call and gives the answer's HTTP status.
fn status(call: &SignedCall) -> u16 {
    let rest = call.url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let (method, body) = call
        .body
        .as_deref()
        .map_or(("GET", ""), |body| ("POST", body));
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!(
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}
