//! Usage: what ran and was there, as records of a day each, the last one up to now.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::listing::{PAGED, Seen};
use super::{Access, Api, Call, Done, Reply, Takes, configuration, fields, opt, req};
use crate::clock;
use crate::meter::{self, Spell, Wanted};
use crate::store;
use crate::wire::Refusal;

/// The types that real servers know, whether this cloud has something of them or not.
const TYPES: &[(i64, &str)] = &[
    (meter::RUNNING, "Running Vm Usage"),
    (meter::ALLOCATED, "Allocated Vm Usage"),
    (meter::ADDRESS, "IP Address Usage"),
    (4, "Network Usage (Bytes Sent)"),
    (5, "Network Usage (Bytes Received)"),
    (meter::VOLUME, "Volume Usage"),
    (meter::TEMPLATE, "Template Usage"),
    (meter::ISO, "ISO Usage"),
    (meter::SNAPSHOT, "Snapshot Usage"),
    (10, "Security Group Usage"),
    (meter::BALANCER, "Load Balancer Usage"),
    (meter::FORWARDING, "Port Forwarding Usage"),
    (meter::NETWORK_OFFERING, "Network Offering Usage"),
    (meter::VPN_USER, "VPN users usage"),
    (21, "VM Disk usage(I/O Read)"),
    (22, "VM Disk usage(I/O Write)"),
    (23, "VM Disk usage(Bytes Read)"),
    (24, "VM Disk usage(Bytes Write)"),
    (meter::MACHINE_SNAPSHOT, "VM Snapshot storage usage"),
    (
        meter::MACHINE_SNAPSHOT_ON_PRIMARY,
        "VM Snapshot on primary storage usage",
    ),
];

pub const APIS: &[Api] = &[
    Api {
        name: "listUsageTypes",
        about: "Lists the types of usage records",
        access: Access::Root,
        params: &[],
        answers: fields::USAGETYPE,
        run: |_| {
            let record = |(number, about): &(i64, &str)| json!({"usagetypeid": number, "description": about});
            let rows: Vec<Value> = TYPES.iter().map(record).collect();
            let count = rows.len();
            Ok(Reply::List("usagetype", rows, count))
        },
        job: None,
    },
    Api {
        name: "listUsageRecords",
        about: "Lists what was used, in records of a day each",
        access: Access::Admins,
        params: &[
            &[
                req(
                    "startdate",
                    Takes::Date,
                    "the first day, such as 2026-11-22, or 2026-11-22 00:00:00",
                ),
                req(
                    "enddate",
                    Takes::Date,
                    "the last day, such as 2026-11-22, or 2026-11-22 23:59:59",
                ),
                opt(
                    "type",
                    Takes::Long,
                    "only records of this type; see listUsageTypes",
                ),
                opt("usageid", Takes::Text, "only records of what has this id"),
                opt(
                    "account",
                    Takes::Text,
                    "only what belongs to this account; goes with domainid",
                ),
                opt(
                    "accountid",
                    Takes::Id("account"),
                    "only what belongs to this account, by its id",
                ),
                opt(
                    "domainid",
                    Takes::Id("domain"),
                    "only what belongs to this domain",
                ),
                opt(
                    "includetags",
                    Takes::Boolean,
                    "whether records have the tags of what they are of",
                ),
            ],
            PAGED,
        ],
        answers: fields::USAGERECORD,
        run: list,
        job: None,
    },
    Api {
        name: "generateUsageRecords",
        about: "Makes the usage records of some days at once; here they always are up to date",
        access: Access::Root,
        params: &[&[
            req(
                "startdate",
                Takes::Date,
                "the first day, such as 2026-11-22",
            ),
            req("enddate", Takes::Date, "the last day, such as 2026-11-22"),
            opt("domainid", Takes::Id("domain"), "only those of this domain"),
        ]],
        answers: fields::SUCCESS,
        run: |_| Ok(Reply::Success),
        job: None,
    },
];

/// The order in which a server counts what was used.
const WORKED_THROUGH: [i64; 13] = [
    meter::RUNNING,
    meter::ALLOCATED,
    meter::VOLUME,
    meter::TEMPLATE,
    meter::ISO,
    meter::SNAPSHOT,
    meter::BALANCER,
    meter::FORWARDING,
    meter::NETWORK_OFFERING,
    meter::ADDRESS,
    meter::VPN_USER,
    meter::MACHINE_SNAPSHOT,
    meter::MACHINE_SNAPSHOT_ON_PRIMARY,
];

const DAY: i64 = 24 * 60 * 60;

/// What one thing used of one kind on one day.
struct Used {
    day: i64,
    milliseconds: i64,
    /// The last spell that was part of it.
    spell: usize,
}

fn list(call: &mut Call) -> Done<Reply> {
    let second = |name: &str| call.date(name).ok_or_else(|| call.missing(name));
    let (from, to) = (second("startdate")?, second("enddate")?);
    if from > to {
        return Err(Refusal::value(format!(
            "Incorrect Date Range. Start date: {} is after end date:{}",
            clock::java_date(from * 1000),
            clock::java_date(to * 1000)
        )));
    }
    // Spells are kept by the true time, and told by the cloud's.
    let ahead = configuration::clock_offset(call.db)?;
    let wanted = Wanted {
        usage: call.number("type"),
        uuid: call.text("usageid"),
        from: from * 1000 - ahead,
        to: to * 1000 - ahead,
    };
    let mut spells = visible(call, meter::spells(call.db, &wanted)?)?;
    for spell in &mut spells {
        spell.begun += ahead;
        spell.ended = spell.ended.map(|ended| ended + ahead);
    }
    let used = days(&spells, from, to, call.now / 1000);
    let count = used.len();
    let page = call.slice(count)?;
    let rows = used[page]
        .iter()
        .map(|used| record(call, used, &spells[used.spell]))
        .collect::<Done<Vec<Value>>>()?;
    Ok(Reply::List("usagerecord", rows, count))
}

