//! How much an account, project or domain may have of each kind, and how much it has.

use serde_json::{Value, json};

use super::infrastructure::Made;
use super::listing::{OWNED, PAGED};
use super::things::Owner;
use super::{Call, Done, Reply, configuration, projects};
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    LIMIT: account string "the account it belongs to", projectid string "the project it belongs to",
        project string "that project's name", domainid string "the domain it belongs to",
        domain string "that domain's name", resourcetype string "what kind of thing has it: UserVm, Volume, Network …",
        resourcetypename string "the name of that kind", max long "how many at most; -1 for any number";
}
fields! {
    COUNT: account string "the account it belongs to", domainid string "the domain it belongs to",
        domain string "that domain's name", projectid string "the project it belongs to",
        project string "that project's name",
        resourcetype string "what kind of thing has it: UserVm, Volume, Network …",
        resourcetypename string "the name of that kind", resourcecount long "how many there are";
}

/// What is counted: the name of its type, what its things are here, and the setting that says how many a new account
/// may have. The place is the type's number.
const TYPES: &[(&str, &str, &str)] = &[
    ("user_vm", "machine", "max.account.user.vms"),
    ("public_ip", "publicip", "max.account.public.ips"),
    ("volume", "volume", "max.account.volumes"),
    ("snapshot", "snapshot", "max.account.snapshots"),
    ("template", "template", "max.account.templates"),
    ("project", "project", ""),
    ("network", "network", "max.account.networks"),
    ("vpc", "vpc", "max.account.vpcs"),
    ("cpu", "", "max.account.cpus"),
    ("memory", "", "max.account.memory"),
    ("primary_storage", "", "max.account.primary.storage"),
    ("secondary_storage", "", "max.account.secondary.storage"),
];

/// What is not counted but summed: the number of its type, over which things, which field of theirs, and how much of that
/// is one of what the limit is in.
const SUMMED: [(usize, &str, &str, i64); 3] = [
    (8, "machine", "cpunumber", 1),
    (9, "machine", "memory", 1),
    (10, "volume", "size", 1 << 30),
];

apis! {
    Everyone "listResourceLimits" "Lists how much an account, a project or a domain may have" (OWNED, PAGED) {
        opt "resourcetype" Integer "the number of a kind, such as 0 for virtual machines";
        opt "resourcetypename" Text "the name of that kind";
        opt "projectid" Id("project") "the project it belongs to";
    } -> LIMIT list;

    Admins "updateResourceLimit" "Sets how much an account, a project or a domain may have" () {
        req "resourcetype" Integer "the number of a kind, such as 0 for virtual machines";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "max" Long "how many at most; -1 for any number";
        opt "projectid" Id("project") "the project it belongs to";
    } -> LIMIT update;

    Admins "updateResourceCount" "Counts how much an account or a domain has" () {
        req "domainid" Id("domain") "the domain it belongs to";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "projectid" Id("project") "the project it belongs to";
        opt "resourcetype" Integer "the number of a kind, such as 0 for virtual machines";
    } -> COUNT recount;
}

/// What a limit is set for: an account or project, or a domain as a whole.
enum Holder {
    One(Owner),
    Domain(Thing),
}

fn holder(call: &Call) -> Done<Holder> {
    if call.text("account").is_none()
        && call.text("projectid").is_none()
        && let Some(domain) = call.thing("domainid", "domain")?
    {
        call.may_enter(&domain)?;
        return Ok(Holder::Domain(domain));
    }
    if let Some(project) = call.thing("projectid", "project")? {
        projects::may_look_in(call, &project)?;
        return Ok(Holder::One(call.owner_of(&project)?));
    }
    Ok(Holder::One(call.owner()?))
}

impl Holder {
    fn id(&self) -> i64 {
        match self {
            Holder::One(owner) => owner.id,
            Holder::Domain(domain) => domain.id,
        }
    }

    fn record(&self, number: usize) -> Value {
        let kind = TYPES.get(number).map_or("", |kind| kind.0);
        let type_of = json!({"resourcetype": number.to_string(), "resourcetypename": kind});
        match self {
            Holder::One(owner) => owner.body(json!({}), type_of),
            Holder::Domain(domain) => {
                json!({"domainid": domain.uuid, "domain": domain.name, "resourcetype": number.to_string(),
                    "resourcetypename": kind})
            }
        }
    }
}

fn set_for(call: &Call, holder: i64, number: usize) -> Done<Option<Thing>> {
    let limits = store::of_account(call.db, "limit", holder)?;
    Ok(limits
        .into_iter()
        .find(|limit| limit.name == number.to_string()))
}

