//! What lists choose things by, without reading them as a whole: a page out of thousands costs little more than itself.

use rusqlite::{Connection, ToSql};

/// What tells whether a list shows a thing.
pub struct Outline {
    pub id: i64,
    pub number: i64,
    pub name: String,
    pub account: i64,
    pub domain: i64,
}

/// Which things of a kind are asked for.
pub struct Asked<'a> {
    pub kind: &'a str,
    pub id: Option<i64>,
    pub name: Option<&'a str>,
    /// Fields and the values that they have, in letters of either case.
    pub fields: Vec<(&'a str, String)>,
}

/// The things that are asked for, in the order in which they were made.
pub fn outlines(connection: &Connection, asked: &Asked) -> rusqlite::Result<Vec<Outline>> {
    let mut text = "SELECT id, number, name, account, domain FROM thing WHERE kind = ?".to_string();
    let mut given: Vec<Box<dyn ToSql>> = vec![Box::new(asked.kind.to_string())];
    if let Some(id) = asked.id {
        text.push_str(" AND id = ?");
        given.push(Box::new(id));
    }
    if let Some(name) = asked.name {
        text.push_str(" AND name = ?");
        given.push(Box::new(name.to_string()));
    }
    for (field, value) in &asked.fields {
        if *field == "state" {
            text.push_str(" AND state = ? COLLATE NOCASE");
        } else {
            // True and false are numbers to SQLite.
            text.push_str(
                " AND CASE json_type(body, '$.' || ?) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'
                  ELSE CAST(body ->> ? AS TEXT) END = ? COLLATE NOCASE",
            );
            given.push(Box::new(field.to_string()));
            given.push(Box::new(field.to_string()));
        }
        given.push(Box::new(value.clone()));
    }
    text.push_str(" ORDER BY id");
    connection
        .prepare_cached(&text)?
        .query_map(rusqlite::params_from_iter(given), |row| {
            Ok(Outline {
                id: row.get(0)?,
                number: row.get(1)?,
                name: row.get(2)?,
                account: row.get(3)?,
                domain: row.get(4)?,
            })
        })?
        .collect()
}
