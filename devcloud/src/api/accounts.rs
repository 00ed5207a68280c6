//! Accounts and their users.

use serde_json::{Value, json};

use super::infrastructure::Made;
use super::listing::{Listing, OWNED, PAGED, view};
use super::things::begun;
use super::{Access, Api, Call, Done, Param, Reply, Takes, Work, fields, groups, opt, req, roles};
use crate::store::{self, Thing};
use crate::wire::Refusal;
use crate::{clock, credentials, seed};

const PERSON: &[Param] = &[
    req("username", Takes::Text, "the name to log in with"),
    req("password", Takes::Text, "the password"),
    req("firstname", Takes::Text, "first name"),
    req("lastname", Takes::Text, "last name"),
    req("email", Takes::Text, "mail address"),
    opt("timezone", Takes::Text, "time zone, such as Asia/Tokyo"),
];

const STANDING: &[Param] = &[
    opt("id", Takes::Id("account"), "the id of the account"),
    opt(
        "account",
        Takes::Text,
        "its name, in place of the id; goes with domainid",
    ),
    opt("domainid", Takes::Id("domain"), "the domain it belongs to"),
];

pub const APIS: &[Api] = &[
    Api {
        name: "listUsers",
        about: "Lists users",
        access: Access::Everyone,
        params: &[
            &[
                opt("id", Takes::Id("user"), "the id of the user"),
                opt("username", Takes::Text, "only the user of this name"),
                opt("state", Takes::Text, "only users in this state"),
                opt(
                    "accounttype",
                    Takes::Long,
                    "only users of accounts of this type",
                ),
            ],
            OWNED,
            PAGED,
        ],
        answers: fields::USER,
        run: list_users,
        job: None,
    },
    Api {
        name: "getUser",
        about: "Tells who has an API key",
        access: Access::Root,
        params: &[&[req("userapikey", Takes::Text, "the API key")]],
        answers: fields::USER,
        run: get_user,
        job: None,
    },
    Api {
        name: "createUser",
        about: "Creates a user in an account that is there",
        access: Access::Admins,
        params: &[
            PERSON,
            &[
                req("account", Takes::Text, "the account that the user joins"),
                opt(
                    "domainid",
                    Takes::Id("domain"),
                    "the domain of that account; the caller's if left out",
                ),
            ],
        ],
        answers: fields::USER,
        run: create_user,
        job: None,
    },
    Api {
        name: "updateUser",
        about: "Changes a user",
        access: Access::Admins,
        params: &[&[
            req("id", Takes::Id("user"), "the id of the user"),
            opt("username", Takes::Text, "the new name to log in with"),
            opt("password", Takes::Text, "the new password"),
            opt("firstname", Takes::Text, "the new first name"),
            opt("lastname", Takes::Text, "the new last name"),
            opt("email", Takes::Text, "the new mail address"),
            opt("timezone", Takes::Text, "the new time zone"),
        ]],
        answers: fields::USER,
        run: update_user,
        job: None,
    },
    Api {
        name: "deleteUser",
        about: "Deletes a user",
        access: Access::Admins,
        params: &[&[req("id", Takes::Id("user"), "the id of the user")]],
        answers: fields::SUCCESS,
        run: delete_user,
        job: None,
    },
    Api {
        name: "enableUser",
        about: "Lets a user make calls again",
        access: Access::Admins,
        params: &[&[req("id", Takes::Id("user"), "the id of the user")]],
        answers: fields::USER,
        run: |call| user_state(call, "enabled"),
        job: None,
    },
    Api {
        name: "disableUser",
        about: "Keeps a user from making calls until they are enabled",
        access: Access::Admins,
        params: &[&[req("id", Takes::Id("user"), "the id of the user")]],
        answers: fields::USER,
        run: |call| {
            let user = call.own_thing("id", "user")?;
            if user.uuid == call.caller.user {
                return Err(Refusal::value("Users cannot disable themselves"));
            }
            Ok(begun(&user))
        },
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.user.DisableUserCmd",
            instance: "User",
            milliseconds: 300,
            end: |call| {
                let mut user = call.subject("user")?;
                user.state = "disabled".into();
                store::update(call.db, &user)?;
                Ok(super::in_job("user", user_view(call, &user)?))
            },
        }),
    },
    Api {
        name: "lockUser",
        about: "Keeps a user from making calls",
        access: Access::Admins,
        params: &[&[req("id", Takes::Id("user"), "the id of the user")]],
        answers: fields::USER,
        run: |call| user_state(call, "locked"),
        job: None,
    },
    Api {
        name: "registerUserKeys",
        about: "Gives a user a new API key and secret key",
        access: Access::Everyone,
        params: &[&[req("id", Takes::Id("user"), "the id of the user")]],
        answers: fields::KEYS,
        run: register_keys,
        job: None,
    },
    Api {
        name: "listAccounts",
        about: "Lists accounts",
        access: Access::Everyone,
        params: &[
            &[
                opt("id", Takes::Id("account"), "the id of the account"),
                opt("name", Takes::Text, "only the account of this name"),
                opt("state", Takes::Text, "only accounts in this state"),
                opt("accounttype", Takes::Long, "only accounts of this type"),
                opt(
                    "domainid",
                    Takes::Id("domain"),
                    "only accounts of this domain",
                ),
                opt(
                    "isrecursive",
                    Takes::Boolean,
                    "whether the domains below domainid count too",
                ),
                opt(
                    "listall",
                    Takes::Boolean,
                    "all that the caller may see, not just their own",
                ),
            ],
            PAGED,
        ],
        answers: fields::ACCOUNT,
        run: list_accounts,
        job: None,
    },
    Api {
        name: "createAccount",
        about: "Creates an account with its first user",
        access: Access::Admins,
        params: &[
            PERSON,
            &[
                opt(
                    "account",
                    Takes::Text,
                    "the name of the account; the user's if left out",
                ),
                opt(
                    "accounttype",
                    Takes::Short,
                    "0 user, 1 root administrator, 2 domain administrator",
                ),
                opt(
                    "roleid",
                    Takes::Id("role"),
                    "its role, in place of the type of the account",
                ),
                opt(
                    "domainid",
                    Takes::Id("domain"),
                    "the domain of the account; the caller's if left out",
                ),
                opt(
                    "networkdomain",
                    Takes::Text,
                    "the DNS domain of its networks",
                ),
            ],
        ],
        answers: fields::ACCOUNT,
        run: create_account,
        job: None,
    },
    Api {
        name: "updateAccount",
        about: "Changes an account's name",
        access: Access::Admins,
        params: &[&[
            opt("id", Takes::Id("account"), "the id of the account"),
            opt(
                "account",
                Takes::Text,
                "its name now, in place of the id; goes with domainid",
            ),
            opt("domainid", Takes::Id("domain"), "the domain it belongs to"),
            req("newname", Takes::Text, "its new name"),
        ]],
        answers: fields::ACCOUNT,
        run: update_account,
        job: None,
    },
    Api {
        name: "enableAccount",
        about: "Lets an account's users make calls again",
        access: Access::Admins,
        params: &[STANDING],
        answers: fields::ACCOUNT,
        run: |call| {
            let mut account = standing(call)?;
            account.state = "enabled".into();
            store::update(call.db, &account)?;
            Ok(Reply::One("account", account_view(call, &account)?))
        },
        job: None,
    },
    Api {
        name: "lockAccount",
        about: "Keeps an account's users from making calls; its machines run on",
        access: Access::Admins,
        params: &[&[
            req("account", Takes::Text, "the name of the account"),
            req("domainid", Takes::Id("domain"), "the domain it belongs to"),
        ]],
        answers: fields::ACCOUNT,
        run: |call| {
            let mut account = other_standing(call)?;
            account.state = "locked".into();
            store::update(call.db, &account)?;
            Ok(Reply::One("account", account_view(call, &account)?))
        },
        job: None,
    },
    Api {
        name: "disableAccount",
        about: "Keeps an account's users from making calls and stops its machines, or only locks it",
        access: Access::Admins,
        params: &[
            &[req(
                "lock",
                Takes::Boolean,
                "whether it is locked rather than disabled",
            )],
            STANDING,
        ],
        answers: fields::ACCOUNT,
        run: |call| Ok(begun(&other_standing(call)?)),
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.account.DisableAccountCmd",
            instance: "Account",
            milliseconds: 300,
            end: disable_account,
        }),
    },
    Api {
        name: "markDefaultZoneForAccount",
        about: "Names the zone that an account's machines are in where nobody says which",
        access: Access::Root,
        params: &[&[
            req("account", Takes::Text, "the name of the account"),
            req("domainid", Takes::Id("domain"), "the domain it belongs to"),
            req("zoneid", Takes::Id("zone"), "the zone"),
        ]],
        answers: fields::ACCOUNT,
        run: |call| {
            let mut account = standing(call)?;
            let zone = call.required_thing("zoneid", "zone")?;
            account.set("defaultzoneid", zone.uuid);
            store::update(call.db, &account)?;
            Ok(begun(&account))
        },
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.account.MarkDefaultZoneForAccountCmd",
            instance: "Account",
            milliseconds: 300,
            end: |call| {
                let account = call.subject("account")?;
                Ok(super::in_job("account", account_view(call, &account)?))
            },
        }),
    },
    Api {
        name: "deleteAccount",
        about: "Deletes an account with its users and all that it has",
        access: Access::Admins,
        params: &[&[req("id", Takes::Id("account"), "the id of the account")]],
        answers: fields::SUCCESS,
        run: |call| {
            let account = call.own_thing("id", "account")?;
            if account.id == call.caller.account.id
                || account.body.get("isdefault") == Some(&json!(true))
            {
                return Err(Refusal::value(
                    "This account is the caller's own or the cloud's first, and stays",
                ));
            }
            Ok(Reply::Job {
                thing: account.uuid,
                created: false,
            })
        },
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.account.DeleteAccountCmd",
            instance: "Account",
            milliseconds: 300,
            end: |call| {
                let account = call.required_thing("id", "account")?;
                remove(call, &account)?;
                Ok(json!({"success": true}))
            },
        }),
    },
];