/// How many an account may have; -1 for any number.
fn most(call: &Call, holder: i64, number: usize) -> Done<i64> {
    if let Some(limit) = set_for(call, holder, number)? {
        return Ok(limit.whole("max"));
    }
    let (_, _, setting) = TYPES.get(number).copied().unwrap_or_default();
    let ordinary = store::by_id(call.db, "account", holder)?
        .is_some_and(|account| account.whole("accounttype") != 1);
    let ordinary = ordinary || store::by_id(call.db, "project", holder)?.is_some();
    if setting.is_empty() || !ordinary {
        return Ok(-1);
    }
    configuration::number(call.db, setting)
}

/// Refuses what would be one too many for an account or project.
pub fn reserve(call: &Call, owner: &Owner, kind: &str) -> Done<()> {
    check(call, kind, owner.id, &owner.name, owner.domain.id)
}

/// The same for a thing that is about to be kept with these fields, and for what it takes of what is summed.
pub fn reserve_made(call: &Call, made: &Made, fields: &Value) -> Done<()> {
    if made.account == 0 || !TYPES.iter().any(|(_, known, _)| *known == made.kind) {
        return Ok(());
    }
    let name = account_name(call, made.account)?;
    check(call, made.kind, made.account, &name, made.domain)?;
    weigh(call, made.kind, (made.account, made.domain), fields)
}

/// Refuses what a thing grows by in these fields where it is too much.
pub fn reserve_growth(call: &Call, thing: &Thing, growth: &Value) -> Done<()> {
    weigh(call, &thing.kind, (thing.account, thing.domain), growth)
}

fn account_name(call: &Call, account: i64) -> Done<String> {
    let holder = store::by_id(call.db, "account", account)?;
    Ok(holder.map_or_else(String::new, |holder| holder.name))
}

fn weigh(call: &Call, kind: &str, (account, domain): (i64, i64), wanted: &Value) -> Done<()> {
    for (number, _, field, unit) in SUMMED.iter().filter(|(_, summed, ..)| *summed == kind) {
        let most = most(call, account, *number)?.saturating_mul(*unit);
        let wanted = wanted[*field].as_i64().unwrap_or(0);
        // The sum goes over all that the account has: it is not made for nothing.
        if most < 0 || wanted <= 0 {
            continue;
        }
        let there = store::sum_of_account(call.db, kind, field, account)?;
        if there.saturating_add(wanted) > most {
            let of = format!("Account Name = {}", account_name(call, account)?);
            let amounts = (most, there, wanted);
            return Err(exceeded(call, *number, (&of, domain), "Account", amounts)?);
        }
    }
    Ok(())
}

/// The refusal of what would be too much for an account, or for a domain as a whole.
fn exceeded(
    call: &Call,
    number: usize,
    (name, domain): (&str, i64),
    whose: &str,
    (most, there, wanted): (i64, i64, i64),
) -> Done<Refusal> {
    let kind = TYPES.get(number).map_or("", |kind| kind.0);
    let within = store::by_id(call.db, "domain", domain)?.map_or(0, |domain| domain.number);
    let of = if name.is_empty() {
        String::new()
    } else {
        format!("{name} in ")
    };
    Ok(Refusal::new(
        535,
        9999,
        format!(
            "Maximum amount of resources of Type = '{kind}' for {of}Domain Id = {within} is exceeded: {whose} Resource \
             Limit = {most}, Current {whose} Resource Amount = {there}, Requested Resource Amount = {wanted}."
        ),
    ))
}

fn check(call: &Call, kind: &str, account: i64, name: &str, domain: i64) -> Done<()> {
    let Some(number) = TYPES.iter().position(|(_, known, _)| *known == kind) else {
        return Ok(());
    };
    let most = most(call, account, number)?;
    let there = if most < 0 {
        0
    } else {
        amount(call, kind, account)?
    };
    if most >= 0 && there >= most {
        let of = format!("Account Name = {name}");
        return Err(exceeded(
            call,
            number,
            (&of, domain),
            "Account",
            (most, there, 1),
        )?);
    }
    if let Some(limit) = set_for(call, domain, number)?
        && limit.whole("max") >= 0
    {
        let there = store::count_of_domain(call.db, kind, domain)?;
        if there >= limit.whole("max") {
            let amounts = (limit.whole("max"), there, 1);
            return Err(exceeded(call, number, ("", domain), "Domain", amounts)?);
        }
    }
    Ok(())
}

