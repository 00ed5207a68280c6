//! Roles and what they allow: the four that the cloud begins with allow what their type may do, others what their rules say.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::fields::SUCCESS;
use super::listing::Listing;
use super::{Access, Call, Caller, Done, Reply};
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    ROLE: id string "its id", name string "its name", r#type string "its type", description string "what it is";
}
fields! {
    RULE: id string "its id", roleid string "the role it belongs to", rolename string "that role's name",
        rule string "the API's name, * for any letters", permission string "allow or deny", description string "what it is for";
}

/// The types of roles, with the type of the accounts that have one.
const TYPES: &[(&str, i64)] = &[
    ("User", 0),
    ("Admin", 1),
    ("DomainAdmin", 2),
    ("ResourceAdmin", 3),
];

/// The roles that are there from the start, which stay and allow what their type may do.
const FIRST: &[&str] = &["Root Admin", "Resource Admin", "Domain Admin", "User"];

apis! {
    Admins "listRoles" "Lists the roles that accounts may have" () {
        opt "id" Id("role") "its id";
        opt "name" Text "its name";
        opt "type" Text "its type";
    } -> ROLE |call| call.list(&Listing { kind: "role", name: "role", filters: &[("type", "type")] });

    Root "createRole" "Makes a role, which allows nothing before it has rules" () {
        req "name" Text "its name";
        req "type" Text "Admin, ResourceAdmin, DomainAdmin or User";
        opt "description" Text "what it is";
    } -> ROLE |call| {
            let name = call.required("name")?;
            if !store::named(call.db, "role", name)?.is_empty() {
                return Err(Refusal::value("Role already exists"));
            }
            let body = json!({"type": role_type(call.required("type")?)?.0, "description": call.text("description")});
            let role = call.make_common(("role", name, "", ""), body)?;
            call.shown("role", &role)
        };

    Root "updateRole" "Changes a role's name, type or description" () {
        req "id" Id("role") "its id";
        opt "name" Text "its name";
        opt "type" Text "Admin, ResourceAdmin, DomainAdmin or User";
        opt "description" Text "what it is";
    } -> ROLE |call| {
            let mut role = own(call, "id")?;
            if let Some(kind) = call.text("type") {
                if !holders(call.db, &role)?.is_empty() {
                    return Err(Refusal::value("Found accounts that have role in use, won't allow updating of the role type"));
                }
                role.set("type", role_type(kind)?.0);
            }
            call.take_over(&mut role, &["name", "description"], &[]);
            store::update(call.db, &role)?;
            call.shown("role", &role)
        };

    Root "deleteRole" "Deletes a role that no account has" () {
        req "id" Id("role") "its id";
    } -> SUCCESS |call| {
            let role = own(call, "id")?;
            if !holders(call.db, &role)?.is_empty() {
                return Err(Refusal::value("Found accounts that have role in use, won't allow deleting role"));
            }
            for rule in store::children(call.db, "rolerule", &role.uuid)? {
                store::remove(call.db, &rule)?;
            }
            store::remove(call.db, &role)?;
            Ok(Reply::Success)
        };

    Root "listRolePermissions" "Lists the rules of a role, or of all" () {
        opt "roleid" Id("role") "the role";
    } -> RULE |call| {
            let role = call.thing("roleid", "role")?;
            let mut rows = Vec::new();
            for rule in rules(call.db)? {
                if role.as_ref().is_none_or(|role| rule.parent == role.uuid) {
                    rows.push(rule_view(&rule));
                }
            }
            let count = rows.len();
            Ok(Reply::List("rolepermission", rows, count))
        };

    Root "createRolePermission" "Adds a rule to a role, behind those it has" () {
        req "roleid" Id("role") "the role";
        req "rule" Text "the API's name, * for any letters";
        req "permission" Text "allow or deny";
        opt "description" Text "what it is for";
    } -> RULE |call| {
            let role = own(call, "roleid")?;
            let rule = call.required("rule")?;
            if rule.is_empty() || !rule.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'*') {
                return Err(Refusal::value(format!("Invalid rule: {rule}")));
            }
            let there = store::children(call.db, "rolerule", &role.uuid)?;
            if there.iter().any(|known| known.text("rule").eq_ignore_ascii_case(rule)) {
                return Err(Refusal::value("Rule already exists for the role"));
            }
            let place = there.iter().map(|known| known.whole("sortkey")).max().map_or(0, |last| last + 1);
            let body = json!({"rule": rule, "permission": permission(call.required("permission")?)?, "roleid": role.uuid,
                "rolename": role.name, "description": call.text("description"), "sortkey": place});
            let rule = call.make_common(("rolerule", "", "", &role.uuid), body)?;
            Ok(Reply::One("rolepermission", rule_view(&rule)))
        };

    Root "updateRolePermission" "Changes whether a rule allows, or the order of a role's rules" () {
        req "roleid" Id("role") "the role";
        opt "ruleid" Id("rolerule") "the rule";
        opt "permission" Text "allow or deny";
        opt "ruleorder" List "the ids of all rules of the role in their new order";
    } -> SUCCESS update_rule;

    Root "deleteRolePermission" "Takes a rule away from its role" () {
        req "id" Id("rolerule") "its id";
    } -> SUCCESS |call| {
            let rule = call.required_thing("id", "rolerule")?;
            store::remove(call.db, &rule)?;
            Ok(Reply::Success)
        };
}

