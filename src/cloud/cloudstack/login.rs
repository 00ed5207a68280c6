//! Logins: a user with a password in, the call that begins a session out; its answer in, the session's key and cookies out.

use super::{CLOUDSTACK, sign, without_secrets};
use crate::catalog::types::Types;
use crate::cloud::{Dialect, Login, Reply, Request, SignedCall, Token};
use crate::config::secret::Secret;
use crate::error::{Error, Kind, Result};
use crate::record::body::Body;

/// The call that logs a user in; servers take it by POST alone.
pub fn call(url: &str, login: &Login, password: &Secret) -> SignedCall {
    let mut params = vec![
        ("command".to_string(), "login".to_string()),
        ("response".into(), "json".into()),
        ("username".into(), login.username.clone()),
        ("password".into(), password.expose().into()),
    ];
    if !login.domain.is_empty() {
        params.push(("domain".into(), login.domain.clone()));
    }
    SignedCall {
        url: url.into(),
        body: Some(sign::query(&params)),
        cookies: None,
        headers: Vec::new(),
        shown: format!("{url}?{}", sign::query(&without_secrets("login", &params))),
    }
}

/// What the answer gives; no error repeats it, since it holds the session's key.
pub fn token(reply: &Reply) -> Result<Token> {
    let request = Request {
        api: "login".into(),
        params: Vec::new(),
    };
    if reply.status != 200 {
        let read = CLOUDSTACK.read(&request, reply, &Types::default(), false);
        return Err(read.err().map_or_else(|| sessionless(reply), unlogged));
    }
    let key = Body::of_json(&reply.body)
        .ok()
        .and_then(|body| body.fields.text("sessionkey"))
        .filter(|key| !key.is_empty())
        .ok_or_else(|| sessionless(reply))?;
    Ok(Token {
        sessionkey: Secret::new(key),
        cookies: cookies(&reply.cookies),
    })
}

/// A refused login in the words of one: nothing was changed by it, and it is the user that is to be looked at.
fn unlogged(mut error: Error) -> Error {
    if error.kind == Kind::Unknown {
        error.kind = Kind::Unreachable;
        error.hints.truncate(1);
    }
    if matches!(error.code, Some(401 | 531)) {
        error.hints = vec!["check username, password and domain (`set`)".into()];
    }
    error
}

fn sessionless(reply: &Reply) -> Error {
    Error::new(
        Kind::Unreachable,
        format!(
            "login: the answer (HTTP {}, {} bytes) holds no session key",
            reply.status,
            reply.body.len()
        ),
    )
    .hint("check the url (`set url`): is this the API's address, and is no proxy in between?")
}

/// What a server wants kept, as it is to come back: without attributes, of each name the last.
fn cookies(set: &[Secret]) -> Secret {
    let mut kept: Vec<(&str, &str)> = Vec::new();
    for cookie in set {
        let pair = cookie.expose().split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        kept.retain(|(known, _)| *known != name);
        if !name.is_empty() && !value.is_empty() {
            kept.push((name, value));
        }
    }
    let pairs: Vec<String> = kept
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    Secret::new(pairs.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &'static str) -> Reply {
        Reply {
            status,
            content_type: "application/json".into(),
            body: body.into(),
            ..Reply::default()
        }
    }

    #[test]
    fn a_login_shows_no_password_and_gives_a_session() {
        let login = Login {
            username: "bob".into(),
            domain: "/Sales".into(),
            password: None,
        };
        let call = call("http://c/client/api", &login, &Secret::new("p&w"));
        assert_eq!(
            call.body.as_deref(),
            Some("command=login&response=json&username=bob&password=p%26w&domain=%2FSales")
        );
        assert!(!call.shown.contains("p%26w") && !call.url.contains('?'));
        let mut answer = reply(
            200,
            r#"{"loginresponse":{"username":"bob","timeout":1800,"sessionkey":"KEY"}}"#,
        );
        answer.cookies = [
            "JSESSIONID=old;Path=/client",
            "JSESSIONID=node0.x;Path=/client;HttpOnly",
            "sessionkey=KEY;HttpOnly",
            "gone=;Max-Age=0",
            "nonsense",
        ]
        .map(Secret::new)
        .to_vec();
        let token = token(&answer).unwrap();
        assert_eq!(token.sessionkey.expose(), "KEY");
        assert_eq!(token.cookies.expose(), "JSESSIONID=node0.x; sessionkey=KEY");
    }

    #[test]
    fn a_login_that_fails_is_told_without_its_answer() {
        let refused = r#"{"loginresponse":{"uuidList":[],"errorcode":531,"errortext":"Failed to authenticate user bob in domain 1; please provide valid credentials"}}"#;
        for (status, body, kind, says) in [
            (
                531,
                refused,
                Kind::Refused,
                "Failed to authenticate user bob",
            ),
            (531, "null", Kind::Refused, "531 ACCOUNT_ERROR"),
            (405, "Please use HTTP POST", Kind::Refused, "(405 "),
            (503, "<html></html>", Kind::Unreachable, "HTTP 503"),
            (
                200,
                r#"{"loginresponse":{"sessionkey":"HUSH""#,
                Kind::Unreachable,
                "no session key",
            ),
            (
                200,
                r#"{"loginresponse":{"sessionkey":""}}"#,
                Kind::Unreachable,
                "no session key",
            ),
            (
                200,
                "<html>HUSH</html>",
                Kind::Unreachable,
                "no session key",
            ),
        ] {
            let error = token(&reply(status, body)).err().unwrap();
            assert_eq!(error.kind, kind, "{error}");
            assert!(error.message.contains(says), "{error}");
            assert!(!error.message.contains("HUSH"), "{error}");
            assert_eq!(error.hints.len(), 1, "{error:?}");
        }
    }
}
