//! What differs between CloudStack and the clouds that are CloudStack under another name: a table each, read by the dialect.

use crate::cloud::desk::Desk;
use crate::cloud::{Request, Undoing};

/// What is a cloud's own. CloudStack's is the first and most general.
pub struct Preset {
    /// Whose catalogue is shipped, as in `CloudStack 4.11`.
    pub of: &'static str,
    /// That catalogue as what differs from CloudStack's; nothing for CloudStack's own.
    pub catalogue: Option<&'static str>,
    /// Whether it may tell itself what can be called.
    pub discovers: bool,
    /// Whether users log in.
    pub logins: bool,
    /// Whether calls name the format of the answer where that is XML, which servers answer in anyway.
    pub names_xml: bool,
    /// Whether calls may go by POST.
    pub posts: bool,
    /// Whether it is called once at a time.
    pub one_at_a_time: bool,
    /// The calls that ask after jobs, each with the calls whose jobs it knows; the last knows those of all others.
    pub askers: &'static [(&'static str, &'static [&'static str])],
    /// Fixed sets of values, and the lists that have others, before CloudStack's.
    pub choices: &'static str,
    pub lists: &'static str,
    /// Names for the values of a parameter besides those that CloudStack's guide has.
    pub names: &'static [(&'static str, &'static str)],
    /// Values for examples, by the API (`*` is any) and the parameter, before CloudStack's; an empty one is to be looked up.
    pub samples: &'static [(&'static str, &'static str, &'static str)],
    /// How calls of its own are undone.
    pub undoings: &'static [Undoing],
    /// Why a call cannot be right, where no rule of the catalogue tells.
    pub objection: fn(&Request) -> Option<String>,
    /// Names in answers that are slips, with what they should be: of the APIs that end so.
    pub slips: &'static [(&'static str, &'static str, &'static str)],
    /// Whether jobs end with numbers as texts and times in milliseconds.
    pub loose: bool,
    /// What commands are called elsewhere: the catalogue's name and the other, by which one is asked for where the first is
    /// refused.
    pub other_names: &'static [(&'static str, &'static str)],
    /// Names of the vendor's scripts that stand before `command=…`.
    pub scripts: &'static [&'static str],
    /// Where the vendor takes reports.
    pub desk: Option<&'static Desk>,
    /// Parameters whose things have names that begin as those of their places do: the API, the parameter, that of the place.
    pub places: &'static [(&'static str, &'static str, &'static str)],
}

/// CloudStack's own.
pub static OWN: Preset = Preset {
    of: "CloudStack 4.11",
    catalogue: None,
    discovers: true,
    logins: true,
    names_xml: true,
    posts: true,
    one_at_a_time: false,
    askers: &[("queryAsyncJobResult", &[])],
    choices: "",
    lists: "",
    names: &[],
    samples: &[],
    undoings: &[],
    objection: |_| None,
    slips: &[],
    loose: false,
    other_names: &[],
    scripts: &[],
    desk: None,
    places: &[],
};

impl Preset {
    /// The call that asks after a job of that API.
    pub fn asker(&self, api: &str) -> &'static str {
        let knows = |apis: &&[&str]| apis.contains(&api) || apis.is_empty();
        let found = self.askers.iter().find(|(_, apis)| knows(apis));
        found.map_or("queryAsyncJobResult", |(asker, _)| asker)
    }

    /// Another call that asks after jobs.
    pub fn other_asker(&self, asker: &str) -> Option<&'static str> {
        let mut askers = self.askers.iter().map(|(name, _)| *name);
        let is_one = self.askers.iter().any(|(name, _)| *name == asker);
        askers.find(|name| is_one && *name != asker)
    }

    /// The parameter of the place by which the names begin that a parameter takes.
    pub fn placed_by(&self, api: &str, param: &str) -> Option<&'static str> {
        let mut places = self.places.iter();
        let found = places.find(|(own, name, _)| *own == api && param.eq_ignore_ascii_case(name));
        found.map(|(_, _, place)| *place)
    }

    /// What a command of the catalogue is called elsewhere.
    pub fn other_name(&self, api: &str) -> Option<&'static str> {
        let mut names = self.other_names.iter();
        names.find(|(own, _)| *own == api).map(|(_, other)| *other)
    }

    /// The catalogue's name of a command that is called otherwise elsewhere.
    pub fn own_name(&self, other: &str) -> Option<&'static str> {
        let mut names = self.other_names.iter();
        let found = names.find(|(_, name)| name.eq_ignore_ascii_case(other));
        found.map(|(own, _)| *own)
    }
}
