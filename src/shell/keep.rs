//! What a line comes to, kept in place of printed: a list or a thing as JSON, what is printed otherwise as text.

use bytes::Bytes;

use super::output::Ending;
use super::session::{Session, Shown, unwritten};
use crate::error::{Error, Result};
use crate::line::expand::is_name;
use crate::line::variables::{Held, Variable};
use crate::line::{options, words};
use crate::record::answer::Shape;
use crate::record::body::Body;
use crate::record::rows::Rows;
use crate::record::{Value, json};

/// What came of a line.
pub enum Kept {
    Nothing,
    /// Printed in no form that programs read, or through a pipe.
    Text(String),
    /// An answer as the form `json` prints it.
    Json(Printed),
    /// What came of a part of it, with the errors of the others: at least one.
    Partly(Box<Kept>, Vec<Error>),
    /// It failed without an error of ours: a command of the system, or a pipe.
    Failed(u8),
    /// The session is to end with this status.
    Leave(u8),
}

/// An answer in JSON, and what it was before.
pub struct Printed {
    pub json: Vec<u8>,
    list: bool,
    /// What the one member of the JSON is called that is the thing itself.
    name: Option<String>,
}

impl Kept {
    /// The same with what was printed.
    fn of(self, bytes: Vec<u8>) -> Kept {
        match self {
            Kept::Json(printed) => Kept::Json(Printed {
                json: bytes,
                ..printed
            }),
            // What a shell's command or a pipe printed.
            Kept::Nothing if bytes.is_empty() => Kept::Nothing,
            Kept::Nothing | Kept::Text(_) => {
                Kept::Text(String::from_utf8_lossy(&bytes).into_owned())
            }
            other => other,
        }
    }

    /// What failed first, in place of a part that did not.
    pub fn whole(self) -> Result<Kept> {
        match self {
            Kept::Partly(kept, failures) => match failures.into_iter().next() {
                Some(first) => Err(first),
                None => Ok(*kept),
            },
            kept => Ok(kept),
        }
    }
}

impl Session {
    /// Evaluates a line with its pipe, and keeps what it would have printed.
    pub fn keep(&mut self, line: &str) -> Result<Kept> {
        let (split, _) = words::split_open(line);
        let texts: Vec<String> = split.words.into_iter().map(|word| word.text).collect();
        let form = options::output(&texts);
        let outer = std::mem::replace(&mut self.line_form, form.clone());
        self.ui.keep();
        let piped = self.begin_pipe(line);
        let as_json = !piped && form.is_none_or(|form| form == "json" || form == "auto");
        let mut kept = self.keep_evaluated(line, as_json);
        if piped {
            let ended = self.ui.end_pipe(kept.is_ok());
            kept = kept.and_then(|kept| match ended? {
                0 => Ok(kept),
                status => Ok(Kept::Failed(status)),
            });
        }
        let bytes = self.ui.end_keeping();
        self.line_form = outer;
        Ok(match kept? {
            Kept::Partly(kept, failures) => Kept::Partly(Box::new(kept.of(bytes)), failures),
            kept => kept.of(bytes),
        })
    }

    fn keep_evaluated(&mut self, line: &str, as_json: bool) -> Result<Kept> {
        self.told = None;
        let mut shown = self.evaluate(line)?;
        let mut kept = match &shown {
            Shown::Text(_) => Kept::Text(String::new()),
            _ => Kept::Nothing,
        };
        let mut failures = Vec::new();
        if let Shown::Answer(view) = &mut shown {
            failures = std::mem::take(&mut view.failures);
            if as_json {
                view.form = "json".into();
                kept = Kept::Json(Printed {
                    json: Vec::new(),
                    list: view.answer.shape == Shape::List,
                    name: view.answer.name.as_deref().map(String::from),
                });
            }
        }
        let ended = self.print_shown(shown).map_err(|ending| match ending {
            Ending::Failed(error) => error,
            Ending::Unwritten(why) => unwritten(&why),
        })?;
        match ended {
            ended if ended.leave => Ok(Kept::Leave(ended.status)),
            ended if ended.status == 0 && failures.is_empty() => Ok(kept),
            ended if ended.status == 0 => {
                let hidden = self.variables.hidden();
                let struck = failures.into_iter().map(|error| hidden.strike_error(error));
                Ok(Kept::Partly(Box::new(kept), struck.collect()))
            }
            // A script that was run told of its failure.
            ended => match self
                .told
                .take()
                .filter(|told| told.status() == ended.status)
            {
                Some(told) => Err(told),
                None => Ok(Kept::Failed(ended.status)),
            },
        }
    }