/// The account that a call names, by id or by name and domain.
fn standing(call: &Call) -> Done<Thing> {
    if call.text("id").is_some() {
        return call.own_thing("id", "account");
    }
    let name = call
        .text("account")
        .ok_or_else(|| Refusal::value("Either the id or the account's name is required"))?;
    let domain = domain(call)?;
    let account = store::children(call.db, "account", &domain.uuid)?
        .into_iter()
        .find(|account| account.name == name)
        .ok_or_else(|| {
            Refusal::value(format!(
                "Unable to find active account by name {name} in domain {}",
                domain.uuid
            ))
        })?;
    call.may_use(&account)?;
    Ok(account)
}

/// The same where it is not the caller's own, nor one of the cloud's first.
fn other_standing(call: &Call) -> Done<Thing> {
    let account = standing(call)?;
    if account.id == call.caller.account.id || account.is("isdefault") {
        return Err(Refusal::new(
            531,
            4365,
            format!(
                "The account {} is the caller's own or the cloud's first, and stays enabled",
                account.name
            ),
        ));
    }
    Ok(account)
}

fn disable_account(call: &mut Call) -> Done<Value> {
    let mut account = call.subject("account")?;
    let lock = call.boolean("lock").unwrap_or(false);
    account.state = if lock { "locked" } else { "disabled" }.into();
    store::update(call.db, &account)?;
    if !lock {
        for mut machine in store::of_account(call.db, "machine", account.id)? {
            if machine.state == "Running" {
                machine.state = "Stopped".into();
                machine.unset(&["hostid", "hostname"]);
                store::update(call.db, &machine)?;
            }
        }
    }
    Ok(super::in_job("account", account_view(call, &account)?))
}

