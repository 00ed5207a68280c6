//! What the Tab key offers, as a user sees it: lines in, candidates out.

use super::*;
use crate::catalog::Catalog;
use crate::line::testing::{BUILTINS, Random, SETTINGS, recorded, small};

fn at(catalog: &Catalog, line: &str, cursor: usize) -> Completion {
    let language = Language {
        catalog,
        builtins: BUILTINS,
        settings: SETTINGS,
    };
    let builtin_words = |name: &str, given: &[&str]| match (name, given) {
        ("set", []) => vec!["output=".to_string(), "prompt".to_string()],
        ("set", ["output"]) => vec!["json".to_string()],
        ("sync", []) => vec!["now".to_string()],
        _ => Vec::new(),
    };
    let setting_values = |name: &str| match name {
        "output" => vec!["json".to_string(), "table".to_string(), "text".to_string()],
        _ => Vec::new(),
    };
    complete(line, cursor, &language, &builtin_words, &setting_values)
}

/// The candidates' texts at `^`, or at the end of the line, with a bar between them.
fn texts(line: &str) -> String {
    let cursor = line.find('^').unwrap_or(line.len());
    let completion = at(&small(), &line.replace('^', ""), cursor);
    let texts = completion
        .candidates
        .into_iter()
        .map(|candidate| candidate.text);
    texts.collect::<Vec<_>>().join("|")
}

fn wanted(line: &str) -> Wanted {
    at(&small(), line, line.len()).wanted.expect(line)
}

#[test]
fn a_line_begins_with_verbs_and_builtins() {
    let table = [
        (
            "",
            "EOF |api |create |deploy |exit |help |history |list |login |logout |query |quit |run |set |shell |start |sync |watch ",
        ),
        ("s", "set |shell |start |sync "),
        ("LI", "list "),
        ("  e", "exit "),
        ("listu", "listUserData |listUsers "),
        ("desc", "DescribeInstances "),
        ("xyzzy", ""),
        ("'li", "list "),
        ("s^tart virtualmachine", "set |shell |start |sync "),
    ];
    for (line, expected) in table {
        assert_eq!(texts(line), expected, "{line}");
    }
}

#[test]
fn nouns_follow_a_verb() {
    let table = [
        ("list ", "events |userdata |users |virtualmachines |zones "),
        ("list us", "userdata |users "),
        ("LIST Us", "userdata |users "),
        ("--output=json list us", "userdata |users "),
        ("list unheard of", ""),
        ("sync ", "storagepool |now "),
        ("api listu", "listUserData |listUsers "),
        ("help lo", "login |logout "),
        ("? li", "list "),
        ("help list z", "zones "),
        ("command=listu", "command=listUserData |command=listUsers "),
        ("account=x ", "command="),
        ("account=x command=listz", "command=listZones "),
        ("set ", "output=|prompt "),
        ("set output ", "json "),
        ("set output x", ""),
    ];
    for (line, expected) in table {
        assert_eq!(texts(line), expected, "{line}");
    }
}

#[test]
fn parameters_follow_an_api_the_required_ones_first() {
    let table = [
        (
            "create network ",
            "displaytext=|name=|networkofferingid=|zoneid=|acltype=|details[0].|forvpc=|vlan=|filter=|where=|sort=|exclude=|output=",
        ),
        ("create network n", "name=|networkofferingid="),
        ("create network name=x N", "networkofferingid="),
        ("create network 'na", "name="),
        ("create network na^ zoneid=1", "name="),
        ("listusers acc", "account="),
        ("command=listUsers acc", "account="),
        ("api listUsers acc", "account="),
        ("api unheardOf f", "filter="),
        ("list users filter=id f", ""),
        ("list users --filter=id f", ""),
        ("list zones f", "filter="),
        ("list virtualmachines tags", "tags[0]."),
        ("list virtualmachines tags[0].key=a tags", "tags[1]."),
        (
            "list virtualmachines tags[0].key=a tags[",
            "tags[0].|tags[1].",
        ),
        ("login user", "username="),
        ("list users --f", "--filter="),
        (
            "list users -",
            "--exclude=|--filter=|--output=|--sort=|--where=|--help |--reveal ",
        ),
    ];
    for (line, expected) in table {
        assert_eq!(texts(line), expected, "{line}");
    }
}

#[test]
fn values_that_are_known_are_offered() {
    let table = [
        ("list users listall=", "listall=true |listall=false "),
        ("list users ListAll=T", "listall=true "),
        ("list users \"listall=f", "listall=false "),
        ("list users output=t", "output=table |output=text "),
        ("list users --output=j", "--output=json "),
        ("list users --output t", "table |text "),
        ("list users -o j", "json "),
        ("-o j", "json "),
        ("list users where=", ""),
        ("list users nonsense=", ""),
    ];
    for (line, expected) in table {
        assert_eq!(texts(line), expected, "{line}");
    }
    let completion = at(&small(), "list users listall=t", 20);
    assert_eq!(completion.start, 11);
    let values = completion.candidates.iter().map(|c| c.value.as_str());
    assert_eq!(values.collect::<Vec<_>>(), ["true"]);
}