/// The spells of the accounts that the caller may see and asks for.
fn visible(call: &Call, spells: Vec<Spell>) -> Done<Vec<Spell>> {
    let seen = if let Some(account) = call.thing("accountid", "account")? {
        call.may_use(&account)?;
        Seen::Account(account.id)
    } else if call.text("account").is_some() || call.text("domainid").is_some() {
        Seen::by(call)?
    } else if call.caller.root() {
        Seen::Everything(std::collections::HashSet::new())
    } else {
        Seen::domain(call.db, call.caller.account.domain, true)?
    };
    let mut accounts: HashMap<i64, bool> = HashMap::new();
    let mut visible = Vec::new();
    for spell in spells {
        let sees = match accounts.get(&spell.account) {
            Some(sees) => *sees,
            None => {
                let sees = seen.sees_account(call, spell.account)?;
                accounts.insert(spell.account, sees);
                sees
            }
        };
        if sees {
            visible.push(spell);
        }
    }
    Ok(visible)
}

/// What was used on the days that lie wholly between two seconds; today ends now.
fn days(spells: &[Spell], from: i64, to: i64, now: i64) -> Vec<Used> {
    let first = from.div_euclid(DAY) + i64::from(from.rem_euclid(DAY) > 0);
    let mut used = Vec::new();
    let mut day = first * DAY;
    while day <= now && (day + DAY - 1).min(now) <= to {
        let until = ((day + DAY) * 1000).min(now * 1000);
        let mut known: HashMap<(i64, i64, &str), usize> = HashMap::new();
        for (index, spell) in spells.iter().enumerate() {
            let begun = spell.begun.max(day * 1000);
            let ended = spell.ended.unwrap_or(i64::MAX).min(until);
            if spell.begun >= (day + DAY) * 1000 || spell.ended.is_some_and(|end| end < day * 1000)
            {
                continue;
            }
            let what = (spell.thing, spell.usage, spell.uuid.as_str());
            let at = *known.entry(what).or_insert_with(|| {
                used.push(Used {
                    day,
                    milliseconds: 0,
                    spell: index,
                });
                used.len() - 1
            });
            used[at].milliseconds += (ended - begun).max(0);
            used[at].spell = index;
        }
        day += DAY;
    }
    // Within a day they come as the server works through their types.
    let place = |used: &Used| {
        let usage = spells[used.spell].usage;
        WORKED_THROUGH.iter().position(|known| *known == usage)
    };
    used.sort_by_key(|used| (used.day, place(used)));
    used
}

fn record(call: &Call, used: &Used, spell: &Spell) -> Done<Value> {
    let hours = hours(used.milliseconds);
    let end = (used.day + DAY - 1).min(call.now / 1000);
    let mut record = meter::told(call.db, spell)?;
    record.insert("usage".into(), json!(format!("{hours} Hrs")));
    record.insert("rawusage".into(), json!(hours));
    record.insert(
        "startdate".into(),
        json!(clock::usage_date(used.day * 1000)),
    );
    record.insert("enddate".into(), json!(clock::usage_date(end * 1000)));
    let mut tags = Vec::new();
    if call.boolean("includetags").unwrap_or(false) {
        let of = record.get("usageid").and_then(Value::as_str);
        for tag in store::children(call.db, "tag", of.unwrap_or_default())? {
            tags.push(json!({"key": tag.text("key"), "value": tag.text("value")}));
        }
    }
    record.insert("tags".into(), json!(tags));
    Ok(Value::Object(record))
}

/// Hours with at most six decimals, and none that say nothing.
fn hours(milliseconds: i64) -> String {
    let millionths = (milliseconds * 10 + 18) / 36;
    let text = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_spelt_as_recorded() {
        for (milliseconds, text) in [
            (600_000, "0.166667"),
            (0, "0"),
            (3_600_000, "1"),
            (86_400_000, "24"),
            (300_024, "0.08334"),
            (2_002, "0.000556"),
        ] {
            assert_eq!(hours(milliseconds), text);
        }
    }

    #[test]
    fn a_day_has_what_was_used_on_it() {
        let spell = |thing, begun: i64, ended: Option<i64>| Spell {
            number: 0,
            usage: 1,
            thing,
            account: 0,
            uuid: String::new(),
            begun: begun * 1000,
            ended: ended.map(|ended| ended * 1000),
        };
        let hour = 3600;
        // Two machines: one twice on the first day and into the second, one from the second day on.
        let spells = [
            spell(1, hour, Some(2 * hour)),
            spell(1, 23 * hour, Some(25 * hour)),
            spell(2, 30 * hour, None),
        ];
        let told = |from: i64, to: i64, now: i64| -> Vec<(i64, i64, usize)> {
            days(&spells, from, to, now)
                .iter()
                .map(|used| (used.day / DAY, used.milliseconds / 1000, used.spell))
                .collect()
        };
        let now = 40 * hour;
        assert_eq!(
            told(0, 2 * DAY - 1, now),
            [(0, 2 * hour, 1), (1, hour, 1), (1, 10 * hour, 2)]
        );
        assert_eq!(told(0, DAY - 1, now), [(0, 2 * hour, 1)]);
        assert_eq!(told(1, DAY - 1, now), []);
        assert_eq!(told(DAY, DAY + 39 * hour, now).len(), 2);
        assert_eq!(told(DAY, DAY + hour, now), []);
        assert_eq!(told(2 * DAY, 3 * DAY, now), []);
    }
}
