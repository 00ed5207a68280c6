//! Lists that come in pages: printed while they come, ended early, cut off, changed meanwhile.

use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::support::{Home, Stub};

const CATALOGUE: &str = r#"{"listapisresponse":{"count":1,"api":[{"name":"listThings","isasync":false,"params":[{"name":"page","type":"integer"},{"name":"pagesize","type":"integer"}],"response":[{"name":"id","type":"string"}]}]}}"#;

/// No test waits longer for the program to do its part.
const PATIENCE: Duration = Duration::from_secs(20);

/// A cloud whose listThings stops at two rows; `page` gives the rows of a page, 0 for the list as a whole.
fn cloud(
    count: usize,
    mut page: impl FnMut(usize) -> Vec<String> + Send + 'static,
) -> (Stub, Home) {
    let stub = Stub::with(move |_, head| {
        let number = head
            .split(['?', '&', ' '])
            .find_map(|pair| pair.strip_prefix("page="))
            .map_or(0, |number| number.parse().unwrap());
        let rows = page(number);
        if rows.first().is_some_and(|row| row.starts_with('<')) {
            return Stub::whole("200 OK", "text/html", &rows[0]).into_bytes();
        }
        let body = format!(
            r#"{{"listthingsresponse":{{"count":{count},"thing":[{}]}}}}"#,
            rows.join(",")
        );
        Stub::whole("200 OK", "application/json", &body).into_bytes()
    });
    let home = stub.home();
    home.catalogue(&stub.url, CATALOGUE);
    (stub, home)
}

/// The rows of a page where row N of the list has the id `idN`.
fn numbered(number: usize, count: usize) -> Vec<String> {
    let first = number.max(1) * 2 - 2;
    (first..(first + 2).min(count))
        .map(|row| format!(r#"{{"id":"id{row}"}}"#))
        .collect()
}

/// A cloud of that many rows that gives page 2 when the test says so.
fn halting(count: usize) -> (Stub, Home, Sender<()>) {
    let (go, wait): (Sender<()>, Receiver<()>) = channel();
    let mut told = false;
    let (stub, home) = cloud(count, move |number| {
        // A test that never says so has ended or failed.
        if number == 2 && !told && wait.recv_timeout(PATIENCE).is_err() {
            return vec!["<html>nobody read page 1</html>".into()];
        }
        told |= number == 2;
        numbered(number, count)
    });
    (stub, home, go)
}

/// Reads lines until one has the text in it.
fn read_until(text: &str, from: &mut impl BufRead) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let before = read.len();
        from.read_line(&mut read).unwrap();
        assert!(read.len() > before, "no {text} in {read:?}");
    }
    read
}

fn ended(mut child: Child) -> (i32, String) {
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code().unwrap_or(-1), said)
}

