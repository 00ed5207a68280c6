//! An answer's bytes in: the dialect reads it with nothing lost and nothing made up, or says why it can't.

use bytes::Bytes;
use capuchin::Result;
use capuchin::catalog::Field;
use capuchin::catalog::types::Types;
use capuchin::cloud::cloudstack::CLOUDSTACK;
use capuchin::cloud::{Dialect, Outcome, Progress, Reply, Request};
use capuchin::error::Kind;
use capuchin::record::Value;
use capuchin::record::answer::Answer;

/// What the catalogue says of the answer: a field of every type, some that have names of their own in every answer.
const FIELDS: &str = r#"[
    {"name": "id", "type": "string"}, {"name": "size", "type": "long"}, {"name": "up", "type": "boolean"},
    {"name": "details", "type": "map"}, {"name": "names", "type": "list"}, {"name": "jobstatus", "type": "integer"},
    {"name": "tags", "type": "list", "response": [{"name": "key", "type": "string"}, {"name": "value", "type": "string"}]},
    {"name": "nic", "type": "set", "response": [{"name": "mtu", "type": "integer"}, {"name": "limits", "type": "map"}]},
    {"name": "owner", "type": "ownerresponse", "response": [{"name": "age", "type": "short"}]}
]"#;

pub fn fields() -> Vec<Field> {
    serde_json::from_str(FIELDS).expect("the fields above")
}

/// An answer as the dialect reads it, with HTTP status 200.
pub fn read(body: &[u8], types: &Types, api: &str, follow: bool) -> Result<Outcome> {
    CLOUDSTACK.read(&request(api), &reply(body), types, follow)
}

/// `tree` is the answer's body without its envelope, where the bytes hold one.
pub fn check(body: &[u8], tree: Option<&Value>) {
    let types = Types::of(&fields());
    for (api, follow) in [("listThings", false), ("createThing", true)] {
        match read(body, &types, api, follow) {
            Ok(Outcome::Done(answer)) => nothing_is_lost(tree, &answer),
            Ok(Outcome::Started { job, answer }) => {
                assert!(follow && !job.is_empty());
                nothing_is_lost(tree, &answer);
            }
            Err(error) => {
                let lost = if follow {
                    Kind::Unknown
                } else {
                    Kind::Unreachable
                };
                assert!([Kind::Refused, lost].contains(&error.kind), "{error:?}");
                assert!(error.message.starts_with(api) && !error.hints.is_empty());
                assert!(error.code.is_some());
            }
        }
    }
    let progress = CLOUDSTACK.progress(&request("createThing"), "7", &reply(body), &types);
    match progress {
        Ok(Progress::Running) | Err(_) => {}
        Ok(Progress::Failed(error)) => assert_eq!(error.kind, Kind::JobFailed),
        Ok(Progress::Done(answer)) => nothing_is_lost(tree, &answer),
    }
    // A catalogue or the refusal of one.
    let _ = CLOUDSTACK.catalog(&reply(body));
}

/// The answer's parts hold exactly the scalars of the body, wherever they stand.
fn nothing_is_lost(body: Option<&Value>, answer: &Answer) {
    let mut before = Vec::new();
    scalars(body.expect("what was read is a tree"), &mut before);
    let mut after = Vec::new();
    for record in [Some(&answer.head), answer.job.as_ref()]
        .into_iter()
        .flatten()
    {
        for (_, value) in &record.fields {
            scalars(value, &mut after);
        }
    }
    for row in answer.rows.values() {
        scalars(&row, &mut after);
    }
    before.sort_unstable();
    after.sort_unstable();
    assert_eq!(before, after);
}

fn scalars(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::List(items) => items.iter().for_each(|item| scalars(item, found)),
        Value::Record(record) => {
            for (_, value) in &record.fields {
                scalars(value, found);
            }
        }
        scalar => found.push(format!("{scalar:?}")),
    }
}

fn request(api: &str) -> Request {
    Request {
        api: api.into(),
        params: Vec::new(),
    }
}

fn reply(body: &[u8]) -> Reply {
    Reply {
        status: 200,
        content_type: "application/json".into(),
        body: Bytes::copy_from_slice(body),
        ..Reply::default()
    }
}
