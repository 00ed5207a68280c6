//! Trouble on demand: what is to go wrong at which API and how often, kept in the cloud's file, so that every server of it
//! and later ones have the same trouble until it is taken away.

use std::fmt;
use std::path::Path;

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use crate::wire::Refusal;
use crate::{Error, store, unread};

/// The longest that an answer is held back, in milliseconds.
const LONGEST: u64 = 24 * 3600 * 1000;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// The job that the call began fails in these words.
    JobFails(String),
    /// The call is refused with this code in these words.
    Refuse(u16, String),
    /// A web page of this status comes in the cloud's place.
    Page(u16),
    /// The cloud takes no more calls for so many milliseconds.
    Throttled(u64),
    /// The answer comes so many milliseconds late.
    Latency(u64),
    /// The answer comes up to so many milliseconds late.
    Jitter(u64),
    /// The connection breaks before anything is done.
    Drop,
    /// The call is carried out, and the connection breaks before its answer.
    Lose,
}

/// How often it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Often {
    Always,
    /// The next so many times.
    Times(u32),
    /// With this probability, from 0 to 1.
    Chance(f64),
}

/// A trouble to come.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The API's name in any case; `*` is all of them.
    pub api: String,
    pub trouble: Trouble,
    pub often: Often,
}

/// The words of a fault as `Fault::parse` takes them.
pub const FORMS: &str = "API job-fails [TEXT] | API CODE [TEXT] | API html | API throttled DURATION | API latency DURATION | \
                         API jitter DURATION | API drop | API lose, then once, N or p=0.1";

/// The codes that can be asked for, and what the cloud says with them unless told otherwise.
const CODES: &[(u16, &str)] = &[
    (
        401,
        "unable to verify user credentials and/or request signature",
    ),
    (
        430,
        "The request could not be read: one of its parameters is malformed",
    ),
    (
        431,
        "Unable to execute API command due to an invalid value of a parameter",
    ),
    (
        432,
        "The given command does not exist or it is not available for user",
    ),
    (
        530,
        "Internal error executing command, please contact your system administrator",
    ),
    (531, "Acct does not have permission to access the resource"),
    (
        533,
        "Unable to create a deployment for the resource due to insufficient capacity",
    ),
    (534, "The resource is unavailable at the moment"),
];

impl Fault {
    /// A fault in words: the API, what goes wrong, and how often where that is not always.
    pub fn parse(words: &[&str]) -> Result<Fault, Error> {
        let wrong = |what: String| Error::new(format!("{what}; a fault is {FORMS}"));
        let [api, kind, rest @ ..] = words else {
            return Err(wrong("an API and what goes wrong are needed".into()));
        };
        let (often, rest) = match rest.split_last().map(|(last, rest)| (often(last), rest)) {
            Some((Some(often), rest)) => (often, rest),
            _ => (Often::Always, rest),
        };
        if let Some(chance) = rest.last().filter(|word| word.starts_with("p=")) {
            return Err(wrong(format!("{chance} is no probability from 0 to 1")));
        }
        let text = rest.join(" ");
        let late = || {
            milliseconds(&text)
                .ok_or_else(|| wrong(format!("\"{text}\" is no duration such as 500ms or 2s")))
        };
        let alone = |trouble: Trouble| match rest {
            [] => Ok(trouble),
            [word, ..] => Err(wrong(format!("\"{word}\" says nothing after {kind}"))),
        };
        let said = |standard: &str| {
            if text.is_empty() {
                standard.to_string()
            } else {
                text.clone()
            }
        };
        let trouble = match kind.to_ascii_lowercase().as_str() {
            "job-fails" => Trouble::JobFails(said("Job failed due to a fault that was asked for")),
            "html" => alone(Trouble::Page(200))?,
            "drop" => alone(Trouble::Drop)?,
            "lose" => alone(Trouble::Lose)?,
            "latency" => Trouble::Latency(late()?),
            "jitter" => Trouble::Jitter(late()?),
            "throttled" | "429" => Trouble::Throttled(late()?),
            number => match number.parse::<u16>() {
                Ok(code) if (500..=504).contains(&code) => alone(Trouble::Page(code))?,
                Ok(code) => match CODES.iter().find(|(known, _)| *known == code) {
                    Some((code, standard)) => Trouble::Refuse(*code, said(standard)),
                    None => {
                        return Err(wrong(format!(
                            "{code} is no code that the cloud has; it has {}",
                            codes()
                        )));
                    }
                },
                Err(_) => return Err(wrong(format!("{kind} is nothing that can go wrong here"))),
            },
        };
        Ok(Fault {
            api: (*api).into(),
            trouble,
            often,
        })
    }