/// Removes an account and everything that belongs to it.
pub fn remove(call: &Call, account: &Thing) -> Done<()> {
    store::remove_all_of(call.db, account.id)?;
    Ok(store::remove(call.db, account)?)
}

/// An account as answers show it, with its users and how much it has.
fn account_view(call: &Call, account: &Thing) -> Done<Value> {
    let mut shown = view(call.db, account)?;
    super::quotas::tell(call, account, &mut shown)?;
    if let Value::Object(fields) = &mut shown {
        fields.shift_remove("created");
        fields.insert("groups".into(), json!([]));
        // Only what goes through a router is counted.
        if store::count_of_account(call.db, "router", account.id)? > 0 {
            for field in ["receivedbytes", "sentbytes"] {
                fields.insert(field.into(), json!(0));
            }
        }
        let role = role_of(call, account)?;
        fields.extend(role.map(|role| ("roleid".to_string(), json!(role))));
    }
    let users = store::children(call.db, "user", &account.uuid)?
        .iter()
        .map(|user| user_view(call, user))
        .collect::<Done<Vec<Value>>>()?;
    shown["user"] = json!(users);
    Ok(shown)
}

/// The id of the role that an account has.
fn role_of(call: &Call, account: &Thing) -> Done<Option<String>> {
    let roles = store::named(call.db, "role", account.text("rolename"))?;
    Ok(roles.into_iter().next().map(|role| role.uuid))
}

