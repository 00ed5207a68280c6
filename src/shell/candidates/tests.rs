//! Which values are offered for what is typed, what is put into the line, and what a screen shows.

use super::*;

fn choice(name: &str, value: &str, state: &str) -> Choice {
    Choice {
        value: value.into(),
        labels: Some(name)
            .filter(|name| !name.is_empty())
            .into_iter()
            .map(String::from)
            .collect(),
        state: Some(state.into()).filter(|state: &String| !state.is_empty()),
        zone: None,
    }
}

fn zones() -> Vec<Choice> {
    vec![
        choice("Tokyo East", "11aa", "Enabled"),
        choice("Osaka", "22bb", "Enabled"),
        choice("East Tokyo", "33cc", "Disabled"),
        choice("", "44dd", ""),
    ]
}

/// The texts that each candidate would put into the line, with a bar between.
fn texts(choices: &[Choice], value: &str, list: bool) -> String {
    let typed = Typed::of(value, list);
    let (found, _) = ranked(choices, &typed);
    let made = candidates("zoneid", &typed, &found, 80);
    let texts = made.into_iter().map(|candidate| candidate.text);
    texts.collect::<Vec<_>>().join("|")
}

#[test]
fn names_and_ids_match_by_prefix_then_substring_then_subsequence() {
    for (typed, expected) in [
        ("", "zoneid=11aa |zoneid=22bb |zoneid=33cc |zoneid=44dd "),
        ("os", "zoneid=22bb "),
        ("OS", "zoneid=22bb "),
        ("2", "zoneid=22bb "),
        // A prefix of one and a part of the other: the first kind that any has is all that is offered.
        ("tokyo", "zoneid=11aa "),
        ("kyo", "zoneid=11aa |zoneid=33cc "),
        ("osk", "zoneid=22bb "),
        ("d", "zoneid=44dd "),
        ("eo", "zoneid=33cc "),
        ("zzz", ""),
    ] {
        assert_eq!(texts(&zones(), typed, false), expected, "{typed}");
    }
}

#[test]
fn only_the_last_of_several_values_is_replaced_and_none_is_offered_twice() {
    assert_eq!(texts(&zones(), "11aa,os", true), "zoneid=11aa,22bb ");
    assert_eq!(
        texts(&zones(), "11aa,22bb,", true),
        "zoneid=11aa,22bb,33cc |zoneid=11aa,22bb,44dd "
    );
    assert_eq!(texts(&zones(), "11aa,os", false), "");
}

#[test]
fn a_name_is_completed_after_its_prefix_and_quoted() {
    assert_eq!(texts(&zones(), "name:os", false), "zoneid=name:Osaka ");
    assert_eq!(
        texts(&zones(), "name:tok", false),
        "zoneid='name:Tokyo East' "
    );
    // An id is no name.
    assert_eq!(texts(&zones(), "name:22", false), "");
    let twins = [choice("web", "1", ""), choice("web", "2", "")];
    assert_eq!(texts(&twins, "name:w", false), "zoneid=name:web ");
}

#[test]
fn what_a_hostile_cloud_answers_is_shown_spelt_out_and_never_put_into_a_line() {
    let hostile = [
        choice("\u{1b}[2Jred\n\u{202e}", "1", "Up"),
        choice("x", "2\u{1b}[2J", "Up"),
        choice("\u{1b}]0;title", "3", "\u{7}"),
    ];
    let typed = Typed::of("", false);
    let (found, _) = ranked(&hostile, &typed);
    let made = candidates("id", &typed, &found, 80);
    assert_eq!(made.len(), 2);
    for candidate in &made {
        for text in [&candidate.display, &candidate.label, &candidate.text] {
            assert!(!text.chars().any(is_hidden), "{text:?}");
        }
    }
    assert!(
        made[0].display.starts_with("\\u{1b}[2Jred\\n\\u{202e}"),
        "{}",
        made[0].display
    );
    assert_eq!(
        texts(&hostile, "name:", false),
        "id=name:x ".replace("id", "zoneid")
    );
}

#[test]
fn columns_stand_under_each_other_whatever_the_letters() {
    let rows = [
        choice("日本の雲", "11aa", "Enabled"),
        choice("web", "22bb", "Disabled"),
        choice("", "33cc", ""),
    ];
    let typed = Typed::of("", false);
    let (found, _) = ranked(&rows, &typed);
    let display = |width| {
        let made = candidates("id", &typed, &found, width).into_iter();
        made.map(|candidate| candidate.display).collect::<Vec<_>>()
    };
    assert_eq!(
        display(80),
        [
            "日本の雲  11aa  Enabled",
            "web       22bb  Disabled",
            "          33cc"
        ]
    );
    // A name that has no place is cut at a letter.
    let long = choice(&"名".repeat(60), "11aa", "Up");
    let made = candidates("id", &typed, &[&long], 40);
    assert!(made[0].display.width() <= 38 && made[0].display.contains("…"));
}

#[test]
fn files_end_a_word_and_directories_do_not() {
    let names = ["/tmp/a b", "/tmp/dir/", "/tmp/x\u{1b}"].map(String::from);
    let made = files("userdata=@", names.to_vec());
    let texts: Vec<&str> = made.iter().map(|made| made.text.as_str()).collect();
    assert_eq!(texts, ["userdata='@/tmp/a b' ", "userdata=@/tmp/dir/"]);
    let displays: Vec<&str> = made.iter().map(|made| made.display.as_str()).collect();
    assert_eq!(displays, ["a b", "dir/"]);
}
