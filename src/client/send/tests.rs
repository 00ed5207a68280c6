//! Calls over servers that answer as the test says, with a clock that runs only while everybody sleeps.

use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use super::*;
use crate::cloud::cloudstack::CLOUDSTACK;
use crate::cloud::{Login, SignedCall};

const A: &str = "http://a/client/api";
const B: &str = "http://b/client/api";
const C: &str = "http://c/client/api";

type Answer = Result<Reply, Failure>;

/// What was sent when, and to whom.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    at: Duration,
    server: String,
    text: String,
}

/// What was sent and its number from 1 in, its answer out.
type Answering = dyn Fn(&Seen, usize) -> Answer + Send + Sync;

struct Fake {
    answer: Box<Answering>,
    seen: Arc<Mutex<Vec<Seen>>>,
    start: Instant,
}

impl Carrier for Fake {
    fn carry<'a>(
        &'a self,
        _: &'a str,
        call: &'a SignedCall,
        _: bool,
    ) -> std::pin::Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        let (url, query) = call.url.split_once('?').unwrap_or((&call.url, ""));
        let seen = Seen {
            at: self.start.elapsed(),
            server: url.into(),
            text: format!("{query}{}", call.body.as_deref().unwrap_or("")),
        };
        let number = {
            let mut all = self.seen.lock().unwrap();
            all.push(seen.clone());
            all.len()
        };
        Box::pin(std::future::ready((self.answer)(&seen, number)))
    }

    fn doubt(&self, _: &str, error: Error) -> Error {
        error
    }
}

