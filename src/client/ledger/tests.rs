//! What is written down of calls, and what a later process finds.

use super::*;

fn whose() -> Whose {
    Whose {
        profile: "prod".into(),
        endpoint: "http://cloud/client/api".into(),
        identity: "KEY".into(),
    }
}

fn pairs(text: &[(&str, &str)]) -> Vec<(String, String)> {
    text.iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}

fn begin(ledger: &Arc<Ledger>) -> Entry {
    let params = pairs(&[("name", "web"), ("password", "hunter2")]);
    ledger.begin(&whose(), "createUser", &params, None).unwrap()
}

fn states(ledger: &Ledger) -> Vec<State> {
    let calls = ledger.calls(&whose(), true).unwrap();
    calls.iter().map(|call| call.state).collect()
}

#[test]
fn a_call_is_written_down_before_it_is_sent_and_its_secrets_are_not() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::at(directory.path()));
    assert!(!ledger.path().exists());
    let mut entry = begin(&ledger);
    let other = Ledger::at(directory.path());
    let calls = other.calls(&whose(), false).unwrap();
    assert_eq!(calls[0].state, State::Sent);
    assert_eq!(
        calls[0].params,
        pairs(&[("name", "web"), ("password", STRUCK)])
    );
    assert!(other.lives(&calls[0]));
    let fate = Fate {
        job: Some("j".into()),
        ..Fate::of(State::Running)
    };
    entry.settle(&fate).unwrap();
    entry.settle(&Fate::of(State::Done)).unwrap();
    drop(entry);
    let calls = other.calls(&whose(), false).unwrap();
    assert_eq!(
        (calls[0].state, calls[0].job.as_deref()),
        (State::Done, Some("j"))
    );
    assert!(calls[0].ended.is_some() && !other.lives(&calls[0]));
    let of_others = |id| other.jobs_of_others(&whose(), id).unwrap().contains("j");
    assert!(of_others(calls[0].id + 1) && !of_others(calls[0].id));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(ledger.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn an_entry_dropped_without_an_answer_is_unknown_and_nothing_is_left() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::at(directory.path()));
    drop(begin(&ledger));
    assert_eq!(states(&ledger), [State::Unknown]);
    assert!(Ledger::at(directory.path()).left().unwrap().is_empty());
}

#[test]
fn what_a_dead_process_left_is_told_until_it_was_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::at(directory.path()));
    let entry = begin(&ledger);
    let next = Ledger::at(directory.path());
    assert!(next.left().unwrap().is_empty(), "it lives");
    // As if it had been killed: the lock goes with the process, and nothing else is done.
    ledger.locked().as_mut().unwrap().mark = None;
    std::mem::forget(entry);
    let left = next.left().unwrap();
    assert_eq!(left.len(), 1);
    assert!(!next.lives(&left[0]));
    assert_eq!(next.left().unwrap().len(), 1);
    next.seen(&left).unwrap();
    assert!(next.left().unwrap().is_empty());
    assert_eq!(fs::read_dir(next.marks()).unwrap().count(), 0);
}

#[test]
fn a_start_with_nothing_left_opens_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(directory.path());
    assert!(ledger.left().unwrap().is_empty());
    assert!(ledger.calls(&whose(), true).unwrap().is_empty());
    assert!(!directory.path().join("ledger").exists());
}

#[test]
fn calls_belong_to_a_cloud_and_an_identity() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::at(directory.path()));
    let mut entry = begin(&ledger);
    entry.settle(&Fate::of(State::Refused)).unwrap();
    assert!(ledger.calls(&whose(), false).unwrap().is_empty());
    let other = Whose {
        identity: "OTHER".into(),
        ..whose()
    };
    // The same profile with another key shows them and cannot ask after them.
    let calls = ledger.calls(&other, true).unwrap();
    assert!(calls.len() == 1 && !calls[0].is_of(&other) && calls[0].is_of(&whose()));
    let elsewhere = Whose {
        profile: "test".into(),
        ..other.clone()
    };
    assert!(ledger.calls(&elsewhere, true).unwrap().is_empty());
    assert!(ledger.may_choose(&whose()).unwrap());
    ledger.may_not_choose(&whose()).unwrap();
    assert!(!ledger.may_choose(&whose()).unwrap());
    assert!(ledger.may_choose(&other).unwrap());
    ledger.forget_cloud(&whose().endpoint).unwrap();
    assert!(states(&ledger).is_empty());
}

#[test]
fn a_damaged_file_is_an_error_that_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::at(directory.path()));
    fs::create_dir_all(directory.path().join("ledger")).unwrap();
    fs::write(ledger.path(), "x".repeat(5000)).unwrap();
    let error = ledger
        .begin(&whose(), "createUser", &[], None)
        .err()
        .unwrap();
    assert_eq!(error.status(), 7);
    assert!(
        error.message.starts_with("createUser was not sent"),
        "{error}"
    );
    assert!(error.hints.iter().any(|hint| hint.contains("move it away")));
}
