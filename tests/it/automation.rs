//! Scripts that decide: variables, loops, assertions, errors that are expected; in scripts and at the prompt.

use rexpect::session::spawn_command;

use crate::support::{Home, Seen};

fn said(home: &Home, script: &str, status: i32) -> Seen {
    home.script(script).status(status)
}

#[test]
fn a_commands_result_becomes_a_variable_and_is_not_printed() {
    let home = Home::new();
    let seen = said(
        &home,
        "let zones = list zones\n\
         let one = list zones id=$zones[0].id\n\
         let domain = create domain name=kept\n\
         let count = list serviceofferings | grep -c '^id'\n\
         let n = 'two words'\n\
         let all = $zones\n\
         assert $zones.count == 1\n\
         assert $one.name == devcloud\n\
         assert $domain.name == kept\n\
         assert $count == 3\n\
         assert $n == 'two words'\n\
         assert $all.name == devcloud\n\
         list domains name=$domain.name listall=true filter=path\n",
        0,
    );
    assert_eq!(seen.stdout.matches("path = ").count(), 1, "{seen:?}");
    assert!(!seen.stdout.contains("zone:"), "{seen:?}");
}

#[test]
fn only_names_that_are_set_stand_for_something() {
    let home = Home::new();
    let name = |given: &str| {
        let script = format!(
            "let n = web\nlet d = create domain name={given}\nlist domains id=$d.id filter=name -o csv\ndelete domain id=$d.id -o json\n"
        );
        let seen = home.script(script).status(0);
        seen.stdout.lines().nth(1).unwrap_or_default().to_string()
    };
    for (given, expected) in [
        ("$n", "web"),
        ("a-${n}-b", "a-web-b"),
        ("\"$n and $n\"", "web and web"),
        ("'$n'", "$n"),
        ("\\$n", "$n"),
        ("$5-cost$-$HOME", "$5-cost$-$HOME"),
        ("'${n}'", "${n}"),
    ] {
        assert_eq!(name(given), expected, "{given}");
    }
    said(&home, "create domain name=${nobody}\n", 2).err("no variable nobody is set");
    said(&home, "let z = list zones\nlist zones id=$z.colour\n", 2)
        .err("has no colour; it has id, name")
        .err("line 2: list zones id=$z.colour");
    said(&home, "let z = list zones\nlist zones id=$z\n", 2).err("name a field");
}

#[test]
fn a_value_is_never_read_as_anything_but_a_value() {
    let home = Home::new();
    home.file("secret.txt", "what the file holds");
    for value in [
        "@secret.txt",
        "@-",
        "@",
        "two words | cat",
        "a'b\"c",
        "x=y --output=raw",
        "# no comment",
        "name:devcloud",
        "-o json",
    ] {
        let quoted = capuchin::line::words::quote(value);
        let seen = said(
            &home,
            &format!(
                "let v = {quoted}\nlet d = create domain name=$v\nassert $d.name == $v\n\
                 let again = list domains id=$d.id\nassert $again.name == $v\ndelete domain id=$d.id\n"
            ),
            0,
        );
        assert!(!seen.stdout.contains("what the file holds"), "{seen:?}");
    }
    for (line, part) in [
        ("list zones $v", "read as an option"),
        ("$v zones", "no command"),
        ("list zones $v=1", "no name"),
    ] {
        said(&home, &format!("let v = '-x'\n{line}\n"), 2).err(part);
    }
    home.file("list.txt", "@secret.txt");
    said(
        &home,
        "let p = secret.txt\nlet d = create domain name=@$p\nassert $d.name == 'what the file holds'\n",
        0,
    );
}

#[test]
fn an_assertion_that_fails_shows_both_sides_and_its_place() {
    let home = Home::new();
    said(
        &home,
        "let z = list zones\n\nassert $z.name == 'another one'\nlist pods\n",
        8,
    )
    .err("assertion failed: $z.name == another one: devcloud == \"another one\"")
    .err("standard input, line 3: assert $z.name == 'another one'");
    for (assertion, status) in [
        ("1 < 2", 0),
        ("2 < 1", 8),
        ("10 > 9", 0),
        ("x > 9", 8),
        ("web != db", 0),
        ("web ~ ^w", 0),
        ("web ~ ^d", 8),
        ("web contains e", 0),
        ("$nobody == 1", 2),
        ("'$nobody' == '$nobody'", 0),
        ("a = b", 2),
        ("a ~ '('", 2),
        ("a", 2),
    ] {
        said(&home, &format!("assert {assertion}\n"), status);
    }
    let seen = home
        .run("--keep-going")
        .stdin("assert 1 == 2\nbogus\n!echo on\n")
        .seen();
    assert_eq!((seen.status, seen.stdout.as_str()), (8, "on\n"), "{seen:?}");
}