#[test]
fn rows_are_printed_while_the_next_page_is_on_its_way() {
    for (form, first, all) in [
        ("text", "id = id1", "count = 5"),
        ("csv", "id1", "id\nid0\nid1\nid2\nid3\nid4\n"),
        (
            "jsonl",
            "\"id1\"",
            "{\"id\":\"id0\"}\n{\"id\":\"id1\"}\n{\"id\":\"id2\"}\n",
        ),
    ] {
        let (_stub, home, go) = halting(5);
        let mut child = home.run(&format!("list things -o {form}")).piped();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut read = read_until(first, &mut out);
        go.send(()).unwrap();
        out.read_to_string(&mut read).unwrap();
        assert!(read.contains(all) && read.contains("id4"), "{read}");
        assert_eq!(ended(child), (0, String::new()));
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_list_with_what_came_so_far() {
    let (_stub, home, go) = halting(5);
    let mut child = home.run("list things -o jsonl").piped();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut read = read_until("id1", &mut out);
    let interrupted = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupted.unwrap().success());
    out.read_to_string(&mut read).unwrap();
    let (status, said) = ended(child);
    drop(go);
    assert_eq!((status, read.lines().count()), (130, 2), "{read} {said}");
    assert!(
        said.contains("interrupted") && said.contains("2 of 5 rows"),
        "{said}"
    );
}

#[test]
fn a_reader_who_has_enough_ends_the_fetching() {
    let (stub, home, go) = halting(4000);
    let mut child = home.run("list things -o csv").piped();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    read_until("id1", &mut out);
    drop(out);
    go.send(()).unwrap();
    assert_eq!(ended(child), (0, String::new()));
    // Not at once: a process that another test is about to start may hold the pipe open for a moment.
    assert!(stub.calls.load(Ordering::SeqCst) < 1000);
    // The same in a pipe of the shell's own.
    let (stub, home) = cloud(4000, |number| numbered(number, 4000));
    let seen = home.script("list things -o csv | head -n 2\n").status(0);
    assert_eq!(
        (seen.stdout.as_str(), seen.stderr.as_str()),
        ("id\nid0\n", "")
    );
    assert!(stub.calls.load(Ordering::SeqCst) < 2000);
}

#[test]
fn a_failure_in_the_middle_has_its_status_and_what_came_before() {
    for (form, rows) in [("jsonl", 2), ("csv", 3), ("json", 0), ("table", 0)] {
        let (_stub, home) = cloud(5, |number| match number {
            2 => vec!["<html>sign in</html>".into()],
            number => numbered(number, 5),
        });
        let seen = home
            .run(&format!("list things -o {form} retries=0"))
            .seen()
            .status(3);
        assert_eq!(seen.stdout.lines().count(), rows, "{form} {seen:?}");
        seen.err("not understood");
    }
}

#[test]
fn a_list_that_changes_meanwhile_has_no_row_twice_and_says_so() {
    let page = |number| match number {
        // A row came in before the second page was asked for, so that its first row is the first page's last.
        2 => vec![r#"{"id":"id1"}"#.into(), r#"{"id":"id2"}"#.into()],
        3 => vec![r#"{"id":"id3"}"#.into()],
        number => numbered(number, 5),
    };
    let (_stub, home) = cloud(5, page);
    let seen = home.run("list things -o csv").seen().status(0);
    assert_eq!(seen.stdout, "id\nid0\nid1\nid2\nid3\n");
    seen.err("the list changed while it was read")
        .err("1 came twice");
    let seen = home.run("list things -o json").seen().status(0);
    seen.out("\"count\": 4").err("the list changed");
    let seen = home.run("list things -o text").seen().status(0);
    assert!(seen.stdout.ends_with("=\ncount = 4\n"), "{seen:?}");
}

#[test]
fn rows_without_ids_may_be_equal_and_templates_are_told_apart_by_their_zone() {
    let (_stub, home) = cloud(5, |number| {
        let rows: &[&str] = match number {
            0 | 1 => &[r#"{"name":"a"}"#, r#"{"name":"b"}"#],
            2 => &[r#"{"name":"b"}"#, r#"{"id":"x","zoneid":"1"}"#],
            _ => &[r#"{"id":"x","zoneid":"2"}"#, r#"{"id":"x","zoneid":"1"}"#],
        };
        rows.iter().map(ToString::to_string).collect()
    });
    let seen = home
        .run("list things filter=id,name,zoneid -o csv")
        .seen()
        .status(0);
    assert_eq!(
        seen.stdout, "id,name,zoneid\n,a,\n,b,\n,b,\nx,,1\nx,,2\n",
        "{seen:?}"
    );
    // The row of the third page that stood on the second.
    seen.err("1 came twice");
}

#[test]
fn a_page_without_ids_that_comes_again_whole_is_a_repeat() {
    let (_stub, home) = cloud(4, |_| {
        vec![r#"{"name":"a"}"#.to_string(), r#"{"name":"b"}"#.to_string()]
    });
    let seen = home.run("list things -o csv").seen().status(0);
    assert_eq!(seen.stdout, "id,name\n,a\n,b\n", "{seen:?}");
    seen.err("the same on every page");
}

#[test]
fn a_field_that_comes_up_late_is_told_of() {
    let (_stub, home) = cloud(3, |number| match number {
        2 => vec![r#"{"id":"id2","late":1}"#.into()],
        number => numbered(number, 3),
    });
    let seen = home.run("list things -o csv").seen().status(0);
    assert_eq!(seen.stdout, "id\nid0\nid1\nid2\n");
    let seen = seen.err("late came up").err("filter=");
    assert_eq!(seen.stderr.lines().count(), 1, "{seen:?}");
    let seen = home
        .run("list things -o csv filter=id,late")
        .seen()
        .status(0);
    assert_eq!(
        (seen.stdout.as_str(), seen.stderr.as_str()),
        ("id,late\nid0,\nid1,\nid2,1\n", "")
    );
    home.run("list things -o table")
        .seen()
        .status(0)
        .out("late");
}

#[test]
fn a_limit_ends_a_list_early_and_says_how_many_there_are() {
    for (limit, calls, rows, form) in [
        // The first call has enough.
        (1, 1, "id0,", "csv"),
        (2, 1, "id0,id1,", "csv"),
        (3, 3, "id0,id1,id2,", "csv"),
        (4, 3, "id0,id1,id2,id3,", "jsonl"),
        (3, 3, "id0,id1,id2,", "json"),
        (3, 3, "id0,id1,id2,", "text"),
    ] {
        let (stub, home) = cloud(9, |number| numbered(number, 9));
        let seen = home
            .run(&format!("list things -o {form} limit={limit}"))
            .seen()
            .status(0);
        let found: String = seen
            .stdout
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .filter(|word| word.len() > 2 && word.starts_with("id"))
            .map(|id| format!("{id},"))
            .collect();
        assert_eq!(found, rows, "{seen:?}");
        assert_eq!(stub.calls.load(Ordering::SeqCst), calls, "{limit} {form}");
        assert_eq!(seen.stderr, format!("limit={limit}: {limit} of 9 rows\n"));
        match form {
            "json" => assert!(
                seen.stdout.contains(&format!("\"count\": {limit},")),
                "{seen:?}"
            ),
            "text" => assert_eq!(seen.stdout.matches("count = 3\n").count(), 1, "{seen:?}"),
            _ => {}
        }
    }
    let (stub, home) = cloud(3, |number| numbered(number, 3));
    for line in [
        "list things -o jsonl limit=3",
        "list things -o jsonl --limit=99",
    ] {
        let seen = home.run(line).seen().status(0);
        assert_eq!((seen.stdout.lines().count(), seen.stderr.as_str()), (3, ""));
    }
    let calls = stub.calls.load(Ordering::SeqCst);
    for limit in ["0", "-1", "many", ""] {
        let said = home.run(&format!("list things limit={limit}")).fails(2);
        assert!(said.contains("not a number of rows"), "{said}");
    }
    assert_eq!(stub.calls.load(Ordering::SeqCst), calls);
    // What is no list of the cloud's is shortened as well.
    let seen = home
        .run("set --limit=2 -o json")
        .seen()
        .status(0)
        .out("\"count\": 2");
    seen.err("limit=2: 2 of ");
}
