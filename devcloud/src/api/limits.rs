//! Throttling: how many calls an account may make in an interval, counted by each server for itself, as real ones do.

use std::cell::RefCell;
use std::collections::HashMap;

use rusqlite::Connection;
use serde_json::json;

use super::configuration::{
    THROTTLING, THROTTLING_CACHE, THROTTLING_INTERVAL, THROTTLING_MAX, flag, number,
};
use super::{Access, Api, Call, Caller, Done, Reply, Takes, fields, opt};
use crate::clock;
use crate::wire::Refusal;

pub const APIS: &[Api] = &[
    Api {
        name: "getApiLimit",
        about: "Tells how many calls the caller's account has made in this interval, and how many are left",
        access: Access::Everyone,
        params: &[],
        answers: fields::APILIMIT,
        run: get,
        job: None,
    },
    Api {
        name: "resetApiLimit",
        about: "Starts the count of an account's calls over, or of all accounts",
        access: Access::Root,
        params: &[&[opt(
            "account",
            Takes::Id("account"),
            "the account; all if left out",
        )]],
        answers: fields::APILIMIT,
        run: reset,
        job: None,
    },
];

/// The calls that accounts, by internal id, have made.
#[derive(Default)]
pub struct Limits(RefCell<HashMap<i64, Count>>);

struct Count {
    issued: i64,
    /// When it starts over, in milliseconds since 1970.
    ends: i64,
}

impl Limits {
    /// Adds to the count of an account, which starts over when its time is up; gives it and the milliseconds left.
    fn change(&self, db: &Connection, account: i64, by: i64, now: i64) -> Done<(i64, i64)> {
        let interval = number(db, THROTTLING_INTERVAL)?;
        let most = number(db, THROTTLING_CACHE)?;
        let mut counts = self.0.borrow_mut();
        counts.retain(|_, count| count.ends > now);
        let full = i64::try_from(counts.len()).unwrap_or(i64::MAX) >= most;
        if full && !counts.contains_key(&account) {
            let oldest = counts.iter().min_by_key(|(_, count)| count.ends);
            if let Some(account) = oldest.map(|(account, _)| *account) {
                counts.remove(&account);
            }
        }
        let count = counts.entry(account).or_insert(Count {
            issued: 0,
            ends: now + interval * 1000,
        });
        count.issued += by;
        Ok((count.issued, count.ends - now))
    }

    /// Counts a call, and refuses it where there were too many; root administrators make as many as they like.
    pub(super) fn allow(&self, db: &Connection, caller: &Caller) -> Done<()> {
        if caller.root() || !flag(db, THROTTLING)? {
            return Ok(());
        }
        let (issued, left) = self.change(db, caller.account.id, 1, clock::now())?;
        if issued <= number(db, THROTTLING_MAX)? {
            return Ok(());
        }
        Err(Refusal::new(
            429,
            9999,
            format!(
                "The given user has reached his/her account api limit, please retry after {left} ms."
            ),
        ))
    }
}

fn enabled(call: &Call) -> Done<()> {
    if flag(call.db, THROTTLING)? {
        return Ok(());
    }
    Err(Refusal::new(
        432,
        9999,
        "This api is only available when api.throttling.enabled = true.",
    ))
}

fn get(call: &mut Call) -> Done<Reply> {
    enabled(call)?;
    let account = &call.caller.account;
    let counted = call.limits.0.borrow().contains_key(&account.id);
    let (issued, left) = call.limits.change(call.db, account.id, 0, clock::now())?;
    // Real servers tell the whole interval in seconds where nothing was counted, and what is left in milliseconds else.
    let left = if counted {
        left
    } else {
        number(call.db, THROTTLING_INTERVAL)?
    };
    let allowed = number(call.db, THROTTLING_MAX)? - issued;
    Ok(Reply::One(
        "apilimit",
        json!({"accountid": account.uuid, "account": account.name, "apiIssued": issued, "apiAllowed": allowed,
            "expireAfter": left}),
    ))
}

fn reset(call: &mut Call) -> Done<Reply> {
    enabled(call)?;
    let mut counts = call.limits.0.borrow_mut();
    match call.thing("account", "account")? {
        Some(account) => {
            counts.remove(&account.id);
        }
        None => counts.clear(),
    }
    Ok(Reply::Success)
}
