//! How each kind of cloud is spoken to: the trait that says what differs between them, and the table of kinds.

pub mod address;
pub mod cloudn;
pub mod cloudstack;
pub mod desk;
mod ec2;
pub mod http;
pub mod kcps;
pub mod listing;
pub mod ncloud;
mod strange;
mod unsaid;

use std::time::Duration;

use self::desk::Desk;
use self::listing::Listing;
use crate::catalog::names::{Named, Names};
use bytes::Bytes;

use crate::catalog::types::Types;
use crate::catalog::{Api, Catalog, Param};
use crate::config::secret::Secret;
use crate::error::{self, Doubt, Error, Result};
use crate::record::Record;
use crate::record::answer::Answer;

/// A cloud and who calls it: what a profile or the environment gave.
#[derive(Clone, PartialEq)]
pub struct Access {
    /// The whole addresses of the API, `https://cloud.example.org/client/api`: one a management server.
    pub servers: Vec<String>,
    pub identity: Identity,
}

/// Who calls.
#[derive(Clone, PartialEq)]
pub enum Identity {
    Keys {
        apikey: String,
        secretkey: Secret,
    },
    Login(Login),
    /// Whoever may reach a port that asks for nothing.
    Nobody,
}

/// A user with a password.
#[derive(Clone, PartialEq)]
pub struct Login {
    pub username: String,
    /// The path of the user's domain; empty for the root domain.
    pub domain: String,
    /// Nothing where the user is to be asked.
    pub password: Option<Secret>,
}

/// What a login gave, good until the server ends the session.
#[derive(Clone, PartialEq)]
pub struct Token {
    pub sessionkey: Secret,
    /// As they go into a request's head.
    pub cookies: Secret,
}

/// What shows a cloud who makes a call.
#[derive(Clone, Copy)]
pub enum Proof<'a> {
    Keys {
        apikey: &'a str,
        secretkey: &'a Secret,
    },
    Session(&'a Token),
    Nothing,
}

/// A call as it was meant, before it is signed. Names are as they go over the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub api: String,
    pub params: Vec<(String, String)>,
}

/// What may differ from call to call in how it is signed and asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Manner {
    /// How long a signature is good for, in seconds; 0 for ever.
    pub expires: u64,
    /// `json` or `xml`.
    pub response: String,
    /// The version of the API that calls name, where the kind of cloud has one.
    pub version: String,
    /// What signs calls, where the kind of cloud takes several: `hmacsha256`, `hmacsha1`, in any case.
    pub method: String,
    /// Which of several ways of writing what is signed, where servers differ; 0 is the usual one.
    pub variant: u8,
}

/// A call ready to be sent.
#[derive(Clone, PartialEq)]
pub struct SignedCall {
    pub url: String,
    /// The form body of a POST; none for a GET.
    pub body: Option<String>,
    /// The cookies of a session.
    pub cookies: Option<Secret>,
    /// What else goes into the request's head.
    pub headers: Vec<(&'static str, Secret)>,
    /// The address without key, signature and secrets, for the log.
    pub shown: String,
}

/// What came back over HTTP.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    /// The server's clock in seconds since 1970, if it told.
    pub date: Option<i64>,
    /// When the server would be asked again, as it wrote it.
    pub retry_after: Option<String>,
    /// What the server would have kept, as it wrote it.
    pub cookies: Vec<Secret>,
    pub body: Bytes,
}

/// How long a caller who made too many calls is to wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Throttle {
    For(Duration),
    /// The refusal does not tell.
    Untold,
}

/// A call that went out, for a log: no key, signature or secret is in it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub url: String,
    /// The HTTP status, or why there is none.
    pub status: std::result::Result<u16, String>,
    pub duration: Duration,
}

/// What an answer turned out to be.
#[derive(Clone, Debug)]
pub enum Outcome {
    Done(Answer),
    /// Something goes on in the cloud: its job's id and the first answer, which may name the new thing.
    Started {
        job: String,
        answer: Answer,
    },
}

/// How far a job is.
#[derive(Clone, Debug)]
pub enum Progress {
    Running,
    Done(Answer),
    Failed(Error),
}

/// A changing call whose answer never came.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    pub api: String,
    pub params: Vec<(String, String)>,
    /// The id that it asked for as the new thing's.
    pub custom: Option<String>,
    /// Whether it starts a job.
    pub starts_job: bool,
    /// When it was sent, in seconds since 1970 by the cloud's clock.
    pub sent: i64,
    /// When the cloud is asked, by the same clock.
    pub now: i64,
}