#[test]
fn an_error_is_expected_by_code_name_and_status() {
    let home = Home::new();
    let wrong = "list zones id=no-such-zone";
    for code in [
        "",
        "431",
        "9999",
        "PARAM_ERROR",
        "param_error",
        "refused",
        "1",
    ] {
        said(&home, &format!("expect-error {code} {wrong}\n"), 0);
    }
    said(&home, &format!("expect-error 530 {wrong}\n"), 8)
        .err("error 530 was expected and another one came: listZones was refused");
    said(&home, "expect-error list zones\n", 8).err("the command succeeded");
    said(&home, "expect-error 431 list zones\n", 8).err("the command succeeded");
    said(&home, "expect-error PARM_ERROR list zones\n", 2).err("neither a code nor a command");
    said(&home, "expect-error\n", 2);
    said(&home, "expect-error create domain name=${nobody}\n", 2).err("no variable nobody");
    said(
        &home,
        "expect-error 3 !exit 3\nexpect-error 1 list zones | grep nothing-like-it\n",
        0,
    );
    home.args(&["expect-error", "431", "list", "zones", "id=nope"])
        .ok();
}

#[test]
fn a_loop_goes_over_lists_and_words_and_within_loops() {
    let home = Home::new();
    home.file(
        "loop.cap",
        "let offerings = list serviceofferings\n\
         let names = ''\n\
         for o in $offerings # each of three\n\
         \x20 for n in web 'd b'\n\
         \x20   let names = \"$names$o.memory:$n \"\n\
         \x20 end\n\
         end\n\
         for x in $offerings.id\n\
         \x20 list serviceofferings id=$x filter=memory -o csv\n\
         end\n\
         for nothing in $offerings[0].nothing_of_it\n\
         end\n",
    );
    let seen = home.run("-f loop.cap").seen().status(2).err("line 11");
    assert_eq!(seen.stdout, "memory\n100\nmemory\n512\nmemory\n1024\n");
    let names = "for a in 1 2\nfor b in 1 2\nlet r = \"$a$b\"\n!echo \nend\nend\nassert $r == 22\n";
    assert_eq!(said(&home, names, 0).stdout, "\n\n\n\n");
}

#[test]
fn a_loop_that_is_wrong_is_not_begun_and_a_failure_in_one_has_its_line() {
    let home = Home::new();
    let seen = said(&home, "!echo before\nfor x in a\n!echo in\n", 2)
        .err("the for that begins in line 2 has no end");
    assert_eq!(seen.stdout, "before\n");
    let seen = said(
        &home,
        "for x in a\n!echo in\n\u{fffd}\nend x\n!echo after\n",
        2,
    );
    assert_eq!(seen.stdout, "");
    let seen = home
        .script(b"for x in a\n!echo in\n\xff\nend\n!echo after\n")
        .status(2);
    assert_eq!(seen.stdout, "");
    said(&home, "end\n", 2).err("no for");
    let loops = "for x in 1 2 3\n!echo r\nassert $x < 2\n\nend\n!echo after\n";
    let seen = said(&home, loops, 8)
        .err("stopped at standard input, line 3, round 2 of the for in line 1: assert $x < 2");
    assert_eq!(seen.stdout, "r\nr\n");
    let seen = home.run("--keep-going").stdin(loops).seen().status(8);
    assert_eq!(seen.stdout, "r\nr\nr\nafter\n");
    let deep = "for x in 1\n".repeat(65) + &"end\n".repeat(65);
    said(&home, &deep, 2).err("64 deep");
    home.file("circle.cap", "for x in 1\nsource circle.cap\nend\n");
    home.run("-f circle.cap").fails(2);
}

#[test]
fn a_million_rounds_are_no_trouble() {
    let home = Home::new();
    let thousand: String = (0..1000).map(|n| format!(" {n}")).collect();
    said(
        &home,
        &format!("for a in{thousand}\nfor b in{thousand}\nend\nend\nassert $a$b == 999999\n"),
        0,
    );
}

#[test]
fn variables_come_from_the_command_line_and_from_files() {
    let home = Home::new();
    home.file("names.cap", "let n = \"$prefix-1\"\n");
    home.file(
        "main.cap",
        "source names.cap\nassert $n == 'a b-1'\nassert $other == c=d\n",
    );
    home.args(&["--var", "prefix=a b", "--var=other=c=d", "-f", "main.cap"])
        .ok();
    home.args(&["--var", "other=c=d"])
        .stdin("assert $other == c=d\n")
        .ok();
    let said = home.args(&["--var", "1x=2", "-f", "main.cap"]).fails(2);
    assert!(said.contains("NAME=VALUE"), "{said}");
}

