//! Projects: accounts that share things, their members, and the invitations to join.

use serde_json::{Value, json};

use super::listing::{Listing, OWNED, PAGED, view};
use super::things::{begun, born};
use super::{Call, Done, Reply, configuration, in_job, quotas};
use crate::api::fields::SUCCESS;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    PROJECT: id string "its id", name string "its name", displaytext string "what it is",
        domainid string "the domain it belongs to", domain string "that domain's name",
        account string "the account it belongs to", projectaccountname string "the name of the account behind it",
        state string "its state", tags list "its tags", networklimit string "how many networks there may be",
        networktotal long "how many networks", networkavailable string "how many networks there may be besides",
        vpclimit string "how many VPCs there may be", vpctotal long "how many VPCs",
        vpcavailable string "how many VPCs there may be besides", cpulimit string "how many processors there may be",
        cputotal long "how many processors", cpuavailable string "how many processors there may be besides",
        memorylimit string "how many MB of memory there may be", memorytotal long "how many MB of memory",
        memoryavailable string "how many MB of memory there may be besides",
        primarystoragelimit string "how many GB of volumes there may be",
        primarystoragetotal long "how many GB of volumes",
        primarystorageavailable string "how many GB of volumes there may be besides",
        secondarystoragelimit string "how many GB of templates and snapshots there may be",
        secondarystoragetotal float "how many GB of templates and snapshots",
        secondarystorageavailable string "how many GB of templates and snapshots there may be besides",
        vmlimit string "how many virtual machines there may be", vmtotal long "how many virtual machines",
        vmavailable string "how many virtual machines there may be besides",
        iplimit string "how many public addresses there may be", iptotal long "how many public addresses",
        ipavailable string "how many public addresses there may be besides",
        volumelimit string "how many volumes there may be", volumetotal long "how many volumes",
        volumeavailable string "how many volumes there may be besides",
        snapshotlimit string "how many snapshots there may be", snapshottotal long "how many snapshots",
        snapshotavailable string "how many snapshots there may be besides",
        templatelimit string "how many templates there may be", templatetotal long "how many templates",
        templateavailable string "how many templates there may be besides",
        vmstopped integer "how many of those are stopped", vmrunning integer "how many of those run";
}
fields! {
    MEMBER: account string "the account it belongs to", domainid string "the domain it belongs to",
        domain string "that domain's name";
}
fields! {
    INVITATION: id string "its id", projectid string "the project it belongs to",
        project string "that project's name", domainid string "the domain it belongs to",
        domain string "that domain's name", account string "the account it belongs to",
        email string "the mail address", state string "its state";
}