/// What an answer told of a lost call.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// The cloud took it: its job, where it has one, and what it made or worked on.
    Taken {
        job: Option<String>,
        resource: Option<String>,
    },
    /// The cloud has no trace of it and would have one.
    Absent,
    /// Nothing is certain: what was seen, for a person to judge.
    Unsure(String),
}

/// What a call takes away for good.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// The parameter among those given whose value names it; several with commas.
    pub param: Option<String>,
    /// What there is to say that the call's own words do not; else empty.
    pub remark: &'static str,
}

/// How what a call makes is undone, and how the cloud is asked whether it still is there: an API each, with the parameters
/// that it takes and where their values come from.
#[derive(Debug, PartialEq)]
pub struct Undoing {
    pub makes: &'static str,
    pub undo: (&'static str, &'static [(&'static str, Source)]),
    pub list: (&'static str, &'static [(&'static str, Source)]),
}

/// Where the value of a parameter comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// The id of what was made.
    Made,
    /// The parameter of that name, or its members, of the call that made it.
    Given(&'static str),
    Text(&'static str),
}

/// Where a file goes, and what lets it in there.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    pub url: String,
    /// What goes with it as headers.
    pub headers: Vec<(&'static str, Secret)>,
    /// The field of the form that it is.
    pub field: &'static str,
    /// The id of the thing that it becomes.
    pub id: String,
    /// Until when it may come, in the cloud's words.
    pub expires: String,
}

/// What an API makes of a file that is uploaded after its call, and how that is asked after.
pub trait Uploads: Send + Sync {
    /// What it becomes: a volume.
    fn noun(&self) -> &'static str;
    /// Where the call's answer says that the file goes.
    fn way(&self, request: &Request, answer: &Answer) -> Result<Way>;
    /// The call whose answer tells how far it is.
    fn look(&self, request: &Request, id: &str) -> Request;
    /// What a line is that asks so by hand.
    fn look_line(&self, id: &str) -> String;
    /// What that answer says.
    fn progress(&self, request: &Request, id: &str, answer: Answer) -> Progress;
    /// What there is to say beforehand about a file of that name.
    fn hint(&self, request: &Request, name: &str) -> Option<String>;
}

/// A code that refusals carry, for whoever wants to know what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// `UNNUMBERED` where it has a name alone.
    pub number: u32,
    /// Empty where no document gives it one.
    pub name: &'static str,
    /// Where an answer has it: errorcode, cserrorcode.
    pub member: &'static str,
    pub meaning: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

impl Code {
    /// The number of codes that go by their names.
    pub const UNNUMBERED: u32 = u32::MAX;
}

/// A command by which people know this kind of cloud from another tool: its words in, a call out; what came of it in, the
/// lines out that the tool prints.
pub struct Tool {
    pub name: &'static str,
    /// What may follow the name.
    pub args: &'static str,
    pub about: &'static str,
    /// The call that its words ask for; the error is one of the line.
    pub call: fn(&[String]) -> Result<Spoken>,
    pub lines: fn(&Request, &Answer) -> String,
}

/// The call that the words of such a command ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spoken {
    /// As the catalogue spells it, as are the parameters.
    pub api: &'static str,
    pub params: Vec<(String, String)>,
    /// For this line only.
    pub settings: Vec<(&'static str, String)>,
}

/// The catalogue of a known server, for clouds that do not tell theirs.
pub struct Shipped {
    /// Whose it is, as in `CloudStack 4.11`.
    pub of: &'static str,
    pub apis: Vec<Api>,
}

/// One kind of cloud: everything that is its own in speaking with it. Pure: no clock, file or network.
///
/// What has a body here is what a cloud without the thing says: no logins, no throttling, no names, no trace of a lost call.
pub trait Dialect: Send + Sync {
    /// The call that tells what can be called; nothing where no call does, and the shipped catalogue is all there is.
    fn discovery(&self) -> Option<Request>;
    /// The catalogue out of discovery's answer.
    fn catalog(&self, reply: &Reply) -> Result<Vec<Api>> {
        Err(Error::new(
            error::Kind::Unreachable,
            format!("an answer with status {} is no list of APIs", reply.status),
        ))
    }
    /// The catalogue that stands in where discovery is refused or not there.
    fn shipped(&self) -> Result<Shipped>;
    /// Whether that is this very kind's, so that a cloud is asked what can be called only by `sync`.
    fn ships(&self) -> bool {
        self.discovery().is_none()
    }
    /// A call that everybody may make whose key is right, on old servers too.
    fn probe(&self) -> Request;
    /// `now` is in seconds since 1970.
    fn sign(
        &self,
        request: &Request,
        url: &str,
        proof: Proof<'_>,
        manner: &Manner,
        now: i64,
    ) -> SignedCall;
    /// The same for clouds that are told the time to the thousandth of a second.
    fn sign_at(
        &self,
        request: &Request,
        url: &str,
        proof: Proof<'_>,
        manner: &Manner,
        milliseconds: i64,
    ) -> SignedCall {
        let now = milliseconds.div_euclid(1000);
        self.sign(request, url, proof, manner, now)
    }
    /// The call that logs a user in; nothing where there are no logins.
    fn login(&self, _url: &str, _login: &Login, _password: &Secret) -> Option<SignedCall> {
        None
    }
    /// What its answer gives. No error repeats the answer, which holds the session's key.
    fn logged_in(&self, _reply: &Reply) -> Result<Token> {
        Err(no_logins())
    }
    /// The call that ends the session that it is made in.
    fn logout(&self) -> Option<Request> {
        None
    }
    /// `follow` is false for a call whose answer is the end of it whatever it says. `types` are what is known of the
    /// answer's fields.
    fn read(
        &self,
        request: &Request,
        reply: &Reply,
        types: &Types,
        follow: bool,
    ) -> Result<Outcome>;
    /// What is wrong with a request that the catalogue cannot know.
    fn objection(&self, _request: &Request) -> Option<Error> {
        None
    }
    /// The catalogue's name of an API that documents call otherwise.
    fn own_name(&self, _name: &str) -> Option<&'static str> {
        None
    }
    /// The scripts of its vendor that take `command=NAME name=value…`.
    fn scripts(&self) -> &'static [&'static str] {
        &[]
    }
    /// The codes that its refusals carry.
    fn codes(&self) -> Vec<Code>;
    /// The names for the values of a parameter, where there are any; both as the catalogue spells them.
    fn names(&self, _api: &str, _param: &str) -> Option<Names> {
        None
    }
    /// The values of a parameter that has a fixed set of them, with what there is to say of each as its name.
    fn choices(&self, _api: &str, _param: &str) -> Vec<Named> {
        Vec::new()
    }
    /// What the answer of an API says that lists such names.
    fn listed(&self, _list: &str, _answer: &Answer) -> Vec<Named> {
        Vec::new()
    }
    /// How the values of a parameter of `api` are listed by this cloud, in the catalogue's spelling; `given` are the
    /// parameters typed so far. Nothing where no list is known.
    fn listing(
        &self,
        _catalog: &Catalog,
        _api: &Api,
        _param: &str,
        _given: &[(String, String)],
    ) -> Option<Listing> {
        None
    }
    /// Whether things have internal numbers besides their ids, which calls take and no list tells.
    fn has_hidden_numbers(&self) -> bool {
        false
    }
    /// A value for a parameter of `api` that is no id, as an example has it; `today` is a date.
    fn sample(&self, _api: &str, _param: &Param, _today: &str) -> Option<String> {
        None
    }
    /// The parameters without which the API makes no sense, beyond those that the catalogue requires.
    fn needs(&self, _api: &str) -> &'static [&'static str] {
        &[]
    }
    /// Whether the API can work on a thing, given as its list has it, by way of that parameter.
    fn fits(&self, _api: &str, _param: &str, _row: &Record) -> bool {
        true
    }
    /// Whether the reply refuses who calls, which a wrong clock may be the reason of.
    fn unauthorized(&self, reply: &Reply) -> bool {
        reply.status == 401
    }
    /// Another manner to ask in where the reply refuses this one with nothing done, and what there is to say about that. It is
    /// kept to where it is taken.
    fn otherwise(
        &self,
        _request: &Request,
        _reply: &Reply,
        _manner: &Manner,
    ) -> Option<(Manner, String)> {
        None
    }
    /// Whether the reply refuses a call because what it is about is being changed just now: nothing was done, and the call works a
    /// moment later.
    fn busy(&self, _reply: &Reply) -> bool {
        false
    }
    /// How the reply refuses a call because its caller made too many, which did nothing; `now` is in seconds since 1970.
    fn throttled(&self, _reply: &Reply, _now: i64) -> Option<Throttle> {
        None
    }
    /// The call that asks how long that lasts.
    fn limit(&self) -> Option<Request> {
        None
    }
    /// What its answer says; calls are taken again after nothing where some are left.
    fn limit_left(&self, _reply: &Reply) -> Option<Duration> {
        None
    }
    /// Whether a server of this kind takes no second call before it has answered the first.
    fn one_at_a_time(&self) -> bool {
        false
    }
    /// Whether the call only reads, so that sending it twice does no harm.
    fn reads(&self, api: &str) -> bool;
    /// What the call takes away that no other call brings back; nothing for one that does not.
    fn loses(&self, request: &Request) -> Option<Loss>;
    /// How what the call makes is undone, where its verb and noun do not tell.
    fn undoing(&self, _api: &str) -> Option<&'static Undoing> {
        None
    }
    /// Whether the request is for a list of which no page was asked for.
    fn pages(&self, request: &Request) -> bool;
    /// How many rows the cloud counts, which may be more than it gave.
    fn total(&self, answer: &Answer) -> Option<usize>;
    /// The request for a page, numbered from 1.
    fn page(&self, request: &Request, number: usize, size: usize) -> Request;
    /// The request for what follows an answer that is a part of a list and says by what the next part is asked for;
    /// `request` is the one for the whole list, whichever part the answer is.
    fn next(&self, _request: &Request, _answer: &Answer) -> Option<Request> {
        None
    }
    /// Nothing where the reply is this API's own, be it a refusal; else what it is instead. `request` was made by nobody.
    fn foreign(&self, request: &Request, reply: &Reply) -> Option<Error> {
        let read = self.read(request, reply, &Types::default(), false);
        read.err().filter(|error| error.said.is_none())
    }
    /// The version of the cloud, where the reply tells.
    fn version(&self, _reply: &Reply) -> Option<String> {
        None
    }
    /// Whether the refusal of a call that everybody may make is about who calls: a key, a secret, a password.
    fn blames_caller(&self, error: &Error) -> bool {
        let said = error.said.as_ref();
        error.code == Some(401) || said.is_some_and(|said| said.doubt == Some(Doubt::Caller))
    }
    /// Whether calls are refused whose signer's clock the cloud's is so many seconds ahead of.
    fn outdated(&self, ahead: i64, manner: &Manner) -> bool {
        manner.expires > 0 && ahead > i64::try_from(manner.expires).unwrap_or(i64::MAX)
    }
    /// What it is that the call starts and that is known to take long; it is told of where it takes over an hour.
    fn slow(&self, _request: &Request) -> Option<&'static str> {
        None
    }
    /// Where this kind of cloud takes reports of what goes wrong; nothing where each has a place of its own.
    fn desk(&self) -> Option<&'static Desk> {
        None
    }
    /// The parameter that names the place of what a parameter names, where names of things begin as their place's does.
    fn placed_by(&self, _api: &str, _param: &str) -> Option<&'static str> {
        None
    }
    /// Whether an answer of this API may be the start of something that is to be followed.
    fn follows(&self, api: &str) -> bool {
        !self.reads(api)
    }
    /// What goes on in the cloud, in a few words: a job, or the things that come to a state.
    fn under_way(&self, _request: &Request, job: &str) -> String {
        format!("job {job}")
    }
    /// The call that asks how far it is what `request` started: a job by its id, or of a cloud without jobs the things whose
    /// state shows it, as `Outcome::Started` named them.
    fn ask(&self, request: &Request, job: &str) -> Request;
    /// What a line is that asks after it by hand.
    fn ask_line(&self, request: &Request, job: &str) -> String;
    /// Whether what `request` started may look done for a moment because it has not begun to show: what it is about may have
    /// been before as it is to be.
    fn shows_late(&self, _request: &Request) -> bool {
        false
    }
    /// What the answer to `ask` says; `types` are those of the API that started it.
    fn progress(
        &self,
        request: &Request,
        job: &str,
        reply: &Reply,
        types: &Types,
    ) -> Result<Progress>;
    /// The same question put another way, where its refusal says that this way was the wrong one.
    fn rephrased(&self, _question: &Request, _refusal: &Error) -> Option<Request> {
        None
    }
    /// The commands of other tools that are understood here, as aliases.
    fn tools(&self) -> &'static [Tool] {
        &[]
    }
    /// What the API makes of a file; nothing for one that takes none.
    fn uploads(&self, _api: &str) -> Option<&'static dyn Uploads> {
        None
    }
    /// The parameter by which the new thing's id can be chosen, so that the server refuses the call when it comes twice.
    fn custom_id(&self, _api: &Api) -> Option<&'static str> {
        None
    }
    /// Whether the error refuses this identity to choose ids, with nothing done.
    fn refuses_custom_id(&self, _error: &Error) -> bool {
        false
    }
    /// Whether the error says that there is a thing of that id already.
    fn knows_custom_id(&self, _error: &Error, _id: &str) -> bool {
        false
    }
    /// The list of jobs in which a lost call would be, if it starts one.
    fn jobs_since(&self, _lost: &Lost, _catalog: &Catalog) -> Result<Option<Request>> {
        Ok(None)
    }
    /// The list in which the thing would be that a lost call makes or works on.
    fn things_of(&self, _lost: &Lost, _catalog: &Catalog) -> Result<Option<Request>> {
        Ok(None)
    }
    /// Whether a list was refused because there is nothing of the id asked for.
    fn is_absence(&self, _error: &Error) -> bool {
        false
    }
    /// What the two lists, those that could be asked for, say of a lost call. `known` tells the jobs of other calls.
    fn find(
        &self,
        lost: &Lost,
        _jobs: Option<&[Record]>,
        _things: Option<&[Record]>,
        _known: &dyn Fn(&str) -> bool,
    ) -> Finding {
        Finding::Unsure(format!(
            "this kind of cloud keeps no trace by which {} could be found again",
            lost.api
        ))
    }
}

