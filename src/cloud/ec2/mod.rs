//! EC2's Query API, as CloudStack's servlet at /awsapi and others speak it: Signature Version 2, answers in XML, no jobs: what a
//! call aims at is waited for.

mod answer;
mod catalog;
mod codes;
mod errors;
mod listing;
mod losses;
mod samples;
mod sign;
mod tools;
mod traces;
mod waits;
mod wire;

use jiff::Timestamp;

use crate::catalog::names::Named;
use crate::catalog::types::Types;
use crate::catalog::{Api, Catalog, Param};
use crate::cloud::listing::Listing;
use crate::cloud::strange::looks_like_html;
use crate::cloud::unsaid::unsaid;
use crate::cloud::{
    self, Code, Dialect, Elsewhere, Finding, Loss, Lost, Manner, Outcome, Progress, Proof, Reply,
    Request, Shipped, SignedCall, Throttle, Tool, Undoing,
};
use crate::error::{Error, Result};
use crate::line::secrets::{STRUCK, is_secret_of};
use crate::record::answer::Answer;
use crate::record::{Record, xml};

/// Parameters over this many bytes in all are sent in a body, which servers read differently: addresses are the safe way.
const BULKY: usize = 4096;

/// The versions of the API that a call is tried in, one after another: CloudStack's servlet takes exactly one, those of 4.2 to
/// 4.5 the first, of 4.1 the other.
const VERSIONS: [&str; 2] = ["2012-08-15", "2010-11-15"];

/// Actions of CloudStack's servlet that are no calls of an account: they go unsigned.
const UNSIGNED: [&str; 2] = ["setUserKeys", "cloudEC2Version"];

pub const KIND: cloud::Kind = cloud::Kind {
    name: "ec2",
    about: "EC2's Query API with Signature Version 2, such as CloudStack's /awsapi",
    sites: &[],
    path: "/awsapi",
    defaults: &[
        ("api_version", VERSIONS[0]),
        // Calls carry the time at which they are made, unless somebody wants them to expire.
        ("expires", "0"),
        // CloudStack's servlet answers when a slow action is done.
        ("reply_timeout", "1800"),
        ("response", "xml"),
    ],
    elsewhere: Some(&Elsewhere {
        apikey: &["AWS_ACCESS_KEY_ID", "EC2_ACCESS_KEY"],
        secretkey: &["AWS_SECRET_ACCESS_KEY", "EC2_SECRET_KEY"],
        url: &["EC2_URL"],
        file: "~/.aws/credentials",
        words: ["aws_access_key_id", "aws_secret_access_key"],
        // They are another cloud's nearly always.
        lends: false,
    }),
    dialect: || Box::new(Ec2),
};

pub struct Ec2;

impl Dialect for Ec2 {
    fn discovery(&self) -> Option<Request> {
        None
    }

    fn shipped(&self) -> Result<Shipped> {
        let actions = catalog::actions().iter();
        let mut apis: Vec<Api> = actions.map(|action| action.api.clone()).collect();
        for api in &mut apis {
            api.asynchronous = waits::follows(&api.name);
        }
        Ok(Shipped { of: "EC2", apis })
    }