apis! {
    Everyone "listProjects" "Lists the projects that the caller is a member of or rules over" (OWNED, PAGED) {
        opt "id" Id("project") "its id";
        opt "name" Text "its name";
        opt "displaytext" Text "what it is";
        opt "state" Text "its state";
        opt "tags" Map "its tags";
    } -> PROJECT list;

    Everyone "createProject" "Creates a project" () {
        req "name" Text "its name";
        req "displaytext" Text "what it is";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
    } -> PROJECT create,
        job "user.project.CreateProjectCmd" on "None" then |call| ended(call, "Active");

    Everyone "updateProject" "Changes a project's text or owner" () {
        req "id" Id("project") "its id";
        opt "displaytext" Text "what it is";
        opt "account" Text "the member that owns it from now on";
    } -> PROJECT update,
        job "user.project.UpdateProjectCmd" on "" then |call| { let project = call.subject("project")?; Ok(in_job("project", shown(call, &project)?)) };

    Everyone "activateProject" "Lets a suspended project go on" () {
        req "id" Id("project") "its id";
    } -> PROJECT |call| Ok(begun(&ruled(call, "id")?)),
        job "user.project.ActivateProjectCmd" on "" then |call| ended(call, "Active");

    Everyone "suspendProject" "Suspends a project: its machines stop, nothing is added" () {
        req "id" Id("project") "its id";
    } -> PROJECT |call| Ok(begun(&ruled(call, "id")?)),
        job "user.project.SuspendProjectCmd" on "" then suspend;

    Everyone "deleteProject" "Deletes a project with all that it has" () {
        req "id" Id("project") "its id";
    } -> SUCCESS |call| Ok(begun(&ruled(call, "id")?)),
        job "user.project.DeleteProjectCmd" on "" then delete;

    Everyone "listProjectAccounts" "Lists the members of a project" (PAGED) {
        req "projectid" Id("project") "the project it belongs to";
        opt "account" Text "only the member of this name";
        opt "role" Text "Admin or Regular";
    } -> MEMBER list_members;

    Everyone "addAccountToProject" "Adds an account to a project, or invites it" () {
        req "projectid" Id("project") "the project it belongs to";
        opt "account" Text "the name of the account";
        opt "email" Text "the address that the invitation goes to";
    } -> SUCCESS |call| Ok(begun(&ruled(call, "projectid")?)),
        job "user.account.AddAccountToProjectCmd" on "None" then add_member;

    Everyone "deleteAccountFromProject" "Takes an account out of a project" () {
        req "projectid" Id("project") "the project it belongs to";
        req "account" Text "the name of the account";
    } -> SUCCESS |call| Ok(begun(&ruled(call, "projectid")?)),
        job "user.account.DeleteAccountFromProjectCmd" on "" then remove_member;

    Everyone "listProjectInvitations" "Lists invitations to projects" (OWNED, PAGED) {
        opt "id" Id("projectinvitation") "its id";
        opt "activeonly" Boolean "whether only invitations that wait count";
        opt "projectid" Id("project") "the project it belongs to";
        opt "state" Text "its state";
    } -> INVITATION list_invitations;

    Everyone "updateProjectInvitation" "Accepts or declines an invitation" () {
        req "projectid" Id("project") "the project it belongs to";
        opt "accept" Boolean "whether it is accepted; true if left out";
        opt "account" Text "the account that was invited";
        opt "token" Text "the word that came with the invitation";
    } -> SUCCESS answer_invitation,
        job "user.project.UpdateProjectInvitationCmd" on "None" then |call| { settle_invitation(call)?; Ok(json!({"success": true})) };

    Everyone "deleteProjectInvitation" "Takes an invitation back" () {
        req "id" Id("projectinvitation") "its id";
    } -> SUCCESS |call| take_back(call),
        job "user.project.DeleteProjectInvitationCmd" on "None" then |call| call.end_removed("projectinvitation");
}

/// Whether an account, by internal id, is a member of a project, by internal id.
pub fn member(db: &rusqlite::Connection, project: i64, account: i64) -> Done<bool> {
    let Some(project) = store::by_id(db, "project", project)? else {
        return Ok(false);
    };
    let members = store::children(db, "projectmember", &project.uuid)?;
    Ok(members.iter().any(|member| member.account == account))
}

fn sees(call: &Call, project: &Thing) -> Done<bool> {
    Ok(match call.caller.kind() {
        0 => member(call.db, project.id, call.caller.account.id)?,
        _ => call.within(project.domain)? || member(call.db, project.id, call.caller.account.id)?,
    })
}

/// The projects that a caller works in.
pub fn of_caller(call: &Call) -> Done<Vec<Thing>> {
    let mut projects = Vec::new();
    for project in store::of_kind(call.db, "project")? {
        if sees(call, &project)? {
            projects.push(project);
        }
    }
    Ok(projects)
}

/// Lets members, and administrators above, look at what a project has.
pub fn may_look_in(call: &Call, project: &Thing) -> Done<()> {
    if sees(call, project)? {
        return Ok(());
    }
    Err(refused(call, project))
}