/// The error of a login where there are none.
pub fn no_logins() -> Error {
    Error::local("this kind of cloud knows no logins: its calls are signed with keys")
        .hint("set apikey KEY, and set secretkey SECRET")
}

/// Where the tools of a kind of cloud keep keys. Of several variables the first that is set counts, and the environment goes
/// before the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Elsewhere {
    pub apikey: &'static [&'static str],
    pub secretkey: &'static [&'static str],
    /// Variables that have the address.
    pub url: &'static [&'static str],
    /// A file of `NAME = VALUE`, in sections or without.
    pub file: &'static str,
    /// What key and secret are called there.
    pub words: [&'static str; 2],
    /// Whether a profile without keys uses them; otherwise they are only there to be imported.
    pub lends: bool,
}

/// A kind of cloud: a line of the table.
pub struct Kind {
    /// As a profile's `kind` has it.
    pub name: &'static str,
    pub about: &'static str,
    /// The addresses that it is known to have, by the names that a profile's `site` has for them, the usual one first.
    pub sites: &'static [(&'static str, &'static str)],
    /// The path of its API where an address has none.
    pub path: &'static str,
    /// The settings whose defaults are its own.
    pub defaults: &'static [(&'static str, &'static str)],
    /// Where else keys are than in a profile.
    pub elsewhere: Option<&'static Elsewhere>,
    pub dialect: fn() -> Box<dyn Dialect>,
}

