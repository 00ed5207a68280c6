//! The whole address of a call for people who want to see it, as vendors' scripts print theirs: a signed call in, a text out.

use percent_encoding::percent_decode_str;

use super::{Request, SignedCall};
use crate::line::secrets::{STRUCK, is_secret_of};

/// What shows who calls, in lower case.
const PROOF: [&str; 4] = ["apikey", "accesskey", "awsaccesskeyid", "signature"];

/// The address with key and signature struck out unless they are to be revealed; what else is secret always is.
pub fn shown(call: &SignedCall, request: &Request, reveal: bool) -> String {
    let (url, query) = match (&call.body, call.url.split_once('?')) {
        (Some(body), _) => (call.url.as_str(), body.as_str()),
        (None, Some((url, query))) => (url, query),
        (None, None) => return call.url.clone(),
    };
    let pairs = query.split('&').map(|pair| {
        let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
        let plain = percent_decode_str(name).decode_utf8_lossy().to_lowercase();
        let struck = match PROOF.contains(&plain.as_str()) {
            true => !reveal,
            false => is_secret_of(&request.api, &request.params, &plain),
        };
        match struck {
            true => format!("{name}={STRUCK}"),
            false => pair.to_string(),
        }
    });
    format!("{url}?{}", pairs.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_and_signature_are_shown_when_asked_for_and_secrets_never() {
        let call = |url: &str, body: Option<&str>| SignedCall {
            url: url.into(),
            body: body.map(String::from),
            cookies: None,
            headers: Vec::new(),
            shown: String::new(),
        };
        let request = Request {
            api: "createUser".into(),
            params: vec![
                ("password".into(), "hunter2".into()),
                ("details[0].key".into(), "password".into()),
                ("details[0].value".into(), "hunter2".into()),
            ],
        };
        let query = "command=createUser&password=hunter2&details%5B0%5D.value=hunter2&apikey=K&signature=a%3D";
        let masked = "http://h/api?command=createUser&password=********&details%5B0%5D.value=********&apikey=********&signature=********";
        let revealed = "http://h/api?command=createUser&password=********&details%5B0%5D.value=********&apikey=K&signature=a%3D";
        let url = format!("http://h/api?{query}");
        for call in [call(&url, None), call("http://h/api", Some(query))] {
            assert_eq!(shown(&call, &request, false), masked);
            assert_eq!(shown(&call, &request, true), revealed);
        }
        let script = Request {
            api: "vserver/createInitScript".into(),
            params: vec![("initScriptContent".into(), "hush".into())],
        };
        let keys = Request {
            api: "setUserKeys".into(),
            params: Vec::new(),
        };
        for (request, query, expected) in [
            (
                &script,
                "initScriptContent=hush",
                "initScriptContent=********",
            ),
            (
                &keys,
                "Action=SetUserKeys&accesskey=K",
                "Action=SetUserKeys&accesskey=********",
            ),
        ] {
            let call = call(&format!("http://h/api?{query}"), None);
            assert_eq!(
                shown(&call, request, false),
                format!("http://h/api?{expected}")
            );
        }
        let bare = call("http://h/api", None);
        assert_eq!(shown(&bare, &request, true), "http://h/api");
    }
}