fn refused(call: &Call, project: &Thing) -> Refusal {
    let account = &call.caller.account;
    Refusal::new(
        531,
        4365,
        format!(
            "Account Acct[{}-{}] can't access project id={}",
            account.uuid, account.name, project.uuid
        ),
    )
}

/// Lets them add to it, where it is active.
pub fn may_work_in(call: &Call, project: &Thing) -> Done<()> {
    may_look_in(call, project)?;
    if project.state == "Active" {
        return Ok(());
    }
    Err(Refusal::new(
        531,
        4365,
        format!(
            "Can't add resources to the project {} in state={} as it's no longer active",
            project.name, project.state
        ),
    ))
}

fn rules_over(call: &Call, project: &Thing) -> Done<bool> {
    let members = store::children(call.db, "projectmember", &project.uuid)?;
    let own = members
        .iter()
        .any(|member| member.account == call.caller.account.id && member.text("role") == "Admin");
    Ok(own || (call.caller.kind() != 0 && call.within(project.domain)?))
}

/// The project that a parameter names, for its owner and for administrators above.
fn ruled(call: &Call, param: &str) -> Done<Thing> {
    let project = call.required_thing(param, "project")?;
    if rules_over(call, &project)? {
        return Ok(project);
    }
    Err(refused(call, &project))
}

fn shown(call: &Call, project: &Thing) -> Done<Value> {
    let mut shown = view(call.db, project)?;
    quotas::tell(call, project, &mut shown)?;
    Ok(shown)
}

fn ended(call: &mut Call, state: &str) -> Done<Value> {
    call.end_in("project", "project", state)?;
    let project = call.subject("project")?;
    Ok(in_job("project", shown(call, &project)?))
}

fn list(call: &mut Call) -> Done<Reply> {
    let visible: Vec<i64> = of_caller(call)?.iter().map(|project| project.id).collect();
    let owner = call.text("account").map(String::from);
    let domain = call.thing("domainid", "domain")?.map(|domain| domain.id);
    let listing = Listing {
        kind: "project",
        name: "project",
        filters: &[("displaytext", "displaytext"), ("state", "state")],
    };
    let reply = call.list_where(&listing, |project| {
        visible.contains(&project.id)
            && owner
                .as_ref()
                .is_none_or(|owner| project.text("account") == owner)
            && domain.is_none_or(|domain| project.domain == domain)
    })?;
    let Reply::List(name, rows, count) = reply else {
        return Ok(reply);
    };
    let rows = rows
        .iter()
        .map(|row| {
            let uuid = row["id"].as_str().unwrap_or_default();
            let project = store::by_uuid(call.db, "project", uuid)?;
            project.map_or_else(|| Ok(row.clone()), |project| shown(call, &project))
        })
        .collect::<Done<Vec<Value>>>()?;
    Ok(Reply::List(name, rows, count))
}

fn create(call: &mut Call) -> Done<Reply> {
    let owner = call.owner()?;
    let name = call.required("name")?.to_string();
    let twins = store::named(call.db, "project", &name)?;
    if twins
        .iter()
        .any(|project| project.domain == owner.domain.id)
    {
        return Err(Refusal::value(format!(
            "Project with name {name} already exists in domain id={}",
            owner.domain.uuid
        )));
    }
    quotas::reserve(call, &owner, "project")?;
    let body = json!({"displaytext": call.required("displaytext")?, "domainid": owner.domain.uuid,
        "domain": owner.domain.name, "account": owner.name, "state": "Active", "tags": []});
    let mut project = call.make_common(("project", &name, "Active", ""), body)?;
    project.domain = owner.domain.id;
    let account = format!("PrjAcct-{name}-{}", project.number);
    project.set("projectaccountname", account);
    store::update(call.db, &project)?;
    let holder = store::by_id(call.db, "account", owner.id)?
        .ok_or_else(|| Refusal::value("A project belongs to an account"))?;
    join(call, &project, &holder, "Admin")?;
    Ok(born(&project))
}