    fn of(row: &Row) -> rusqlite::Result<Fault> {
        let (kind, number, said): (String, i64, String) =
            (row.get("kind")?, row.get("number")?, row.get("said")?);
        let (remaining, chance): (Option<u32>, Option<f64>) =
            (row.get("remaining")?, row.get("chance")?);
        let late = u64::try_from(number).unwrap_or(0);
        let code = u16::try_from(number).unwrap_or(500);
        Ok(Fault {
            api: row.get("api")?,
            trouble: match kind.as_str() {
                "job-fails" => Trouble::JobFails(said),
                "page" => Trouble::Page(code),
                "throttled" => Trouble::Throttled(late),
                "latency" => Trouble::Latency(late),
                "jitter" => Trouble::Jitter(late),
                "drop" => Trouble::Drop,
                "lose" => Trouble::Lose,
                _ => Trouble::Refuse(code, said),
            },
            often: match (remaining, chance) {
                (Some(times), _) => Often::Times(times),
                (None, Some(chance)) => Often::Chance(chance),
                (None, None) => Often::Always,
            },
        })
    }

    /// Whether it is one of the job and not of the call.
    fn is_of_jobs(&self) -> bool {
        matches!(self.trouble, Trouble::JobFails(_))
    }
}

/// As the words of `Fault::parse`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.api)?;
        match &self.trouble {
            Trouble::JobFails(text) => write!(f, "job-fails \"{text}\"")?,
            Trouble::Refuse(code, text) => write!(f, "{code} \"{text}\"")?,
            Trouble::Page(200) => f.write_str("html")?,
            Trouble::Page(status) => write!(f, "{status}")?,
            Trouble::Throttled(late) => write!(f, "throttled {late}ms")?,
            Trouble::Latency(late) => write!(f, "latency {late}ms")?,
            Trouble::Jitter(late) => write!(f, "jitter {late}ms")?,
            Trouble::Drop => f.write_str("drop")?,
            Trouble::Lose => f.write_str("lose")?,
        }
        match self.often {
            Often::Always => Ok(()),
            Often::Times(1) => f.write_str(" once"),
            Often::Times(times) => write!(f, " {times}"),
            Often::Chance(chance) => write!(f, " p={chance}"),
        }
    }
}

fn codes() -> String {
    let codes: Vec<String> = CODES.iter().map(|(code, _)| code.to_string()).collect();
    codes.join(", ")
}

/// `once`, a number of times, or a probability as in `p=0.1`.
fn often(word: &str) -> Option<Often> {
    if word == "once" {
        return Some(Often::Times(1));
    }
    if let Some(chance) = word.strip_prefix("p=") {
        let chance = chance.parse().ok()?;
        return (0.0..=1.0)
            .contains(&chance)
            .then_some(Often::Chance(chance));
    }
    word.parse()
        .ok()
        .filter(|times| *times > 0)
        .map(Often::Times)
}

/// A duration such as 500ms, 2s or 1m, in milliseconds; a number alone is milliseconds.
fn milliseconds(text: &str) -> Option<u64> {
    let late = match text.parse() {
        Ok(number) => number,
        Err(_) => {
            let span: jiff::SignedDuration = text.parse().ok()?;
            u64::try_from(span.as_millis()).ok()?
        }
    };
    (late <= LONGEST).then_some(late)
}

/// What comes over a call.
#[derive(Default)]
pub struct Struck {
    /// How long its answer is held back, in milliseconds.
    pub late: u64,
    pub refusal: Option<Refusal>,
    /// The status of a web page in the answer's place.
    pub page: Option<u16>,
    /// The connection breaks before anything is done.
    pub dropped: bool,
    /// The connection breaks when all is done.
    pub lost: bool,
}

/// What comes over a call by these names; troubles that were to come a number of times come once less.
pub fn strike(db: &Connection, names: &[&str]) -> rusqlite::Result<Struck> {
    let mut struck = Struck::default();
    for (id, fault) in matching(db, names)? {
        if fault.is_of_jobs() || !comes(db, id, &fault)? {
            continue;
        }
        match fault.trouble {
            Trouble::JobFails(_) => {}
            Trouble::Refuse(401, _) => struck.refusal = Some(Refusal::unauthorized()),
            Trouble::Refuse(code, text) => struck.refusal = Some(Refusal::new(code, 9999, text)),
            Trouble::Page(status) => struck.page = Some(status),
            Trouble::Throttled(wait) => {
                struck.refusal = Some(Refusal::new(
                    429,
                    9999,
                    format!(
                        "The given user has reached his/her account api limit, please retry after {wait} ms."
                    ),
                ));
            }
            Trouble::Latency(late) => struck.late += late,
            Trouble::Jitter(most) => struck.late += (random() * most as f64) as u64,
            Trouble::Drop => struck.dropped = true,
            Trouble::Lose => struck.lost = true,
        }
    }
    Ok(struck)
}

/// In which words the job of a call by these names fails, if it is to fail.
pub fn job_fails(db: &Connection, names: &[&str]) -> rusqlite::Result<Option<String>> {
    for (id, fault) in matching(db, names)? {
        if let Trouble::JobFails(text) = &fault.trouble
            && comes(db, id, &fault)?
        {
            return Ok(Some(text.clone()));
        }
    }
    Ok(None)
}

