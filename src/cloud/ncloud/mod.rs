//! Naver Cloud Platform: eight services behind one gateway, calls signed in their head, answers in JSON or XML, and things that
//! are waited for by their status in place of jobs.

mod answers;
mod catalogue;
mod choices;
mod errors;
mod listing;
mod rules;
mod samples;
mod sign;
mod traces;
mod undoing;
mod waits;

use std::time::Duration;

use self::answers::TOTAL;
use self::catalogue::{FORMAT, Platform, action};
use self::waits::{Stage, Wait, given};
use crate::catalog::names::Named;
use crate::catalog::types::Types;
use crate::catalog::{Api, Catalog, Param, verb_of};
use crate::cloud::listing::Listing;
use crate::cloud::unsaid::unsaid;
use crate::cloud::{
    self, Code, Dialect, Elsewhere, Finding, Loss, Lost, Manner, Outcome, Progress, Proof, Reply,
    Request, Shipped, SignedCall, Throttle, Undoing,
};
use crate::config::secret::Secret;
use crate::error::{Error, Kind, Result};
use crate::line::secrets::{STRUCK, is_secret_of};
use crate::record::Record;
use crate::record::answer::Answer;

/// Parameters over this many bytes in all are sent in a body, because servers and proxies limit a URL.
const BULKY: usize = 2048;

/// What addresses of single services end in, as the vendor's pages have them; each call says its service itself.
const VERSION: &str = "v2";

const SITES: &[(&str, &str)] = &[
    ("public", "https://ncloud.apigw.ntruss.com"),
    ("gov", "https://ncloud.apigw.gov-ntruss.com"),
    ("fin", "https://fin-ncloud.apigw.fin-ntruss.com"),
];

/// Where the vendor's SDKs look for keys, in their order.
const ELSEWHERE: Elsewhere = Elsewhere {
    apikey: &["NCLOUD_ACCESS_KEY_ID", "NCLOUD_ACCESS_KEY"],
    secretkey: &["NCLOUD_SECRET_ACCESS_KEY", "NCLOUD_SECRET_KEY"],
    url: &["NCLOUD_API_GW"],
    file: "~/.ncloud/configure",
    words: ["ncloud_access_key_id", "ncloud_secret_access_key"],
    lends: true,
};

pub const KIND: cloud::Kind = cloud::Kind {
    name: "ncloud",
    about: "Naver Cloud Platform",
    sites: SITES,
    path: "",
    defaults: &[],
    elsewhere: Some(&ELSEWHERE),
    dialect: || Box::new(Ncloud(Platform::Vpc)),
};

pub const CLASSIC: cloud::Kind = cloud::Kind {
    name: "ncloud-classic",
    about: "Naver Cloud Platform, Classic",
    dialect: || Box::new(Ncloud(Platform::Classic)),
    ..KIND
};

struct Ncloud(Platform);

impl Dialect for Ncloud {
    fn discovery(&self) -> Option<Request> {
        None
    }

    fn shipped(&self) -> Result<Shipped> {
        Ok(Shipped {
            of: match self.0 {
                Platform::Vpc => KIND.about,
                Platform::Classic => CLASSIC.about,
            },
            apis: self.0.apis(),
        })
    }

    fn probe(&self) -> Request {
        Request {
            api: "getRegionList".into(),
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
        self.sign_at(request, url, proof, manner, now.saturating_mul(1000))
    }

    fn sign_at(
        &self,
        request: &Request,
        url: &str,
        proof: Proof<'_>,
        manner: &Manner,
        milliseconds: i64,
    ) -> SignedCall {
        let mut params = sign::spread(&request.params);
        if !params
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case(FORMAT))
        {
            params.push((FORMAT.into(), manner.response.clone()));
        }
        let address = self.address(url, &request.api);
        let secret = |name: &str| is_secret_of(action(&request.api), &request.params, name);
        let shown = params.iter().map(|(name, value)| match secret(name) {
            true if !value.is_empty() => (name.clone(), STRUCK.to_string()),
            _ => (name.clone(), value.clone()),
        });
        let shown = format!("{address}?{}", sign::query(&shown.collect::<Vec<_>>()));
        let query = sign::query(&params);
        let hidden = params
            .iter()
            .any(|(name, value)| secret(name) && !value.is_empty());
        let (method, url, body) = match hidden || query.len() > BULKY {
            true => ("POST", address, Some(query)),
            false => ("GET", format!("{address}?{query}"), None),
        };
        let headers = match proof {
            Proof::Keys { apikey, secretkey } => {
                let time = milliseconds.to_string();
                let secret = secretkey.expose();
                let signature = sign::signature(method, uri(&url), &time, apikey, secret);
                vec![
                    ("x-ncp-apigw-timestamp", Secret::new(time)),
                    ("x-ncp-iam-access-key", Secret::new(apikey)),
                    ("x-ncp-apigw-signature-v2", Secret::new(signature)),
                ]
            }
            Proof::Session(_) | Proof::Nothing => Vec::new(),
        };
        SignedCall {
            url,
            body,
            cookies: None,
            headers,
            shown,
        }
    }