fn join(call: &Call, project: &Thing, account: &Thing, role: &str) -> Done<()> {
    if member(call.db, project.id, account.id)? {
        return Err(Refusal::value(format!(
            "Account {} already added to the project id={}",
            account.name, project.uuid
        )));
    }
    let owner = call.owner_of(account)?;
    let body = json!({"projectid": project.uuid, "project": project.name, "account": account.name,
        "accountid": account.uuid, "accounttype": account.whole("accounttype"), "role": role,
        "domainid": owner.domain.uuid, "domain": owner.domain.name});
    call.make(
        &owner,
        ("projectmember", &account.name, "", &project.uuid),
        body,
    )?;
    Ok(())
}

fn member_named(call: &Call, project: &Thing, name: &str) -> Done<Thing> {
    store::children(call.db, "projectmember", &project.uuid)?
        .into_iter()
        .find(|member| member.name == name)
        .ok_or_else(|| {
            Refusal::value(format!(
                "Account {name} is not assigned to the project with specified id"
            ))
        })
}

fn update(call: &mut Call) -> Done<Reply> {
    let mut project = ruled(call, "id")?;
    call.take_over(&mut project, &["displaytext"], &[]);
    if let Some(name) = call.text("account") {
        let mut next = member_named(call, &project, name)?;
        for mut member in store::children(call.db, "projectmember", &project.uuid)? {
            member.set("role", "Regular");
            store::update(call.db, &member)?;
        }
        next.set("role", "Admin");
        store::update(call.db, &next)?;
        project.set("account", name);
    }
    store::update(call.db, &project)?;
    Ok(begun(&project))
}

fn suspend(call: &mut Call) -> Done<Value> {
    let project = call.subject("project")?;
    for mut machine in store::of_account(call.db, "machine", project.id)? {
        if machine.state == "Running" {
            machine.state = "Stopped".into();
            machine.unset(&["hostid", "hostname"]);
            store::update(call.db, &machine)?;
        }
    }
    ended(call, "Suspended")
}

fn delete(call: &mut Call) -> Done<Value> {
    let project = call.subject("project")?;
    store::remove_all_of(call.db, project.id)?;
    for kind in ["projectmember", "projectinvitation"] {
        for thing in store::children(call.db, kind, &project.uuid)? {
            store::remove(call.db, &thing)?;
        }
    }
    call.end_removed("project")
}

fn list_members(call: &mut Call) -> Done<Reply> {
    let project = call.required_thing("projectid", "project")?;
    may_look_in(call, &project)?;
    let rows = store::children(call.db, "projectmember", &project.uuid)?
        .iter()
        .filter(|member| {
            call.text("account").is_none_or(|name| member.name == name)
                && call
                    .text("role")
                    .is_none_or(|role| role.eq_ignore_ascii_case(member.text("role")))
                && call
                    .text("keyword")
                    .is_none_or(|word| member.name.contains(word))
        })
        .map(|member| {
            let mut row = member.body.clone();
            row.shift_remove("id");
            row.shift_remove("name");
            Value::Object(row)
        })
        .collect();
    call.page("projectaccount", rows)
}

fn add_member(call: &mut Call) -> Done<Value> {
    let project = call.subject("project")?;
    let account = call.text("account");
    if account.is_none() && call.text("email").is_none() {
        return Err(Refusal::value("Either accountName or email is required"));
    }
    let found = match account {
        Some(name) => Some(
            store::named(call.db, "account", name)?
                .into_iter()
                .find(|account| account.domain == project.domain)
                .ok_or_else(|| {
                    Refusal::value(format!(
                        "Unable to find account name={name} in domain id={}",
                        project.text("domainid")
                    ))
                })?,
        ),
        None => None,
    };
    match found {
        Some(account) if !configuration::flag(call.db, configuration::INVITE)? => {
            join(call, &project, &account, "Regular")?;
        }
        found => invite(call, &project, found.as_ref())?,
    }
    Ok(json!({"success": true}))
}

