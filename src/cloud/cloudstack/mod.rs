//! Apache CloudStack: listApis, keys and signatures, envelopes, jobs.

mod choices;
mod codes;
mod errors;
mod listing;
mod login;
mod loose;
mod losses;
mod names;
pub mod preset;
mod rules;
mod samples;
pub mod sign;
mod slow;
mod throttle;
mod traces;
mod undoing;
mod uploads;
mod written;

use std::io::Read;
use std::time::Duration;

use errors::Refusal;
use flate2::read::GzDecoder;
use jiff::Timestamp;
use preset::Preset;
use serde::Deserialize;

use crate::catalog::names::{Named, Names};
use crate::catalog::types::Types;
use crate::catalog::{Api, Catalog, Param};
use crate::cloud::desk::Desk;
use crate::cloud::listing::Listing;
use crate::cloud::strange;
use crate::cloud::unsaid::unsaid;
use crate::cloud::{
    self, Code, Dialect, Finding, Login, Loss, Lost, Manner, Outcome, Progress, Proof, Reply,
    Request, Shipped, SignedCall, Throttle, Token, Undoing, Uploads,
};
use crate::config::secret::Secret;
use crate::error::{Doubt, Error, Kind, Result};
use crate::line::secrets::{STRUCK, is_secret_of};
use crate::record::answer::Answer;
use crate::record::body::Body;
use crate::record::{Record, Value};

/// Parameters over this many bytes in all are sent in a body, because servers and proxies limit a URL.
const BULKY: usize = 2048;

/// What listApis of a 4.11 server answers a root administrator, without descriptions, compressed.
const SHIPPED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/listapis.json.gz"));

/// What servers say where there is no job of the id that was asked after, in lower case.
const ABSENT: [&str; 4] = [
    "entity does not exist",
    "unable to find",
    "could not be found",
    "not found",
];

pub const KIND: cloud::Kind = cloud::Kind {
    name: "cloudstack",
    about: "Apache CloudStack",
    sites: &[],
    path: "/client/api",
    defaults: &[],
    elsewhere: None,
    dialect: || Box::new(CLOUDSTACK),
};

/// Apache CloudStack, or a cloud that is it under another name, as its preset says.
pub struct CloudStack {
    preset: &'static Preset,
}

pub const CLOUDSTACK: CloudStack = CloudStack::of(&preset::OWN);

impl Dialect for CloudStack {
    fn discovery(&self) -> Option<Request> {
        self.preset.discovers.then(list_apis)
    }

    fn catalog(&self, reply: &Reply) -> Result<Vec<Api>> {
        if reply.status == 200
            && let Ok(apis) = listed(&reply.body)
        {
            return Ok(apis);
        }
        // The ordinary way words what came instead.
        self.read(&list_apis(), reply, &Types::default(), false)?;
        let why = "it is no list of APIs";
        Err(errors::not_understood(&list_apis(), reply, why, true))
    }

    fn shipped(&self) -> Result<Shipped> {
        let mut answer = Vec::new();
        let damaged = |why: &dyn std::fmt::Display| {
            Error::local(format!("the shipped catalogue is damaged: {why}"))
                .hint("build or install the program anew")
        };
        GzDecoder::new(SHIPPED)
            .read_to_end(&mut answer)
            .map_err(|why| damaged(&why))?;
        let own = listed(&answer).map_err(|why| damaged(&why))?;
        let apis = match self.preset.catalogue {
            None => own,
            Some(text) => finished(written::read(text, &own).map_err(|why| damaged(&why))?),
        };
        Ok(Shipped {
            of: self.preset.of,
            apis,
        })
    }

    fn ships(&self) -> bool {
        self.preset.catalogue.is_some()
    }

    fn probe(&self) -> Request {
        Request {
            api: "listZones".into(),
            params: Vec::new(),
        }
    }