#[test]
fn what_came_from_a_secret_is_not_told() {
    let home = Home::new();
    let id = home.value("list users", "id");
    home.file(
        "keys.cap",
        format!(
            "let password = hunter2-hunter2\nlet k = register userkeys id={id}\nlet s = $k.secretkey\nlet\n\
             assert $s == $k.apikey\nassert $password == x\nassert $k.secretkey == x\n"
        ),
    );
    let seen = home.run("-f keys.cap --keep-going").seen().status(8);
    assert_eq!(
        seen.stderr.matches("******** == ********").count(),
        3,
        "{seen:?}"
    );
    let keys = home
        .run(&format!("list users id={id} filter=secretkey -o csv"))
        .ok();
    let secret = keys.lines().nth(1).unwrap_or_default();
    let log =
        std::fs::read_to_string(home.path().join(".local/state/capuchin/capuchin.log")).unwrap();
    for text in [&seen.stdout, &seen.stderr, &log] {
        assert!(!text.contains("hunter2"), "{text}");
        assert!(secret.is_empty() || !text.contains(secret), "{text}");
    }
}

#[test]
fn the_prompt_knows_variables_loops_and_assertions() {
    let home = Home::new();
    let mut command = home.args(&[]).command();
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("(demo) > ").unwrap();
    session.send_line("let zones = list zones").unwrap();
    session.exp_string("(demo) > ").unwrap();
    session.send_line("for z in $zones.id").unwrap();
    session.send_line("for n in first second").unwrap();
    session
        .send_line("list zones id=$z filter=networktype")
        .unwrap();
    session.send_line("end").unwrap();
    session.send_line("end").unwrap();
    session.exp_string("Advanced").unwrap();
    session.exp_string("Advanced").unwrap();
    session.exp_string("(demo) > ").unwrap();
    session.send_line("assert $zones.count == 7").unwrap();
    session.exp_string("1 == 7").unwrap();
    session.exp_string("(demo) > ").unwrap();
    session.send_line("for n in a b").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("(demo) > ").unwrap();
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn a_secret_stays_one_under_whatever_name_it_is_sent() {
    let home = Home::new();
    let made = "create user account=admin username=ann password=x-of-ann email=a@example.org firstname=A lastname=B";
    let id = home.value(made, "id");
    home.file(
        "keys.cap",
        format!(
            "let k = register userkeys id={id}\n\
             let s = $k.secretkey\n\
             let d = create domain name=\"x $s\"\n\
             for word in $s\n  list domains name=$word\nend\n\
             let\n\
             expect-error 431 create domain name=\"x $s\"\n\
             expect-error 530 create domain name=\"x $s\"\n\
             list zones id=$s\n\
             list zones colour=$s\n\
             watch --rounds 1 list pods name=$s\n\
             list zones no-such-word-$s\n\
             list domains id=$d.id filter=name -o csv\n"
        ),
    );
    let seen = home.run("-f keys.cap --keep-going").seen().status(8);
    let secret = seen.stdout.lines().last().unwrap_or_default();
    let secret = secret.trim_start_matches("x ").to_string();
    assert!(secret.len() > 20, "{seen:?}");
    // What is asked for is shown, and nothing else is.
    assert_eq!(seen.stdout.matches(&secret).count(), 1, "{seen:?}");
    let beginning = &secret[..20];
    assert!(!seen.stderr.contains(beginning), "{}", seen.stderr);
    assert!(seen.stderr.contains("********"), "{}", seen.stderr);
    let state = home.path().join(".local/state/capuchin");
    for file in [
        "capuchin.log",
        "ledger/calls.sqlite",
        "ledger/calls.sqlite-wal",
    ] {
        let bytes = std::fs::read(state.join(file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(beginning), "{file}");
        let encoded = beginning.replace('+', "%2B").replace('/', "%2F");
        assert!(!text.contains(&encoded), "{file}");
    }
    let noted = home.run("jobs all").ok();
    assert!(noted.contains("createDomain"), "{noted}");
    home.file("t.cap", "let k = register userkeys id=$id\nlet d = create domain name=$k.secretkey\nassert $d.name == x\n");
    let seen = home
        .args(&["--var", &format!("id={id}"), "test", "t.cap"])
        .seen()
        .status(8);
    assert!(
        seen.stdout.contains("(********): delete domain id="),
        "{seen:?}"
    );
    assert!(seen.stdout.contains("******** == x"), "{seen:?}");
    let batch = format!("let k = register userkeys id={id}\nlist zones id=$k.secretkey\n");
    let seen = home.run("batch").stdin(batch).ok();
    assert!(seen.contains("value=********"), "{seen}");
}
