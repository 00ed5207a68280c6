//! TLS as a profile wants it: files with roots and a client's certificate in, a configuration of rustls out; and what
//! went wrong in a handshake, in words.

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, OtherError,
    RootCertStore, SignatureScheme,
};

use crate::error::{Error, Result};

/// Whom to trust, and how to show who asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Tls {
    /// Whether the server's certificate must be right.
    pub verifycert: bool,
    /// A PEM file with roots that are trusted in place of the platform's.
    pub cacert: Option<PathBuf>,
    /// A PEM file with the client's certificate, and those that lead from it to a root.
    pub cert: Option<PathBuf>,
    /// A PEM file with the key of `cert`.
    pub key: Option<PathBuf>,
}

impl Default for Tls {
    fn default() -> Tls {
        Tls {
            verifycert: true,
            cacert: None,
            cert: None,
            key: None,
        }
    }
}

impl Tls {
    /// Reads the files; what cannot be used is an error that names the file and says what to do.
    pub fn config(&self) -> Result<ClientConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|why| unusable(&why))?
            .dangerous()
            .with_custom_certificate_verifier(self.verifier(provider)?);
        let mut config = match (&self.cert, &self.key) {
            (None, None) => builder.with_no_client_auth(),
            (Some(cert), Some(key)) => builder
                .with_client_auth_cert(certificates("cert", cert)?, private_key(key)?)
                .map_err(|why| mismatch(cert, key, &why))?,
            (Some(cert), None) => return Err(half(("cert", cert), "key")),
            (None, Some(key)) => return Err(half(("key", key), "cert")),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>> {
        if !self.verifycert {
            return Ok(Arc::new(Unchecked(provider)));
        }
        let Some(path) = &self.cacert else {
            let platform = rustls_platform_verifier::Verifier::new(provider).map_err(|why| {
                Error::local(format!("the platform's TLS roots could not be read: {why}"))
                    .hint("install the system's ca-certificates, or name a file with roots: set cacert FILE")
            })?;
            return Ok(Arc::new(Checked {
                inner: Arc::new(platform),
                named: Vec::new(),
            }));
        };
        let named = certificates("cacert", path)?;
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(named.iter().cloned());
        if added == 0 {
            return Err(Error::local(format!(
                "cacert: {} holds no certificate that can be a root",
                path.display()
            ))
            .hint(
                "name a PEM file with the certificate of the authority that signed the cloud's",
            ));
        }
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|why| unusable(&why))?;
        Ok(Arc::new(Checked { inner, named }))
    }

    /// What the user is to be told about speaking to that host so.
    pub fn warnings(&self, host: &str) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.verifycert {
            warnings.push(format!(
                "verifycert is false: the certificate of {host} is not checked, so whoever is in between can read and \
                 forge every call"
            ));
        }
        if let Some(key) = self.key.as_deref()
            && let Some(mode) = open_to_others(key)
        {
            warnings.push(format!(
                "key: {0} is open to others (mode {mode:03o}): chmod 600 {0}",
                key.display()
            ));
        }
        warnings
    }
}

/// The mode of a file that others than its owner can read or change.
#[cfg(unix)]
fn open_to_others(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(path).ok()?;
    (found.is_file() && found.mode() & 0o077 != 0).then_some(found.mode() & 0o777)
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> Option<u32> {
    None
}

fn read(setting: &str, path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|why| {
        Error::local(format!(
            "{setting}: {} could not be read: {why}",
            path.display()
        ))
        .hint(format!(
            "name another file (`set {setting} FILE`), or none (`set {setting} \"\"`)"
        ))
    })
}