    fn sign(
        &self,
        request: &Request,
        url: &str,
        proof: Proof<'_>,
        manner: &Manner,
        now: i64,
    ) -> SignedCall {
        let mut params = vec![("command".to_string(), request.api.clone())];
        if self.preset.names_xml || manner.response != "xml" {
            params.push(("response".to_string(), manner.response.clone()));
        }
        params.extend(request.params.iter().cloned());
        let shown = format!(
            "{url}?{}",
            sign::query(&without_secrets(&request.api, &params))
        );
        match proof {
            Proof::Keys { apikey, secretkey } => {
                params.push(("apikey".into(), apikey.into()));
                if manner.expires > 0 {
                    let expiry = now.saturating_add_unsigned(manner.expires);
                    params.push(("signatureversion".into(), "3".into()));
                    params.push(("expires".into(), date(expiry)));
                }
                let signature = sign::signature(&params, secretkey.expose());
                params.push(("signature".into(), signature));
            }
            Proof::Session(token) => {
                params.push(("sessionkey".into(), token.sessionkey.expose().into()));
            }
            Proof::Nothing => {}
        }
        let query = sign::query(&params);
        // Addresses are logged on their way; the session's key is no less a secret than what the user sends.
        let secret = params.iter().any(|(name, value)| {
            is_secret_of(&request.api, &request.params, name)
                && !name.eq_ignore_ascii_case("signature")
                && !value.is_empty()
        });
        let (url, body) = if self.preset.posts && (secret || query.len() > BULKY) {
            (url.into(), Some(query))
        } else {
            (format!("{url}?{query}"), None)
        };
        let cookies = match proof {
            Proof::Session(token) if !token.cookies.is_empty() => Some(token.cookies.clone()),
            _ => None,
        };
        SignedCall {
            url,
            body,
            cookies,
            headers: Vec::new(),
            shown,
        }
    }

    fn login(&self, url: &str, login: &Login, password: &Secret) -> Option<SignedCall> {
        self.preset
            .logins
            .then(|| login::call(url, login, password))
    }

    fn logged_in(&self, reply: &Reply) -> Result<Token> {
        login::token(reply)
    }

    fn logout(&self) -> Option<Request> {
        self.preset.logins.then(|| Request {
            api: "logout".into(),
            params: Vec::new(),
        })
    }

    fn read(
        &self,
        request: &Request,
        reply: &Reply,
        types: &Types,
        follow: bool,
    ) -> Result<Outcome> {
        let body = self.body(request, reply, types)?;
        let started = Some(&body.fields)
            .filter(|_| follow)
            .and_then(|fields| fields.text("jobid"))
            .filter(|job| !job.is_empty());
        let mut answer = match self.preset.loose && self.asks_after_jobs(&request.api) {
            true => {
                let mut job = body.into_record();
                loose::settle_job(&mut job, types);
                Answer::of(Value::Record(job))
            }
            false => Answer::of_body(body),
        };
        answer.raw = reply.body.clone();
        Ok(match started {
            Some(job) => Outcome::Started { job, answer },
            None => Outcome::Done(answer),
        })
    }

    fn objection(&self, request: &Request) -> Option<Error> {
        let why = (self.preset.objection)(request)?;
        let message = format!("{} was not sent: {why}", request.api);
        Some(Error::line(message).hint("`api NAME …` sends a call as it is"))
    }