fn role_type(given: &str) -> Done<(&'static str, i64)> {
    let mut types = TYPES.iter();
    types
        .find(|(name, _)| name.eq_ignore_ascii_case(given))
        .copied()
        .ok_or_else(|| Refusal::value(format!("Invalid role type provided: {given}")))
}

fn permission(given: &str) -> Done<&'static str> {
    match given.to_ascii_lowercase().as_str() {
        "allow" => Ok("allow"),
        "deny" => Ok("deny"),
        _ => Err(Refusal::value(format!(
            "Value for permission parameter should be either allow or deny, and not {given}"
        ))),
    }
}

/// A role that may be changed.
fn own(call: &Call, param: &str) -> Done<Thing> {
    let role = call.required_thing(param, "role")?;
    if FIRST.contains(&role.name.as_str()) {
        return Err(Refusal::value("Default roles cannot be updated"));
    }
    Ok(role)
}

fn holders(db: &Connection, role: &Thing) -> Done<Vec<Thing>> {
    let accounts = store::of_kind(db, "account")?;
    let hold = |account: &Thing| account.text("rolename") == role.name;
    Ok(accounts.into_iter().filter(hold).collect())
}

/// All rules, those of a role in their order.
fn rules(db: &Connection) -> Done<Vec<Thing>> {
    let mut rules = store::of_kind(db, "rolerule")?;
    rules.sort_by_key(|rule| (rule.parent.clone(), rule.whole("sortkey")));
    Ok(rules)
}

fn rule_view(rule: &Thing) -> Value {
    let mut view = json!({"id": rule.uuid, "roleid": rule.parent, "rolename": rule.text("rolename"),
        "rule": rule.text("rule"), "permission": rule.text("permission")});
    let about = rule.text("description");
    if !about.is_empty() {
        view["description"] = json!(about);
    }
    view
}

fn update_rule(call: &mut Call) -> Done<Reply> {
    let role = own(call, "roleid")?;
    let order = call.listed("ruleorder");
    if !order.is_empty() {
        let there = store::children(call.db, "rolerule", &role.uuid)?;
        let mut ordered = Vec::new();
        for id in order {
            ordered.push(call.find("ruleorder", "rolerule", id)?);
        }
        let all = ordered.len() == there.len();
        if !all || ordered.iter().any(|rule| rule.parent != role.uuid) {
            return Err(Refusal::value(
                "The list of role permissions has changed, reload the page and try again",
            ));
        }
        for (place, mut rule) in ordered.into_iter().enumerate() {
            rule.set("sortkey", place);
            store::update(call.db, &rule)?;
        }
        return Ok(Reply::Success);
    }
    let mut rule = call.required_thing("ruleid", "rolerule")?;
    rule.set("permission", permission(call.required("permission")?)?);
    store::update(call.db, &rule)?;
    Ok(Reply::Success)
}

/// The role that a call names for an account: its name, its type and the type of such accounts.
pub fn given(call: &Call) -> Done<Option<(String, &'static str, i64)>> {
    let Some(role) = call.thing("roleid", "role")? else {
        return Ok(None);
    };
    let (kind, number) = role_type(role.text("type"))?;
    Ok(Some((role.name, kind, number)))
}

/// Whether the caller may call the API.
pub fn permits(db: &Connection, caller: &Caller, access: Access, api: &str) -> Done<bool> {
    let name = caller.account.text("rolename");
    if name.is_empty() || FIRST.contains(&name) || access == Access::Entrance {
        return Ok(super::dispatch::allowed(access, caller.kind()));
    }
    let Some(role) = store::named(db, "role", name)?.into_iter().next() else {
        return Ok(false);
    };
    let first = rules(db)?
        .into_iter()
        .find(|rule| rule.parent == role.uuid && matches(rule.text("rule"), api));
    Ok(first.is_some_and(|rule| rule.text("permission") == "allow"))
}

/// Whether a rule is for the API: its name in any case, with `*` for any letters.
fn matches(rule: &str, api: &str) -> bool {
    let (rule, api) = (rule.to_ascii_lowercase(), api.to_ascii_lowercase());
    let Some((first, rest)) = rule.split_once('*') else {
        return rule == api;
    };
    let Some(mut left) = api.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        let Some(at) = left.find(part) else {
            return false;
        };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn rules_are_names_with_stars() {
        for (rule, api, expected) in [
            ("listUsers", "listUsers", true),
            ("LISTusers", "listUsers", true),
            ("list*", "listUsers", true),
            ("*", "deployVirtualMachine", true),
            ("*Users", "listUsers", true),
            ("list*s", "listUsers", true),
            ("l*t*U*s", "listUsers", true),
            ("list*s", "listUser", false),
            ("list", "listUsers", false),
            ("list*list*", "list", false),
            ("*ss*", "listUsers", false),
        ] {
            assert_eq!(matches(rule, api), expected, "{rule} {api}");
        }
    }
}