/// A sender and what it sends.
struct Cloud {
    sender: Sender,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Cloud {
    fn new(
        servers: &[&str],
        identity: Identity,
        answer: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
    ) -> Cloud {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let fake = Fake {
            answer: Box::new(answer),
            seen: seen.clone(),
            start: Instant::now(),
        };
        let access = Access {
            servers: servers.iter().map(ToString::to_string).collect(),
            identity,
        };
        Cloud {
            sender: Sender::over(Box::new(fake), access, None, None),
            seen,
        }
    }

    async fn send(&self, twice: Twice, options: &Options) -> Answer {
        let request = Request {
            api: "listZones".into(),
            params: Vec::new(),
        };
        self.sender
            .send(&CLOUDSTACK, &request, options, twice)
            .await
    }

    /// Who was asked, in order, since this was last asked.
    fn asked(&self) -> Vec<String> {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        seen.into_iter().map(|seen| seen.server).collect()
    }
}

fn keys() -> Identity {
    Identity::Keys {
        apikey: "KEY".into(),
        secretkey: Secret::new("SECRET"),
    }
}

fn bob() -> Identity {
    Identity::Login(Login {
        username: "bob".into(),
        domain: String::new(),
        password: Some(Secret::new("hunter2")),
    })
}

fn answered(status: u16, body: &str) -> Answer {
    Ok(Reply {
        status,
        content_type: "application/json".into(),
        body: body.to_string().into(),
        ..Reply::default()
    })
}

fn good() -> Answer {
    answered(200, r#"{"listzonesresponse":{}}"#)
}

fn failed(reached: Reached) -> Answer {
    Err(Failure {
        error: Error::new(Kind::Unreachable, "x"),
        reached,
    })
}

fn retries(retries: u32) -> Options {
    Options {
        retries,
        ..Options::default()
    }
}

#[tokio::test(start_paused = true)]
async fn rounds_go_over_all_servers_and_retries_counts_rounds() {
    for (twice, how, count) in [
        (Twice::Harmless, Reached::Nobody, 4),
        (Twice::Harmless, Reached::Server, 4),
        (Twice::Harmful, Reached::Nobody, 4),
        (Twice::Harmful, Reached::Server, 1),
        (Twice::Harmless, Reached::Refusal, 1),
    ] {
        let cloud = Cloud::new(&[A, B], keys(), move |_, _| failed(how));
        assert!(cloud.send(twice, &retries(1)).await.is_err());
        assert_eq!(cloud.asked(), [A, B, A, B][..count], "{twice:?} {how:?}");
    }
    let cloud = Cloud::new(&[A, B], keys(), |_, _| answered(503, "busy"));
    assert_eq!(
        cloud
            .send(Twice::Harmless, &retries(0))
            .await
            .unwrap()
            .status,
        503
    );
    assert_eq!(cloud.asked(), [A, B]);
    let notes = cloud.sender.notes();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(
        notes[0].starts_with("no server of this cloud answers: "),
        "{notes:?}"
    );
    // One server is no list, and its error says it all at the end; that the call goes again is said once.
    let cloud = Cloud::new(&[A], keys(), |_, _| failed(Reached::Nobody));
    assert!(cloud.send(Twice::Harmless, &retries(2)).await.is_err());
    assert_eq!(cloud.asked(), [A, A, A]);
    let notes = cloud.sender.notes();
    assert_eq!(
        notes,
        [format!("{A} could not be reached; the call goes again")]
    );
}

#[tokio::test(start_paused = true)]
async fn who_answered_last_is_asked_first_and_a_note_says_so_once() {
    let cloud = Cloud::new(&[A, B, C], keys(), |seen, _| match seen.server.as_str() {
        A => failed(Reached::Nobody),
        B => answered(502, "<html>"),
        _ => good(),
    });
    for _ in 0..2 {
        assert!(cloud.send(Twice::Harmless, &retries(0)).await.is_ok());
    }
    assert_eq!(cloud.asked(), [A, B, C, C]);
    assert_eq!(
        cloud.sender.notes(),
        [format!(
            "{A} could not be reached, {B} answers HTTP 502; {C} is used"
        )]
    );
}

#[tokio::test(start_paused = true)]
async fn a_changing_call_whose_answer_is_lost_stays_and_the_next_call_goes_elsewhere() {
    let cloud = Cloud::new(&[A, B], keys(), |seen, _| match seen.server.as_str() {
        A => failed(Reached::Server),
        _ => good(),
    });
    assert!(cloud.send(Twice::Harmful, &retries(3)).await.is_err());
    assert!(cloud.send(Twice::Harmless, &retries(3)).await.is_ok());
    assert_eq!(cloud.asked(), [A, B]);
    // What a changing call is answered stands, whoever stands before the server.
    let cloud = Cloud::new(&[A, B], keys(), |_, _| answered(503, "busy"));
    assert!(cloud.send(Twice::Harmful, &retries(3)).await.is_ok());
    assert_eq!(cloud.asked(), [A]);
}

/// Real servers' clocks, in seconds since 1970: a year after this machine's.
fn next_year() -> i64 {
    crate::client::ledger::now() / 1000 + 365 * 86400
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_put_right_for_keys_and_known_in_sessions() {
    let cloud = Cloud::new(&[A], keys(), |seen, number| {
        let mut reply = match number {
            1 => answered(401, "{}")?,
            _ => good()?,
        };
        reply.date = Some(next_year());
        assert!(number < 3 && seen.text.contains("expires="));
        Ok(reply)
    });
    assert_eq!(
        cloud
            .send(Twice::Harmful, &retries(3))
            .await
            .unwrap()
            .status,
        200
    );
    assert!(cloud.sender.notes()[0].contains("behind the cloud's"));
    assert!((cloud.sender.ahead() - 365 * 86400).abs() < 5);
    let expires = |seen: &Seen| {
        let from = seen.text.find("expires=").unwrap();
        seen.text[from..from + 20].to_string()
    };
    let seen = cloud.seen.lock().unwrap().clone();
    assert_ne!(expires(&seen[0]), expires(&seen[1]));

    // Nothing of a session depends on the clock, so there is nothing to put right and nothing to say.
    let cloud = Cloud::new(&[A], bob(), |seen, _| {
        let mut reply = session(seen, "1")?;
        reply.date = Some(next_year());
        Ok(reply)
    });
    assert_eq!(
        cloud
            .send(Twice::Harmful, &retries(3))
            .await
            .unwrap()
            .status,
        200
    );
    assert_eq!(cloud.asked().len(), 2);
    assert!(cloud.sender.notes().is_empty());
    assert!((cloud.sender.ahead() - 365 * 86400).abs() < 5);
}

/// A server whose logins give this key.
fn session(seen: &Seen, key: &str) -> Answer {
    if seen.text.starts_with("command=login") {
        let body = format!("{{\"loginresponse\":{{\"sessionkey\":\"{key}\"}}}}");
        return answered(200, &body);
    }
    match seen.text.ends_with(&format!("sessionkey={key}")) {
        true => good(),
        false => answered(401, "{}"),
    }
}

#[tokio::test(start_paused = true)]
async fn each_server_has_a_session_of_its_own() {
    let cloud = Cloud::new(&[A, B], bob(), |seen, number| match seen.server.as_str() {
        A if number > 2 => failed(Reached::Nobody),
        A => session(seen, "of-a"),
        _ => session(seen, "of-b"),
    });
    for _ in 0..3 {
        assert_eq!(
            cloud
                .send(Twice::Harmful, &retries(0))
                .await
                .unwrap()
                .status,
            200
        );
    }
    assert_eq!(cloud.asked(), [A, A, A, B, B, B]);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_renewed_once_and_not_for_ever() {
    let cloud = Cloud::new(&[A], bob(), |seen, _| {
        match seen.text.starts_with("command=login") {
            true => session(seen, "new"),
            false => answered(401, "{}"),
        }
    });
    assert_eq!(
        cloud
            .send(Twice::Harmful, &retries(3))
            .await
            .unwrap()
            .status,
        401
    );
    assert_eq!(cloud.asked().len(), 4);
}

/// A refusal as real servers word it.
fn throttled(milliseconds: u64) -> Answer {
    answered(
        429,
        &format!(
            r#"{{"listzonesresponse":{{"errorcode":429,"cserrorcode":9999,"errortext":"The given user has reached his/her account api limit, please retry after {milliseconds} ms."}}}}"#
        ),
    )
}

fn waiting(seconds: u64) -> Options {
    Options {
        throttle_wait: Duration::from_secs(seconds),
        ..Options::default()
    }
}

/// When calls went out, in milliseconds.
fn times(cloud: &Cloud) -> Vec<u128> {
    let seen = std::mem::take(&mut *cloud.seen.lock().unwrap());
    seen.iter().map(|seen| seen.at.as_millis()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_goes_again_when_the_cloud_says_whatever_it_does() {
    for twice in [Twice::Harmless, Twice::Harmful] {
        let cloud = Cloud::new(&[A, B], keys(), |_, number| match number {
            1 => throttled(19_789),
            2 => throttled(500),
            _ => good(),
        });
        assert_eq!(cloud.send(twice, &waiting(60)).await.unwrap().status, 200);
        // The account is throttled, not the server, so nothing is sent elsewhere.
        assert!(
            cloud
                .seen
                .lock()
                .unwrap()
                .iter()
                .all(|seen| seen.server == A)
        );
        assert_eq!(times(&cloud), [0, 19_889, 20_489]);
        assert_eq!(
            cloud.sender.notes(),
            [
                "the cloud lets this account make no more calls for 20 s; waiting",
                "the cloud lets this account make no more calls for 1 s; waiting"
            ]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_longer_than_allowed_is_an_error_that_tells_both_times() {
    for (allowed, answers, calls, says) in [
        (10, &[19_789][..], 1, "for 20 s, and throttle_wait is 10 s;"),
        (
            0,
            &[1],
            1,
            "for 1 s, and throttle_wait is 0, which never waits;",
        ),
        (
            30,
            &[20_000, 20_000],
            2,
            "for 20 s, and of throttle_wait, 30 s, there is no more than 10 s left;",
        ),
    ] {
        let cloud = Cloud::new(&[A], keys(), move |_, number| {
            throttled(answers[number - 1])
        });
        let failure = cloud
            .send(Twice::Harmful, &waiting(allowed))
            .await
            .unwrap_err();
        assert_eq!(times(&cloud).len(), calls);
        let error = failure.error;
        assert_eq!((error.kind, error.code), (Kind::Refused, Some(429)));
        assert_eq!(failure.reached, Reached::Refusal);
        assert!(error.hints[0].contains(says), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_a_refusal_does_not_tell_the_limit_is_asked_for() {
    let untold = || answered(429, "<html>slow down</html>");
    let limit = |allowed: u32, after: u32| {
        answered(
            200,
            &format!(
                r#"{{"getapilimitresponse":{{"apilimit":{{"apiAllowed":{allowed},"expireAfter":{after}}}}}}}"#
            ),
        )
    };
    let cloud = Cloud::new(&[A], keys(), move |seen, number| {
        match (seen.text.contains("command=getApiLimit"), number) {
            (false, 1) => untold(),
            (true, _) => limit(0, 2_900),
            _ => good(),
        }
    });
    assert!(cloud.send(Twice::Harmful, &waiting(60)).await.is_ok());
    assert_eq!(times(&cloud), [0, 0, 3_000]);
    // The question is throttled as well, and tells by that.
    let cloud = Cloud::new(&[A], keys(), move |seen, number| {
        match (seen.text.contains("command=getApiLimit"), number) {
            (false, 1) => untold(),
            (true, _) => throttled(4_900),
            _ => good(),
        }
    });
    assert!(cloud.send(Twice::Harmful, &waiting(60)).await.is_ok());
    assert_eq!(times(&cloud), [0, 0, 5_000]);
    // Nobody tells, or what is told does not hold: it is not asked over and over.
    for says in [None, Some(5)] {
        let cloud = Cloud::new(&[A], keys(), move |seen, _| {
            match (seen.text.contains("command=getApiLimit"), says) {
                (true, Some(allowed)) => limit(allowed, 20),
                _ => untold(),
            }
        });
        let failure = cloud.send(Twice::Harmless, &waiting(60)).await.unwrap_err();
        let asked = times(&cloud);
        assert!(asked.len() < 30, "{asked:?}");
        assert!(asked.last().unwrap() > &30_000, "{asked:?}");
        assert_eq!(failure.error.kind, Kind::Refused);
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_throttle_is_in_no_doubt() {
    let cloud = Cloud::new(&[A], keys(), |_, _| throttled(50_000));
    let options = waiting(60);
    let call = cloud.send(Twice::Harmful, &options);
    assert!(
        tokio::time::timeout(Duration::from_secs(1), call)
            .await
            .is_err()
    );
    assert!(!cloud.sender.in_doubt());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_stays_in_doubt_whatever_is_sent_after_it() {
    let cloud = Cloud::new(&[A], keys(), |_, number| match number {
        1 => failed(Reached::Server),
        2 => good(),
        _ => failed(Reached::Nobody),
    });
    assert!(cloud.send(Twice::Harmless, &retries(0)).await.is_err());
    assert!(cloud.send(Twice::Harmful, &retries(0)).await.is_ok());
    assert!(cloud.send(Twice::Harmful, &retries(0)).await.is_err());
    assert!(!cloud.sender.in_doubt());

    let cloud = Cloud::new(&[A], keys(), |_, number| match number {
        1 => failed(Reached::Server),
        2 => good(),
        _ => failed(Reached::Nobody),
    });
    assert!(cloud.send(Twice::Harmful, &retries(0)).await.is_err());
    assert!(cloud.sender.in_doubt());
    assert!(cloud.send(Twice::Harmless, &retries(0)).await.is_ok());
    assert!(cloud.send(Twice::Harmful, &retries(0)).await.is_err());
    assert!(cloud.sender.in_doubt());
}

#[tokio::test(start_paused = true)]
async fn slow_work_that_takes_over_an_hour_is_told_of_once_while_it_is_waited_for() {
    use crate::client::{Client, wait};
    const HOURS: Duration = Duration::from_secs(3600);
    let running = |_: &Seen, _| answered(200, r#"{"queryasyncjobresultresponse":{"jobstatus":0}}"#);
    let request = |api: &str, param: &str| Request {
        api: api.into(),
        params: vec![(param.into(), "1".into())],
    };
    for (request, limit, notes, hinted) in [
        (request("createVolume", "snapshotid"), HOURS * 3, 1, false),
        (request("createVolume", "snapshotid"), HOURS, 0, true),
        (request("createVolume", "snapshotid"), HOURS / 2, 0, false),
        (request("createVolume", "size"), HOURS * 3, 0, false),
    ] {
        let client = Client {
            dialect: crate::cloud::usual(),
            sender: Cloud::new(&[A], keys(), running).sender,
            route: Route::default(),
            book: None,
        };
        let end = wait::follow(&client, &request, "7", &Options::default(), limit).await;
        let error = end.unwrap_err();
        assert_eq!(error.kind, Kind::StillRunning);
        let told = |texts: &[String]| {
            let late = texts.iter().filter(|text| text.contains("after an hour"));
            late.count()
        };
        assert_eq!(told(&client.notes()), notes, "{request:?}");
        assert_eq!(told(&error.hints) == 1, hinted, "{request:?} {error:?}");
    }
}
