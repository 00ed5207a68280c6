//! XML and the trees that come of it, and what is refused.

use super::*;
use crate::record::json;

fn field(name: &str, kind: &str, response: Vec<Field>) -> Field {
    Field {
        name: name.into(),
        kind: kind.into(),
        response,
        ..Field::default()
    }
}

fn compact(text: &str, fields: &[Field]) -> String {
    let (_, body) = read(text.as_bytes(), fields).unwrap();
    let mut out = Vec::new();
    json::compact(&body, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let list =
        "\u{feff}<?xml version=\"1.0\"?><r><count>2</count><z><id>a</id></z><z><id>b</id></z></r>";
    assert_eq!(
        compact(list, &[]),
        r#"{"count":2,"z":[{"id":"a"},{"id":"b"}]}"#
    );
    assert_eq!(compact("\u{feff}<r><id>é</id></r>", &[]), r#"{"id":"é"}"#);
}

#[test]
fn the_tree_is_that_of_json() {
    let fields = [
        field("size", "long", Vec::new()),
        field("up", "boolean", Vec::new()),
        field(
            "nic",
            "set",
            vec![field("isdefault", "boolean", Vec::new())],
        ),
        field("details", "map", Vec::new()),
        field("names", "list", Vec::new()),
    ];
    for (xml, expected) in [
        (
            "<r><count>1</count><z><size>1.10</size><up>true</up></z></r>",
            r#"{"count":1,"z":[{"size":1.10,"up":true}]}"#,
        ),
        (
            "<r><count>2</count><z><id>a</id></z><z><id>b</id></z></r>",
            r#"{"count":2,"z":[{"id":"a"},{"id":"b"}]}"#,
        ),
        ("<r></r>", "{}"),
        (
            "<r><vm><nic><isdefault>true</isdefault></nic></vm></r>",
            r#"{"vm":{"nic":[{"isdefault":true}]}}"#,
        ),
        (
            "<r><vm><details>{a=1, b=x, y}</details></vm></r>",
            r#"{"vm":{"details":{"a":"1","b":"x, y"}}}"#,
        ),
        (
            "<r><errorcode>431</errorcode><errortext>a &lt;b&gt; &amp; &#233;</errortext></r>",
            r#"{"errorcode":431,"errortext":"a <b> & é"}"#,
        ),
        (
            "<r><jobstatus>1</jobstatus><jobresult><vm><size>2</size></vm></jobresult></r>",
            r#"{"jobstatus":1,"jobresult":{"vm":{"size":2}}}"#,
        ),
        // Without a count as well, rows are what the catalogue describes.
        (
            "<r><z><size>1</size></z><z><size>2</size></z></r>",
            r#"{"z":[{"size":1},{"size":2}]}"#,
        ),
        (
            "<r><vm><size>\n 5 </size><names>a</names></vm></r>",
            r#"{"vm":{"size":5,"names":["a"]}}"#,
        ),
        // A job in a list ends with one thing, though elsewhere that thing stands in lists.
        (
            "<r><count>1</count><j><jobresult><affinitygroup><id>a</id></affinitygroup></jobresult></j></r>",
            r#"{"count":1,"j":[{"jobresult":{"affinitygroup":{"id":"a"}}}]}"#,
        ),
        // What is left of a row without a field, and a list of one among flat fields.
        ("<r><count>1</count><z></z></r>", r#"{"count":1,"z":[{}]}"#),
        (
            "<r cloud-stack-version=\"4.11.1.0\"><id>a</id><names>b</names><nic></nic></r>",
            r#"{"id":"a","names":["b"],"nic":[{}]}"#,
        ),
        (
            "<r><jobresult>no room</jobresult></r>",
            r#"{"jobresult":"no room"}"#,
        ),
    ] {
        assert_eq!(compact(xml, &fields), expected, "{xml}");
    }
}

#[test]
fn what_an_empty_element_is_depends_on_the_server() {
    let fields = [
        field("size", "long", Vec::new()),
        field("nic", "set", vec![field("id", "string", Vec::new())]),
        field("details", "map", Vec::new()),
    ];
    let vm = "<vm><nic/><details></details><size/><name></name><id>a</id></vm>";
    for (version, expected) in [
        (
            " cloud-stack-version=\"4.11.1.0\"",
            r#"{"vm":{"nic":[{}],"details":{},"name":"","id":"a"}}"#,
        ),
        (" cloud-stack-version=\"3.0.1.6\"", r#"{"vm":{"id":"a"}}"#),
        (" cloud-stack-version=\"x\"", r#"{"vm":{"id":"a"}}"#),
        ("", r#"{"vm":{"id":"a"}}"#),
    ] {
        let xml = format!("<r{version}>{vm}</r>");
        assert_eq!(compact(&xml, &fields), expected, "{xml}");
    }
}

#[test]
fn success_is_a_text_in_an_answer_and_a_boolean_in_a_jobs_result() {
    let told = [field("success", "boolean", Vec::new())];
    for fields in [&told[..], &[]] {
        for (xml, expected) in [
            ("<r><success>true</success></r>", r#"{"success":"true"}"#),
            (
                "<r><jobresult><success>true</success></jobresult></r>",
                r#"{"jobresult":{"success":true}}"#,
            ),
        ] {
            assert_eq!(compact(xml, fields), expected);
        }
    }
}

#[test]
fn a_map_keeps_what_its_values_hold() {
    let fields = [field("m", "map", Vec::new())];
    for (map, expected) in [
        ("{}", r#"{}"#),
        ("{a=}", r#"{"a":""}"#),
        ("{a=1, , b=2, }", r#"{"a":"1, ","b":"2, "}"#),
        ("{a=1, b=2, a=3}", r#"{"a":"1","b":"2, a=3"}"#),
        ("{, a=1}", r#""{, a=1}""#),
    ] {
        let xml = format!("<r><vm><m>{map}</m></vm></r>");
        let expected = format!("{{\"vm\":{{\"m\":{expected}}}}}");
        assert_eq!(compact(&xml, &fields), expected);
    }
}

#[test]
fn tags_are_a_text_or_a_list_of_records() {
    let text = "<r><count>1</count><o><tags>ssd</tags></o></r>";
    let list = "<r><count>1</count><o><tags><key>a</key></tags></o></r>";
    let told = field("tags", "string", Vec::new());
    for fields in [&[told][..], &[]] {
        assert_eq!(compact(text, fields), r#"{"count":1,"o":[{"tags":"ssd"}]}"#);
        assert_eq!(
            compact(list, fields),
            r#"{"count":1,"o":[{"tags":[{"key":"a"}]}]}"#
        );
    }
}

#[test]
fn what_is_no_answer_is_an_error() {
    let deep = "<a>".repeat(1000);
    for (xml, what) in [
        ("", "none or several"),
        ("<a>", "cut short"),
        ("<a></b>", "malformed"),
        ("<a/><b/>", "none or several"),
        ("<a/>garbage", "outside"),
        ("hello <a/>", "outside"),
        ("hello", "outside"),
        ("&lt;a/>", "outside"),
        ("<a>no such user</a>", "text where a has its fields"),
        ("<a><![CDATA[no]]></a>", "text where"),
        ("< a='b'></>", "no name"),
        ("<a>< /></a>", "no name"),
        ("<a>&bogus;</a>", "unknown entity"),
        (
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
            "document type",
        ),
        (deep.as_str(), "too deeply"),
    ] {
        let error = read(xml.as_bytes(), &[]).unwrap_err();
        assert!(error.what.contains(what), "{xml:.40}: {error}");
    }
    assert!(read(b"<a>\xff</a>", &[]).is_err());
}

#[test]
fn lists_are_looked_through_and_read_row_by_row() {
    let text = "<r><z><id>a</id></z><z><id>&lt;</id></z><z/><count>3</count></r>";
    let types = Types::default();
    let (found, manner) = scan(text.as_bytes(), &types).unwrap();
    let (span, count) = found.lists[&0].clone();
    assert_eq!(count, 3);
    let rows: Vec<String> = rows(&text.as_bytes()[span], manner)
        .map(|row| {
            let mut out = Vec::new();
            json::compact(&row, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        })
        .collect();
    assert_eq!(rows, [r#"{"id":"a"}"#, r#"{"id":"<"}"#, "{}"]);
    // Whatever stands between rows, none of them is lost.
    let between = "<r><count>3</count><z>a</z>text<z>b</z>&lt;<!-- c --><z>d</z></r>";
    assert_eq!(compact(between, &[]), r#"{"count":3,"z":["a","b","d"]}"#);
    // Elements of a list that do not stand together.
    let scattered = "<r><count>2</count><a><x>1</x></a><b>2</b><a><x>3</x></a></r>";
    assert_eq!(
        compact(scattered, &[]),
        r#"{"count":2,"a":[{"x":"1"},{"x":"3"}],"b":["2"]}"#
    );
}

#[test]
fn what_is_wrong_in_a_row_is_found_before_any_is_read() {
    for row in [
        "<id>&bogus;</id>",
        "<id>a</name>",
        "<id>a",
        "<id><![CDATA[a</id>",
        "<id a=\"</id>",
        "<!DOCTYPE x>",
    ] {
        let text = format!("<r><count>2</count><z><id>a</id></z><z>{row}</z></r>");
        assert!(scan(text.as_bytes(), &Types::default()).is_err(), "{row}");
    }
}
