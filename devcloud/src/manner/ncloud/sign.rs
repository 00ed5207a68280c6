//! Who calls: the gateway's headers held against the request line, the key's secret and the clock.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::words::Fault;
use crate::api::{self, Caller};
use crate::manner::desk::{Desk, Heard};

/// How far a caller's clock may be from the cloud's, in milliseconds.
const APART: u64 = 5 * 60 * 1000;

/// The one who calls.
pub fn caller(heard: &Heard, desk: &Desk) -> Result<Caller, Fault> {
    let failed = |why: &str| Fault::gateway(401, "200", "Authentication Failed", why);
    let sent = heard.header("x-ncp-apigw-timestamp");
    let sent: i64 = sent
        .parse()
        .map_err(|_| failed("the header x-ncp-apigw-timestamp has no milliseconds since 1970"))?;
    let now = desk.look(api::cloud_time)?;
    if now.abs_diff(sent) > APART {
        return Err(failed("the timestamp is more than 5 minutes off"));
    }
    let key = heard.header("x-ncp-iam-access-key");
    let (caller, secret) = desk
        .owner_of_key(key)?
        .ok_or_else(|| failed("no such access key"))?;
    // One SDK sends the same under the older name.
    let given = match heard.header("x-ncp-apigw-signature-v2") {
        "" => heard.header("x-ncp-apigw-signature-v1"),
        given => given,
    };
    let uri = heard.uri.path_and_query().map_or("/", |uri| uri.as_str());
    let text = string_to_sign(heard.method.as_str(), uri, sent, key);
    if !signs(&text, &secret, given) {
        return Err(failed("the signature is another"));
    }
    Ok(caller)
}

/// The request line without its version, the time and the key.
fn string_to_sign(method: &str, uri: &str, sent: i64, key: &str) -> String {
    format!("{method} {uri}\n{sent}\n{key}")
}

fn signs(text: &str, secret: &str, given: &str) -> bool {
    let (Ok(given), Ok(mut mac)) = (
        STANDARD.decode(given),
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()),
    ) else {
        return false;
    };
    mac.update(text.as_bytes());
    mac.verify_slice(&given).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_vectors_are_good_and_nothing_else_is() {
        for (method, uri, signature) in [
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
            let text = string_to_sign(method, uri, 1_505_290_625_682, "ACCESSKEYEXAMPLE");
            assert!(signs(&text, "SECRETKEYEXAMPLE", signature), "{uri}");
            assert!(!signs(&text, "SECRETKEYEXAMPL", signature));
            let later = string_to_sign(method, uri, 1_505_290_625_683, "ACCESSKEYEXAMPLE");
            assert!(!signs(&later, "SECRETKEYEXAMPLE", signature));
        }
    }
}
