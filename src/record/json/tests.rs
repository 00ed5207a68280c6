//! JSON that is read, looked through and written, and what is refused.

use super::*;

fn compacted(text: &str) -> String {
    let mut out = Vec::new();
    compact(&read(text.as_bytes()).unwrap(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn order_and_spelling_stay() {
    for text in [
        r#"{"b":1.10,"a":12345678901234567890123,"c":1E2,"d":-0.0}"#,
        r#"[null,true,false,"",[],{}]"#,
        r#"{"é":"漢字 <b&>","e":"a\"b\\c\n\u0001"}"#,
    ] {
        assert_eq!(compacted(text), text);
    }
    assert_eq!(compacted("\u{feff} [ 1 , 2 ] "), "[1,2]");
    assert_eq!(compacted(r#""\u00e9\ud83d\ude00""#), "\"é😀\"");
    assert_eq!(compacted(r#"{"a":1,"b":2,"a":3}"#), r#"{"a":3,"b":2}"#);
}

#[test]
fn pretty_is_as_jq_has_it() {
    let mut out = Vec::new();
    write(&read(br#"{"a":[1,{"b":[]}],"c":{}}"#).unwrap(), 0, &mut out).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}"
    );
}

#[test]
fn what_is_no_json_is_an_error_that_says_where() {
    for (text, what) in [
        (&b""[..], "cut short"),
        (b"   ", "cut short"),
        (b"{\"a\":", "cut short"),
        (b"{\"a\":1", "cut short"),
        (b"[1,", "cut short"),
        (b"\"abc", "cut short"),
        (b"\"abc\\", "cut short"),
        (b"hello", "no JSON"),
        (b"<html>", "no JSON"),
        (b"tru", "no JSON"),
        (b"{1:2}", "no name"),
        (b"{\"a\" 1}", "no value"),
        (b"[1 2]", "comma"),
        (b"{} x", "follows"),
        (b"01", "no number"),
        (b"1.", "no number"),
        (b"-", "no number"),
        (b"1e", "no number"),
        (b"\"\xff\"", "the JSON is not UTF-8"),
        (b"\"\\ud800\"", "malformed"),
        (b"\"\\x\"", "malformed"),
        (b"\xef\xbb\xbf", "cut short"),
        (b"\"\x01\"", "malformed"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.what.contains(what), "{text:?}: {error}");
    }
    let deep = [vec![b'['; 1_000_000], vec![b']'; 1_000_000]].concat();
    assert!(read(&deep).unwrap_err().what.contains("nested"));
}

#[test]
fn an_object_of_very_many_fields_is_read_in_time() {
    let fields: Vec<String> = (0..200_000)
        .map(|number| format!("\"f{number}\":{number}"))
        .collect();
    let text = format!("{{{},\"f7\":\"last\"}}", fields.join(","));
    let Value::Record(record) = read(text.as_bytes()).unwrap() else {
        panic!("no record")
    };
    assert_eq!(record.fields.len(), 200_000);
    assert_eq!(record.fields[7].1, Value::String("last".into()));
}

#[test]
fn the_place_is_counted_in_the_bytes_that_came() {
    for (text, told) in [
        (&b"{\"a\": x}"[..], "this is no JSON at byte 6"),
        (b"\xef\xbb\xbf{\"a\": x}", "this is no JSON at byte 9"),
        (
            b"[\"\\ud800a\"]",
            "a string is malformed (unexpected end of hex escape) at byte 1",
        ),
    ] {
        assert_eq!(read(text).unwrap_err().to_string(), told);
    }
}

#[test]
fn every_cut_of_an_answer_is_an_error() {
    let text = br#"{"r":{"count":1,"zone":[{"id":"a\u00e9","n":[1.5,null,true]}]}}"#;
    for end in 0..text.len() {
        assert!(read(&text[..end]).is_err(), "{end}");
    }
}

#[test]
fn an_envelope_has_one_member() {
    assert!(scan(br#"{"anything":{}}"#).is_ok());
    // The last one counts of several of a name.
    let twice = scan(br#"{"r":{"a":1},"\u0072":{"b":2}}"#).unwrap();
    assert!(twice.fields.get("a").is_none() && twice.fields.get("b").is_some());
    for (text, why) in [
        ("null", "it holds no object"),
        ("[]", "it holds no object"),
        ("{}", "it holds 0 members"),
        (r#"{"a":{},"b":{}}"#, "it holds 2 members"),
        (r#"{"a":{},"b":1}"#, "it holds 2 members"),
        (r#"{"a":1}"#, "its one member, a, is no object"),
        (r#"{"a":{},"a":1}"#, "its one member, a, is no object"),
        ("{\"a\":{}} x", "something follows"),
        ("", "cut short"),
    ] {
        let error = scan(text.as_bytes()).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn lists_are_looked_through_and_not_read() {
    let text = r#"{"r":{"count":2,"zone":[{"id":"a"} , {"id":[1,2]}],"more":{"x":[1]}}}"#;
    let found = scan(text.as_bytes()).unwrap();
    assert_eq!(&*found.envelope, "r");
    let (span, count) = found.lists[&1].clone();
    assert_eq!((&text[span], count), (r#"[{"id":"a"} , {"id":[1,2]}]"#, 2));
    assert_eq!((found.fields.fields.len(), found.lists.len()), (3, 1));
    assert_eq!(found.fields.get("zone"), Some(&Value::List(Vec::new())));
    // The last of several members of a name counts, be it a list or not.
    let twice = scan(br#"{"r":{"a":[1],"b":[2],"a":3,"b":[4,5]}}"#).unwrap();
    assert_eq!(twice.fields.get("a"), Some(&Value::Number("3".into())));
    assert_eq!(
        twice
            .lists
            .into_iter()
            .map(|(_, (_, count))| count)
            .collect::<Vec<_>>(),
        [2]
    );
}

#[test]
fn what_is_wrong_in_a_list_is_found_before_any_of_it_is_read() {
    let text = br#"{"r":{"count":1,"zone":[{"id":"a\u00e9","n":[1.5,null,true]}]}}"#;
    assert!(scan(text).is_ok());
    for end in 0..text.len() {
        assert!(scan(&text[..end]).is_err(), "{end}");
    }
    for row in [
        "{\"a\":01}",
        "{\"a\" 1}",
        "\"\\ud800\"",
        "\"\u{1}\"",
        "tru",
        "[1 2]",
        "{1:2}",
    ] {
        let text = format!(r#"{{"r":{{"z":[{{"id":"a"}},{row}]}}}}"#);
        assert!(scan(text.as_bytes()).is_err(), "{row}");
    }
    assert!(scan(b"{\"r\":{\"z\":[\"\xff\"]}}").is_err());
    for deep in [124, 1_000_000] {
        let text = format!(
            "{{\"r\":{{\"z\":[{}{}]}}}}",
            "[".repeat(deep),
            "]".repeat(deep)
        );
        let found = scan(text.as_bytes());
        assert_eq!(found.is_ok(), deep == 124, "{deep}");
        assert_eq!(read(text.as_bytes()).is_ok(), deep == 124, "{deep}");
    }
}

#[test]
fn a_number_is_what_the_library_takes_for_one() {
    for text in [
        "0", "-0", "1", "-1", "10", "1.0", "1.10", "0.5", "1e5", "1E+5", "1e-05", "-0.0e0", "01",
        "-", "", "1.", ".5", "1e", "1e+", "+1", "1.5.2", "0x1", "1_0", "--1", "1e5.0", "00",
    ] {
        let library = serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok();
        assert_eq!(is_number(text), library, "{text}");
    }
}
