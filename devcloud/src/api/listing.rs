//! Lists: who sees what, which filters hold, a page of it. The guide's list rules, once for every kind of thing.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use rusqlite::Connection;
use serde_json::Value;

use super::derived::Others;
use super::{Call, Done, Param, Reply, SYSTEM, Takes, opt, projects};
use crate::auth::value;
use crate::outline::{Asked, Outline, outlines};
use crate::store::{self, Thing};
use crate::wire::Refusal;

/// The parameters that every list takes.
pub const PAGED: &[Param] = &[
    opt(
        "keyword",
        Takes::Text,
        "only what has this text in its name",
    ),
    opt(
        "page",
        Takes::Integer,
        "which page, from 1; goes with pagesize",
    ),
    opt(
        "pagesize",
        Takes::Integer,
        "how many a page; goes with page",
    ),
];

/// The parameters of lists of things that belong to accounts.
pub const OWNED: &[Param] = &[
    opt(
        "account",
        Takes::Text,
        "only what belongs to this account; goes with domainid",
    ),
    opt(
        "domainid",
        Takes::Id("domain"),
        "only what belongs to this domain",
    ),
    opt(
        "isrecursive",
        Takes::Boolean,
        "whether the domains below domainid count too",
    ),
    opt(
        "listall",
        Takes::Boolean,
        "everything that the caller may see, not just their own",
    ),
];

/// The parameter of lists of things that projects can have.
pub const IN_PROJECT: &[Param] = &[opt(
    "projectid",
    Takes::Id("project"),
    "only what belongs to this project; -1 for all",
)];

/// How a kind of thing is listed.
pub struct Listing<'a> {
    pub kind: &'a str,
    /// What the list is called.
    pub name: &'static str,
    /// Parameters that compare with a field of the same or another name.
    pub filters: &'a [(&'a str, &'a str)],
}

impl Call<'_> {
    /// Answers a list of things that the caller may see and that the parameters ask for.
    pub fn list(&self, listing: &Listing) -> Done<Reply> {
        self.show(listing, &self.found(listing)?)
    }

    /// The same for those alone that the test takes.
    pub fn list_where(&self, listing: &Listing, more: impl Fn(&Thing) -> bool) -> Done<Reply> {
        let mut found = Vec::new();
        for outline in self.found(listing)? {
            let thing = store::by_id(self.db, listing.kind, outline.id)?;
            if thing.is_some_and(|thing| more(&thing)) {
                found.push(outline);
            }
        }
        self.show(listing, &found)
    }

    /// Shows the page that was asked for; only what is on it is read as a whole.
    fn show(&self, listing: &Listing, found: &[Outline]) -> Done<Reply> {
        let mut names = Names::default();
        let mut rows = Vec::new();
        for outline in &found[self.slice(found.len())?] {
            if let Some(thing) = store::by_id(self.db, listing.kind, outline.id)? {
                rows.push(names.view(self.db, &thing, true)?);
            }
        }
        Ok(Reply::List(listing.name, rows, found.len()))
    }

    /// What the parameters ask for, whoever may see it: for kinds with rules of their own.
    pub fn found_open(&self, listing: &Listing) -> Done<Vec<Thing>> {
        let mut things = Vec::new();
        for outline in self.found_by(listing, &Seen::Everything(HashSet::new()))? {
            things.extend(store::by_id(self.db, listing.kind, outline.id)?);
        }
        Ok(things)
    }

    fn found(&self, listing: &Listing) -> Done<Vec<Outline>> {
        self.found_by(listing, &Seen::by(self)?)
    }

    fn found_by(&self, listing: &Listing, seen: &Seen) -> Done<Vec<Outline>> {
        let mut fields = Vec::new();
        for (param, field) in listing.filters {
            if let Some(wanted) = self.text(param) {
                fields.push((*field, self.uuid_of(param, wanted)?));
            }
        }
        let asked = Asked {
            kind: listing.kind,
            id: self.thing("id", listing.kind)?.map(|thing| thing.id),
            name: self.text("name"),
            fields,
        };
        let mut found = outlines(self.db, &asked)?;
        if self.text("ids").is_some() {
            let ids: HashSet<i64> = self
                .listed("ids")
                .into_iter()
                .map(|given| Ok(self.find("ids", listing.kind, given)?.id))
                .collect::<Done<_>>()?;
            found.retain(|outline| ids.contains(&outline.id));
        }
        if let Some(tagged) = super::tags::tagged(self)? {
            found.retain(|outline| tagged.contains(&outline.id));
        }
        let keyword = self.text("keyword").map(str::to_lowercase);
        found.retain(|outline| {
            let named = |keyword: &String| outline.name.to_lowercase().contains(keyword);
            keyword.as_ref().is_none_or(named) && seen.sees(self, listing.kind, outline)
        });
        Ok(found)
    }

    /// A number in place of a uuid is the uuid of that thing.
    fn uuid_of(&self, name: &str, given: &str) -> Done<String> {
        let declared = self.api.params.iter().copied().flatten();
        let param = declared.into_iter().find(|param| param.name == name);
        match param.map(|param| param.takes) {
            Some(Takes::Id(kind)) => Ok(self.find(name, kind, given)?.uuid),
            _ => Ok(given.to_string()),
        }
    }

    /// The page that was asked for, of everything that was found.
    pub fn page(&self, name: &'static str, mut rows: Vec<Value>) -> Done<Reply> {
        let count = rows.len();
        let page = self.slice(count)?;
        Ok(Reply::List(name, rows.drain(page).collect(), count))
    }

    /// Which of so many are on the page that was asked for.
    pub fn slice(&self, count: usize) -> Done<Range<usize>> {
        let most = super::configuration::default_page_size(self.db)?;
        // A page without a number is the first.
        let first = value(self.params, "page").filter(|page| page.is_empty());
        let page = self.number("page").or(first.map(|_| 1));
        let size = self.number("pagesize");
        match (page, size) {
            (Some(_), None) => Err(Refusal::param(
                "\"pagesize\" parameter is required when \"page\" is specified",
            )),
            (None, Some(_)) => Err(Refusal::param(
                "\"page\" parameter is required when \"pagesize\" is specified",
            )),
            (Some(_), Some(-1)) => Err(Refusal::value(
                "Can't specify page parameter when pagesize is -1 (Unlimited)",
            )),
            (_, Some(size)) if size > most => Err(Refusal::value(format!(
                "Page size can't exceed max allowed page size value: {most}"
            ))),
            (Some(page), Some(size)) => {
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                let page = usize::try_from(page).unwrap_or(1).max(1);
                let first = (page - 1).saturating_mul(size).min(count);
                Ok(first..first.saturating_add(size).min(count))
            }
            (None, None) => Ok(0..usize::try_from(most).unwrap_or(usize::MAX).min(count)),
        }
    }
}

