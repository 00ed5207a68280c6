//! Time made to pass: everything that the world has a moment of comes to lie further back, so that jobs end and usage accrues
//! while the clocks of the cloud and its callers stay right.

use rusqlite::{Connection, params};
use serde_json::Value;

use crate::clock;

/// Makes the world so many milliseconds older.
pub fn advance(db: &Connection, milliseconds: i64) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE job SET begun = begun - ?1, ends = ends - ?1",
        [milliseconds],
    )?;
    db.execute(
        "UPDATE spell SET begun = begun - ?1, ended = ended - ?1",
        [milliseconds],
    )?;
    for table in ["thing", "job", "event"] {
        let rows: Vec<(i64, String)> = db
            .prepare(&format!("SELECT id, body FROM {table}"))?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let mut change = db.prepare(&format!("UPDATE {table} SET body = ? WHERE id = ?"))?;
        for (id, body) in rows {
            let Ok(mut body) = serde_json::from_str::<Value>(&body) else {
                continue;
            };
            if age(&mut body, milliseconds) {
                change.execute(params![body.to_string(), id])?;
            }
        }
    }
    Ok(())
}

/// Sets the dates in a body back, and tells whether it has any.
fn age(value: &mut Value, milliseconds: i64) -> bool {
    match value {
        Value::String(text) => match clock::moment(text) {
            Some(second) => {
                *text = clock::date(second.saturating_mul(1000).saturating_sub(milliseconds));
                true
            }
            None => false,
        },
        // All of them: `any` would stop at the first.
        Value::Array(items) => items
            .iter_mut()
            .fold(false, |aged, item| age(item, milliseconds) | aged),
        Value::Object(fields) => fields
            .values_mut()
            .fold(false, |aged, field| age(field, milliseconds) | aged),
        _ => false,
    }
}