fn matching(db: &Connection, names: &[&str]) -> rusqlite::Result<Vec<(i64, Fault)>> {
    let all: Vec<(i64, Fault)> = db
        .prepare_cached("SELECT * FROM fault ORDER BY id")?
        .query_map([], |row| Ok((row.get("id")?, Fault::of(row)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let meant = |(_, fault): &(i64, Fault)| {
        fault.api == "*"
            || names
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&fault.api))
    };
    Ok(all.into_iter().filter(meant).collect())
}

/// Whether it comes this time, and notes that it came.
fn comes(db: &Connection, id: i64, fault: &Fault) -> rusqlite::Result<bool> {
    match fault.often {
        Often::Always => Ok(true),
        Often::Chance(chance) => Ok(random() < chance),
        Often::Times(_) => {
            let had = db.execute(
                "UPDATE fault SET remaining = remaining - 1 WHERE id = ? AND remaining > 0",
                [id],
            )?;
            db.execute("DELETE FROM fault WHERE id = ? AND remaining = 0", [id])?;
            Ok(had > 0)
        }
    }
}

/// Anything from 0 up to 1.
fn random() -> f64 {
    (Uuid::new_v4().as_u128() >> 75) as f64 / (1_u64 << 53) as f64
}

fn with<T>(
    state: &Path,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, Error> {
    let connection = store::open(state)?;
    work(&connection).map_err(|why| unread(state, &why))
}

/// Has something go wrong from now on, and gives its number.
pub fn add(state: &Path, fault: &Fault) -> Result<i64, Error> {
    let mut names = crate::api::names().chain(crate::manner::names_of_their_own());
    let known = fault.api == "*" || names.any(|name| name.eq_ignore_ascii_case(&fault.api));
    if !known {
        return Err(Error::new(format!(
            "the built-in cloud has no API {}; `*` is all of them",
            fault.api
        )));
    }
    let (kind, number, said) = match &fault.trouble {
        Trouble::JobFails(text) => ("job-fails", 0, text.as_str()),
        Trouble::Refuse(code, text) => ("refuse", u64::from(*code), text.as_str()),
        Trouble::Page(status) => ("page", u64::from(*status), ""),
        Trouble::Throttled(late) => ("throttled", *late, ""),
        Trouble::Latency(late) => ("latency", *late, ""),
        Trouble::Jitter(late) => ("jitter", *late, ""),
        Trouble::Drop => ("drop", 0, ""),
        Trouble::Lose => ("lose", 0, ""),
    };
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let (remaining, chance) = match fault.often {
        Often::Always => (None, None),
        Often::Times(times) => (Some(times), None),
        Often::Chance(chance) => (None, Some(chance)),
    };
    with(state, |db| {
        db.execute(
            "INSERT INTO fault (api, kind, number, said, remaining, chance) VALUES (?, ?, ?, ?, ?, ?)",
            params![fault.api, kind, number, said, remaining, chance],
        )?;
        Ok(db.last_insert_rowid())
    })
}

/// What is to go wrong, each with its number.
pub fn list(state: &Path) -> Result<Vec<(i64, Fault)>, Error> {
    with(state, |db| {
        db.prepare("SELECT * FROM fault ORDER BY id")?
            .query_map([], |row| Ok((row.get("id")?, Fault::of(row)?)))?
            .collect()
    })
}

/// Takes the trouble of that number away, or all of it, and tells how many that were.
pub fn remove(state: &Path, number: Option<i64>) -> Result<usize, Error> {
    with(state, |db| match number {
        Some(number) => db.execute("DELETE FROM fault WHERE id = ?", [number]),
        None => db.execute("DELETE FROM fault", []),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_a_fault_and_a_fault_its_words() {
        for (words, shown) in [
            (
                "deployVirtualMachine job-fails Insufficient capacity once",
                "deployVirtualMachine job-fails \"Insufficient capacity\" once",
            ),
            ("listZones latency 2s", "listZones latency 2000ms"),
            ("* jitter 500 p=0.1", "* jitter 500ms p=0.1"),
            ("listZones 533 no room 3", "listZones 533 \"no room\" 3"),
            ("listZones 503", "listZones 503"),
            ("listZones html 2", "listZones html 2"),
            ("listZones throttled 100ms", "listZones throttled 100ms"),
            ("createVolume lose once", "createVolume lose once"),
        ] {
            let words: Vec<&str> = words.split(' ').collect();
            assert_eq!(Fault::parse(&words).unwrap().to_string(), shown);
        }
        for wrong in [
            "",
            "listZones",
            "listZones burns",
            "listZones 599",
            "listZones latency soon",
            "listZones latency 90000000",
            "listZones drop it",
            "listZones drop p=2",
            "listZones 533 p=1.5",
        ] {
            let words: Vec<&str> = wrong.split_ascii_whitespace().collect();
            assert!(Fault::parse(&words).is_err(), "{wrong}");
        }
    }
}
