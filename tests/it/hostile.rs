//! Malformed input of every kind: one clear error, the right status, never a panic.

use crate::support::{Home, Stub};

#[test]
fn bytes_that_are_no_text_and_quotes_that_never_close() {
    let home = Home::new();
    home.script(b"\xff\xfe list\n").status(2).err("UTF-8");
    home.script("list zones name=\"open\n")
        .status(2)
        .err("quote");
    home.script("list zones name='open\n")
        .status(2)
        .err("quote");
    home.script("\0\0\0\n").status(2);
    home.script("= = =\n").status(2);
    home.script("|\n").status(2);
}

#[test]
fn a_line_of_ten_megabytes_is_one_error() {
    let home = Home::new();
    let line = format!("list zones bogus={}\n", "x".repeat(10 << 20));
    let seen = home.script(line).status(2).err("bogus");
    assert!(seen.stderr.len() < 10_000, "{} bytes", seen.stderr.len());
    let seen = home.script("x".repeat(10 << 20)).status(2);
    assert!(seen.stderr.len() < 10_000, "{} bytes", seen.stderr.len());
}

#[test]
fn answers_that_are_none() {
    for (status, media, body, expected) in [
        (
            "200 OK",
            "text/html",
            "<html><body>Sign in</body></html>",
            3,
        ),
        ("200 OK", "application/json", "", 3),
        (
            "200 OK",
            "application/json",
            "{\"listzonesresponse\":{\"count\":1,\"zo",
            3,
        ),
        ("200 OK", "application/json", "null", 3),
        ("200 OK", "application/json", "[1,2]", 3),
        ("200 OK", "text/plain", "all is well", 3),
        (
            "502 Bad Gateway",
            "text/html",
            "<html>Bad Gateway</html>",
            3,
        ),
        (
            "401 Unauthorized",
            "application/json",
            "{\"errorresponse\":{\"errorcode\":401,\"errortext\":\"no\"}}",
            1,
        ),
        ("531 Whatever", "application/json", "null", 1),
        ("405 Method", "application/json", "Please use POST", 1),
        ("414 Too Long", "text/html", "<html>414</html>", 1),
        ("302 Found", "text/html", "", 1),
    ] {
        let stub = Stub::answering(status, media, body);
        let home = stub.home();
        let seen = home.run("list zones").seen();
        assert_eq!(seen.status, expected, "{status} {body:?}: {seen:?}");
        assert_eq!(seen.stdout, "");
        assert_eq!(seen.stderr.matches("error: ").count(), 1, "{seen:?}");
    }
}

#[test]
fn an_answer_nested_a_million_deep_is_an_error() {
    let body = format!("{{\"listapisresponse\":{}", "[".repeat(1_000_000));
    let home = Stub::answering("200 OK", "application/json", &body);
    home.home().run("list zones").seen().status(3);
    let stub = Stub::answering("200 OK", "application/json", "junk");
    stub.home().run("api listZones").seen().status(3);
}

#[test]
fn arguments_that_are_nonsense() {
    let home = Home::new();
    for words in [
        "=",
        "|",
        "--",
        "-x",
        "list zones -z",
        "api",
        "source",
        "devcloud fly",
        "profile fly",
        "set x y",
    ] {
        let seen = home.run(words).seen();
        assert!([0, 2].contains(&seen.status), "{words}: {seen:?}");
    }
}