    fn probe(&self) -> Request {
        Request {
            api: "describeAvailabilityZones".into(),
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
        let action = ("Action".to_string(), catalog::on_the_wire(&request.api));
        let mut own = wire::params(request);
        let unsigned = UNSIGNED
            .iter()
            .any(|api| request.api.eq_ignore_ascii_case(api));
        if unsigned {
            own.extend(own_keys(request, proof));
        }
        let in_body = is_for_a_body(request, &own);
        let struck = own.iter().map(|(name, value)| {
            let secret = is_secret_of(&request.api, &request.params, name);
            (
                name.clone(),
                if secret { STRUCK } else { value }.to_string(),
            )
        });
        let shown: Vec<(String, String)> = std::iter::once(action.clone()).chain(struck).collect();
        let shown = format!("{url}?{}", sign::query(&shown));
        let mut params = vec![action];
        params.extend(own);
        let Proof::Keys { apikey, secretkey } = proof else {
            return sent(url, sign::query(&params), in_body, shown);
        };
        if unsigned {
            return sent(url, sign::query(&params), in_body, shown);
        }
        params.extend(said(apikey, manner, now));
        let query = sign::query(&params);
        let (method, text) = match (in_body, manner.variant) {
            (false, _) => ("GET", query.clone()),
            (true, 0) => ("POST", query.clone()),
            (true, _) => ("POST", sign::form(&params)),
        };
        let text = sign::string_to_sign(method, &sign::Place::of(url), &text);
        let signature = sign::signature(&text, secretkey.expose(), &manner.method);
        let query = format!("{query}&Signature={}", sign::encode(&signature));
        sent(url, query, in_body, shown)
    }

    fn read(
        &self,
        request: &Request,
        reply: &Reply,
        _types: &Types,
        follow: bool,
    ) -> Result<Outcome> {
        let answer = self.answer(request, reply)?;
        let started = match follow {
            true => waits::started(request, &answer),
            false => None,
        };
        Ok(match started {
            Some(job) => Outcome::Started { job, answer },
            None => Outcome::Done(answer),
        })
    }

    /// An empty list of things would be taken for all of them.
    fn objection(&self, request: &Request) -> Option<Error> {
        let action = catalog::action(&request.api)?;
        let empty = request.params.iter().find(|(name, value)| {
            let param = action.api.param(name);
            param.is_some_and(|param| param.kind == catalog::LIST && param.name == *name)
                && value.split(',').all(str::is_empty)
        });
        let (name, _) = empty?;
        Some(
            Error::line(format!("{} was not sent: {name}= is empty", request.api))
                .hint("leave it out for all that there is, or name something"),
        )
    }

    fn codes(&self) -> Vec<Code> {
        codes::all()
    }

    fn choices(&self, api: &str, param: &str) -> Vec<Named> {
        let values = catalog::action(api).map_or(&[][..], |action| action.choices(param));
        let values = values.iter().map(|value| Named {
            name: value.to_string(),
            value: value.to_string(),
        });
        values.collect()
    }

    fn listing(
        &self,
        catalog: &Catalog,
        api: &Api,
        param: &str,
        _given: &[(String, String)],
    ) -> Option<Listing> {
        listing::listing(catalog, api, param)
    }

    fn sample(&self, api: &str, param: &Param, _today: &str) -> Option<String> {
        samples::sample(api, param)
    }

    fn needs(&self, api: &str) -> &'static [&'static str] {
        samples::needs(api)
    }

    fn fits(&self, api: &str, _param: &str, row: &Record) -> bool {
        samples::fits(api, row)
    }

    /// A call that came too late for its time, which a wrong clock is the reason of.
    fn unauthorized(&self, reply: &Reply) -> bool {
        match reply.status {
            401 => true,
            400 | 403 => errors::has_code(reply, &["RequestExpired"]),
            531 => {
                let text = String::from_utf8_lossy(&reply.body);
                text.to_ascii_lowercase().contains("expire")
            }
            _ => false,
        }
    }

    fn throttled(&self, reply: &Reply, _now: i64) -> Option<Throttle> {
        let many =
            reply.status >= 400 && errors::has_code(reply, &["RequestLimitExceeded", "Throttling"]);
        many.then_some(Throttle::Untold)
    }

    /// The servlet says of an unsigned call what it lacks; a page that is not there is somebody else's.
    fn foreign(&self, request: &Request, reply: &Reply) -> Option<Error> {
        let error = self.read(request, reply, &Types::default(), false).err()?;
        (error.said.is_none() || reply.status == 404).then_some(error)
    }

    fn blames_caller(&self, error: &Error) -> bool {
        errors::blames_caller(error)
    }

