//! EC2's Query API as CloudStack's awsapi speaks it: signed calls in, XML out, each action made of CloudStack's own calls.
//! Machines change in the background; whatever else takes its time is waited for, and the answer comes when it is done.

mod addresses;
mod groups;
mod images;
mod instances;
mod keys;
mod offers;
mod query;
mod sign;
mod snapshots;
mod tags;
mod volumes;
mod words;

use std::future::Future;
use std::pin::Pin;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Response};
use serde_json::Value;

use super::desk::{Desk, Heard, text};
use crate::api::{Caller, configuration};
use crate::wire::Refusal;
use query::Query;
use words::{Said, Wrong, page};

/// Where it is spoken, and what may follow.
pub const PATH: &str = "/awsapi";

/// An action: its name, CloudStack's API behind it, and what it does.
struct Action {
    name: &'static str,
    behind: &'static str,
    run: for<'a> fn(&'a Ask<'a>) -> Pin<Box<dyn Future<Output = Said> + 'a>>,
}

/// A call whose caller has shown who they are.
struct Ask<'a> {
    desk: &'a Desk<'a>,
    caller: Caller,
    query: &'a Query,
    action: &'static str,
}

/// The table of actions; those that wait for something are async functions, the others give their answer at once.
macro_rules! actions {
    ($($name:ident $behind:ident $run:expr $(=> $wait:ident)?;)+) => {
        const ACTIONS: &[Action] = &[$(Action {
            name: stringify!($name),
            behind: stringify!($behind),
            run: |ask| Box::pin(actions!(@run ask $run $(=> $wait)?)),
        }),+];
    };
    (@run $ask:ident $run:expr => wait) => { $run($ask) };
    (@run $ask:ident $run:expr) => { std::future::ready($run($ask)) };
}

actions! {
    DescribeInstances listVirtualMachines instances::describe;
    RunInstances deployVirtualMachine instances::run => wait;
    RebootInstances rebootVirtualMachine instances::reboot;
    StartInstances startVirtualMachine instances::start;
    StopInstances stopVirtualMachine instances::stop;
    TerminateInstances destroyVirtualMachine instances::terminate;
    ModifyInstanceAttribute changeServiceForVirtualMachine instances::modify;
    DescribeInstanceAttribute listVirtualMachines instances::attribute;
    CreateImage createTemplate images::create => wait;
    RegisterImage registerTemplate images::register;
    DescribeImages listTemplates images::describe;
    DeregisterImage deleteTemplate images::deregister => wait;
    ModifyImageAttribute updateTemplatePermissions images::modify;
    DescribeImageAttribute listTemplatePermissions images::attribute;
    ResetImageAttribute updateTemplatePermissions images::reset;
    CreateSnapshot createSnapshot snapshots::create => wait;
    DeleteSnapshot deleteSnapshot snapshots::delete => wait;
    DescribeSnapshots listSnapshots snapshots::describe;
    CreateVolume createVolume volumes::create => wait;
    AttachVolume attachVolume volumes::attach => wait;
    DetachVolume detachVolume volumes::detach => wait;
    DeleteVolume deleteVolume volumes::delete;
    DescribeVolumes listVolumes volumes::describe;
    DescribeAvailabilityZones listZones instances::zones;
    CreateKeyPair createSSHKeyPair keys::create;
    ImportKeyPair registerSSHKeyPair keys::import;
    DeleteKeyPair deleteSSHKeyPair keys::delete;
    DescribeKeyPairs listSSHKeyPairs keys::describe;
    CreateSecurityGroup createSecurityGroup groups::create;
    DeleteSecurityGroup deleteSecurityGroup groups::delete;
    DescribeSecurityGroups listSecurityGroups groups::describe;
    AuthorizeSecurityGroupIngress authorizeSecurityGroupIngress groups::authorize => wait;
    RevokeSecurityGroupIngress revokeSecurityGroupIngress groups::revoke => wait;
    AllocateAddress associateIpAddress addresses::allocate => wait;
    ReleaseAddress disassociateIpAddress addresses::release => wait;
    AssociateAddress enableStaticNat addresses::associate;
    DisassociateAddress disableStaticNat addresses::disassociate => wait;
    DescribeAddresses listPublicIpAddresses addresses::describe;
    CreateTags createTags tags::create => wait;
    DeleteTags deleteTags tags::delete => wait;
    DescribeTags listTags tags::describe;
}

/// Whether a path is its own.
pub fn is_at(path: &str) -> bool {
    path.strip_prefix(PATH)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The names of its actions.
pub fn names() -> impl Iterator<Item = &'static str> {
    ACTIONS.iter().map(|action| action.name)
}

/// By which names troubles strike a call: its action's, and that of the API behind it.
pub fn called(heard: &Heard) -> Vec<String> {
    let query = Query::of(heard);
    let name = query.as_ref().and_then(|query| query.text("Action"));
    let action = name.and_then(find);
    action.map_or(Vec::new(), |action| {
        vec![action.name.into(), action.behind.into()]
    })
}

/// An action by its name, in any case.
fn find(name: &str) -> Option<&'static Action> {
    ACTIONS
        .iter()
        .find(|action| action.name.eq_ignore_ascii_case(name))
}