fn invite(call: &Call, project: &Thing, account: Option<&Thing>) -> Done<()> {
    let name = account.map_or("", |account| account.name.as_str());
    let body = json!({"projectid": project.uuid, "project": project.name,
        "domainid": project.text("domainid"), "domain": project.text("domain"),
        "account": account.map(|account| &account.name), "email": call.text("email"), "state": "Pending"});
    let mut invitation =
        call.make_common(("projectinvitation", name, "Pending", &project.uuid), body)?;
    if let Some(account) = account {
        invitation.account = account.id;
        invitation.domain = account.domain;
        store::update(call.db, &invitation)?;
    }
    Ok(())
}

fn remove_member(call: &mut Call) -> Done<Value> {
    let project = call.subject("project")?;
    let name = call.required("account")?;
    let member = member_named(call, &project, name)?;
    if member.text("role") == "Admin" {
        return Err(Refusal::value(format!(
            "Unable to delete account {name} from the project id={} as the account is the owner of the project",
            project.uuid
        )));
    }
    store::remove(call.db, &member)?;
    Ok(json!({"success": true}))
}

/// The invitations that the caller got, and those to projects that they rule.
fn list_invitations(call: &mut Call) -> Done<Reply> {
    let active = call.boolean("activeonly").unwrap_or(false);
    let listing = Listing {
        kind: "projectinvitation",
        name: "projectinvitation",
        filters: &[("projectid", "projectid"), ("state", "state")],
    };
    let mut rows = Vec::new();
    for invitation in call.found_open(&listing)? {
        let ruled = match store::by_uuid(call.db, "project", &invitation.parent)? {
            Some(project) => rules_over(call, &project)?,
            None => false,
        };
        let theirs = invitation.account == call.caller.account.id;
        if (ruled || theirs) && (!active || invitation.state == "Pending") {
            rows.push(view(call.db, &invitation)?);
        }
    }
    call.page("projectinvitation", rows)
}

fn invitation(call: &Call) -> Done<Thing> {
    let project = call.required_thing("projectid", "project")?;
    let name = call.text("account").unwrap_or(&call.caller.account.name);
    store::children(call.db, "projectinvitation", &project.uuid)?
        .into_iter()
        .find(|invitation| {
            let meant = call
                .text("token")
                .map_or(invitation.name == name, |token| token == invitation.uuid);
            meant && invitation.state == "Pending"
        })
        .ok_or_else(|| {
            Refusal::value(format!(
                "Unable to find invitation for account name {name} to the project id={}",
                project.uuid
            ))
        })
}

/// An invitation is taken back by those who rule the project, or by whom it is for.
fn take_back(call: &mut Call) -> Done<Reply> {
    let invitation = call.required_thing("id", "projectinvitation")?;
    let project = store::by_uuid(call.db, "project", &invitation.parent)?;
    let ruled = match &project {
        Some(project) => rules_over(call, project)?,
        None => true,
    };
    if !ruled && invitation.account != call.caller.account.id {
        return Err(project.map_or_else(
            || Refusal::internal("the project of the invitation is gone"),
            |project| refused(call, &project),
        ));
    }
    Ok(begun(&invitation))
}

fn answer_invitation(call: &mut Call) -> Done<Reply> {
    let invitation = invitation(call)?;
    call.may_use(&invitation)?;
    Ok(begun(&invitation))
}

fn settle_invitation(call: &mut Call) -> Done<()> {
    let mut invitation = call.subject("projectinvitation")?;
    let accepted = call.boolean("accept").unwrap_or(true);
    invitation.state = if accepted { "Completed" } else { "Declined" }.into();
    store::update(call.db, &invitation)?;
    if accepted {
        let project = call.required_thing("projectid", "project")?;
        let account = store::by_id(call.db, "account", call.caller.account.id)?;
        if let Some(account) = account {
            join(call, &project, &account, "Regular")?;
        }
    }
    Ok(())
}
