//! What changing calls are waited for, since this cloud has no jobs: a call and its answer in, the things to look at and the
//! status aimed at out; and what their list says of how far they are. The table is waits.txt.

use super::catalogue::{self, Platform, action};
use super::sign::items;
use crate::cloud::Request;
use crate::record::Record;
use crate::record::answer::Answer;

const TABLE: &str = include_str!("waits.txt");

/// The operation of a thing that nothing is done to.
const IDLE: &str = "NULL";
/// Statuses of things that have no operation and on which something goes on.
const MOVING: [&str; 5] = ["INIT", "CREATING", "SET", "TERMTING", "DELETING"];
/// An end of whatever goes on.
const ANY: &str = "*";
/// That the thing is not there any more.
const GONE: &str = "-";

/// What a call is waited for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wait {
    /// `ServerInstance`
    thing: &'static str,
    /// The statuses aimed at.
    aims: &'static str,
}

/// How far things are.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    Moving,
    Reached,
    /// Which thing, and in what status.
    Failed(String),
}

/// Whether calls of that action are waited for.
pub fn waits(action: &str) -> bool {
    let mut lines = lines();
    lines.any(|(calls, _)| calls.split(' ').any(|call| bare(call) == action))
}

/// What the call is waited for.
pub fn of(request: &Request) -> Option<Wait> {
    let own = action(&request.api);
    let fits = |call: &str| {
        let wanted = call.split_once('[').map(|(_, param)| param);
        let wanted = wanted.map(|param| param.trim_end_matches(']'));
        bare(call) == own && wanted.is_none_or(|param| given(request, param).is_some())
    };
    lines()
        .find(|(calls, _)| calls.split(' ').any(fits))
        .map(|(_, wait)| wait)
}

fn lines() -> impl Iterator<Item = (&'static str, Wait)> {
    TABLE.lines().filter_map(|line| {
        let (calls, wait) = line.split_once(" : ")?;
        let (thing, aims) = wait.split_once(' ')?;
        (!line.starts_with('#')).then_some((calls, Wait { thing, aims }))
    })
}

fn bare(call: &str) -> &str {
    call.split('[').next().unwrap_or(call)
}

/// The value of a parameter, as far as it has one.
pub fn given<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    let mut params = request.params.iter();
    params
        .find(|(known, value)| known.eq_ignore_ascii_case(name) && !value.is_empty())
        .map(|(_, value)| value.as_str())
}

impl Wait {
    /// The parameter and field that names the thing: `serverName`.
    pub fn name(&self) -> String {
        let stem = self.thing.strip_suffix("Instance").unwrap_or(self.thing);
        match stem {
            "NasVolume" => "volumeName".into(),
            stem => field_of(stem, "Name"),
        }
    }

    /// Whether something goes on with one of the things.
    pub fn is_moving(&self, rows: &[Record]) -> bool {
        let (operation, status) = (self.field("Operation"), self.field("Status"));
        rows.iter().any(|row| moves(row, &operation, &status))
    }

    /// The name of a field or parameter of the thing: `serverInstanceNo`.
    pub fn field(&self, end: &str) -> String {
        field_of(self.thing, end)
    }

    /// Whether the thing may be gone in the end.
    pub fn is_for_gone(&self) -> bool {
        self.aims.split('|').any(|aim| aim == GONE)
    }

    /// Whether a thing that is as the call would have it was not so before: it is gone, or going.
    pub fn ends_in_gone(&self) -> bool {
        self.is_for_gone() && !self.aims.split('|').any(|aim| aim == ANY)
    }

    /// The numbers of the things that the call is about: those that it was given, numbered ones too.
    pub fn named(&self, request: &Request) -> Vec<String> {
        let (one, several) = (self.field("No"), self.field("NoList"));
        let mut found = Vec::new();
        for (name, value) in &request.params {
            let numbered = name.rsplit_once('.').is_some_and(|(list, number)| {
                list.eq_ignore_ascii_case(&several) && number.parse::<u32>().is_ok()
            });
            if name.eq_ignore_ascii_case(&one) || numbered {
                found.push(value.clone());
            } else if name.eq_ignore_ascii_case(&several) {
                found.extend(items(value));
            }
        }
        found.retain(|number| !number.is_empty());
        found
    }

    /// The same, or else of those that its answer tells of.
    pub fn numbers(&self, request: &Request, answer: &Answer) -> Vec<String> {
        let named = self.named(request);
        if !named.is_empty() {
            return named;
        }
        let field = self.field("No");
        answer
            .rows
            .iter()
            .filter_map(|row| row.text(&field))
            .collect()
    }