    fn read(
        &self,
        request: &Request,
        reply: &Reply,
        types: &Types,
        follow: bool,
    ) -> Result<Outcome> {
        let answer = self.answer(request, reply, types)?;
        let numbers = waits::of(request)
            .filter(|_| follow)
            .map(|wait| (wait, wait.numbers(request, &answer).join(",")))
            .filter(|(wait, numbers)| {
                !numbers.is_empty() && wait.list(self.0, request, numbers).is_some()
            });
        Ok(match numbers {
            Some((_, job)) => Outcome::Started { job, answer },
            None => Outcome::Done(answer),
        })
    }

    fn codes(&self) -> Vec<Code> {
        errors::codes()
    }

    fn choices(&self, _api: &str, param: &str) -> Vec<Named> {
        choices::choices(param)
    }

    fn listing(
        &self,
        catalog: &Catalog,
        api: &Api,
        param: &str,
        given: &[(String, String)],
    ) -> Option<Listing> {
        listing::listing(self.0, catalog, api, param, given)
    }

    fn sample(&self, _api: &str, param: &Param, _today: &str) -> Option<String> {
        samples::sample(param)
    }

    fn needs(&self, api: &str) -> &'static [&'static str] {
        samples::needs(action(api))
    }

    fn fits(&self, api: &str, param: &str, row: &Record) -> bool {
        samples::fits(action(api), param, row)
    }

    fn throttled(&self, reply: &Reply, _now: i64) -> Option<Throttle> {
        if reply.status == 429 {
            let told = reply.retry_after.as_deref();
            let seconds = told.and_then(|text| text.trim().parse().ok());
            return Some(match seconds {
                Some(seconds) => Throttle::For(Duration::from_secs(seconds)),
                None => Throttle::Untold,
            });
        }
        None
    }

    /// Calls say when they are made, and the gateway takes none that is five minutes off.
    fn outdated(&self, ahead: i64, _manner: &Manner) -> bool {
        ahead.abs() > 300
    }

    fn busy(&self, reply: &Reply) -> bool {
        (400..=599).contains(&reply.status)
            && answers::refusal(reply).is_some_and(|refusal| refusal.is_busy())
    }

    fn reads(&self, api: &str) -> bool {
        verb_of(action(api)) == "get"
    }

    fn loses(&self, request: &Request) -> Option<Loss> {
        const VERBS: [&str; 3] = ["delete", "terminate", "remove"];
        let remark = match action(&request.api) {
            "restoreNasVolumeWithSnapshot" => "what was written since is lost",
            "recreateServerInstance" => "its disks are made anew",
            api if VERBS.contains(&verb_of(api)) => "",
            _ => return None,
        };
        let own = waits::of(request).map(|wait| [wait.field("No"), wait.field("NoList")]);
        let is_own = |name: &str| {
            own.as_ref()
                .is_some_and(|own| own.iter().any(|own| own == name))
        };
        let mut params = request.params.iter().filter(|(_, value)| !value.is_empty());
        let named = params.clone().find(|(name, _)| is_own(name));
        let named = named.or_else(|| params.find(|(name, _)| !name.starts_with("region")));
        Some(Loss {
            param: named.map(|(name, _)| name.clone()),
            remark,
        })
    }

    fn undoing(&self, api: &str) -> Option<&'static Undoing> {
        undoing::of(api)
    }

    fn pages(&self, request: &Request) -> bool {
        let api = action(&request.api);
        let asked = ["pageNo", "pageSize"]
            .iter()
            .any(|name| given(request, name).is_some());
        api.starts_with("get") && api.ends_with("List") && !asked
    }

    fn total(&self, answer: &Answer) -> Option<usize> {
        answer.head.text(TOTAL).and_then(|total| total.parse().ok())
    }

    fn page(&self, request: &Request, number: usize, size: usize) -> Request {
        let mut paged = request.clone();
        paged.params.push(("pageNo".into(), number.to_string()));
        paged.params.push(("pageSize".into(), size.to_string()));
        paged
    }

    fn under_way(&self, request: &Request, job: &str) -> String {
        match waits::of(request) {
            Some(wait) => format!("{} {job}", wait.field("No")),
            None => job.into(),
        }
    }

    fn ask(&self, request: &Request, job: &str) -> Request {
        let asked = waits::of(request).and_then(|wait| wait.list(self.0, request, job));
        // What was begun has a list that can be asked, so that this is never sent.
        asked.unwrap_or_else(|| self.probe())
    }

    fn ask_line(&self, request: &Request, job: &str) -> String {
        let asked = self.ask(request, job);
        let verb = verb_of(&asked.api);
        let noun = asked.api[verb.len()..].to_lowercase();
        let mut line = match verb {
            "" => asked.api.clone(),
            verb => format!("{verb} {noun}"),
        };
        for (name, value) in &asked.params {
            line.push_str(&format!(" {}={value}", name.to_lowercase()));
        }
        line
    }

    fn shows_late(&self, request: &Request) -> bool {
        waits::of(request).is_some_and(|wait| {
            !wait.named(request).is_empty() && !traces::is_telling(request, &wait)
        })
    }

    fn progress(
        &self,
        request: &Request,
        job: &str,
        reply: &Reply,
        types: &Types,
    ) -> Result<Progress> {
        let answer = self.answer(&self.ask(request, job), reply, types)?;
        let Some(wait) = waits::of(request) else {
            return Ok(Progress::Done(answer));
        };
        let rows: Vec<Record> = answer.records().collect();
        let made = verb_of(action(&request.api)) == "create";
        Ok(match wait.stage(job, &rows, made) {
            Stage::Moving => Progress::Running,
            Stage::Reached => Progress::Done(answer),
            Stage::Failed(why) => Progress::Failed(failed(request, &wait, &why)),
        })
    }

    fn things_of(&self, lost: &Lost, _catalog: &Catalog) -> Result<Option<Request>> {
        Ok(traces::things_of(self.0, lost))
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

impl Ncloud {
    fn answer(&self, request: &Request, reply: &Reply, types: &Types) -> Result<Answer> {
        let answer = answers::read(request, reply, types, self.reads(&request.api));
        answer.map_err(|error| unsaid(error, request))
    }

    /// The address of an action at a cloud's address, which may be that of a service.
    fn address(&self, url: &str, api: &str) -> String {
        let place = self.0.place(api);
        let base = url.trim_end_matches('/');
        // Of https://HOST/server/v2 the host stays, and of https://HOST/v2 too.
        let path = base.len() - uri(base).len();
        let base = match base[path..].strip_suffix(VERSION) {
            Some(service) if service.ends_with('/') => {
                let service = service.trim_end_matches('/');
                &base[..path + service.rfind('/').unwrap_or(0)]
            }
            _ => base,
        };
        format!("{base}/{}/{VERSION}/{}", place.service, place.action)
    }
}

/// Path and query of a URL, as they stand in it.
fn uri(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + "://".len());
    let path = url[host..].find('/').map_or(url.len(), |at| host + at);
    &url[path..]
}

fn failed(request: &Request, wait: &Wait, why: &str) -> Error {
    Error::new(Kind::JobFailed, format!("{} failed: {why}", request.api))
        .of(&request.api)
        .hint(format!(
            "the console's event list tells more of it; the number is that of {}",
            wait.field("No")
        ))
}

#[cfg(test)]
mod tests;