/// Answers a call.
pub async fn speak(heard: &Heard, desk: &Desk<'_>) -> Response<Full<Bytes>> {
    if heard.method != Method::GET && heard.method != Method::POST {
        return page(405, "HTTP method is not supported by this URL");
    }
    let Some(query) = Query::of(heard) else {
        return page(400, "Bad Request");
    };
    let version = match desk.look(configuration::awsapi_version) {
        Ok(version) => version,
        Err(refusal) => return text(500, "text/plain", refusal.text),
    };
    match query.text("Action") {
        None => return page(530, "Missing Action parameter"),
        Some("CloudEC2Version") => return words::cloud_version(&version),
        Some("SetUserKeys") => return sign::register(&query, desk),
        Some(_) => {}
    }
    let caller = match sign::caller(heard, &query, desk, &version) {
        Ok(caller) => caller,
        Err(stopped) => return stopped.spoken(),
    };
    let name = query.text("Action").unwrap_or_default();
    if let Some(response) = offers::change(name, &query, desk, &caller) {
        return response;
    }
    let Some(action) = find(name) else {
        let wrong = Wrong::client("Unsupported", "This operation is not available");
        return wrong.spoken(&version);
    };
    let ask = Ask {
        desk,
        caller,
        query: &query,
        action: action.name,
    };
    match (action.run)(&ask).await {
        Ok(answer) => words::answer(action.name, &version, &answer),
        Err(wrong) => wrong.spoken(&version),
    }
}

/// A refusal that comes whatever was asked.
pub fn spoken_refusal(refusal: &Refusal) -> Response<Full<Bytes>> {
    Wrong::from(refusal.clone()).spoken("")
}

impl Ask<'_> {
    /// A parameter that the action cannot do without.
    fn required(&self, name: &str) -> Result<&str, Wrong> {
        self.query.text(name).ok_or_else(|| {
            Wrong::client(
                "MissingParameter",
                format!("Missing required parameter - {name}"),
            )
        })
    }

    /// Makes one of CloudStack's calls: what its answer's envelope holds.
    fn call(&self, command: &str, params: &[(&str, &str)]) -> Said {
        Ok(self
            .desk
            .call(&self.caller, self.action, command, &owned(params))?)
    }

    /// Makes an asynchronous call and waits for what comes of its job.
    async fn finish(&self, command: &str, params: &[(&str, &str)]) -> Said {
        let params = owned(params);
        let ended = self
            .desk
            .finish(&self.caller, self.action, command, &params);
        Ok(ended.await?)
    }

    /// All rows of a list, page by page.
    fn rows(
        &self,
        command: &str,
        list: &str,
        params: &[(&str, &str)],
    ) -> Result<Vec<Value>, Wrong> {
        let page = |answer: &mut Value| match answer[list].take() {
            Value::Array(rows) => rows,
            _ => Vec::new(),
        };
        let mut answer = self.call(command, params)?;
        let count = answer["count"].as_u64().unwrap_or(0);
        let mut rows = page(&mut answer);
        let size = rows.len().to_string();
        for number in 2_u64.. {
            if rows.len() as u64 >= count || rows.is_empty() {
                break;
            }
            let number = number.to_string();
            let mut params = params.to_vec();
            params.extend([("page", number.as_str()), ("pagesize", size.as_str())]);
            let more = page(&mut self.call(command, &params)?);
            if more.is_empty() {
                break;
            }
            rows.extend(more);
        }
        Ok(rows)
    }

    /// The one thing of an id that a list has, or else that it is not there.
    fn one(
        &self,
        command: &str,
        list: &str,
        id: &str,
        more: &[(&str, &str)],
        missing: Missing,
    ) -> Result<Value, Wrong> {
        let mut params = vec![("id", id), ("listall", "true")];
        params.extend(more);
        // Numbers are ids to CloudStack too, but not here.
        if uuid::Uuid::try_parse(id).is_err() {
            return Err(missing.of(id));
        }
        let mut rows = match self.rows(command, list, &params) {
            Ok(rows) => rows,
            Err(wrong) if wrong.is("InvalidParameterValue") => return Err(missing.of(id)),
            Err(wrong) => return Err(wrong),
        };
        rows.drain(..).next().ok_or_else(|| missing.of(id))
    }

    /// The things that `name.1`, `name.2` … mean, each of which must be there, or all that a list has.
    fn meant(
        &self,
        name: &str,
        (command, list): (&str, &str),
        more: &[(&str, &str)],
        missing: Missing,
    ) -> Result<Vec<Value>, Wrong> {
        let ids = self.query.list(name);
        if ids.is_empty() {
            let mut params = vec![("listall", "true")];
            params.extend(more);
            return self.rows(command, list, &params);
        }
        ids.iter()
            .map(|id| self.one(command, list, id, more, missing))
            .collect()
    }
}

/// What is said of an id that nothing has.
#[derive(Clone, Copy)]
struct Missing {
    code: &'static str,
    what: &'static str,
}

impl Missing {
    fn of(self, id: &str) -> Wrong {
        Wrong::client(
            self.code,
            format!("The {} ID '{id}' does not exist", self.what),
        )
    }
}

fn owned(params: &[(&str, &str)]) -> Vec<(String, String)> {
    params
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect()
}