    fn own_name(&self, name: &str) -> Option<&'static str> {
        self.preset.own_name(name)
    }

    fn scripts(&self) -> &'static [&'static str] {
        self.preset.scripts
    }

    fn has_hidden_numbers(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<Code> {
        codes::all()
    }

    fn names(&self, api: &str, param: &str) -> Option<Names> {
        let mut names = names::names(api, param)?;
        let own = self.preset.names.iter().filter(|(of, _)| *of == param);
        names.more.extend(own.map(|(_, name)| Named {
            name: name.to_string(),
            value: name.to_string(),
        }));
        Some(names)
    }

    fn choices(&self, api: &str, param: &str) -> Vec<Named> {
        choices::choices(&[self.preset.choices, choices::TABLE], api, param)
    }

    fn listed(&self, list: &str, answer: &Answer) -> Vec<Named> {
        names::listed(list, answer)
    }

    fn listing(
        &self,
        catalog: &Catalog,
        api: &Api,
        param: &str,
        given: &[(String, String)],
    ) -> Option<Listing> {
        listing::listing(self.preset.lists, catalog, api, param, given)
    }

    fn sample(&self, api: &str, param: &Param, today: &str) -> Option<String> {
        let own = self
            .preset
            .samples
            .iter()
            .find(|(of, name, _)| (*of == api || *of == "*") && *name == param.name);
        match own {
            Some((.., "")) => None,
            Some((.., value)) => Some(value.to_string()),
            None => samples::sample(api, param, today),
        }
    }

    fn needs(&self, api: &str) -> &'static [&'static str] {
        samples::needs(api)
    }

    fn fits(&self, api: &str, param: &str, row: &Record) -> bool {
        samples::fits(api, param, row)
    }

    fn throttled(&self, reply: &Reply, now: i64) -> Option<Throttle> {
        throttle::throttled(reply, now)
    }

    fn limit(&self) -> Option<Request> {
        Some(Request {
            api: "getApiLimit".into(),
            params: Vec::new(),
        })
    }

    fn limit_left(&self, reply: &Reply) -> Option<Duration> {
        throttle::left(reply)
    }

    fn one_at_a_time(&self) -> bool {
        self.preset.one_at_a_time
    }

    fn reads(&self, api: &str) -> bool {
        const READING: [&str; 6] = ["list", "get", "query", "find", "search", "is"];
        let verb_end = api
            .find(|letter: char| !letter.is_ascii_lowercase())
            .unwrap_or(api.len());
        let upload = api.starts_with("getUploadParams");
        (READING.contains(&&api[..verb_end]) && !upload) || api.ends_with("IsEnabled")
    }

    fn loses(&self, request: &Request) -> Option<Loss> {
        losses::loss(request)
    }

    fn undoing(&self, api: &str) -> Option<&'static Undoing> {
        let own = self.preset.undoings.iter().find(|row| row.makes == api);
        own.or_else(|| undoing::of(api))
    }

    fn pages(&self, request: &Request) -> bool {
        let asked = |name: &str| matches!(name.to_ascii_lowercase().as_str(), "page" | "pagesize");
        request.api.starts_with("list") && !request.params.iter().any(|(name, _)| asked(name))
    }

    fn total(&self, answer: &Answer) -> Option<usize> {
        answer
            .head
            .text("count")
            .and_then(|count| count.parse().ok())
    }

    fn page(&self, request: &Request, number: usize, size: usize) -> Request {
        let mut paged = request.clone();
        paged.params.push(("page".into(), number.to_string()));
        paged.params.push(("pagesize".into(), size.to_string()));
        paged
    }

    fn slow(&self, request: &Request) -> Option<&'static str> {
        slow::slow(request)
    }

    fn desk(&self) -> Option<&'static Desk> {
        self.preset.desk
    }

    fn placed_by(&self, api: &str, param: &str) -> Option<&'static str> {
        self.preset.placed_by(api, param)
    }

    fn version(&self, reply: &Reply) -> Option<String> {
        version(&reply.body)
    }

    fn ask(&self, request: &Request, job: &str) -> Request {
        Request {
            api: self.preset.asker(&request.api).into(),
            params: vec![("jobid".into(), job.into())],
        }
    }

    fn ask_line(&self, request: &Request, job: &str) -> String {
        let api = Api {
            name: self.preset.asker(&request.api).into(),
            ..Api::default()
        };
        format!("{} jobid={job}", api.words())
    }

    fn rephrased(&self, question: &Request, refusal: &Error) -> Option<Request> {
        let said = refusal.said.as_ref()?;
        let text = said.text.to_lowercase();
        let unknown = ABSENT.iter().any(|words| text.contains(words));
        let other = match said.doubt {
            Some(Doubt::Command) => self.preset.other_name(&question.api),
            _ if unknown => self.preset.other_asker(&question.api),
            _ => None,
        };
        Some(Request {
            api: other?.into(),
            params: question.params.clone(),
        })
    }

    fn progress(
        &self,
        request: &Request,
        job: &str,
        reply: &Reply,
        types: &Types,
    ) -> Result<Progress> {
        let mut record = self
            .body(&self.ask(request, job), reply, types)?
            .into_record();
        if self.preset.loose {
            loose::settle_job(&mut record, types);
        }
        // Only the outer status counts: the thing inside carries a jobstatus of its own that stays 0.
        match record.text("jobstatus").as_deref() {
            Some("0") => Ok(Progress::Running),
            Some("1") => Ok(Progress::Done(Answer {
                raw: reply.body.clone(),
                ..Answer::of_job(record)
            })),
            Some("2") => Ok(Progress::Failed(unsaid(
                failure(request, job, &record),
                request,
            ))),
            other => Err(Error::new(
                Kind::Unreachable,
                format!(
                    "job {job} is in a state that is not known: jobstatus {}",
                    other.unwrap_or("is missing")
                ),
            )),
        }
    }

    fn uploads(&self, api: &str) -> Option<&'static dyn Uploads> {
        uploads::of(api)
    }

    fn custom_id(&self, api: &Api) -> Option<&'static str> {
        traces::custom_id(api)
    }

    fn refuses_custom_id(&self, error: &Error) -> bool {
        traces::refuses_custom_id(error)
    }

    fn knows_custom_id(&self, error: &Error, id: &str) -> bool {
        traces::knows_custom_id(error, id)
    }

    fn jobs_since(&self, lost: &Lost, catalog: &Catalog) -> Result<Option<Request>> {
        traces::jobs_since(lost, catalog)
    }

    fn things_of(&self, lost: &Lost, catalog: &Catalog) -> Result<Option<Request>> {
        traces::things_of(lost, catalog)
    }

    fn is_absence(&self, error: &Error) -> bool {
        traces::is_absence(error)
    }

    fn find(
        &self,
        lost: &Lost,
        jobs: Option<&[Record]>,
        things: Option<&[Record]>,
        known: &dyn Fn(&str) -> bool,
    ) -> Finding {
        traces::find(lost, jobs, things, known)
    }
}