/// How many of a kind an account has; a project is counted with the account that owns it.
fn amount(call: &Call, kind: &str, account: i64) -> Done<i64> {
    if kind != "project" {
        return Ok(store::count_of_account(call.db, kind, account)?);
    }
    let members = store::of_account(call.db, "projectmember", account)?;
    let owned = members
        .iter()
        .filter(|member| member.text("role") == "Admin");
    Ok(i64::try_from(owned.count()).unwrap_or(i64::MAX))
}

/// The words that accounts and projects tell their limits in, by the numbers of the types.
const SHOWN: [&str; 12] = [
    "vm",
    "ip",
    "volume",
    "snapshot",
    "template",
    "project",
    "network",
    "vpc",
    "cpu",
    "memory",
    "primarystorage",
    "secondarystorage",
];

/// How much of everything an account or project may have, has, and may still get, as its record tells it.
pub fn tell(call: &Call, holder: &Thing, record: &mut Value) -> Done<()> {
    for (number, word) in SHOWN.iter().enumerate() {
        // A project has no projects.
        if *word == "project" && holder.kind == "project" {
            continue;
        }
        let kind = TYPES.get(number).map_or("", |kind| kind.1);
        let summed = SUMMED.iter().find(|(summed, ..)| *summed == number);
        let total = match (summed, *word) {
            (Some((_, kind, field, unit)), _) => {
                store::sum_of_account(call.db, kind, field, holder.id)? / unit
            }
            (None, "secondarystorage") => 0,
            _ => amount(call, kind, holder.id)?,
        };
        let most = most(call, holder.id, number)?;
        let told = |number: i64| match (most, *word) {
            (..0, _) => json!("Unlimited"),
            (_, "secondarystorage") => json!(format!("{number}.0")),
            _ => json!(number.to_string()),
        };
        record[format!("{word}limit")] = if most < 0 {
            json!("Unlimited")
        } else {
            json!(most.to_string())
        };
        record[format!("{word}total")] = if *word == "secondarystorage" {
            json!(0.0)
        } else {
            json!(total)
        };
        record[format!("{word}available")] = told((most - total).max(0));
    }
    for (state, field) in [("Running", "vmrunning"), ("Stopped", "vmstopped")] {
        record[field] = json!(store::in_state_of_account(
            call.db, "machine", state, holder.id
        )?);
    }
    Ok(())
}

/// The numbers of the types that are asked for.
fn types(call: &Call) -> Done<Vec<usize>> {
    let named = call.text("resourcetypename");
    if let Some(number) = call.number("resourcetype") {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        if number >= TYPES.len() {
            return Err(Refusal::value("Please specify valid resource type"));
        }
        return Ok(vec![number]);
    }
    Ok((0..TYPES.len())
        .filter(|number| named.is_none_or(|name| TYPES[*number].0 == name))
        .collect())
}

fn list(call: &mut Call) -> Done<Reply> {
    let holder = holder(call)?;
    let mut rows = Vec::new();
    for number in types(call)? {
        let mut row = holder.record(number);
        row["max"] = json!(most(call, holder.id(), number)?);
        rows.push(row);
    }
    call.page("resourcelimit", rows)
}

fn update(call: &mut Call) -> Done<Reply> {
    let holder = holder(call)?;
    let max = call.number("max").unwrap_or(-1).max(-1);
    let number = types(call)?.first().copied().unwrap_or(0);
    if let Holder::One(owner) = &holder
        && owner.id == call.caller.account.id
        && !call.caller.root()
    {
        return Err(Refusal::new(
            531,
            4365,
            "Can't update resource limit for own account",
        ));
    }
    if let Some(limit) = set_for(call, holder.id(), number)? {
        store::remove(call.db, &limit)?;
    }
    let made = Made {
        kind: "limit",
        name: &number.to_string(),
        account: holder.id(),
        ..Made::default()
    };
    call.create(made, json!({"max": max}))?;
    let mut row = holder.record(number);
    row["max"] = json!(max);
    Ok(Reply::One("resourcelimit", row))
}

fn recount(call: &mut Call) -> Done<Reply> {
    let holder = holder(call)?;
    let mut rows = Vec::new();
    for number in types(call)? {
        let kind = TYPES.get(number).map_or("", |kind| kind.1);
        let count = match &holder {
            Holder::One(owner) => amount(call, kind, owner.id)?,
            Holder::Domain(domain) => store::count_of_domain(call.db, kind, domain.id)?,
        };
        let mut row = holder.record(number);
        row["resourcecount"] = json!(count);
        rows.push(row);
    }
    let count = rows.len();
    Ok(Reply::List("resourcecount", rows, count))
}
