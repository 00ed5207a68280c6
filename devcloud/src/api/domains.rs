//! Domains: a tree below ROOT.

use serde_json::json;

use super::infrastructure::Made;
use super::listing::{Listing, PAGED, view};
use super::{Access, Api, Call, Done, Reply, Takes, fields, listing, opt, req};
use crate::store::{self, Thing};
use crate::wire::Refusal;

pub const APIS: &[Api] = &[
    Api {
        name: "listDomains",
        about: "Lists domains",
        access: Access::Everyone,
        params: &[
            &[
                opt("id", Takes::Id("domain"), "the id of the domain"),
                opt("name", Takes::Text, "only the domain of this name"),
                opt("level", Takes::Integer, "only domains this deep below ROOT"),
                opt(
                    "listall",
                    Takes::Boolean,
                    "all that the caller may see, not just their own",
                ),
            ],
            PAGED,
        ],
        answers: fields::DOMAIN,
        run: |call| {
            call.list(&Listing {
                kind: "domain",
                name: "domain",
                filters: &[("level", "level")],
            })
        },
        job: None,
    },
    Api {
        name: "listDomainChildren",
        about: "Lists the domains below another",
        access: Access::Admins,
        params: &[
            &[
                opt(
                    "id",
                    Takes::Id("domain"),
                    "the domain above; the caller's if left out",
                ),
                opt("name", Takes::Text, "only the domain of this name"),
                opt(
                    "isrecursive",
                    Takes::Boolean,
                    "whether those further below count too",
                ),
                opt(
                    "listall",
                    Takes::Boolean,
                    "everything below, as with isrecursive",
                ),
            ],
            PAGED,
        ],
        answers: fields::DOMAIN,
        run: children,
        job: None,
    },
    Api {
        name: "createDomain",
        about: "Creates a domain",
        access: Access::Root,
        params: &[&[
            req("name", Takes::Text, "the name of the domain"),
            opt(
                "parentdomainid",
                Takes::Id("domain"),
                "the domain above; ROOT if left out",
            ),
            opt(
                "networkdomain",
                Takes::Text,
                "the DNS domain of its networks",
            ),
        ]],
        answers: fields::DOMAIN,
        run: create,
        job: None,
    },
    Api {
        name: "updateDomain",
        about: "Changes a domain's name",
        access: Access::Root,
        params: &[&[
            req("id", Takes::Id("domain"), "the id of the domain"),
            opt("name", Takes::Text, "its new name"),
            opt(
                "networkdomain",
                Takes::Text,
                "the DNS domain of its networks",
            ),
        ]],
        answers: fields::DOMAIN,
        run: update,
        job: None,
    },
    Api {
        name: "deleteDomain",
        about: "Deletes a domain",
        access: Access::Root,
        params: &[&[
            req("id", Takes::Id("domain"), "the id of the domain"),
            opt(
                "cleanup",
                Takes::Boolean,
                "whether accounts and domains in it go too",
            ),
        ]],
        answers: fields::SUCCESS,
        run: |call| {
            let domain = call.required_thing("id", "domain")?;
            Ok(Reply::Job {
                thing: domain.uuid,
                created: false,
            })
        },
        job: Some(super::Work {
            class: "org.apache.cloudstack.api.command.admin.domain.DeleteDomainCmd",
            instance: "",
            milliseconds: 300,
            end: delete,
        }),
    },
];

fn children(call: &mut Call) -> Done<Reply> {
    let above = match call.thing("id", "domain")? {
        Some(domain) => domain,
        None => store::by_id(call.db, "domain", call.caller.account.domain)?
            .ok_or_else(|| Refusal::internal("the caller's domain is gone"))?,
    };
    call.may_enter(&above)?;
    let deep = ["isrecursive", "listall"]
        .iter()
        .any(|name| call.boolean(name) == Some(true));
    let keyword = call.text("keyword").unwrap_or_default().to_lowercase();
    let mut rows = Vec::new();
    for domain in store::of_kind(call.db, "domain")? {
        let meant = match deep {
            true => domain.id != above.id && listing::below(call.db, domain.id, above.id)?,
            false => domain.parent == above.uuid,
        };
        let named = call.text("name").is_none_or(|name| domain.name == name);
        if meant && named && domain.name.to_lowercase().contains(&keyword) {
            rows.push(view(call.db, &domain)?);
        }
    }
    call.page("domain", rows)
}