fn list_apis() -> Request {
    Request {
        api: "listApis".into(),
        params: Vec::new(),
    }
}

/// The version that answers in XML say of themselves.
fn version(body: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&body[..body.len().min(500)]);
    let (_, rest) = head.split_once("cloud-stack-version=\"")?;
    let (version, _) = rest.split_once('"')?;
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || ".-+".contains(letter);
    (!version.is_empty() && version.chars().all(is_part)).then(|| version.into())
}

/// The APIs in an answer of listApis.
fn listed(answer: &[u8]) -> serde_json::Result<Vec<Api>> {
    #[derive(Deserialize)]
    struct Whole {
        listapisresponse: Listed,
    }
    #[derive(Deserialize)]
    struct Listed {
        #[serde(default)]
        api: Vec<Api>,
    }
    let whole: Whole = serde_json::from_slice(answer)?;
    Ok(finished(whole.listapisresponse.api))
}

/// The APIs with what no catalogue tells of them.
fn finished(apis: Vec<Api>) -> Vec<Api> {
    rules::with_rules(uploads::with_files(apis))
}

impl CloudStack {
    /// A cloud with that preset.
    pub const fn of(preset: &'static Preset) -> CloudStack {
        CloudStack { preset }
    }

    fn asks_after_jobs(&self, api: &str) -> bool {
        self.preset.askers.iter().any(|(name, _)| *name == api)
    }

    /// The body of the answer without its envelope, or the refusal that it tells.
    fn body(&self, request: &Request, reply: &Reply, types: &Types) -> Result<Body> {
        self.body_as_told(request, reply, types)
            .map_err(|error| unsaid(error, request))
    }

    fn body_as_told(&self, request: &Request, reply: &Reply, types: &Types) -> Result<Body> {
        let misread =
            |why: &str| errors::not_understood(request, reply, why, self.reads(&request.api));
        // A byte order mark says nothing here.
        let bytes = match reply.body.starts_with(b"\xef\xbb\xbf") {
            true => reply.body.slice(3..),
            false => reply.body.clone(),
        };
        let bytes = loose::without_slips(&bytes, &request.api, self.preset.slips);
        let start = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        let read = match start {
            None => Err("it is empty".to_string()),
            Some(b'<') if strange::looks_like_html(&bytes) => Err("it is a web page".to_string()),
            Some(b'<') => Body::of_xml(&bytes, types),
            Some(_) => Body::of_json(&bytes),
        };
        let body = match read {
            Ok(body) => body,
            Err(why) => return Err(misread(&why)),
        };
        let fields = &body.fields;
        if fields.get("errorcode").is_some() && fields.get("errortext").is_some() {
            let refusal = Refusal {
                // Servers answer under these names where they do not know the command.
                nameless: ["errorresponse", "null"]
                    .iter()
                    .any(|name| body.envelope.eq_ignore_ascii_case(name)),
                ..Refusal::read(fields, u32::from(reply.status))
            };
            return Err(refusal.error(Kind::Refused, &request.api, &request.api));
        }
        if reply.status != 200 {
            return Err(misread("its status says failure, its body does not"));
        }
        Ok(body)
    }
}

/// The real error of a failed job is inside: an object with code and text, or on old servers the text alone.
fn failure(request: &Request, job: &str, record: &Record) -> Error {
    let outer = record
        .text("jobresultcode")
        .and_then(|code| code.parse().ok())
        .unwrap_or(530);
    let refusal = match record.get("jobresult") {
        Some(Value::Record(result)) => Refusal::read(result, outer),
        other => Refusal {
            code: outer,
            text: other.and_then(Value::scalar).unwrap_or_default(),
            ..Refusal::default()
        },
    };
    let what = format!("{} (job {job})", request.api);
    refusal.error(Kind::JobFailed, &request.api, &what)
}

/// Seconds since 1970 in the one form of a date that servers take for expires.
fn date(seconds: i64) -> String {
    let moment = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    moment.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

fn without_secrets(api: &str, params: &[(String, String)]) -> Vec<(String, String)> {
    let mut kept = params.to_vec();
    for (name, value) in &mut kept {
        if is_secret_of(api, params, name) && !value.is_empty() {
            *value = STRUCK.into();
        }
    }
    kept
}

#[cfg(test)]
mod tests;
