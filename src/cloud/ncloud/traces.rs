//! What a call leaves behind by which one whose answer never came is found again: the thing of its name in the list of its
//! kind, or the things that it is about in another state.

use jiff::Timestamp;

use super::catalogue::{Platform, action};
use super::waits::{self, Stage, Wait, given};
use crate::cloud::{Finding, Lost, Request};
use crate::record::Record;

/// Things are looked for from so many seconds before the call was sent: clocks and their readings differ a little.
const EARLY: i64 = 5;

/// How many things a call makes; several are named by the cloud, which numbers them.
const COUNT: &str = "serverCreateCount";

/// Calls that end in a state in which their things were not before.
const TELLING: [&str; 4] = [
    "startServerInstances",
    "stopServerInstances",
    "attachBlockStorageInstance",
    "detachBlockStorageInstances",
];

/// The list in which the thing would be that a lost call makes or works on.
pub fn things_of(platform: Platform, lost: &Lost) -> Option<Request> {
    let request = request_of(lost);
    let wait = waits::of(&request)?;
    let numbers = wait.named(&request);
    if !numbers.is_empty() {
        return wait.list(platform, &request, &numbers.join(","));
    }
    let by = wait.name();
    wait.list_by(platform, &request, &by, given(&request, &by)?)
}

/// What that list says.
pub fn find(lost: &Lost, things: Option<&[Record]>) -> Finding {
    let request = request_of(lost);
    let unsure = |why: &str| Finding::Unsure(why.into());
    let (Some(wait), Some(things)) = (waits::of(&request), things) else {
        return unsure("no list shows what became of such a call");
    };
    let numbers = wait.named(&request);
    match numbers.is_empty() {
        true => made(lost, &request, &wait, things),
        false => changed(&request, &wait, &numbers, things),
    }
}

/// Whether things that are as the call would have them were not so before.
pub fn is_telling(request: &Request, wait: &Wait) -> bool {
    wait.ends_in_gone() || TELLING.contains(&action(&request.api))
}

fn request_of(lost: &Lost) -> Request {
    Request {
        api: lost.api.clone(),
        params: lost.params.clone(),
    }
}

/// A call that makes something: what is of its name and came since it was sent.
fn made(lost: &Lost, request: &Request, wait: &Wait, things: &[Record]) -> Finding {
    let (field, number) = (wait.name(), wait.field("No"));
    if given(request, COUNT).is_some_and(|count| count != "1") {
        return Finding::Unsure(format!(
            "with {COUNT} new servers get names of their own, by which they cannot be looked for"
        ));
    }
    let Some(name) = given(request, &field) else {
        return Finding::Unsure("it gave no name by which the new thing could be found".into());
    };
    let named = things
        .iter()
        .filter(|thing| thing.text(&field).as_deref() == Some(name));
    let made_at = |thing: &Record| thing.text("createDate").and_then(|text| moment(&text));
    let (new, old): (Vec<&Record>, Vec<&Record>) =
        named.partition(|thing| made_at(thing).is_some_and(|date| date >= lost.sent - EARLY));
    // A date that cannot be read tells as little as none.
    let undated = old.iter().any(|thing| made_at(thing).is_none());
    match (new.as_slice(), undated) {
        ([one], false) => {
            let number = one.text(&number);
            Finding::Taken {
                job: number.clone(),
                resource: number,
            }
        }
        ([], false) => Finding::Absent,
        ([], true) => Finding::Unsure(format!(
            "there is one of the name {name}, and nothing tells whether this call made it"
        )),
        (several, _) => Finding::Unsure(format!(
            "{} of the name {name} came since then",
            several.len()
        )),
    }
}

/// A call about things that there are: whether they are, or come to be, as it would have them.
fn changed(request: &Request, wait: &Wait, numbers: &[String], things: &[Record]) -> Finding {
    let all = numbers.join(",");
    let taken = |job: bool| Finding::Taken {
        job: job.then(|| all.clone()),
        resource: numbers.first().cloned(),
    };
    let own = wait.field("No");
    let is_gone = |number: &String| {
        let mut things = things.iter();
        !things.any(|thing| thing.text(&own).as_ref() == Some(number))
    };
    let telling = is_telling(request, wait) || (wait.is_for_gone() && numbers.iter().all(is_gone));
    match (wait.stage(&all, things, false), wait.is_moving(things)) {
        (_, true) => taken(true),
        (Stage::Reached, false) if telling => taken(false),
        (Stage::Reached, false) => Finding::Unsure(
            "nothing goes on with what it is about, which may be so with the call and without it"
                .into(),
        ),
        (Stage::Moving, false) if telling => Finding::Absent,
        (Stage::Moving, false) => Finding::Unsure("nothing goes on with what it is about".into()),
        (Stage::Failed(why), false) => Finding::Unsure(why),
    }
}

