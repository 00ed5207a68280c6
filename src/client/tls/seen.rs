//! The certificate that a server shows, kept for whoever wants to look at it, trusted or not.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};

/// Where the certificate that came last is kept.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<Mutex<Option<Shown>>>);

/// A certificate in DER, and when it came.
#[derive(Clone, Debug)]
pub struct Shown {
    pub der: Vec<u8>,
    pub at: Instant,
}

impl Seen {
    pub fn last(&self) -> Option<Shown> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// A verifier that does as the other and keeps what it is shown.
    pub(super) fn watching(
        &self,
        inner: Arc<dyn ServerCertVerifier>,
    ) -> Arc<dyn ServerCertVerifier> {
        Arc::new(Watching {
            inner,
            seen: self.clone(),
        })
    }
}

#[derive(Debug)]
struct Watching {
    inner: Arc<dyn ServerCertVerifier>,
    seen: Seen,
}

impl ServerCertVerifier for Watching {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = Shown {
            der: end_entity.to_vec(),
            at: Instant::now(),
        };
        *self.seen.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        self.inner
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