#[test]
fn fields_of_the_answer_follow_filter() {
    let table = [
        (
            "filter=",
            "filter=id|filter=name|filter=nic|filter=zonename",
        ),
        (
            "filter=id,",
            "filter=id,name|filter=id,nic|filter=id,zonename",
        ),
        ("filter=id,n", "filter=id,name|filter=id,nic"),
        (
            "filter=nic",
            "filter=nic|filter=nic.id|filter=nic.ipaddress",
        ),
        ("filter=nic.i", "filter=nic.id|filter=nic.ipaddress"),
        ("filter=nic.ipaddress,Z", "filter=nic.ipaddress,zonename"),
        ("--filter=z", "--filter=zonename"),
        ("--filter z", "zonename"),
        ("filter='id, z", "filter='id, zonename'"),
        ("sort=-na", "sort=-name"),
        ("exclude=zo", "exclude=zonename"),
    ];
    for (words, expected) in table {
        let line = format!("list virtualmachines {words}");
        assert_eq!(texts(&line), expected, "{line}");
    }
    assert_eq!(texts("sync filter="), "");
}

#[test]
fn other_values_are_wanted() {
    let found = wanted("deploy virtualmachine ZoneId=1 name='my web' serviceofferingid=ab");
    assert_eq!(found.api.name, "deployVirtualMachine");
    assert_eq!(
        (found.param.as_str(), found.prefix.as_str()),
        ("serviceofferingid", "ab")
    );
    let given = [("zoneid", "1"), ("name", "my web")].map(|(n, v)| (n.to_string(), v.to_string()));
    assert_eq!(found.given, given);

    let found = wanted("list virtualmachines NAME=\"my we");
    assert_eq!(
        (found.param.as_str(), found.prefix.as_str()),
        ("name", "my we")
    );
    assert_eq!(wanted("deploy virtualmachine userdata=@/tm").prefix, "@/tm");
    let found = wanted("deploy virtualmachine iptonetworklist[0].networkid=");
    assert_eq!(found.param, "iptonetworklist[0].networkid");
}

#[test]
fn nothing_is_offered_where_the_line_is_not_ours() {
    for line in [
        "list users | gr",
        "list users # li",
        "!l",
        "! l",
        "shell l",
        "list users |",
    ] {
        let completion = at(&small(), line, line.len());
        assert_eq!(
            (completion.candidates, completion.wanted),
            (Vec::new(), None),
            "{line}"
        );
    }
}

#[test]
fn every_recorded_api_completes() {
    let catalog = recorded();
    for entry in catalog.entries() {
        let line = format!("{} {}", entry.verb(), entry.noun());
        let line = line.trim_end();
        let texts = at(&catalog, line, line.len()).candidates;
        let last = line.rsplit(' ').next().unwrap_or(line);
        assert!(texts.iter().any(|c| c.text == format!("{last} ")), "{line}");

        let api = catalog.api(&entry.name).unwrap().unwrap();
        let line = format!("{line} ");
        let texts = at(&catalog, &line, line.len()).candidates;
        for param in &api.params {
            let offered = texts.iter().filter(|c| {
                c.text.trim_end_matches("[0].") == param.name
                    || c.text == format!("{}=", param.name)
            });
            assert_eq!(offered.count(), 1, "{line}{}", param.name);
        }
    }
}

#[test]
fn no_line_and_no_cursor_panics() {
    let catalog = small();
    let mut random = Random::new(5);
    for _ in 0..20_000 {
        let line = random.line();
        let cursor = random.below(line.len() + 3);
        let completion = at(&catalog, &line, cursor);
        assert!(completion.start <= line.len() && line.is_char_boundary(completion.start));
    }
}

#[test]
fn values_with_names_are_offered_by_name() {
    struct Dialects;
    impl crate::catalog::names::Lexicon for Dialects {
        fn names(&self, api: &str, param: &str) -> Option<crate::catalog::names::Names> {
            crate::cloud::usual().names(api, param)
        }
    }
    let catalog = recorded().with_lexicon(Arc::new(Dialects));
    let offered = |line: &str| {
        let completion = at(&catalog, line, line.len());
        let texts = completion
            .candidates
            .iter()
            .map(|candidate| candidate.text.as_str());
        texts.collect::<Vec<_>>().join("|")
    };
    for (line, expected) in [
        ("list usagerecords type=run", "type=RUNNING_VM "),
        ("list alerts type=cpu", "type=CPU "),
        ("list events TYPE=vm.c", "type=VM.CREATE "),
        (
            "create user timezone=asia/to",
            "timezone=Asia/Tokyo |timezone=Asia/Tomsk ",
        ),
        (
            "create user timezone=europe/be",
            "timezone=Europe/Belfast |timezone=Europe/Belgrade |timezone=Europe/Berlin ",
        ),
        ("list usagerecords type=1", ""),
    ] {
        assert_eq!(offered(line), expected, "{line}");
    }
    // The guide's come first, and alone while nothing is typed.
    assert_eq!(offered("create user timezone=").split('|').count(), 59);
    assert!(offered("create user timezone=e").starts_with("timezone=Etc/GMT+12 |"));
}

#[test]
fn conditions_are_offered_as_fields_and_operators_also_behind_watch() {
    let catalog = recorded();
    let offered = |line: &str| {
        let completion = at(&catalog, line, line.len());
        let texts = completion.candidates.iter().map(|one| one.text.as_str());
        texts.collect::<Vec<_>>().join("|")
    };
    for (line, expected) in [
        ("list zones where=netw", "where=networktype"),
        ("watch list zones where=id=1,netw", "where=id=1,networktype"),
        (
            "list zones where=networktype",
            "where=networktype=|where=networktype!=|where=networktype~|where=networktype>|where=networktype<",
        ),
        ("list zones where=networktype=A", ""),
        ("list zones sort=-netw", "sort=-networktype"),
        (
            "watch 5 --rounds 3 list zones exclude=netw",
            "exclude=networktype",
        ),
        ("watch 5 list zonesm", "zonesmetrics "),
    ] {
        assert_eq!(offered(line), expected, "{line}");
    }
}
