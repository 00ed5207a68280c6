//! An answer whose rows stay in its bytes in: read one at a time they are those of the whole tree, and text that is
//! copied through is what the tree would be written as.

use std::collections::HashSet;

use capuchin::record::body::Body;
use capuchin::record::rows::{Row, Rows};
use capuchin::record::{Name, Value, json};

/// `whole` is the envelope's name and the body as another reading of the same bytes has them, if it takes them.
pub fn check(read: Result<Body, String>, whole: Option<(&str, &Value)>) {
    let (body, (envelope, tree)) = match (read, whole) {
        (Ok(body), Some(whole)) => (body, whole),
        (Err(_), None) => return,
        (Ok(body), None) => panic!("{body:?}"),
        (Err(why), Some(whole)) => panic!("{why}: {whole:?}"),
    };
    assert_eq!(&*body.envelope, envelope);
    let record = Value::Record(body.clone().into_record());
    assert_eq!(&record, tree);
    is_taken_out(body, tree);
}

/// A list that is taken out of a body is the tree's one list, and all else stays.
fn is_taken_out(mut body: Body, tree: &Value) {
    let fields = &tree.as_record().expect("a body is a record").fields;
    let lists = fields
        .iter()
        .filter(|(_, value)| matches!(value, Value::List(_)));
    let records = fields
        .iter()
        .filter(|(_, value)| matches!(value, Value::Record(_)));
    let is_one = lists.count() == 1 && records.count() == 0;
    let taken = body.take_list();
    assert_eq!(taken.is_some(), is_one);
    let Some((name, rows)) = taken else { return };
    let (list, others): (Vec<_>, Vec<_>) =
        fields.iter().cloned().partition(|(own, _)| *own == name);
    assert_eq!(body.fields.fields, others);
    match &list[..] {
        [(_, Value::List(items))] => are(&rows, items),
        other => panic!("{other:?}"),
    }
}

/// The rows are these, however they are looked at.
fn are(rows: &Rows, items: &[Value]) {
    assert_eq!(rows.len(), items.len());
    assert_eq!(rows.iter().count(), items.len());
    for (row, item) in rows.iter().zip(items) {
        assert_eq!(&*row.value(), item);
        has_its_names_and_texts(&row, item);
        for indent in [0, 2] {
            let (mut laid, mut written) = (Vec::new(), Vec::new());
            row.pretty(indent, &mut laid).expect("memory takes it");
            json::write(item, indent, &mut written).expect("memory takes it");
            is_written(&row, item, laid, written);
        }
        let (mut laid, mut written) = (Vec::new(), Vec::new());
        row.compact(&mut laid).expect("memory takes it");
        json::compact(item, &mut written).expect("memory takes it");
        is_written(&row, item, laid, written);
    }
    // Without every second row the others are what they were.
    let (mut some, mut place) = (rows.clone(), 0);
    some.retain(|_| {
        place += 1;
        place % 2 == 1
    });
    assert!(some.values().eq(items.iter().step_by(2).cloned()));
    some.truncate(1);
    assert!(some.values().eq(items.iter().take(1).cloned()));
}

fn has_its_names_and_texts(row: &Row, item: &Value) {
    let fields = item.as_record().map_or(&[][..], |record| &record.fields);
    let mut names: Vec<Name> = Vec::new();
    let mut met = HashSet::new();
    row.names(&mut |name| {
        if met.insert(name.to_string()) {
            names.push(name.into());
        }
    });
    assert!(names.iter().eq(fields.iter().map(|(name, _)| name)));
    // Of a hostile row with thousands of fields the first tell enough.
    for (name, value) in fields.iter().take(50) {
        assert_eq!(row.text(name), value.scalar(), "{name}");
    }
    if !met.contains("id") {
        assert_eq!(row.text("id"), None);
    }
}

/// A text that was laid out anew is the one that the tree is written as. Only a field that stands there twice is copied
/// twice, and whoever reads that has the tree again.
fn is_written(row: &Row, item: &Value, laid: Vec<u8>, written: Vec<u8>) {
    if laid == written {
        return;
    }
    assert!(matches!(row, Row::Json(_)));
    assert_eq!(json::read(&laid).as_ref(), Ok(item));
    assert!(
        colons(&laid) > colons(&written),
        "{}\n{}",
        String::from_utf8_lossy(&laid),
        String::from_utf8_lossy(&written)
    );
}

/// How many members all objects of a JSON text have.
fn colons(text: &[u8]) -> usize {
    let (mut found, mut inside) = (0, false);
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if inside => {
                bytes.next();
            }
            b'"' => inside = !inside,
            b':' if !inside => found += 1,
            _ => {}
        }
    }
    found
}
