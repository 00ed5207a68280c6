//! Scripts: a command a line, from standard input, a file or `source`.

use crate::support::Home;

#[test]
fn a_script_runs_line_by_line_without_a_banner() {
    let home = Home::new();
    let seen = home
        .script("# comment\n\nlist zones \\\n  filter=name\nlist pods filter=name # tail\n")
        .status(0)
        .out("name = devcloud");
    assert!(!seen.stderr.contains("Type help"), "{seen:?}");
    assert!(!seen.stdout.contains("Type help"), "{seen:?}");
}

#[test]
fn it_stops_at_the_first_failure_with_that_failures_status() {
    let home = Home::new();
    let seen = home
        .script("list zones filter=name\nlist zones id=11111111-2222-3333-4444-555555555555\nlist pods\nbogus\n")
        .status(1)
        .err("line 2");
    assert!(!seen.stdout.contains("pod:"), "{seen:?}");
}

#[test]
fn keep_going_ends_with_the_first_failures_status() {
    let home = Home::new();
    home.run("--keep-going")
        .stdin(
            "bogus\nlist zones filter=name\nlist zones id=11111111-2222-3333-4444-555555555555\n",
        )
        .seen()
        .status(2)
        .out("name = devcloud")
        .err("431");
}

#[test]
fn files_are_run_by_a_flag_and_by_source() {
    let home = Home::new();
    home.file("zones.cap", "list zones filter=name\n");
    assert!(home.run("-f zones.cap").ok().contains("devcloud"));
    assert!(home.run("source zones.cap").ok().contains("devcloud"));
    home.run("-f missing.cap").fails(7);
    home.file("circle.cap", "source circle.cap\n");
    let said = home.run("source circle.cap").fails(2);
    assert!(said.contains("source one another"), "{said}");
}

#[test]
fn what_set_changes_lasts_for_the_script_only() {
    let home = Home::new();
    home.file("json.cap", "set output json\nlist zones filter=name\n");
    let seen = home.script("source json.cap\nlist zones filter=name\n");
    assert!(seen.stdout.contains("\"name\": \"devcloud\""), "{seen:?}");
    assert!(seen.stdout.contains("name = devcloud"), "{seen:?}");
    assert!(!home.config().exists());
}

#[test]
fn exit_ends_a_script_with_its_status() {
    let home = Home::new();
    home.script("exit 5\nlist zones\n").status(5);
    let seen = home
        .script("list zones filter=name\nquit\nbogus\n")
        .status(0);
    assert!(seen.stdout.contains("devcloud"));
}

#[test]
fn pipes_run_in_the_users_shell_and_give_its_status() {
    let home = Home::new();
    let seen = home
        .script("list serviceofferings | grep '^id'\n")
        .status(0);
    assert_eq!(seen.stdout.lines().count(), 3, "{seen:?}");
    assert!(seen.stdout.lines().all(|line| line.starts_with("id = ")));
    home.script("list zones | grep nothing-like-it\n").status(1);
    home.script("list bogus | cat\n").status(2);
    home.script("list zones | head -c 1; exit 3\n").status(3);
    home.script("list zones |\n").status(2);
}

#[test]
fn shell_commands_keep_their_own_pipes_and_quotes() {
    let home = Home::new();
    let seen = home
        .script("!echo 'a b' | tr a-z A-Z\nshell echo \"c  d\"\n")
        .status(0);
    assert_eq!(seen.stdout, "A B\nc  d\n");
    home.script("!exit 9\n").status(9);
}

#[test]
fn a_session_goes_on_with_the_administrators_new_keys() {
    let home = Home::new();
    let id = home.value("list users", "id");
    home.script(format!(
        "register userkeys id={id}\nlist zones filter=name\n"
    ))
    .status(0)
    .out("name = devcloud");
    home.script("lock user id=name:admin\nlist zones\n")
        .status(1)
        .err("`devcloud reset` starts it over");
}
