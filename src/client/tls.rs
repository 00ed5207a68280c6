//! TLS as a profile wants it: files with roots and a client's certificate in, a configuration of rustls out.

mod seen;
mod words;

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
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore,
    SignatureScheme,
};

use crate::error::{Error, Result};

pub use seen::Seen;
pub use words::told;

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
        self.config_watched(None)
    }

    /// The same, with the server's certificate kept where it can be looked at.
    pub fn config_watched(&self, seen: Option<&Seen>) -> Result<ClientConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|why| unusable(&why))?
            .dangerous()
            .with_custom_certificate_verifier(match (self.verifier(provider)?, seen) {
                (verifier, None) => verifier,
                (verifier, Some(seen)) => seen.watching(verifier),
            });
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