fn create(call: &mut Call) -> Done<Reply> {
    let name = call.required("name")?.to_string();
    let mut parent = match call.thing("parentdomainid", "domain")? {
        Some(parent) => parent,
        None => root(call)?,
    };
    let siblings = store::children(call.db, "domain", &parent.uuid)?;
    if siblings.iter().any(|domain| domain.name == name) {
        return Err(Refusal::value(format!(
            "Domain with name {name} already exists for the parent id={}",
            parent.uuid
        )));
    }
    let level = parent
        .body
        .get("level")
        .and_then(serde_json::Value::as_i64)
        .unwrap_or(0)
        + 1;
    let above = parent
        .body
        .get("path")
        .and_then(serde_json::Value::as_str)
        .unwrap_or("ROOT");
    let body = json!({"level": level, "parentdomainid": parent.uuid, "parentdomainname": parent.name,
        "haschild": false, "networkdomain": call.text("networkdomain"), "path": format!("{above}/{name}"),
        "state": "Active"});
    let made = Made {
        kind: "domain",
        name: &name,
        state: "Active",
        parent: &parent.uuid,
        ..Made::default()
    };
    let mut domain = call.create(made, body)?;
    domain.domain = domain.id;
    store::update(call.db, &domain)?;
    parent.body.insert("haschild".into(), json!(true));
    store::update(call.db, &parent)?;
    Ok(Reply::One("domain", view(call.db, &domain)?))
}

fn root(call: &Call) -> Done<Thing> {
    store::of_kind(call.db, "domain")?
        .into_iter()
        .next()
        .ok_or_else(|| Refusal::internal("there is no ROOT domain"))
}

fn update(call: &mut Call) -> Done<Reply> {
    let mut domain = call.required_thing("id", "domain")?;
    if let Some(name) = call.text("name") {
        domain.name = name.into();
        domain.body.insert("name".into(), json!(name));
        let above = store::by_uuid(call.db, "domain", &domain.parent)?;
        move_below(call, &mut domain, above.as_ref())?;
    }
    if let Some(network) = call.text("networkdomain") {
        domain.body.insert("networkdomain".into(), json!(network));
    }
    store::update(call.db, &domain)?;
    Ok(Reply::One("domain", view(call.db, &domain)?))
}

/// Gives a domain, and those below it, the path that its name and the domain above make.
fn move_below(call: &Call, domain: &mut Thing, above: Option<&Thing>) -> Done<()> {
    let above = above.and_then(|above| above.body.get("path")?.as_str());
    let path = above.map_or_else(
        || domain.name.clone(),
        |above| format!("{above}/{}", domain.name),
    );
    domain.body.insert("path".into(), json!(path));
    store::update(call.db, domain)?;
    for mut below in store::children(call.db, "domain", &domain.uuid)? {
        move_below(call, &mut below, Some(domain))?;
    }
    Ok(())
}

fn delete(call: &mut Call) -> Done<serde_json::Value> {
    let domain = call.required_thing("id", "domain")?;
    let cleanup = call.boolean("cleanup").unwrap_or(false);
    if domain.parent.is_empty() {
        return Err(Refusal::value("Can't delete the ROOT domain"));
    }
    remove(call, &domain, cleanup)?;
    if let Some(mut parent) = store::by_uuid(call.db, "domain", &domain.parent)? {
        let more = !store::children(call.db, "domain", &parent.uuid)?.is_empty();
        parent.body.insert("haschild".into(), json!(more));
        store::update(call.db, &parent)?;
    }
    Ok(json!({"success": true}))
}

fn remove(call: &Call, domain: &Thing, cleanup: bool) -> Done<()> {
    let accounts = store::children(call.db, "account", &domain.uuid)?;
    let below = store::children(call.db, "domain", &domain.uuid)?;
    let used = !accounts.is_empty() || !below.is_empty();
    if used && !cleanup {
        return Err(Refusal::new(
            530,
            4250,
            format!(
                "Failed to delete the domain {}: it has accounts or domains, and cleanup was not asked for",
                domain.name
            ),
        ));
    }
    for account in accounts {
        super::accounts::remove(call, &account)?;
    }
    for domain in below {
        remove(call, &domain, true)?;
    }
    Ok(store::remove(call.db, domain)?)
}
