//! What lines mean, as a user sees it: lines in, commands or errors out.

use std::collections::BTreeSet;

use super::*;
use crate::catalog::Catalog;
use crate::error::Kind;
use crate::line::byname;
use crate::line::testing::{BUILTINS, Random, SETTINGS, recorded, small};

fn language(catalog: &Catalog) -> Language<'_> {
    Language {
        catalog,
        builtins: BUILTINS,
        settings: SETTINGS,
    }
}

/// The command in one line, as the tables below spell it.
fn told(command: &Command) -> String {
    let pairs = |pairs: &[(String, String)]| -> String {
        pairs.iter().map(|(n, v)| format!(" --{n}={v}")).collect()
    };
    match command {
        Command::Empty => "empty".to_string(),
        Command::Call(call) => {
            let params = call.params.iter().map(|(name, given)| match given {
                Given::Text(text) => format!(" {name}={text}"),
                Given::File(path) => format!(" {name}<{path}"),
                Given::Stdin => format!(" {name}<<"),
                Given::Data(text) => format!(" {name}:={text}"),
            });
            let params: String = params.collect();
            format!("{}{params}{}", call.name, pairs(&call.settings))
        }
        Command::ApiHelp(api) => format!("help on {}", api.name),
        Command::VerbHelp(verb) => format!("help on verb {verb}"),
        Command::BuiltinHelp(name) => format!("help on built-in {name}"),
        Command::Builtin {
            name,
            args,
            settings,
        } => {
            format!("{name}{args:?}{}", pairs(settings))
        }
    }
}

fn meaning(line: &str) -> String {
    let catalog = small();
    match parse(line, &language(&catalog)) {
        Ok(line) => told(&line.command),
        Err(error) => {
            assert_eq!(error.kind, Kind::Line, "{line}");
            error.message
        }
    }
}

fn failure(line: &str) -> Error {
    parse(line, &language(&small())).expect_err(line)
}

fn hints(line: &str) -> String {
    failure(line).hints.join("; ")
}

#[test]
fn lines_mean_what_they_should() {
    let table = [
        ("", "empty"),
        ("  # list users", "empty"),
        ("list users", "listUsers"),
        ("LIST Users AcCount=Admin", "listUsers account=Admin"),
        (
            "list users account=a=b account2=",
            "`list users` was not sent: there is no parameter `account2`: did you mean `account`?",
        ),
        ("list users account=a=b&c", "listUsers account=a=b&c"),
        ("list users account=", "listUsers account="),
        (
            "list users account='two words' # all",
            "listUsers account=two words",
        ),
        ("listusers account=x", "listUsers account=x"),
        ("command=listUsers account=x", "listUsers account=x"),
        ("account=x Command=LISTUSERS", "listUsers account=x"),
        (
            "describeinstances instanceid[0]=i-1",
            "DescribeInstances InstanceId[0]=i-1",
        ),
        (
            "login username=x password=y DOMAINID=1",
            "login username=x password=y domainId=1",
        ),
        ("logout", "logout"),
        ("sync", "sync[]"),
        ("sync now", "sync[\"now\"]"),
        ("sync storagepool id=-1", "syncStoragePool id=-1"),
        ("run diagnostics targetid=1", "runDiagnostics targetid=1"),
        (
            "set name 'my value' --x=1",
            "set[\"name\", \"my value\", \"--x=1\"]",
        ),
        (
            "watch list zones --output=json -o",
            "watch[\"list\", \"zones\", \"--output=json\", \"-o\"]",
        ),
        (
            "watch list zones -o json filter=id",
            "watch[\"list\", \"zones\", \"-o\", \"json\", \"filter=id\"]",
        ),
        (
            "--filter=id watch 5 list zones",
            "watch[\"5\", \"list\", \"zones\", \"--filter=id\"]",
        ),
        ("watch --help", "help on built-in watch"),
        ("--help watch", "help on built-in watch"),
        ("?", "help[]"),
        ("? list users", "help[\"list\", \"users\"]"),
        ("?list", "help[\"list\"]"),
        ("EOF", "EOF[]"),
        ("api", "api[]"),
        ("-h", "help[]"),
    ];
    for (line, expected) in table {
        assert_eq!(meaning(line), expected, "{line}");
    }
}

#[test]
fn values_come_from_the_line_a_file_or_standard_input() {
    let table = [
        ("list users account=@name.txt", "listUsers account<name.txt"),
        ("list users account=@-", "listUsers account<<"),
        ("list users account=@@x", "listUsers account=@x"),
        ("list users account=@@", "listUsers account=@"),
        ("list users listall=@x", "listUsers listall<x"),
        (
            "list users account=@- id=@-",
            "`list users` was not sent: `id=@-`: standard input is read once, and another parameter has it",
        ),
    ];
    for (line, expected) in table {
        assert_eq!(meaning(line), expected, "{line}");
    }
    assert!(meaning("list users account=@").contains("`account=@path`"));
}