/// The kinds of cloud; a profile that names none has the first.
pub const KINDS: &[Kind] = &[
    cloudstack::KIND,
    kcps::KIND,
    cloudn::KIND,
    ec2::KIND,
    ncloud::KIND,
    ncloud::CLASSIC,
];

/// Their names.
pub const NAMES: &[&str] = &{
    let mut names = [""; KINDS.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = KINDS[place].name;
        place += 1;
    }
    names
};

impl Kind {
    /// What a new profile of it lacks, as a line says it; `addressed` where it says already where the cloud is.
    pub fn needs(&self, addressed: bool) -> String {
        let url = match addressed || !self.sites.is_empty() {
            true => "",
            false => "set url URL, and ",
        };
        let login = match (self.dialect)().logout() {
            Some(_) => ", or set username NAME and login",
            None => "",
        };
        format!("{url}set apikey KEY and set secretkey SECRET{login}")
    }
}

/// The kind of that name; of any other text the first.
pub fn kind(name: &str) -> &'static Kind {
    KINDS
        .iter()
        .find(|kind| kind.name == name)
        .unwrap_or(&KINDS[0])
}

/// How a cloud is spoken to of which no kind is said.
pub fn usual() -> Box<dyn Dialect> {
    (KINDS[0].dialect)()
}
