//! Things in, the records of an answer out: those that the filters let through, in the order asked for, a page of them.

use serde_json::Value;

use super::ask::{Ask, Done};
use super::catalogue::{Holds, fields};
use super::given::wrong;
use super::words::Reply;

impl Ask<'_> {
    /// The page that was asked for of the records that things make, after the filters that the action has: a parameter
    /// that is called as a field, with `Code` or `List` behind it or not, has to agree with it.
    pub fn listed<T>(&self, things: &[T], mut view: impl FnMut(&T) -> Done<Value>) -> Done<Reply> {
        let filters = self.filters();
        let sorted = self.given.text("sortedBy");
        if filters.is_empty() && sorted.is_none() {
            let page = self.page(things)?;
            let rows = page.iter().map(view).collect::<Done<_>>()?;
            return Ok(Reply::List(rows, things.len()));
        }
        let mut rows = Vec::new();
        for thing in things {
            let row = view(thing)?;
            if filters
                .iter()
                .all(|(field, wanted)| agrees(&row[*field], wanted))
            {
                rows.push(row);
            }
        }
        if let Some(field) = sorted {
            rows.sort_by_cached_key(|row| plain(&row[field]));
            if self.given.text("sortingOrder") == Some("DESC") {
                rows.reverse();
            }
        }
        let total = rows.len();
        Ok(Reply::List(self.page(&rows)?.to_vec(), total))
    }

    /// The records of things that an action changed.
    pub fn shown<T>(&self, things: &[T], view: impl FnMut(&T) -> Done<Value>) -> Done<Reply> {
        let rows: Vec<Value> = things.iter().map(view).collect::<Done<_>>()?;
        let total = rows.len();
        Ok(Reply::List(rows, total))
    }

    fn filters(&self) -> Vec<(&'static str, Vec<&str>)> {
        let Some((_, item)) = self.action.list else {
            return Vec::new();
        };
        let mut filters = Vec::new();
        for param in &self.action.params {
            if matches!(param.holds, Holds::Record(_)) || !self.given.has(param.name) {
                continue;
            }
            let base = match param.list {
                true => param.name.strip_suffix("List").unwrap_or(param.name),
                false => param.name,
            };
            let candidates = [base, base.strip_suffix("Code").unwrap_or(base)];
            let known = fields(item)
                .iter()
                .find(|field| candidates.contains(&field.name) && !field.list);
            let Some(field) = known else { continue };
            let wanted = match param.list {
                true => self.given.list(param.name),
                false => self.given.text(param.name).into_iter().collect(),
            };
            filters.push((field.name, wanted));
        }
        filters
    }

    fn page<'t, T>(&self, all: &'t [T]) -> Done<&'t [T]> {
        let size = self.given.number("pageSize")?.unwrap_or(0);
        let page = self.given.number("pageNo")?.unwrap_or(1);
        if size < 0 || page < 0 {
            return Err(wrong("pageNo, pageSize", "a negative number"));
        }
        let (Ok(size @ 1..), Ok(page)) = (usize::try_from(size), usize::try_from(page.max(1)))
        else {
            return Ok(all);
        };
        let first = (page - 1).saturating_mul(size).min(all.len());
        Ok(&all[first..first.saturating_add(size).min(all.len())])
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => fields.get("code").map(plain).unwrap_or_default(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn agrees(value: &Value, wanted: &[&str]) -> bool {
    let value = plain(value);
    wanted.iter().any(|wanted| *wanted == value)
}