    /// The call that lists the things of these numbers; nothing where their list cannot be asked so.
    pub fn list(&self, platform: Platform, request: &Request, numbers: &str) -> Option<Request> {
        self.list_by(platform, request, &self.field("NoList"), numbers)
    }

    /// The call that lists things of the service and region of a call by a parameter of their list, where that takes it.
    pub fn list_by(
        &self,
        platform: Platform,
        request: &Request,
        by: &str,
        value: &str,
    ) -> Option<Request> {
        let place = platform.place(&request.api);
        let list = format!("get{}List", self.thing);
        let takes = |param: &str| catalogue::takes(place.service, &list, param);
        if !takes(by) {
            return None;
        }
        let regions = ["regionCode", "regionNo"].into_iter();
        let regions = regions.filter(|region| takes(region));
        let mut params: Vec<(String, String)> = regions
            .filter_map(|region| Some((region.into(), given(request, region)?.into())))
            .collect();
        params.push((by.into(), value.into()));
        let api = match request.api.contains('/') {
            true => format!("{}/{list}", place.service),
            false => list,
        };
        Some(Request { api, params })
    }

    /// How far the things of these numbers are by the rows of their list; `made` is whether the call made them, so that the
    /// list may not have them yet.
    pub fn stage(&self, numbers: &str, rows: &[Record], made: bool) -> Stage {
        let mut stage = Stage::Reached;
        for number in items(numbers) {
            let own = self.field("No");
            let row = rows
                .iter()
                .find(|row| row.text(&own).as_deref() == Some(&number));
            match self.stage_of(&number, row, made) {
                Stage::Reached => {}
                Stage::Moving => stage = Stage::Moving,
                failed => return failed,
            }
        }
        stage
    }

    fn stage_of(&self, number: &str, row: Option<&Record>, made: bool) -> Stage {
        let Some(row) = row else {
            return match (self.is_for_gone(), made) {
                (true, _) => Stage::Reached,
                (false, true) => Stage::Moving,
                (false, false) => Stage::Failed(format!("{} {number} is gone", self.field("No"))),
            };
        };
        let status = row.text(&self.field("Status")).unwrap_or_default();
        let operation = row.text(&self.field("Operation"));
        if operation.as_deref().is_some_and(|now| !is_idle(now)) {
            return Stage::Moving;
        }
        if has_failed(&status) {
            let told = row.text(&self.field("StatusName"));
            let told = told.map_or(String::new(), |told| format!(" ({told})"));
            return Stage::Failed(format!("{} {number} is {status}{told}", self.field("No")));
        }
        let settled = operation.is_some() || !MOVING.contains(&status.as_str());
        let reached = self.aims.split('|').any(|aim| match aim {
            ANY => settled,
            aim => aim == status,
        });
        match reached {
            true => Stage::Reached,
            false => Stage::Moving,
        }
    }
}

/// Whether something goes on with the thing of that row.
fn moves(row: &Record, operation: &str, status: &str) -> bool {
    match row.text(operation) {
        Some(operation) => !is_idle(&operation),
        None => row
            .text(status)
            .is_some_and(|now| MOVING.contains(&now.as_str())),
    }
}

/// The name of a field or parameter of a thing: `serverInstanceNo` of `ServerInstance`.
fn field_of(thing: &str, end: &str) -> String {
    let mut letters = thing.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first
        .into_iter()
        .chain(letters)
        .chain(end.chars())
        .collect()
}

/// Whether an operation is that of a thing that nothing is done to.
fn is_idle(operation: &str) -> bool {
    operation.is_empty() || operation == IDLE
}

