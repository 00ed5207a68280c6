//! A body as a list, an object or a job's end: what is a row, what it is called, what stands beside it.

use bytes::Bytes;

use super::body::Body;
use super::rows::Rows;
use super::{Name, Record, Value};

/// Whether an answer is a list, however short, or one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    List,
    #[default]
    Object,
}

/// What stands beside a list where it says how many rows there are.
const COUNTS: [&str; 2] = ["count", "totalRows"];

/// The member of a list's head that says how many rows there are.
pub fn count(head: &Record) -> Option<(&str, &Value)> {
    let mut fields = head.fields.iter();
    let found = fields.find(|(name, _)| COUNTS.contains(&&**name))?;
    Some((&*found.0, &found.1))
}

/// An answer without its envelope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub shape: Shape,
    /// The list's or object's own name: `user`, `virtualmachine`; none for a flat object or an empty list.
    pub name: Option<Name>,
    /// The members beside the list (`count` …), in the server's order.
    pub head: Record,
    /// The job's record without its result, when the answer is what a job ended with.
    pub job: Option<Record>,
    /// Records nearly always; scalars for lists of them. A list's rows stay as they came until they are read.
    pub rows: Rows,
    /// The body as it came; empty where the answer was made here.
    pub raw: Bytes,
    /// The field that is its things' id, where that is another than `id`.
    pub id: Option<Name>,
}

impl Answer {
    /// Takes a value apart that was made here.
    pub fn of(value: Value) -> Answer {
        match value {
            Value::Record(record) => Answer::of_body(record.into()),
            other => Answer::object(None, other),
        }
    }

    /// Takes the body apart: the list is its one array, whatever that is called.
    pub fn of_body(mut body: Body) -> Answer {
        if let Some((name, rows)) = body.take_list() {
            return Answer {
                shape: Shape::List,
                name: Some(name),
                head: body.fields,
                rows,
                ..Answer::default()
            };
        }
        if body
            .fields
            .fields
            .iter()
            .all(|(name, _)| &**name == "count")
        {
            return Answer {
                shape: Shape::List,
                head: body.fields,
                ..Answer::default()
            };
        }
        let record = body.into_record();
        match <[(Name, Value); 1]>::try_from(record.fields) {
            Ok([(name, thing @ Value::Record(_))]) => Answer::object(Some(name), thing),
            Ok(fields) => Answer::object(
                None,
                Value::Record(Record {
                    fields: fields.into(),
                }),
            ),
            Err(fields) => Answer::object(None, Value::Record(Record { fields })),
        }
    }

    /// Takes the record of a job that has ended apart.
    pub fn of_job(mut job: Record) -> Answer {
        let result = job
            .fields
            .iter()
            .position(|(name, value)| &**name == "jobresult" && matches!(value, Value::Record(_)))
            .map(|at| job.fields.remove(at).1);
        let mut answer = result.map_or_else(Answer::default, Answer::of_result);
        answer.job = Some(job);
        answer
    }

    /// A job's result is one thing, even where that thing is made of a list.
    fn of_result(result: Value) -> Answer {
        let answer = Answer::of(result.clone());
        match answer.shape {
            Shape::Object => answer,
            Shape::List => Answer::object(None, result),
        }
    }

    fn object(name: Option<Name>, row: Value) -> Answer {
        Answer {
            name,
            rows: vec![row].into(),
            ..Answer::default()
        }
    }

    /// A list of the shell's own, such as profiles and jobs.
    pub fn table(name: &str, rows: Vec<Record>) -> Answer {
        let mut head = Record::default();
        head.push("count", Value::Number(rows.len().to_string()));
        let rows: Vec<Value> = rows.into_iter().map(Value::Record).collect();
        Answer {
            shape: Shape::List,
            name: Some(name.into()),
            head,
            rows: rows.into(),
            ..Answer::default()
        }
    }

    /// The rows that are records, each read when it is asked for.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        self.rows.values().filter_map(|row| match row {
            Value::Record(record) => Some(record),
            _ => None,
        })
    }

    /// The id of what the answer tells of, such as the machine that a job makes.
    pub fn resource(&self) -> Option<String> {
        let id = self.id.as_deref().unwrap_or("id");
        self.rows.iter().next().and_then(|row| row.text(id))
    }

    /// How many rows there are, as far as the count beside a list says.
    pub fn counted(&self) -> Option<String> {
        count(&self.head).and_then(|(_, value)| value.scalar())
    }

    /// Makes the count that stands beside a list, where one does, the number of its rows.
    pub fn recount(&mut self) {
        self.recount_to(self.rows.len());
    }

    /// Takes the count away from beside the list, and tells whether there was one.
    pub fn take_count(&mut self) -> bool {
        let fields = self.head.fields.len();
        self.head
            .fields
            .retain(|(name, _)| !COUNTS.contains(&&**name));
        self.head.fields.len() < fields
    }

    /// Makes it the number of rows that there will be.
    pub fn recount_to(&mut self, rows: usize) {
        for (name, value) in &mut self.head.fields {
            if COUNTS.contains(&&**name) {
                *value = Value::Number(rows.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json;

    fn of(text: &str) -> Answer {
        Answer::of(json::read(text.as_bytes()).unwrap())
    }

    #[test]
    fn lists_and_objects_are_told_apart() {
        for (text, shape, name, rows) in [
            (
                r#"{"count":2,"user":[{"id":"a"},{"id":"b"}]}"#,
                Shape::List,
                Some("user"),
                2,
            ),
            (r#"{"user":[]}"#, Shape::List, Some("user"), 0),
            (r#"{}"#, Shape::List, None, 0),
            (r#"{"count":540}"#, Shape::List, None, 0),
            (
                r#"{"network":{"id":"a","tags":[]}}"#,
                Shape::Object,
                Some("network"),
                1,
            ),
            (r#"{"success":"true"}"#, Shape::Object, None, 1),
            (r#"{"id":"a","jobid":"b"}"#, Shape::Object, None, 1),
            (r#"{"id":"a","one":[],"two":[]}"#, Shape::Object, None, 1),
        ] {
            let answer = of(text);
            assert_eq!(
                (answer.shape, answer.name.as_deref(), answer.rows.len()),
                (shape, name, rows),
                "{text}"
            );
        }
    }

    #[test]
    fn a_jobs_result_is_its_row() {
        let job = |text: &str| match json::read(text.as_bytes()).unwrap() {
            Value::Record(record) => Answer::of_job(record),
            other => panic!("{other:?}"),
        };
        let answer =
            job(r#"{"jobstatus":1,"jobresult":{"virtualmachine":{"id":"a"}},"jobid":"j"}"#);
        assert_eq!(answer.resource().as_deref(), Some("a"));
        assert_eq!(answer.job.unwrap().fields.len(), 2);
        let answer = job(r#"{"jobstatus":1,"jobresult":{"success":true}}"#);
        assert_eq!((answer.name, answer.rows.len()), (None, 1));
        let answer = job(r#"{"jobstatus":1,"jobresult":"done"}"#);
        assert_eq!(
            answer.job.unwrap().text("jobresult").as_deref(),
            Some("done")
        );
    }
}