/// Whose things a list shows; ids are internal.
pub enum Seen {
    Account(i64),
    /// A caller's own things and those of projects.
    Accounts(HashSet<i64>),
    /// What belongs to these domains, but for what belongs to these projects.
    Domains(HashSet<i64>, HashSet<i64>),
    /// All but what belongs to these projects.
    Everything(HashSet<i64>),
    Nothing,
}

impl Seen {
    /// What belongs to a domain and, if asked, to those below it.
    pub(super) fn domain(db: &Connection, id: i64, recursive: bool) -> Done<Seen> {
        let mut within = HashSet::from([id]);
        let domains = store::of_kind(db, "domain")?;
        let ids: HashMap<&str, i64> = domains
            .iter()
            .map(|domain| (domain.uuid.as_str(), domain.id))
            .collect();
        let mut grows = recursive;
        while grows {
            let before = within.len();
            for domain in &domains {
                if ids
                    .get(domain.parent.as_str())
                    .is_some_and(|above| within.contains(above))
                {
                    within.insert(domain.id);
                }
            }
            grows = within.len() > before;
        }
        Ok(Seen::Domains(within, HashSet::new()))
    }

    /// The same without what belongs to projects, which is asked for by projectid.
    fn without_projects(self, call: &Call) -> Done<Seen> {
        Ok(match self {
            Seen::Domains(within, _) => {
                let projects = store::of_kind(call.db, "project")?;
                Seen::Domains(within, projects.iter().map(|project| project.id).collect())
            }
            other => other,
        })
    }

    pub(super) fn by(call: &Call) -> Done<Seen> {
        let caller = &call.caller;
        let listall = call.boolean("listall").unwrap_or(false);
        let domain = call.thing("domainid", "domain")?;
        if let Some(domain) = &domain
            && !caller.root()
            && !below(call.db, domain.id, caller.account.domain)?
        {
            return Err(Refusal::new(
                531,
                4365,
                format!(
                    "Acct[{}-{}] does not have permission to operate within domain id={}",
                    caller.account.uuid, caller.account.name, domain.uuid
                ),
            ));
        }
        match call.text("projectid") {
            Some("-1") => {
                let projects = projects::of_caller(call)?;
                let mut accounts: HashSet<i64> =
                    projects.iter().map(|project| project.id).collect();
                accounts.insert(caller.account.id);
                return Ok(Seen::Accounts(accounts));
            }
            Some(given) => {
                let project = call.find("projectid", "project", given)?;
                projects::may_look_in(call, &project)?;
                return Ok(Seen::Account(project.id));
            }
            None => {}
        }
        if let Some(name) = call.text("account") {
            let own = || store::by_id(call.db, "domain", caller.account.domain);
            let domain = match domain {
                Some(domain) => domain,
                None => own()?.ok_or_else(|| Refusal::internal("the caller's domain is gone"))?,
            };
            let account = store::named(call.db, "account", name)?
                .into_iter()
                .find(|account| account.domain == domain.id)
                .ok_or_else(|| {
                    Refusal::value(format!(
                        "Unable to find account {name} in domain {}",
                        domain.number
                    ))
                })?;
            return Ok(if caller.kind() == 0 && account.id != caller.account.id {
                Seen::Nothing
            } else {
                Seen::Account(account.id)
            });
        }
        if let Some(domain) = domain {
            let recursive = call.boolean("isrecursive").unwrap_or(false);
            return match caller.kind() {
                0 => Ok(Seen::Account(caller.account.id)),
                _ => Seen::domain(call.db, domain.id, recursive)?.without_projects(call),
            };
        }
        // Whoever names a thing sees it if they may, without listall.
        let by_id = call.text("id").is_some();
        match (caller.kind(), listall || by_id) {
            (1, true) => {
                let projects = store::of_kind(call.db, "project")?;
                let hidden = projects.iter().filter(|_| !by_id);
                Ok(Seen::Everything(hidden.map(|project| project.id).collect()))
            }
            (2, true) => {
                let within = Seen::domain(call.db, caller.account.domain, true)?;
                match by_id {
                    true => Ok(within),
                    false => within.without_projects(call),
                }
            }
            (_, true) if by_id => {
                let projects = projects::of_caller(call)?;
                let mut accounts: HashSet<i64> =
                    projects.iter().map(|project| project.id).collect();
                accounts.insert(caller.account.id);
                Ok(Seen::Accounts(accounts))
            }
            _ => Ok(Seen::Account(caller.account.id)),
        }
    }

