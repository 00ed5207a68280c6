//! A cloud of the test's own that speaks TLS, and the authorities and certificates that it is made with.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion,
};

use crate::support::{Home, Run, Stub};

pub const ZONES: &str = r#"{"listzonesresponse":{"count":1,"zone":[{"id":"a","name":"far"}]}}"#;
pub const CATALOGUE: &str = r#"{"listapisresponse":{"count":2,"api":[{"name":"createDomain","isasync":false,"params":[{"name":"name","type":"string","required":true}],"response":[]},{"name":"listZones","isasync":false,"params":[],"response":[]}]}}"#;

/// An authority of the test's own.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub pem: String,
}

/// A certificate and its key.
pub struct Pair {
    pub der: CertificateDer<'static>,
    pub pem: String,
    pub key: KeyPair,
}

pub fn params(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.into()]).unwrap()
}

pub fn authority(name: &str) -> Authority {
    let mut params = params(name);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    Authority { issuer, pem }
}

impl Authority {
    pub fn signed(&self, params: &CertificateParams) -> Pair {
        let key = KeyPair::generate().unwrap();
        let made = params.signed_by(&key, &self.issuer).unwrap();
        Pair {
            der: made.der().clone(),
            pem: made.pem(),
            key,
        }
    }

    fn roots(&self) -> Arc<RootCertStore> {
        use rustls::pki_types::pem::PemObject;
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap();
        roots.add(root).unwrap();
        Arc::new(roots)
    }
}

pub fn self_signed(name: &str) -> Pair {
    let key = KeyPair::generate().unwrap();
    let mut params = params(name);
    // As `openssl req -x509` makes them.
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let made = params.self_signed(&key).unwrap();
    Pair {
        der: made.der().clone(),
        pem: made.pem(),
        key,
    }
}

/// A cloud that speaks TLS and answers everything with a list of zones.
pub struct Secure {
    pub url: String,
    /// How many connections brought a byte after the handshake.
    calls: Arc<AtomicUsize>,
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Secure {
    pub fn new(pair: &Pair) -> Secure {
        Secure::with(pair, rustls::ALL_VERSIONS, None)
    }

    /// `clients` is whose certificates a client must show.
    pub fn with(
        pair: &Pair,
        versions: &[&'static SupportedProtocolVersion],
        clients: Option<&Authority>,
    ) -> Secure {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(clients.roots(), provider)
                    .build()
                    .unwrap(),
            ),
        };
        let key = PrivateKeyDer::try_from(pair.key.serialize_der()).unwrap();
        let config = builder
            .with_single_cert(vec![pair.der.clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (counted, stopped) = (calls.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { return };
                serve(stream, config.clone(), &counted);
            }
        });
        Secure {
            url: format!("https://{address}/client/api"),
            calls,
            address,
            stop,
            thread: Some(thread),
        }
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// A home whose profile is this server, with more lines in the profile, that knows what can be called.
    pub fn home(&self, more: &str) -> Home {
        let home = Home::new().configured(&format!(
            "profile = \"secure\"\n[profiles.secure]\nurl = \"{}\"\napikey = \"KEY\"\nsecretkey = \"TOPSECRET\"\n{more}",
            self.url
        ));
        home.catalogue(&self.url, CATALOGUE);
        home
    }
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, calls: &AtomicUsize) {
    let connection = ServerConnection::new(config).unwrap();
    let mut tls = StreamOwned::new(connection, stream);
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && tls.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    if head.is_empty() {
        // What the handshake came to is still to be told, and a close with something unread would take it back.
        let _ = tls.conn.write_tls(&mut tls.sock);
        let _ = tls.sock.read_to_end(&mut Vec::new());
        return;
    }
    calls.fetch_add(1, Ordering::SeqCst);
    let text = String::from_utf8_lossy(&head).to_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    let _ = tls.read_exact(&mut body);
    let _ = tls.write_all(Stub::whole("200 OK", "application/json", ZONES).as_bytes());
    tls.conn.send_close_notify();
    let _ = tls.flush();
}

impl Drop for Secure {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The run with those as the platform's roots, whatever this machine trusts.
pub fn trusting(run: Run, roots: &std::path::Path) -> Run {
    run.env("SSL_CERT_FILE", roots.to_str().unwrap())
}
