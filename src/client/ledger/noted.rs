//! A call as the ledger has it: whose it is, how far it is, what became of it.

use std::time::Duration;

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use super::{Entry, now};
use crate::error::Error;

/// What is written of a call that the cloud was asked for and shows no trace of.
pub const MISSED: &str = "the cloud shows no trace of it";
/// So long a call may still be on its way to the cloud, in milliseconds: as long as its signature is good, usually.
const ON_ITS_WAY: i64 = 15 * 60 * 1000;

/// How far a call is, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is being sent, or the process ended before its answer came.
    Sent,
    /// The cloud works on its job.
    Running,
    Done,
    /// Its job failed.
    Failed,
    /// The cloud refused it; nothing was done.
    Refused,
    /// It never got to the cloud, or the cloud has no trace of it; nothing was done.
    NotDone,
    /// Its answer never came, and nothing tells whether it was carried out.
    Unknown,
}

const STATES: [(State, &str); 7] = [
    (State::Sent, "sent"),
    (State::Running, "running"),
    (State::Done, "done"),
    (State::Failed, "failed"),
    (State::Refused, "refused"),
    (State::NotDone, "notdone"),
    (State::Unknown, "unknown"),
];

impl State {
    pub fn name(self) -> &'static str {
        STATES
            .iter()
            .find(|(state, _)| *state == self)
            .map_or("unknown", |(_, name)| name)
    }

    /// Whether something may still become of it.
    pub fn open(self) -> bool {
        matches!(self, State::Sent | State::Running | State::Unknown)
    }
}

impl ToSql for State {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<State> {
        let text = value.as_str()?;
        Ok(STATES
            .iter()
            .find(|(_, name)| *name == text)
            .map_or(State::Unknown, |(state, _)| *state))
    }
}

/// Whose calls: one cloud and one identity there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    pub profile: String,
    pub endpoint: String,
    pub identity: String,
}

/// A call as it is written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Noted {
    pub id: i64,
    /// The ledger's own id of the call, which went with it as the new thing's id where `custom` is true.
    pub uuid: String,
    pub(super) process: String,
    pub pid: u32,
    pub profile: String,
    pub(super) endpoint: String,
    pub(super) identity: String,
    pub api: String,
    /// Secrets are struck out.
    pub params: Vec<(String, String)>,
    pub custom: bool,
    /// When, in milliseconds since 1970 by this machine's clock.
    pub sent: i64,
    pub state: State,
    pub job: Option<String>,
    pub resource: Option<String>,
    pub ended: Option<i64>,
    pub error: Option<String>,
    /// Whether it is taken for not done since the cloud shows no trace of it.
    pub(super) missed: bool,
}

impl Noted {
    /// Whether it was made to this cloud by this identity, so that they can be asked after it.
    pub fn is_of(&self, whose: &Whose) -> bool {
        self.endpoint == whose.endpoint && self.identity == whose.identity
    }

    /// How long ago it was sent, by this machine's clock.
    pub fn age(&self) -> Duration {
        Duration::from_millis(u64::try_from(now() - self.sent).unwrap_or(0))
    }

    /// Whether something may still become known of it: it is open, or missed in the cloud while it may be on its way.
    pub fn undecided(&self) -> bool {
        let missed = self.state == State::NotDone && self.ended.is_some() && self.missed;
        self.state.open() || (missed && now() - self.sent < ON_ITS_WAY)
    }

    /// A call of this process that is under way.
    pub fn of(entry: &Entry, api: &str, given: &[(String, String)], custom: bool) -> Noted {
        Noted {
            id: entry.id,
            uuid: entry.uuid.clone(),
            custom,
            sent: entry.sent,
            ..Noted::made(api, given)
        }
    }

    /// A call that is in no ledger.
    pub fn made(api: &str, given: &[(String, String)]) -> Noted {
        Noted {
            id: 0,
            uuid: String::new(),
            process: String::new(),
            pid: std::process::id(),
            profile: String::new(),
            endpoint: String::new(),
            identity: String::new(),
            api: api.into(),
            params: given.to_vec(),
            custom: false,
            sent: 0,
            state: State::Sent,
            job: None,
            resource: None,
            ended: None,
            error: None,
            missed: false,
        }
    }
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Fate {
    pub state: State,
    pub job: Option<String>,
    pub resource: Option<String>,
    pub error: Option<String>,
}

impl Fate {
    pub fn of(state: State) -> Fate {
        Fate {
            state,
            job: None,
            resource: None,
            error: None,
        }
    }

    /// The same with the reason told.
    pub fn because(state: State, error: &Error) -> Fate {
        Fate {
            error: Some(error.message.clone()),
            ..Fate::of(state)
        }
    }
}

/// A call as the database has it.
pub(super) fn noted(row: &Row) -> rusqlite::Result<Noted> {
    let shown: String = row.get("params")?;
    let error: Option<String> = row.get("error")?;
    Ok(Noted {
        missed: error.as_deref() == Some(MISSED),
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        process: row.get("process")?,
        pid: row.get("pid")?,
        profile: row.get("profile")?,
        endpoint: row.get("endpoint")?,
        identity: row.get("identity")?,
        api: row.get("api")?,
        params: serde_json::from_str(&shown).unwrap_or_default(),
        custom: row.get("custom")?,
        sent: row.get("sent")?,
        state: row.get("state")?,
        job: row.get("job")?,
        resource: row.get("resource")?,
        ended: row.get("ended")?,
        error,
    })
}