/// A user as answers show it: the secret key is told when it is made and to nobody later.
fn user_view(call: &Call, user: &Thing) -> Done<Value> {
    let mut shown = view(call.db, user)?;
    if let Value::Object(fields) = &mut shown {
        fields.shift_remove("secretkey");
    }
    Ok(shown)
}

fn list_users(call: &mut Call) -> Done<Reply> {
    let reply = call.list(&Listing {
        kind: "user",
        name: "user",
        filters: &[
            ("username", "username"),
            ("state", "state"),
            ("accounttype", "accounttype"),
        ],
    })?;
    let Reply::List(name, mut rows, count) = reply else {
        return Ok(reply);
    };
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        row.shift_remove("secretkey");
    }
    Ok(Reply::List(name, rows, count))
}

fn get_user(call: &mut Call) -> Done<Reply> {
    let key = call.required("userapikey")?;
    let user = store::of_kind(call.db, "user")?
        .into_iter()
        .find(|user| user.body.get("apikey").and_then(Value::as_str) == Some(key))
        .ok_or_else(|| Refusal::value("User with specified API key does not exist"))?;
    Ok(Reply::One("user", user_view(call, &user)?))
}

fn list_accounts(call: &mut Call) -> Done<Reply> {
    let reply = call.list(&Listing {
        kind: "account",
        name: "account",
        filters: &[("state", "state"), ("accounttype", "accounttype")],
    })?;
    let Reply::List(name, rows, count) = reply else {
        return Ok(reply);
    };
    let rows = rows
        .iter()
        .map(|row| {
            let uuid = row["id"].as_str().unwrap_or_default();
            let account = store::by_uuid(call.db, "account", uuid)?;
            account.map_or_else(|| Ok(row.clone()), |account| account_view(call, &account))
        })
        .collect::<Done<Vec<Value>>>()?;
    Ok(Reply::List(name, rows, count))
}

/// The domain that a parameter names, or the caller's own.
fn domain(call: &Call) -> Done<Thing> {
    let domain = match call.thing("domainid", "domain")? {
        Some(domain) => domain,
        None => store::by_id(call.db, "domain", call.caller.account.domain)?
            .ok_or_else(|| Refusal::internal("the caller's domain is gone"))?,
    };
    call.may_enter(&domain)?;
    Ok(domain)
}

fn add_user(call: &Call, account: &Thing, domain: &Thing) -> Done<Thing> {
    let name = call.required("username")?;
    let users = store::of_kind(call.db, "user")?;
    if users
        .iter()
        .any(|user| user.name == name && user.domain == domain.id)
    {
        return Err(Refusal::value(format!(
            "The user {name} already exists in domain {}",
            domain.uuid
        )));
    }
    let of_account = |field: &str| account.body.get(field).cloned();
    let body = json!({"username": name, "firstname": call.required("firstname")?,
        "lastname": call.required("lastname")?, "email": call.required("email")?,
        "created": clock::date(call.now), "state": "enabled", "account": account.name,
        "accounttype": of_account("accounttype"), "usersource": "native", "roletype": of_account("roletype"),
        "rolename": of_account("rolename"), "domainid": domain.uuid, "domain": domain.name,
        "timezone": call.text("timezone"), "accountid": account.uuid, "iscallerchilddomain": false,
        "isdefault": false});
    let made = Made {
        kind: "user",
        name,
        state: "enabled",
        parent: &account.uuid,
        account: account.id,
        domain: domain.id,
        uuid: None,
    };
    let user = call.create(made, body)?;
    credentials::set_password(call.db, user.id, call.required("password")?)?;
    Ok(user)
}

fn create_user(call: &mut Call) -> Done<Reply> {
    let domain = domain(call)?;
    let name = call.required("account")?;
    let account = store::children(call.db, "account", &domain.uuid)?
        .into_iter()
        .find(|account| account.name == name)
        .ok_or_else(|| {
            Refusal::value(format!(
                "Unable to find account {name} in domain id={} to create user",
                domain.uuid
            ))
        })?;
    let user = add_user(call, &account, &domain)?;
    Ok(Reply::One("user", user_view(call, &user)?))
}

