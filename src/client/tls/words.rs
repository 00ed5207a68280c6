//! What went wrong in a handshake: an error of the HTTP client in, a sentence's end and what to do out.

use std::error::Error as StdError;

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, OtherError};

use super::{SelfSigned, is_authority};

/// What went wrong between two ends of TLS: a sentence's end, whose subject is the host, and what to do.
pub struct Told {
    pub what: String,
    pub hints: Vec<String>,
}

const GO_ON: &str = "verifycert=false goes on without any protection";

/// Tells what TLS says somewhere in an error's chain, if it says anything.
pub fn told(why: &(dyn StdError + 'static)) -> Option<Told> {
    let why = find(why)?;
    let (what, hints): (String, Vec<&str>) = match why {
        rustls::Error::InvalidCertificate(why) => certificate(why),
        rustls::Error::AlertReceived(alert) => alerted(*alert),
        rustls::Error::InvalidMessage(_) => (
            "does not speak TLS there".into(),
            vec!["is the port right, and is it https at all? (`set url`, `set protocol http`)"],
        ),
        rustls::Error::PeerIncompatible(_) => (
            format!("offers no TLS that is still safe: {why}"),
            vec!["the server has to offer TLS 1.2 or later; nothing on this side can mend that"],
        ),
        other => (format!("broke off the TLS handshake: {other}"), Vec::new()),
    };
    Some(Told {
        what,
        hints: hints.into_iter().map(String::from).collect(),
    })
}

fn certificate(why: &CertificateError) -> (String, Vec<&'static str>) {
    const NAME_ROOTS: &str =
        "set cacert FILE, a PEM file with the certificate of the authority that signed it";
    match why {
        CertificateError::Expired => (
            "shows a certificate that has expired".into(),
            vec![
                "have the server's certificate renewed, and look at this machine's clock",
                GO_ON,
            ],
        ),
        CertificateError::ExpiredContext { not_after, .. } => (
            format!("shows a certificate that expired on {}", day(*not_after)),
            vec![
                "have the server's certificate renewed, and look at this machine's clock",
                GO_ON,
            ],
        ),
        CertificateError::NotValidYet => (
            "shows a certificate whose time has not come yet".into(),
            vec!["look at this machine's clock", GO_ON],
        ),
        CertificateError::NotValidYetContext { not_before, .. } => (
            format!(
                "shows a certificate that begins on {} only",
                day(*not_before)
            ),
            vec!["look at this machine's clock", GO_ON],
        ),
        CertificateError::NotValidForName => (
            "shows a certificate that is for another name".into(),
            vec!["use the name that the certificate has (`set host`)", GO_ON],
        ),
        CertificateError::NotValidForNameContext { presented, .. } => (
            match presented.as_slice() {
                [] => "shows a certificate that is for no host".into(),
                names => format!(
                    "shows a certificate that is for another name: {}",
                    names
                        .iter()
                        .map(|name| bare_name(name))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            },
            vec!["use the name that the certificate has (`set host`)", GO_ON],
        ),
        CertificateError::UnknownIssuer => (
            "shows a certificate that nobody signed whom this machine trusts".into(),
            vec![NAME_ROOTS, GO_ON],
        ),
        CertificateError::Revoked => (
            "shows a certificate that has been revoked".into(),
            vec!["have the server's certificate replaced; do not go on before"],
        ),
        CertificateError::BadSignature => (
            "shows a certificate that is forged, or signed by another authority of the same name as one that this machine trusts".into(),
            vec![NAME_ROOTS, GO_ON],
        ),
        CertificateError::BadEncoding => (
            "shows a certificate that is damaged".into(),
            vec!["have the server's certificate replaced", GO_ON],
        ),
        CertificateError::Other(OtherError(other)) if other.is::<SelfSigned>() => (
            "shows a self-signed certificate, for which nobody vouches".into(),
            vec![
                "get that certificate from the cloud's operator on another way and trust it: set cacert FILE",
                GO_ON,
            ],
        ),
        _ if is_authority(why) => (
            "shows an authority's certificate in place of its own".into(),
            vec!["have the server's certificate replaced", GO_ON],
        ),
        other => (
            format!("shows a certificate that cannot be used: {other}"),
            vec!["have the server's certificate looked at", GO_ON],
        ),
    }
}

/// What the other side says is wrong.
fn alerted(alert: AlertDescription) -> (String, Vec<&'static str>) {
    use AlertDescription as Alert;
    match alert {
        Alert::CertificateRequired => (
            "wants a client certificate".into(),
            vec!["set cert FILE and set key FILE"],
        ),
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::AccessDenied
        | Alert::DecryptError => (
            format!("does not accept the client certificate (or its absence): {alert:?}"),
            vec!["set cert and key to a certificate that this server trusts"],
        ),
        Alert::ProtocolVersion | Alert::HandshakeFailure | Alert::InsufficientSecurity => (
            format!("found no TLS version or cipher in common: {alert:?}"),
            vec![
                "the server has to offer TLS 1.2 or later; some servers say this when they want a client certificate (set cert, set key)",
            ],
        ),
        other => (
            format!("broke off the TLS handshake: {other:?}"),
            Vec::new(),
        ),
    }
}

/// A name as the verifier tells it, `DnsName("cloud.example.org")` or `IpAddress(192.0.2.1)`, without what is around it.
fn bare_name(name: &str) -> &str {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner);
    inner.trim_matches(|letter| matches!(letter, ')' | '"'))
}

fn day(moment: UnixTime) -> String {
    i64::try_from(moment.as_secs())
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map_or_else(
            || "a day out of all calendars".into(),
            |moment| moment.strftime("%Y-%m-%d").to_string(),
        )
}

/// The error of that type in a chain; an io::Error hides what it was made of from its `source`.
fn find<'e>(mut why: &'e (dyn StdError + 'static)) -> Option<&'e rustls::Error> {
    loop {
        if let Some(found) = why.downcast_ref() {
            return Some(found);
        }
        let inside = why
            .downcast_ref::<std::io::Error>()
            .and_then(|why| why.get_ref());
        why = match inside {
            Some(inside) => inside,
            None => why.source()?,
        };
    }
}
