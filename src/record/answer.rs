//! A body as a list, an object or a job's end: what is a row, what it is called, what stands beside it.

use super::{Name, Record, Value};

/// Whether an answer is a list, however short, or one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    List,
    Object,
}

/// An answer without its envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub shape: Shape,
    /// The list's or object's own name: `user`, `virtualmachine`; none for a flat object or an empty list.
    pub name: Option<Name>,
    /// The members beside the list (`count` …), in the server's order.
    pub head: Record,
    /// The job's record without its result, when the answer is what a job ended with.
    pub job: Option<Record>,
    /// Records nearly always; scalars for lists of them.
    pub rows: Vec<Value>,
}

impl Answer {
    /// Takes the body apart: the list is its one array, whatever that is called.
    pub fn of(body: Value) -> Answer {
        let Value::Record(record) = body else {
            return Answer::object(None, body);
        };
        let lists = count(&record, |value| matches!(value, Value::List(_)));
        let scalars = count(&record, |value| {
            !matches!(value, Value::List(_) | Value::Record(_))
        });
        let members = record.fields.len();
        let only_count = record.fields.iter().all(|(name, _)| &**name == "count");
        if only_count || (lists == 1 && scalars + 1 == members) {
            return Answer::list(record);
        }
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
        let mut answer = match result {
            Some(result) => Answer::of_result(result),
            None => Answer {
                shape: Shape::Object,
                name: None,
                head: Record::default(),
                job: None,
                rows: Vec::new(),
            },
        };
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
            shape: Shape::Object,
            name,
            head: Record::default(),
            job: None,
            rows: vec![row],
        }
    }

    fn list(record: Record) -> Answer {
        let mut answer = Answer {
            shape: Shape::List,
            name: None,
            head: Record::default(),
            job: None,
            rows: Vec::new(),
        };
        for (name, value) in record.fields {
            match value {
                Value::List(rows) => {
                    answer.name = Some(name);
                    answer.rows = rows;
                }
                value => answer.head.fields.push((name, value)),
            }
        }
        answer
    }

    /// A list of the shell's own, such as profiles and jobs.
    pub fn table(name: &str, rows: Vec<Record>) -> Answer {
        let mut head = Record::default();
        head.push("count", Value::Number(rows.len().to_string()));
        Answer {
            shape: Shape::List,
            name: Some(name.into()),
            head,
            job: None,
            rows: rows.into_iter().map(Value::Record).collect(),
        }
    }

    /// The rows that are records.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.rows.iter().filter_map(Value::as_record)
    }

    /// The id of what the answer tells of, such as the machine that a job makes.
    pub fn resource(&self) -> Option<String> {
        self.records().next().and_then(|record| record.text("id"))
    }
}

fn count(record: &Record, which: impl Fn(&Value) -> bool) -> usize {
    record
        .fields
        .iter()
        .filter(|(_, value)| which(value))
        .count()
}

/// The one member of the outermost object, whatever it is called, and its name.
pub fn unwrap_envelope(whole: Value) -> Result<(Name, Value), String> {
    let Value::Record(record) = whole else {
        return Err("it holds no object".into());
    };
    let members = record.fields.len();
    match (members, record.fields.into_iter().next()) {
        (1, Some((name, body @ Value::Record(_)))) => Ok((name, body)),
        (1, Some((name, _))) => Err(format!("its one member, {name}, is no object")),
        _ => Err(format!(
            "it holds {members} members where an envelope has one"
        )),
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

    #[test]
    fn an_envelope_has_one_member() {
        let unwrap = |text: &str| unwrap_envelope(json::read(text.as_bytes()).unwrap());
        assert!(unwrap(r#"{"anything":{}}"#).is_ok());
        for text in ["null", "[]", "{}", r#"{"a":{},"b":{}}"#, r#"{"a":1}"#] {
            assert!(unwrap(text).is_err(), "{text}");
        }
    }
}