/// Seconds since 1970 of a date such as 2020-08-24T09:41:23+0900.
fn moment(text: &str) -> Option<i64> {
    let moment = Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text).ok()?;
    Some(moment.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json;

    /// 2026-11-26T10:00:00+0900
    const SENT: i64 = 1_795_654_800;

    fn found(line: &str, rows: &[&str]) -> Finding {
        let mut words = line.split(' ');
        let lost = Lost {
            api: words.next().unwrap_or_default().into(),
            params: words
                .filter_map(|word| word.split_once('='))
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            custom: None,
            starts_job: true,
            sent: SENT,
            now: SENT + 5,
        };
        assert!(things_of(Platform::Vpc, &lost).is_some(), "{line}");
        let rows: Vec<Record> = rows
            .iter()
            .map(|row| json::value(row).as_record().unwrap().clone())
            .collect();
        find(&lost, Some(&rows))
    }

    fn taken(job: Option<&str>, resource: &str) -> Finding {
        Finding::Taken {
            job: job.map(String::from),
            resource: Some(resource.into()),
        }
    }

    #[test]
    fn a_new_thing_is_found_by_its_name_and_date() {
        let server = |number: u32, date: &str| {
            format!(
                r#"{{"serverInstanceNo":"{number}","serverName":"web","createDate":"{date}","serverInstanceStatus":{{"code":"INIT","codeName":"x"}}}}"#
            )
        };
        let (old, new) = (
            server(7, "2026-11-25T10:00:00+0900"),
            server(8, "2026-11-26T10:00:02+0900"),
        );
        let create = "createServerInstances vpcNo=1 serverName=web";
        assert_eq!(found(create, &[&old, &new]), taken(Some("8"), "8"));
        assert_eq!(found(create, &[&old]), Finding::Absent);
        assert!(matches!(found(create, &[&new, &new]), Finding::Unsure(_)));
        let group = r#"{"accessControlGroupNo":"3","accessControlGroupName":"web"}"#;
        let create = "createAccessControlGroup vpcNo=1 accessControlGroupName=web";
        assert!(matches!(found(create, &[group]), Finding::Unsure(_)));
        assert_eq!(found(create, &[]), Finding::Absent);
        let unread = server(9, "26/11/2026 10:00");
        let create = "createServerInstances vpcNo=1 serverName=web";
        assert!(matches!(found(create, &[&unread]), Finding::Unsure(_)));
    }

    #[test]
    fn several_that_the_cloud_numbers_are_not_taken_for_absent() {
        let create = "createServerInstances vpcNo=1 serverName=web serverCreateCount=";
        let several = found(&format!("{create}3"), &[]);
        assert!(matches!(several, Finding::Unsure(_)), "{several:?}");
        assert_eq!(found(&format!("{create}1"), &[]), Finding::Absent);
    }

    #[test]
    fn an_answer_to_a_peering_shows_only_where_the_peering_is_gone() {
        let peering = r#"{"vpcPeeringInstanceNo":"7","vpcPeeringInstanceStatus":{"code":"INIT","codeName":"x"},"vpcPeeringInstanceOperation":{"code":"NULL","codeName":"y"}}"#;
        let answer = "acceptOrRejectVpcPeering vpcPeeringInstanceNo=7 isAccept=false";
        let there = found(answer, &[peering]);
        assert!(matches!(there, Finding::Unsure(_)), "{there:?}");
        assert_eq!(found(answer, &[]), taken(None, "7"));
    }

    #[test]
    fn things_that_there_were_tell_by_their_state() {
        let server = |status: &str, operation: &str| {
            format!(
                r#"{{"serverInstanceNo":"7","serverInstanceStatus":{{"code":"{status}","codeName":"x"}},"serverInstanceOperation":{{"code":"{operation}","codeName":"y"}}}}"#
            )
        };
        for (call, row, expected) in [
            (
                "stopServerInstances",
                ("RUN", "SHTDN"),
                Some(taken(Some("7"), "7")),
            ),
            (
                "stopServerInstances",
                ("NSTOP", "NULL"),
                Some(taken(None, "7")),
            ),
            (
                "stopServerInstances",
                ("RUN", "NULL"),
                Some(Finding::Absent),
            ),
            (
                "terminateServerInstances",
                ("NSTOP", "NULL"),
                Some(Finding::Absent),
            ),
            (
                "terminateServerInstances",
                ("NSTOP", "TERMT"),
                Some(taken(Some("7"), "7")),
            ),
            ("rebootServerInstances", ("RUN", "NULL"), None),
        ] {
            let line = format!("{call} serverInstanceNoList=7");
            let finding = found(&line, &[&server(row.0, row.1)]);
            match expected {
                Some(expected) => assert_eq!(finding, expected, "{call} {row:?}"),
                None => assert!(matches!(finding, Finding::Unsure(_)), "{call} {row:?}"),
            }
        }
        let gone = found("terminateServerInstances serverInstanceNoList=7", &[]);
        assert_eq!(gone, taken(None, "7"));
    }
}