fn create_account(call: &mut Call) -> Done<Reply> {
    let domain = domain(call)?;
    let name = call
        .text("account")
        .or(call.text("username"))
        .unwrap_or_default()
        .to_string();
    let given = roles::given(call)?;
    let kind = given.as_ref().map(|(_, _, kind)| *kind);
    let kind = kind.or(call.number("accounttype")).unwrap_or(0);
    let usual = match kind {
        0 => ("User", "User"),
        1 if call.caller.root() => ("Admin", "Root Admin"),
        2 => ("DomainAdmin", "Domain Admin"),
        _ => return Err(Refusal::value("Invalid account type for this caller")),
    };
    let (role, role_name) = match &given {
        Some((name, kind, _)) => (*kind, name.as_str()),
        None => usual,
    };
    let there = store::children(call.db, "account", &domain.uuid)?;
    if there.iter().any(|account| account.name == name) {
        return Err(Refusal::value(format!(
            "The specified account: {name} already exists"
        )));
    }
    let body = json!({"accounttype": kind, "roletype": role, "rolename": role_name, "domainid": domain.uuid,
        "domain": domain.name, "state": "enabled", "isdefault": false, "created": clock::date(call.now),
        "networkdomain": call.text("networkdomain")});
    let made = Made {
        kind: "account",
        name: &name,
        state: "enabled",
        parent: &domain.uuid,
        ..Made::default()
    };
    let mut account = call.create(made, body)?;
    account.account = account.id;
    account.domain = domain.id;
    store::update(call.db, &account)?;
    add_user(call, &account, &domain)?;
    groups::default_group(call, &call.owner_of(&account)?)?;
    Ok(Reply::One("account", account_view(call, &account)?))
}

fn update_user(call: &mut Call) -> Done<Reply> {
    let mut user = call.own_thing("id", "user")?;
    for field in ["username", "firstname", "lastname", "email", "timezone"] {
        if let Some(value) = call.text(field) {
            user.body.insert(field.into(), json!(value));
        }
    }
    if let Some(name) = call.text("username") {
        user.name = name.into();
    }
    if let Some(password) = call.text("password") {
        credentials::set_password(call.db, user.id, password)?;
    }
    store::update(call.db, &user)?;
    Ok(Reply::One("user", user_view(call, &user)?))
}

fn update_account(call: &mut Call) -> Done<Reply> {
    let mut account = match call.thing("id", "account")? {
        Some(account) => account,
        None => {
            let name = call.required("account")?;
            let domain = domain(call)?;
            store::children(call.db, "account", &domain.uuid)?
                .into_iter()
                .find(|account| account.name == name)
                .ok_or_else(|| Refusal::value(format!("Unable to find account {name}")))?
        }
    };
    call.may_use(&account)?;
    let name = call.required("newname")?.to_string();
    for mut user in store::children(call.db, "user", &account.uuid)? {
        user.body.insert("account".into(), json!(name));
        store::update(call.db, &user)?;
    }
    account.body.insert("name".into(), json!(name));
    account.name = name;
    store::update(call.db, &account)?;
    Ok(Reply::One("account", account_view(call, &account)?))
}

fn delete_user(call: &mut Call) -> Done<Reply> {
    let user = call.own_thing("id", "user")?;
    if user.body.get("isdefault") == Some(&json!(true)) {
        return Err(Refusal::value("The user is system and can't be removed"));
    }
    store::remove(call.db, &user)?;
    Ok(Reply::Success)
}

fn user_state(call: &mut Call, state: &str) -> Done<Reply> {
    let mut user = call.own_thing("id", "user")?;
    user.state = state.into();
    store::update(call.db, &user)?;
    Ok(Reply::One("user", user_view(call, &user)?))
}

fn register_keys(call: &mut Call) -> Done<Reply> {
    let mut user = call.own_thing("id", "user")?;
    let (apikey, secretkey) = (seed::key(), seed::key());
    user.body.insert("apikey".into(), json!(apikey));
    user.body.insert("secretkey".into(), json!(secretkey));
    store::update(call.db, &user)?;
    Ok(Reply::One(
        "userkeys",
        json!({"apikey": apikey, "secretkey": secretkey}),
    ))
}
