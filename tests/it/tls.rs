//! TLS with certificates made on the fly: whose are trusted, what is said of the others, and that nothing is sent to them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion,
};

use crate::support::{Home, Run, Stub};

const ZONES: &str = r#"{"listzonesresponse":{"count":1,"zone":[{"id":"a","name":"far"}]}}"#;
const CATALOGUE: &str = r#"{"listapisresponse":{"count":2,"api":[{"name":"createDomain","isasync":false,"params":[{"name":"name","type":"string","required":true}],"response":[]},{"name":"listZones","isasync":false,"params":[],"response":[]}]}}"#;

/// An authority of the test's own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key.
struct Pair {
    der: CertificateDer<'static>,
    pem: String,
    key: KeyPair,
}

fn params(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.into()]).unwrap()
}

fn authority(name: &str) -> Authority {
    let mut params = params(name);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    Authority { issuer, pem }
}

impl Authority {
    fn signed(&self, params: &CertificateParams) -> Pair {
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

fn self_signed(name: &str) -> Pair {
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
struct Secure {
    url: String,
    /// How many connections brought a byte after the handshake.
    calls: Arc<AtomicUsize>,
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Secure {
    fn new(pair: &Pair) -> Secure {
        Secure::with(pair, rustls::ALL_VERSIONS, None)
    }

    /// `clients` is whose certificates a client must show.
    fn with(
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

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// A home whose profile is this server, with more lines in the profile, that knows what can be called.
    fn home(&self, more: &str) -> Home {
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
fn trusting(run: Run, roots: &std::path::Path) -> Run {
    run.env("SSL_CERT_FILE", roots.to_str().unwrap())
}

#[test]
fn the_platforms_roots_hold_unless_others_are_named_in_their_place() {
    let (good, other) = (authority("good"), authority("other"));
    let cloud = Secure::new(&good.signed(&params("127.0.0.1")));
    let home = cloud.home("");
    let good = home.file("good.pem", &good.pem);
    let other = home.file("other.pem", &other.pem);
    let out = trusting(home.run("list zones"), &good).ok();
    assert!(out.contains("name = far"), "{out}");
    let line = format!("list zones cacert={}", good.display());
    trusting(home.run(&line), &other).ok();
    let said = trusting(home.run("list zones"), &other).fails(3);
    assert!(
        said.contains("nobody signed whom this machine trusts"),
        "{said}"
    );
    assert!(
        said.contains("set cacert FILE") && said.contains("verifycert=false"),
        "{said}"
    );
    // The named roots are in place of the platform's, and none of them signed it.
    let line = format!("list zones cacert={}", other.display());
    trusting(home.run(&line), &good).fails(3);
    home.run(&format!("set cacert {}", good.display())).ok();
    trusting(home.run("list zones"), &other).ok();
}

#[test]
fn what_is_wrong_with_a_certificate_is_told_and_nothing_is_sent_to_its_server() {
    let authority = authority("authority");
    let mut expired = params("127.0.0.1");
    expired.not_after = date_time_ymd(2020, 2, 29);
    let mut early = params("127.0.0.1");
    early.not_before = date_time_ymd(2190, 1, 1);
    early.not_after = date_time_ymd(2191, 1, 1);
    for (pair, says, advises) in [
        (
            authority.signed(&expired),
            "shows a certificate that expired on 2020-02-29",
            "renewed",
        ),
        (
            authority.signed(&early),
            "shows a certificate that begins on 2190-01-01 only",
            "clock",
        ),
        (
            authority.signed(&params("cloud.example.org")),
            "shows a certificate that is for another name: cloud.example.org",
            "set host",
        ),
        (
            self_signed("127.0.0.1"),
            "shows a self-signed certificate",
            "set cacert FILE",
        ),
    ] {
        let cloud = Secure::new(&pair);
        let home = cloud.home("retries = 0\n");
        let roots = home.file("roots.pem", &authority.pem);
        for line in ["list zones", "create domain name=x"] {
            let said = trusting(home.run(line), &roots).fails(3);
            assert!(said.contains(says), "{says}: {said}");
            assert!(
                said.contains(advises) && said.contains("nothing was sent"),
                "{said}"
            );
            // A library's own words are none of these.
            assert!(
                !said.contains("invalid peer") && !said.contains("error trying"),
                "{said}"
            );
        }
        assert_eq!(cloud.calls(), 0, "{says}");
    }
}

#[test]
fn a_self_signed_certificate_is_trusted_by_who_names_it_for_its_name_alone() {
    let (mine, another) = (self_signed("127.0.0.1"), self_signed("cloud.example.org"));
    let cloud = Secure::new(&mine);
    let home = cloud.home("");
    let file = home.file("mine.pem", &mine.pem);
    home.run(&format!("list zones cacert={}", file.display()))
        .ok();
    let cloud = Secure::new(&another);
    let home = cloud.home("");
    let file = home.file("another.pem", &another.pem);
    let said = home
        .run(&format!("list zones cacert={}", file.display()))
        .fails(3);
    assert!(said.contains("another name"), "{said}");
}

#[test]
fn an_unchecked_certificate_is_warned_about_once_a_process() {
    let cloud = Secure::new(&self_signed("elsewhere"));
    let home = cloud.home("verifycert = false\n");
    let seen = home.script("list zones\nlist zones\n").status(0);
    assert_eq!(
        seen.stderr.matches("verifycert is false").count(),
        1,
        "{seen:?}"
    );
    assert_eq!(cloud.calls(), 2);
    let home = cloud.home("");
    home.run("list zones verifycert=false")
        .seen()
        .status(0)
        .err("warning: verifycert is false");
    // Where there is nothing to check there is nothing to warn about, nor in what calls nothing.
    let seen = Home::new()
        .run("list zones --verifycert=false")
        .seen()
        .status(0);
    assert!(!seen.stderr.contains("verifycert"), "{seen:?}");
    let seen = home.run("set verifycert").seen().status(0);
    assert!(!seen.stderr.contains("warning"), "{seen:?}");
}

#[test]
fn the_first_use_of_a_cloud_keeps_to_what_its_line_says() {
    let cloud = Secure::new(&self_signed("elsewhere"));
    let home = Home::new().configured(&format!(
        "profile = \"secure\"\n[profiles.secure]\nurl = \"{}\"\napikey = \"KEY\"\nsecretkey = \"TOPSECRET\"\n",
        cloud.url
    ));
    // It answers a list of zones when it is asked what can be called: that it was asked is what counts here.
    home.run("list zones verifycert=false").seen();
    assert_eq!(cloud.calls(), 1);
    home.run("list zones --verifycert=false").seen();
    assert_eq!(cloud.calls(), 2);
}

#[test]
fn a_client_certificate_is_shown_where_both_its_parts_are_given() {
    let (servers, clients) = (authority("servers"), authority("clients"));
    let pair = servers.signed(&params("127.0.0.1"));
    let mine = clients.signed(&params("me"));
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let cloud = Secure::with(&pair, &[version], Some(&clients));
        let home = cloud.home("retries = 0\n");
        let roots = home.file("roots.pem", &servers.pem);
        let cert = home.file("me.pem", &mine.pem);
        let key = home.file("me.key", mine.key.serialize_pem());
        let run = |words: &str| trusting(home.run(&format!("list zones {words}")), &roots);
        let both = format!("cert={} key={}", cert.display(), key.display());
        let seen = run(&both).seen().status(0);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert!(seen.stderr.contains("is open to others"), "{seen:?}");
            let only_me = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&key, only_me).unwrap();
            let seen = run(&both).seen().status(0);
            assert!(!seen.stderr.contains("warning"), "{seen:?}");
        }
        assert!(seen.stdout.contains("name = far"), "{seen:?}");
        let calls = cloud.calls();
        let said = run("").fails(3);
        assert!(said.contains("client certificate"), "{said}");
        assert!(said.contains("set cert"), "{said}");
        assert_eq!(cloud.calls(), calls);
    }
    // Before TLS 1.3 the handshake itself ends so, and nothing was sent.
    let cloud = Secure::with(&pair, &[&rustls::version::TLS12], Some(&clients));
    let home = cloud.home("retries = 0\n");
    let roots = home.file("roots.pem", &servers.pem);
    trusting(home.run("create domain name=x"), &roots).fails(3);
}

#[test]
fn files_that_are_no_use_are_named_with_what_to_do() {
    let authority = authority("authority");
    let pair = authority.signed(&params("127.0.0.1"));
    let cloud = Secure::new(&pair);
    let home = cloud.home("");
    let other = KeyPair::generate().unwrap().serialize_pem();
    home.file("roots.pem", &authority.pem);
    home.file("cert.pem", &pair.pem);
    home.file("cert.der", &pair.der);
    home.file("other.key", &other);
    home.file("empty.pem", "");
    home.file("text.pem", "no certificate at all\n");
    home.file(
        "damaged.pem",
        "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
    );
    home.file(
        "junk.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    home.file(
        "locked.key",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    for (words, says, advises) in [
        (
            "cacert=gone.pem",
            "cacert: gone.pem could not be read",
            "set cacert",
        ),
        (
            "cacert=empty.pem",
            "cacert: empty.pem holds no certificate",
            "PEM",
        ),
        (
            "cacert=text.pem",
            "cacert: text.pem holds no certificate",
            "PEM",
        ),
        (
            "cacert=other.key",
            "cacert: other.key holds no certificate",
            "PEM",
        ),
        (
            "cacert=cert.der",
            "cacert: cert.der holds no certificate",
            "openssl x509 -inform der",
        ),
        (
            "cacert=damaged.pem",
            "cacert: damaged.pem is damaged",
            "PEM",
        ),
        (
            "cacert=junk.pem",
            "cacert: junk.pem holds no certificate that can be a root",
            "authority",
        ),
        (
            "cert=cert.pem",
            "cert is set (cert.pem) and key is not",
            "set key FILE",
        ),
        (
            "key=other.key",
            "key is set (other.key) and cert is not",
            "set cert FILE",
        ),
        (
            "cert=gone.pem key=other.key",
            "cert: gone.pem could not be read",
            "set cert",
        ),
        (
            "cert=cert.pem key=gone.key",
            "key: gone.key could not be read",
            "set key",
        ),
        (
            "cert=cert.pem key=cert.pem",
            "key: cert.pem holds no private key",
            "PRIVATE KEY",
        ),
        (
            "cert=cert.pem key=locked.key",
            "key: locked.key is encrypted",
            "openssl pkey",
        ),
        (
            "cert=cert.pem key=other.key",
            "other.key is not the key of the certificate in cert.pem",
            "pair",
        ),
    ] {
        let run = home.run(&format!("list zones cacert=roots.pem {words}"));
        let run = match words.starts_with("cacert") {
            true => home.run(&format!("list zones {words}")),
            false => run,
        };
        let said = run.fails(7);
        assert!(said.contains(says), "{words}: {said}");
        assert!(said.contains(advises), "{words}: {said}");
    }
    assert_eq!(cloud.calls(), 0);
}

#[test]
fn an_authority_of_the_same_name_is_another_one() {
    let cloud = Secure::new(&authority("one").signed(&params("127.0.0.1")));
    let home = cloud.home("retries = 0\n");
    let roots = home.file("roots.pem", &authority("one").pem);
    let said = trusting(home.run("list zones"), &roots).fails(3);
    assert!(
        said.contains("another authority of the same name"),
        "{said}"
    );
}

#[test]
fn a_server_without_tls_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
        // What it does not understand it reads to the end.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let home = Home::new().configured(&format!(
        "profile = \"p\"\nretries = 0\n[profiles.p]\nurl = \"https://{address}/client/api\"\napikey = \"KEY\"\nsecretkey = \"S\"\n"
    ));
    let url = format!("https://{address}/client/api");
    home.catalogue(&url, CATALOGUE);
    let roots = home.file("roots.pem", authority("authority").pem);
    let said = trusting(home.run("list zones"), &roots).fails(3);
    assert!(said.contains("does not speak TLS there"), "{said}");
    assert!(said.contains("set protocol http"), "{said}");
    server.join().unwrap();
}