    fn slow(&self, request: &Request) -> Option<&'static str> {
        waits::slow(request)
    }

    /// A version that the cloud does not take and a signature that it finds wrong are answered before anything is done.
    fn otherwise(
        &self,
        request: &Request,
        reply: &Reply,
        manner: &Manner,
    ) -> Option<(Manner, String)> {
        match reply.status {
            531 if !self.unauthorized(reply) => another_version(manner),
            403 if manner.variant == 0 && is_read_differently(request) => Some((
                Manner {
                    variant: 1,
                    ..manner.clone()
                },
                "this cloud reads the body of a call as CloudStack's EC2 servlet does; it is signed so".into(),
            )),
            _ => None,
        }
    }

    /// Without a time of its own a call is good for a quarter of an hour.
    fn outdated(&self, ahead: i64, manner: &Manner) -> bool {
        match manner.expires {
            0 => ahead.abs() > 15 * 60,
            expires => ahead > i64::try_from(expires).unwrap_or(i64::MAX),
        }
    }

    fn reads(&self, api: &str) -> bool {
        const READING: [&str; 4] = ["describe", "get", "list", "cloudec2version"];
        let api = api.to_ascii_lowercase();
        READING.iter().any(|verb| api.starts_with(verb))
    }

    fn loses(&self, request: &Request) -> Option<Loss> {
        losses::loss(request)
    }

    fn undoing(&self, api: &str) -> Option<&'static Undoing> {
        losses::undoing(api)
    }

    /// Pages are not numbered here.
    fn pages(&self, _request: &Request) -> bool {
        false
    }

    fn total(&self, _answer: &Answer) -> Option<usize> {
        None
    }

    fn page(&self, request: &Request, _number: usize, _size: usize) -> Request {
        request.clone()
    }

    /// Whoever asks for a part of a list gets that part.
    fn next(&self, request: &Request, answer: &Answer) -> Option<Request> {
        const TOKEN: &str = "NextToken";
        let given = |(name, _): &(String, String)| {
            name.eq_ignore_ascii_case("MaxResults") || name.eq_ignore_ascii_case(TOKEN)
        };
        let token = answer.head.text("nextToken")?;
        if request.params.iter().any(given) {
            return None;
        }
        let mut next = request.clone();
        next.params.push((TOKEN.into(), token));
        Some(next)
    }

    fn follows(&self, api: &str) -> bool {
        waits::follows(api)
    }

    fn under_way(&self, request: &Request, job: &str) -> String {
        waits::under_way(request, job)
    }

    fn ask(&self, request: &Request, job: &str) -> Request {
        waits::ask(request, job)
    }

    fn ask_line(&self, request: &Request, job: &str) -> String {
        waits::ask_line(request, job)
    }

    fn progress(
        &self,
        request: &Request,
        job: &str,
        reply: &Reply,
        _types: &Types,
    ) -> Result<Progress> {
        let listed = self.answer(&waits::ask(request, job), reply);
        waits::progress(request, job, listed)
    }

    fn tools(&self) -> &'static [Tool] {
        tools::TOOLS
    }

    fn things_of(&self, lost: &Lost, _catalog: &Catalog) -> Result<Option<Request>> {
        Ok(traces::things_of(lost))
    }

    fn is_absence(&self, error: &Error) -> bool {
        errors::is_absence(error)
    }

    fn find(
        &self,
        lost: &Lost,
        _jobs: Option<&[Record]>,
        things: Option<&[Record]>,
        _known: &dyn Fn(&str) -> bool,
    ) -> Finding {
        traces::find(lost, things)
    }
}

impl Ec2 {
    /// The answer without its envelope, or the refusal that it tells.
    fn answer(&self, request: &Request, reply: &Reply) -> Result<Answer> {
        let answer = self.understood(request, reply);
        answer.map_err(|error| {
            // As they were given, and as they were sent.
            let mut both = request.clone();
            both.params.extend(wire::params(request));
            unsaid(error, &both)
        })
    }