/// The certificates of a PEM file, at least one.
fn certificates(setting: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let bytes = read(setting, path)?;
    let shown = path.display();
    let certificates: std::result::Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(&bytes).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(
            Error::local(format!("{setting}: {shown} holds no certificate")).hint(match bytes.first() {
                // The first byte of every certificate in DER.
                Some(0x30) => format!(
                    "it looks like DER: openssl x509 -inform der -in {shown} -out {shown}.pem, then set {setting} {shown}.pem"
                ),
                _ => "a PEM file is wanted, with a line -----BEGIN CERTIFICATE-----".into(),
            }),
        ),
        Err(why) => Err(Error::local(format!(
            "{setting}: {shown} is damaged: {why}"
        ))
        .hint("a PEM file is wanted; fetch it again")),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    let bytes = read("key", path)?;
    let shown = path.display();
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| {
        let text = String::from_utf8_lossy(&bytes);
        if text.contains("ENCRYPTED") {
            Error::local(format!("key: {shown} is encrypted")).hint(format!(
                "make a copy without a password: openssl pkey -in {shown} -out plain.pem; chmod 600 plain.pem"
            ))
        } else {
            Error::local(format!("key: {shown} holds no private key")).hint(
                "a PEM file is wanted, with a line -----BEGIN PRIVATE KEY----- (or RSA or EC PRIVATE KEY)",
            )
        }
    })
}

fn half((set, path): (&str, &Path), lacking: &str) -> Error {
    Error::local(format!(
        "{set} is set ({}) and {lacking} is not: a client certificate needs both",
        path.display()
    ))
    .hint(format!("set {lacking} FILE, or set {set} \"\""))
}

fn mismatch(cert: &Path, key: &Path, why: &rustls::Error) -> Error {
    let (cert, key) = (cert.display(), key.display());
    match why {
        rustls::Error::InconsistentKeys(_) => {
            Error::local(format!("{key} is not the key of the certificate in {cert}"))
                .hint("set cert and key to a pair; the certificate itself comes first in its file")
        }
        _ => Error::local(format!("{cert} and {key} cannot be used: {why}"))
            .hint("a certificate with an RSA, ECDSA or Ed25519 key is wanted"),
    }
}

fn unusable(why: &dyn fmt::Display) -> Error {
    Error::local(format!("TLS could not be set up: {why}"))
}

/// Verifies as another does, tells more of what is wrong, and takes a certificate that the user named itself.
#[derive(Debug)]
struct Checked {
    inner: Arc<dyn ServerCertVerifier>,
    /// The certificates of cacert.
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Checked {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        let why = match self.inner.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        ) {
            Err(rustls::Error::InvalidCertificate(why)) => why,
            other => return other,
        };
        // Many self-signed certificates say that they are an authority's, which no server's may be. Their time has been
        // looked at by then; who names the very certificate means it.
        let authority = is_authority(&why);
        if authority && self.named.iter().any(|named| named == end_entity) {
            let parsed = ParsedCertificate::try_from(end_entity)?;
            rustls::client::verify_server_name(&parsed, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        let unknown = authority || matches!(why, CertificateError::UnknownIssuer);
        Err(rustls::Error::InvalidCertificate(
            if unknown && is_self_signed(end_entity) {
                CertificateError::Other(OtherError(Arc::new(SelfSigned)))
            } else {
                why
            },
        ))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn is_authority(why: &CertificateError) -> bool {
    let CertificateError::Other(OtherError(other)) = why else {
        return false;
    };
    matches!(other.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    webpki::EndEntityCert::try_from(certificate)
        .is_ok_and(|parsed| parsed.issuer() == parsed.subject())
}

/// What a verifier says of a certificate that only itself vouches for.
#[derive(Debug)]
struct SelfSigned;

impl fmt::Display for SelfSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("self-signed")
    }
}

impl StdError for SelfSigned {}

/// Takes every certificate; that the server has its key is still checked.
#[derive(Debug)]
struct Unchecked(Arc<CryptoProvider>);

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

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

/// A name as the verifier tells it, `DnsName("cloud.example.org")` or bare, without what is around it.
fn bare_name(name: &str) -> &str {
    match (name.find('"'), name.rfind('"')) {
        (Some(first), Some(last)) if first < last => &name[first + 1..last],
        _ => name,
    }
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
