//! TLS with certificates made on the fly: whose are trusted, what is said of the others, and that nothing is sent to them.

use std::io::{Read, Write};
use std::net::TcpListener;

use rcgen::{KeyPair, date_time_ymd};

use crate::secure::{CATALOGUE, Secure, authority, params, self_signed, trusting};
use crate::support::Home;

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
            authority.signed(&params("192.0.2.1")),
            "shows a certificate that is for another name: 192.0.2.1\n",
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