#[test]
fn indexes_pass_as_they_are() {
    let sent = "deploy virtualmachine serviceofferingid=1 templateid=1 zoneid=1 Details[0].cpuNumber=2 details[1]=x \
                iptonetworklist[0].networkid= networkids=1,2";
    assert_eq!(
        meaning(sent),
        "deployVirtualMachine serviceofferingid=1 templateid=1 zoneid=1 details[0].cpuNumber=2 details[1]=x \
         iptonetworklist[0].networkid= networkids=1,2"
    );
    for wrong in [
        "tags[",
        "tags[]",
        "tags[x].key",
        "tags[0]key",
        "tags[0].",
        "tagz[0].key",
    ] {
        let line = format!("list virtualmachines {wrong}=x");
        assert!(failure(&line).message.contains("no parameter"), "{line}");
    }
}

#[test]
fn a_parameter_comes_before_a_setting_of_its_name() {
    let table = [
        ("list users filter=id,name", "listUsers --filter=id,name"),
        ("list users FILTER=id", "listUsers --filter=id"),
        ("list zones filter=x", "listZones filter=x"),
        (
            "list zones filter=x --filter=id",
            "listZones filter=x --filter=id",
        ),
        ("list --output json users", "listUsers --output=json"),
        (
            "list users -o table --Where x=1",
            "listUsers --output=table --where=x=1",
        ),
        (
            "list users -o table output=x",
            "`list users` was not sent: the setting `output` is there twice",
        ),
        (
            "list users -o",
            "`list users` was not sent: `--output` needs a value",
        ),
        (
            "list users --filtr=id",
            "`list users` was not sent: there is no option `--filtr`: did you mean `--filter`?",
        ),
        (
            "list users -x",
            "`list users` was not sent: there is no option `-x`",
        ),
    ];
    for (line, expected) in table {
        assert_eq!(meaning(line), expected, "{line}");
    }
}

#[test]
fn a_dash_asks_for_help_wherever_it_stands() {
    let table = [
        ("create network -h", "help on createNetwork"),
        (
            "create network nonsense --help x=1",
            "help on createNetwork",
        ),
        ("create -help network", "help on createNetwork"),
        ("api listusers -h", "help on listUsers"),
        ("api -h", "help on built-in api"),
        ("command=listUsers -h", "help on listUsers"),
        ("list -h", "help on verb list"),
        ("LIST --help", "help on verb list"),
        ("sync -h", "help on built-in sync"),
        ("shell -h", "help on built-in shell"),
        ("api unheardOf -h", "there is no API `unheardOf`"),
    ];
    for (line, expected) in table {
        assert_eq!(meaning(line), expected, "{line}");
    }
}

#[test]
fn a_shell_line_is_left_as_it_is() {
    let table = [
        ("!ls -l | grep 'x # y", "shell[\"ls -l | grep 'x # y\"]"),
        ("  ! ls ", "shell[\"ls\"]"),
        (
            "shell echo \"a  b\" | wc",
            "shell[\"echo \\\"a  b\\\" | wc\"]",
        ),
        ("shell", "shell[]"),
    ];
    for (line, expected) in table {
        assert_eq!(meaning(line), expected, "{line}");
    }
    let words = ["shell", "ls", "-h", "my file", "--output=x"].map(str::to_string);
    let command = parse_words(&words, &language(&small())).unwrap();
    assert_eq!(told(&command), "shell[\"ls -h 'my file' --output=x\"]");
    let words = ["shell", "ls | wc"].map(str::to_string);
    let command = parse_words(&words, &language(&small())).unwrap();
    assert_eq!(told(&command), "shell[\"ls | wc\"]");
}

#[test]
fn words_of_another_shell_are_not_read_again() {
    let words = ["list", "users", "account=a|b 'c", "id=#1"].map(str::to_string);
    let command = parse_words(&words, &language(&small())).unwrap();
    assert_eq!(told(&command), "listUsers account=a|b 'c id=#1");
}

#[test]
fn api_calls_anything_as_typed() {
    let table = [
        (
            "api unheardOf Name=x listall=maybe filter=id response=xml",
            "unheardOf Name=x listall=maybe --filter=id --response=xml",
        ),
        (
            "api listusers ListAll=maybe nonsense=1 expires=x",
            "listUsers ListAll=maybe nonsense=1 --expires=x",
        ),
        (
            "api listZones filter=x --filter=id",
            "listZones filter=x --filter=id",
        ),
        (
            "api listZones id=1 id=2",
            "`api listZones` was not sent: `id=` is there twice",
        ),
    ];
    for (line, expected) in table {
        assert_eq!(meaning(line), expected, "{line}");
    }
    let catalog = small();
    let Ok(Command::Call(call)) = parse("api unheardOf", &language(&catalog)).map(|l| l.command)
    else {
        panic!("a call")
    };
    assert_eq!(call.api, None);
    assert_eq!(
        call.hints,
        ["`unheardOf` is not in the catalogue and goes as it is"]
    );
}