    /// Sets a variable from the `name=value` of the command line.
    pub fn set_variable(&mut self, given: &str) -> Result<()> {
        let (name, value) = given.split_once('=').unwrap_or((given, ""));
        if !is_name(name) || !given.contains('=') {
            return Err(Error::line("--var takes NAME=VALUE")
                .hint("a name is made of letters, digits and _, and begins with no digit"));
        }
        self.variables
            .set(name, Held::Text(value.to_string()).into());
        Ok(())
    }
}

impl Printed {
    /// The answer as a variable holds it: a list's rows, or the one thing.
    pub fn into_variable(self) -> Result<Variable> {
        if self.list
            && let Some(rows) = rows(&self.json)
        {
            return Ok(Held::Rows(rows).into());
        }
        let value = json::read(&self.json).map_err(|why| {
            Error::local(format!("what was printed is no JSON: {why}"))
                .hint("this is a fault of the program; please report it")
        })?;
        let value = match value {
            Value::Record(mut record) if record.fields.len() == 1 => {
                let named = self.name.as_deref() == Some(&*record.fields[0].0);
                match record.fields.pop() {
                    Some((_, thing @ Value::Record(_))) if named => thing,
                    field => {
                        record.fields.extend(field);
                        Value::Record(record)
                    }
                }
            }
            other => other,
        };
        Ok(Held::from(value).into())
    }
}

/// The rows of a list as it is printed, in the bytes; nothing where the JSON is something else.
fn rows(json: &[u8]) -> Option<Rows> {
    let mut enveloped = Vec::with_capacity(json.len() + 8);
    enveloped.extend_from_slice(b"{\"list\":");
    enveloped.extend_from_slice(json);
    enveloped.push(b'}');
    let mut body = Body::of_json(&Bytes::from(enveloped)).ok()?;
    match body.take_list() {
        Some((_, rows)) => Some(rows),
        None => body
            .fields
            .fields
            .iter()
            .all(|(name, _)| &**name == "count")
            .then(Rows::default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(json: &str, list: bool, name: Option<&str>) -> Held {
        let printed = Printed {
            json: json.into(),
            list,
            name: name.map(String::from),
        };
        printed.into_variable().unwrap().held
    }

    #[test]
    fn a_list_is_its_rows_and_a_thing_is_itself() {
        let id = |held: Held, path: &str| {
            let variable = Variable::from(held);
            variable.at("v", path).unwrap().held.text("v").unwrap()
        };
        for (json, list, name, path, expected) in [
            (
                r#"{"count": 2, "zone": [{"id": "a"}, {"id": "b"}]}"#,
                true,
                Some("zone"),
                "id",
                "a,b",
            ),
            (r#"{"count": 0}"#, true, None, "count", "0"),
            ("{}", true, None, "count", "0"),
            (r#"[1,2]"#, true, Some("zone"), "count", "2"),
            (r#"{"vm": {"id": "a"}}"#, false, Some("vm"), "id", "a"),
            (
                r#"{"id": "a", "tags": [{"key": "k"}]}"#,
                false,
                None,
                "id",
                "a",
            ),
            (r#"{"details": {"x": "a"}}"#, false, None, "details.x", "a"),
        ] {
            assert_eq!(id(held(json, list, name), path), expected, "{json}");
        }
        assert_eq!(held("7", true, None), Held::Text("7".into()));
    }
}