    /// Whether the list shows what belongs to an account, by internal id.
    pub(super) fn sees_account(&self, call: &Call, account: i64) -> Done<bool> {
        Ok(match self {
            Seen::Everything(hidden) => !hidden.contains(&account),
            Seen::Nothing => false,
            Seen::Account(id) => *id == account,
            Seen::Accounts(ids) => ids.contains(&account),
            Seen::Domains(within, _) => store::by_id(call.db, "account", account)?
                .is_some_and(|account| within.contains(&account.domain)),
        })
    }

    fn sees(&self, call: &Call, kind: &str, thing: &Outline) -> bool {
        if thing.number == SYSTEM && matches!(kind, "account" | "user") {
            return false;
        }
        if thing.account == 0 && kind != "domain" {
            return true;
        }
        match self {
            Seen::Everything(hidden) => !hidden.contains(&thing.account),
            Seen::Nothing => false,
            Seen::Account(_) | Seen::Accounts(_) if kind == "domain" => {
                thing.id == call.caller.account.domain
            }
            Seen::Account(id) => thing.account == *id,
            Seen::Accounts(ids) => ids.contains(&thing.account),
            Seen::Domains(within, hidden) => {
                within.contains(&thing.domain) && !hidden.contains(&thing.account)
            }
        }
    }
}

/// Whether a domain is another one or somewhere below it; ids are internal.
pub fn below(db: &Connection, mut domain: i64, top: i64) -> Done<bool> {
    // No tree is deeper than there are domains; a circle would be a damaged file.
    for _ in 0..1000 {
        if domain == top {
            return Ok(true);
        }
        let Some(thing) = store::by_id(db, "domain", domain)? else {
            return Ok(false);
        };
        let Some(parent) = store::by_uuid(db, "domain", &thing.parent)? else {
            return Ok(false);
        };
        domain = parent.id;
    }
    Ok(false)
}

/// A thing as answers show it: its body, with the names of what it refers to as they are now.
pub fn view(db: &Connection, thing: &Thing) -> Done<Value> {
    Names::default().view(db, thing, false)
}

/// Which field has the id of something of a kind, and which its name.
const NAMED: &[(&str, &str, &str)] = &[
    ("domainid", "domain", "domain"),
    ("zoneid", "zonename", "zone"),
    ("templateid", "templatename", "template"),
    (
        "serviceofferingid",
        "serviceofferingname",
        "serviceoffering",
    ),
    ("virtualmachineid", "vmname", "machine"),
    ("virtualmachineid", "virtualmachinename", "machine"),
    ("associatednetworkid", "associatednetworkname", "network"),
    ("volumeid", "volumename", "volume"),
    ("projectid", "project", "project"),
    ("parentdomainid", "parentdomainname", "domain"),
];

/// Things as answers show them, with what they refer to looked up once.
#[derive(Default)]
struct Names(Others);

impl Names {
    fn view(&mut self, db: &Connection, thing: &Thing, listed: bool) -> Done<Value> {
        let mut body = thing.body.clone();
        for (id, name, kind) in NAMED {
            let Some(uuid) = body.get(*id).and_then(Value::as_str) else {
                continue;
            };
            if body.contains_key(*name)
                && let Some(other) = self.0.of(db, kind, uuid)?
            {
                let name_now = Value::String(other.name.clone());
                body.insert((*name).into(), name_now);
            }
        }
        if !thing.state.is_empty() && body.contains_key("state") {
            body.insert("state".into(), Value::String(thing.state.clone()));
        }
        self.0.complete(db, thing, &mut body, listed)?;
        Ok(Value::Object(body))
    }
}