    fn understood(&self, request: &Request, reply: &Reply) -> Result<Answer> {
        let reads = self.reads(&request.api);
        let other = |why: &str| errors::other(request, reply, why, reads);
        let body = &reply.body[..];
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let own = catalog::action(&request.api);
        // The servlet's own actions are answered by a sentence.
        let speaks = own.is_some_and(|action| {
            action
                .api
                .response
                .iter()
                .any(|field| field.name == "message")
        });
        let mut answer = match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None => return Err(other("it is empty")),
            Some(b'<') if looks_like_html(body) => return Err(other("it is a web page")),
            Some(b'<') => {
                let root = xml::element(body).map_err(|bad| other(&bad.to_string()))?;
                if let Some((code, text)) = errors::told(&root) {
                    return Err(errors::refusal(request, reply, &code, &text, reads));
                }
                if reply.status != 200 {
                    return Err(other("its status says failure, its body does not"));
                }
                answer::of(request, &root)
            }
            Some(_) if reply.status == 200 && speaks => match errors::sentence(body) {
                Some(text) => answer::sentence(&text),
                None => return Err(other("it is neither XML nor a sentence")),
            },
            Some(_) => return Err(other("it is no XML")),
        };
        answer.raw = reply.body.clone();
        Ok(answer)
    }
}

/// The next version to try, where the usual one was.
fn another_version(manner: &Manner) -> Option<(Manner, String)> {
    let mut versions = VERSIONS
        .iter()
        .skip_while(|known| **known != manner.version);
    let refused = versions.next()?;
    let next = versions.next()?;
    let note = format!(
        "this cloud does not take version {refused} of the API; {next} is used (`set api_version {next}` keeps that)"
    );
    let other = Manner {
        version: (*next).into(),
        ..manner.clone()
    };
    Some((other, note))
}

/// Whether the parameters go in a body: where one is a secret, as addresses are logged on their way, or they are many.
fn is_for_a_body(request: &Request, own: &[(String, String)]) -> bool {
    let secret = own.iter().any(|(name, value)| {
        is_secret_of(&request.api, &request.params, name) && !value.is_empty()
    });
    secret || sign::query(own).len() > BULKY
}

/// Whether servers differ in how they read what is signed of a call.
fn is_read_differently(request: &Request) -> bool {
    let own = wire::params(request);
    let differs = own.iter().any(|(_, value)| value.contains([' ', '*', '~']));
    differs && is_for_a_body(request, &own)
}

/// The keys that the servlet is told, where the line has none: those that calls are signed with.
fn own_keys(request: &Request, proof: Proof<'_>) -> Vec<(String, String)> {
    let Proof::Keys { apikey, secretkey } = proof else {
        return Vec::new();
    };
    let given = |wanted: &str| {
        let mut params = request.params.iter();
        params.any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    if !request.api.eq_ignore_ascii_case(UNSIGNED[0]) || given("accesskey") || given("secretkey") {
        return Vec::new();
    }
    vec![
        ("accesskey".into(), apikey.into()),
        ("secretkey".into(), secretkey.expose().into()),
    ]
}

/// What each call says of itself: whose it is, when, and how it is signed.
fn said(apikey: &str, manner: &Manner, now: i64) -> Vec<(String, String)> {
    let (name, time) = match manner.expires {
        0 => ("Timestamp", now),
        expires => ("Expires", now.saturating_add_unsigned(expires)),
    };
    [
        ("AWSAccessKeyId", apikey),
        ("SignatureMethod", sign::digest(&manner.method)),
        ("SignatureVersion", "2"),
        (name, &date(time)),
        ("Version", &manner.version),
    ]
    .map(|(name, value)| (name.to_string(), value.to_string()))
    .into()
}

/// Seconds since 1970 as the API has dates.
fn date(seconds: i64) -> String {
    let moment = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A call with its parameters in the address, or in a body.
fn sent(url: &str, query: String, in_body: bool, shown: String) -> SignedCall {
    let (url, body) = match in_body {
        true => (url.into(), Some(query)),
        false => (format!("{url}?{query}"), None),
    };
    SignedCall {
        url,
        body,
        cookies: None,
        headers: Vec::new(),
        shown,
    }
}

#[cfg(test)]
mod tests;