#[test]
fn pipes_go_to_the_users_shell() {
    let catalog = small();
    let line = parse("list users | grep 'a|b' # x", &language(&catalog)).unwrap();
    assert_eq!(line.pipe.as_deref(), Some("grep 'a|b' # x"));
    assert_eq!(told(&line.command), "listUsers");
    assert_eq!(
        parse("list users # | x", &language(&catalog)).unwrap().pipe,
        None
    );
    assert_eq!(meaning("list users | "), "there is no command after the |");
    assert_eq!(
        meaning("list users || x"),
        "there is no command after the |"
    );
    assert_eq!(meaning("| grep x"), "there is no command before the |");
}

#[test]
fn unfinished_lines_say_where() {
    assert_eq!(
        meaning("list users account='ä"),
        "a single quote is not closed (column 20)"
    );
    assert_eq!(
        meaning("set é \""),
        "a double quote is not closed (column 7)"
    );
    assert_eq!(
        meaning("list \\"),
        "the line ends in a backslash (column 6)"
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let error = failure("create network nam=x forvpc=maybe zoneid=1 zoneid=2 name=my net work --x");
    assert_eq!(
        error.message,
        "`create network` was not sent:\n  \
         there is no parameter `nam`: did you mean `name`?\n  \
         `forvpc=maybe`: true or false is wanted\n  \
         `zoneid=` is there twice\n  \
         `net work` is not of the form name=value; does it belong to `name`?\n  \
         there is no option `--x`\n  \
         displaytext, networkofferingid are missing"
    );
    assert_eq!(
        error.hints,
        [
            "`create network -h` shows its parameters",
            "a value with blanks in it is quoted: name='my net work'"
        ]
    );
}

#[test]
fn values_that_cannot_be_right_are_not_sent() {
    let table = [
        (
            "list users listall=yes",
            "`list users` was not sent: `listall=yes`: true or false is wanted",
        ),
        (
            "list users page=1.5",
            "`list users` was not sent: `page=1.5`: a whole number from -2147483648 to 2147483647 is wanted",
        ),
        (
            "list users page=-1 listall=TRUE id=",
            "listUsers page=-1 listall=TRUE id=",
        ),
        (
            "list events startdate=2026-02-30",
            "`list events` was not sent: `startdate=2026-02-30`: a date is wanted: 2026-11-22, '2026-11-22 13:45:00' or 2026-11-22T13:45:00+0000",
        ),
        (
            "list events startdate='2026-02-28 00:00:00'",
            "listEvents startdate=2026-02-28 00:00:00",
        ),
    ];
    for (line, expected) in table {
        assert_eq!(meaning(line), expected, "{line}");
    }
}

#[test]
fn doubts_are_hints_and_no_errors() {
    let catalog = small();
    let doubts = |line: &str| match parse(line, &language(&catalog)).map(|line| line.command) {
        Ok(Command::Call(call)) => call.hints,
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(
        doubts("list users id=web1"),
        ["`id=web1` is no id (a uuid or a number); `id=name:web1` looks up the thing of that name"]
    );
    assert!(doubts("list users id=-1").is_empty());
    assert!(doubts("list users id=7ed6d5da-93b2-4545-a502-23d20b48ef2a").is_empty());
    assert_eq!(
        doubts("list virtualmachines tags=x"),
        ["`tags` is a map: its entries go as `tags[0].key=value`"]
    );
}

#[test]
fn secrets_do_not_stand_in_errors() {
    let error = failure("login username=x password=my geheim password=other");
    assert!(!format!("{error:?}").contains("geheim"), "{error:?}");
}

#[test]
fn an_unknown_command_is_told_what_is_near() {
    let table = [
        (
            "lst users",
            "did you mean `list users`?; `help` shows what there is",
        ),
        ("lst", "did you mean `list`?; `help` shows what there is"),
        (
            "listuser",
            "did you mean `listUsers`, `listUserData`?; `help` shows what there is",
        ),
        ("exti", "did you mean `exit`?; `help` shows what there is"),
        (
            "list user",
            "did you mean `list users`, `list userdata`?; `help list` shows the nouns that it has",
        ),
        (
            "list virtual machines",
            "did you mean `list virtualmachines`?; `help list` shows the nouns that it has",
        ),
        (
            "list virtual machine name=x",
            "did you mean `list virtualmachines`?; `help list` shows the nouns that it has",
        ),
        (
            "create virtualmachine",
            "did you mean `deploy virtualmachine`, `start virtualmachine`?; `help create` shows the nouns that it has",
        ),
        (
            "create network offering name=x",
            "did you mean `create networkoffering`?",
        ),
        ("list", "`help list` shows the nouns that it has"),
        ("list name=x", "`help list` shows the nouns that it has"),
        (
            "command=listUser",
            "did you mean `listUsers`, `listUserData`?; `help` shows what there is",
        ),
        ("list users id = 5", "no blank goes before or after the `=`"),
    ];
    for (line, expected) in table {
        assert_eq!(hints(line), expected, "{line}");
    }
    assert_eq!(meaning("xyzzy"), "`xyzzy` is not a command");
    assert_eq!(meaning("list"), "`list` needs a noun after it");
    assert_eq!(
        meaning("id=1"),
        "the line begins with the parameter `id` and names no command"
    );
}

#[test]
fn without_a_catalogue_the_way_to_one_is_told() {
    let empty = Catalog::of(Vec::new());
    let error = parse("list users", &language(&empty)).unwrap_err();
    assert_eq!(
        error.hints,
        ["no API is known yet: `sync` asks the cloud for them"]
    );
}

#[test]
fn every_recorded_api_is_named_by_its_verb_and_noun() {
    let catalog = recorded();
    assert_eq!(catalog.len(), 554);
    for entry in catalog.entries() {
        let line = format!("{} {} -h", entry.verb(), entry.noun());
        let command = parse(&line, &language(&catalog)).unwrap().command;
        assert_eq!(told(&command), format!("help on {}", entry.name));
        for line in [
            format!("command={} -h", entry.name),
            format!("{} -h", entry.name),
        ] {
            assert_eq!(parse(&line, &language(&catalog)).unwrap().command, command);
        }
        let api = catalog.api(&entry.name).unwrap().unwrap();
        // A server may tell the same parameter twice, as this one does of listVirtualMachines.
        let asked: Vec<&str> = api.rules.iter().flat_map(|rule| rule.asks_for()).collect();
        let params: BTreeSet<(&str, &str)> = api
            .params
            .iter()
            // Of parameters that go together or apart not all can stand on one line.
            .filter(|param| {
                let name = param.name.as_str();
                asked.is_empty() || param.required || asked.contains(&name)
            })
            .map(|param| match byname::takes_ids(&param.name, &param.kind) {
                true => (param.name.as_str(), "1"),
                false => (param.name.as_str(), ""),
            })
            .collect();
        let words = params
            .iter()
            .map(|(name, value)| format!(" {name}={value}"));
        let line = format!("{}{}", api.words(), words.collect::<String>());
        let command = parse(&line, &language(&catalog)).unwrap().command;
        assert!(matches!(command, Command::Call(call) if call.params.len() == params.len()));
    }
}

#[test]
fn no_line_panics() {
    let catalog = small();
    let mut random = Random::new(3);
    for _ in 0..20_000 {
        let line = random.line();
        if let Err(error) = parse(&line, &language(&catalog)) {
            assert_eq!(error.kind, Kind::Line, "{line:?}");
            assert!(!error.message.is_empty());
        }
    }
}

#[test]
fn a_line_of_megabytes_is_answered_in_a_few_words() {
    let line = format!(
        "lst {} account={}",
        "x ".repeat(1 << 18),
        "y".repeat(1 << 20)
    );
    assert!(failure(&line).message.len() < 1000);
    let line = format!(
        "list users account={} {}",
        "y".repeat(1 << 20),
        "x ".repeat(1 << 18)
    );
    assert!(failure(&line).message.len() < 1000);
}

#[test]
fn a_required_parameter_with_a_wrong_value_is_not_missing_too() {
    assert_eq!(
        meaning("query asyncjobresult jobid=@").lines().count(),
        1,
        "one problem, one line"
    );
}

#[test]
fn what_a_variable_stands_for_is_data_in_a_call_and_names_no_file_elsewhere() {
    use crate::line::variables::{Held, Variables};
    let catalog = small();
    let language = language(&catalog);
    let mut variables = Variables::default();
    variables.set("v", Held::Text("@x".into()).into());
    let of = |line: &str| parse_with(line, &language, &variables).map(|line| told(&line.command));
    assert_eq!(of("api listAny name=$v").unwrap(), "listAny name:=@x");
    assert_eq!(of("api listAny name=x$v").unwrap(), "listAny name=x@x");
    assert!(of("api listAny name=@$v").is_err());
    assert!(of("set prompt=$v").is_err());
}