/// Whether a status is that of a thing with which something went wrong: FSTOP, ST_FL.
fn has_failed(status: &str) -> bool {
    status == "FSTOP" || status.ends_with("_FL")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json;

    fn request(line: &str) -> Request {
        let mut words = line.split(' ');
        let api = words.next().unwrap_or_default().into();
        let params = words.filter_map(|word| word.split_once('='));
        Request {
            api,
            params: params.map(|(n, v)| (n.into(), v.into())).collect(),
        }
    }

    fn server(number: &str, status: &str, operation: &str) -> Record {
        let text = format!(
            r#"{{"serverInstanceNo":"{number}","serverInstanceStatus":{{"code":"{status}","codeName":"x"}},"serverInstanceOperation":{{"code":"{operation}","codeName":"y"}},"serverInstanceStatusName":"so"}}"#
        );
        json::value(&text).as_record().unwrap().clone()
    }

    #[test]
    fn each_line_is_about_calls_that_there_are() {
        for platform in [Platform::Vpc, Platform::Classic] {
            let apis = platform.apis();
            for (calls, wait) in lines() {
                for call in calls.split(' ') {
                    let own = apis.iter().filter(|api| action(&api.name) == bare(call));
                    if platform == Platform::Vpc {
                        assert!(own.clone().count() > 0, "{call}");
                    }
                    for api in own {
                        let place = platform.place(&api.name);
                        let list = format!("get{}List", wait.thing);
                        // The classic network interfaces and groups alone are listed without their numbers.
                        let exempt = ["NetworkInterface", "AutoScalingGroup"];
                        assert!(
                            catalogue::takes(place.service, &list, &wait.field("NoList"))
                                || (place.service.len() < 12 && exempt.contains(&wait.thing)),
                            "{} {list}",
                            api.name
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_call_is_waited_for_by_its_numbers() {
        let stop = request("stopServerInstances regionCode=KR serverInstanceNoList=7,8");
        let wait = of(&stop).unwrap();
        let asked = wait.list(Platform::Vpc, &stop, "7,8").unwrap();
        assert_eq!(
            asked,
            request("getServerInstanceList regionCode=KR serverInstanceNoList=7,8")
        );
        assert_eq!(wait.named(&stop), ["7", "8"]);
        let numbered = request("server/stopServerInstances serverInstanceNoList.1=7");
        assert_eq!(wait.named(&numbered), ["7"]);
        let asked = wait.list(Platform::Vpc, &numbered, "7").unwrap();
        assert_eq!(asked.api, "server/getServerInstanceList");
        let volume = |line: &str| of(&request(line)).unwrap().aims;
        assert_eq!(
            volume("createBlockStorageInstance serverInstanceNo=7"),
            "ATTAC"
        );
        assert_eq!(
            volume("createBlockStorageInstance blockStorageSize=10"),
            "CREAT"
        );
        assert!(of(&request("setNetworkAclDescription networkAclNo=1")).is_none());
    }

    #[test]
    fn things_move_until_they_are_as_they_should_be() {
        let stage = |call: &str, rows: &[Record]| {
            let request = request(call);
            of(&request)
                .unwrap()
                .stage("7", rows, call.starts_with("create"))
        };
        let failed = |why: &str| Stage::Failed(why.into());
        for (call, rows, expected) in [
            (
                "stopServerInstances",
                vec![server("7", "RUN", "SHTDN")],
                Stage::Moving,
            ),
            (
                "stopServerInstances",
                vec![server("7", "NSTOP", "NULL")],
                Stage::Reached,
            ),
            (
                "stopServerInstances",
                vec![server("7", "FSTOP", "NULL")],
                failed("serverInstanceNo 7 is FSTOP (so)"),
            ),
            (
                "startServerInstances",
                vec![server("7", "FSTOP", "START")],
                Stage::Moving,
            ),
            (
                "startServerInstances",
                vec![server("7", "ST_FL", "NULL")],
                failed("serverInstanceNo 7 is ST_FL (so)"),
            ),
            (
                "startServerInstances",
                vec![],
                failed("serverInstanceNo 7 is gone"),
            ),
            ("createServerInstances", vec![], Stage::Moving),
            (
                "createServerInstances",
                vec![server("7", "INIT", "NULL")],
                Stage::Moving,
            ),
            (
                "createServerInstances",
                vec![server("7", "RUN", "SETUP")],
                Stage::Moving,
            ),
            (
                "createServerInstances",
                vec![server("7", "RUN", "NULL")],
                Stage::Reached,
            ),
            (
                "terminateServerInstances",
                vec![server("7", "NSTOP", "TERMT")],
                Stage::Moving,
            ),
            (
                "terminateServerInstances",
                vec![server("7", "NSTOP", "NULL")],
                Stage::Moving,
            ),
            ("terminateServerInstances", vec![], Stage::Reached),
            (
                "changeServerInstanceSpec",
                vec![server("7", "NSTOP", "CHNG")],
                Stage::Moving,
            ),
            (
                "changeServerInstanceSpec",
                vec![server("7", "NSTOP", "NULL")],
                Stage::Reached,
            ),
        ] {
            assert_eq!(stage(call, &rows), expected, "{call} {rows:?}");
        }
        let group = |status: &str| {
            let text = format!(
                r#"{{"networkAclDenyAllowGroupNo":"7","networkAclDenyAllowGroupStatus":{{"code":"{status}","codeName":"x"}}}}"#
            );
            json::value(&text).as_record().unwrap().clone()
        };
        let set = "setNetworkAclDenyAllowGroupIpList";
        assert_eq!(stage(set, &[group("SET")]), Stage::Moving);
        assert_eq!(stage(set, &[group("RUN")]), Stage::Reached);
        let two = of(&request("stopServerInstances")).unwrap();
        let rows = [server("7", "NSTOP", "NULL"), server("8", "RUN", "SHTDN")];
        assert_eq!(two.stage("7,8", &rows, false), Stage::Moving);
    }
}
