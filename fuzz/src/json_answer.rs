//! An answer in JSON in: the tree is the one that another reader makes of it, and it survives being written.

use bytes::Bytes;
use capuchin::record::body::Body;
use capuchin::record::{Value, json};

use super::{answer, rows};

/// The tree of one JSON text, or what is wrong with it.
pub fn read(bytes: &[u8]) -> Result<Value, String> {
    json::read(bytes).map_err(|bad| bad.what)
}

/// The tree as text, on one line and on many.
pub fn written(tree: &Value) -> [Vec<u8>; 2] {
    let mut texts = [Vec::new(), Vec::new()];
    json::compact(tree, &mut texts[0]).expect("memory takes what is written");
    json::write(tree, 0, &mut texts[1]).expect("memory takes what is written");
    texts
}

pub fn check(data: &[u8]) {
    let tree = read(data);
    is_what_others_read(data, &tree);
    if let Ok(tree) = &tree {
        survives(tree);
    }
    let body = tree.as_ref().ok().and_then(unwrapped);
    rows::check(Body::of_json(&Bytes::copy_from_slice(data)), body);
    // The dialect takes what begins as XML for XML.
    if data.trim_ascii_start().starts_with(b"<") {
        return;
    }
    answer::check(data, body.map(|(_, body)| body));
}

/// The name and the value of the one member that an envelope has, if that is a record.
fn unwrapped(tree: &Value) -> Option<(&str, &Value)> {
    match &tree.as_record()?.fields[..] {
        [(name, body @ Value::Record(_))] => Some((name, body)),
        _ => None,
    }
}

/// What was read, written and read again is the same.
pub fn survives(tree: &Value) {
    for text in written(tree) {
        assert_eq!(read(&text).as_ref(), Ok(tree));
    }
}

fn is_what_others_read(data: &[u8], tree: &Result<Value, String>) {
    let text = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    match (tree, serde_json::from_slice(text)) {
        (Ok(ours), Ok(theirs)) => assert!(alike(ours, &theirs), "{ours:?} {theirs:?}"),
        (Err(_), Err(_)) => {}
        (Err(what), Ok(_)) => panic!("{what}"),
        // The other reader goes less deep, and knows only numbers that a machine can hold.
        (Ok(_), Err(why)) => {
            let why = why.to_string();
            assert!(
                why.contains("recursion limit") || why.contains("out of range"),
                "{why}"
            );
        }
    }
}

fn alike(ours: &Value, theirs: &serde_json::Value) -> bool {
    use serde_json::Value as Other;
    match (ours, theirs) {
        (Value::Null, Other::Null) => true,
        (Value::Bool(ours), Other::Bool(theirs)) => ours == theirs,
        (Value::String(ours), Other::String(theirs)) => ours == theirs,
        (Value::Number(ours), Other::Number(theirs)) => {
            let (Ok(ours), Some(theirs)) = (ours.parse::<f64>(), theirs.as_f64()) else {
                return false;
            };
            ours == theirs || (ours - theirs).abs() <= ours.abs() * 1e-12
        }
        (Value::List(ours), Other::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| alike(a, b))
        }
        (Value::Record(ours), Other::Object(theirs)) => {
            ours.fields.len() == theirs.len()
                && ours
                    .fields
                    .iter()
                    .zip(theirs)
                    .all(|((name, a), (other, b))| **name == **other && alike(a, b))
        }
        _ => false,
    }
}
