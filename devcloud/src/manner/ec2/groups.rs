//! Security groups and what they let in.

use serde_json::{Value, json};

use super::Ask;
use super::query::Members;
use super::words::{Said, Wrong, owner, tags};

const FILTERS: &[(&str, &str)] = &[
    ("description", "groupDescription"),
    ("group-id", "groupId"),
    ("group-name", "groupName"),
    ("ip-permission.cidr", "ipPermissions/*/ipRanges/*/cidrIp"),
    ("ip-permission.from-port", "ipPermissions/*/fromPort"),
    (
        "ip-permission.group-name",
        "ipPermissions/*/groups/*/groupName",
    ),
    ("ip-permission.protocol", "ipPermissions/*/ipProtocol"),
    ("ip-permission.to-port", "ipPermissions/*/toPort"),
    ("ip-permission.user-id", "ipPermissions/*/groups/*/userId"),
    ("owner-id", "ownerId"),
    ("tag-key", "tagSet/*/key"),
    ("tag-value", "tagSet/*/value"),
];

fn rows(ask: &Ask) -> Result<Vec<Value>, Wrong> {
    ask.rows(
        "listSecurityGroups",
        "securitygroup",
        &[("listall", "true")],
    )
}

/// The group that a call names, by its name or its id.
fn named(ask: &Ask) -> Said {
    let (by, given) = match ask.query.text("GroupId") {
        Some(id) => ("id", id),
        None => ("name", ask.required("GroupName")?),
    };
    let found = rows(ask)?.into_iter().find(|group| group[by] == given);
    found.ok_or_else(|| missing(given))
}

fn missing(given: &str) -> Wrong {
    Wrong::client(
        "InvalidGroup.NotFound",
        format!("The security group '{given}' does not exist"),
    )
}

pub fn create(ask: &Ask) -> Said {
    let name = ask.required("GroupName")?;
    let about = ask.required("GroupDescription")?;
    if rows(ask)?.iter().any(|group| group["name"] == name) {
        return Err(Wrong::client(
            "InvalidGroup.Duplicate",
            format!("The security group '{name}' already exists"),
        ));
    }
    let made = ask.call(
        "createSecurityGroup",
        &[("name", name), ("description", about)],
    )?;
    Ok(json!({"return": true, "groupId": made.pointer("/securitygroup/id")}))
}

pub fn delete(ask: &Ask) -> Said {
    let group = named(ask)?;
    let id = group["id"].as_str().unwrap_or_default();
    ask.call("deleteSecurityGroup", &[("id", id)])
        .map_err(
            |wrong| match wrong.is("InvalidParameterValue") || wrong.is("InternalError") {
                true => wrong.called("InvalidGroup.InUse"),
                false => wrong,
            },
        )?;
    Ok(json!({"return": true}))
}

pub fn describe(ask: &Ask) -> Said {
    let mut groups = rows(ask)?;
    for (param, field) in [("GroupName", "name"), ("GroupId", "id")] {
        let wanted = ask.query.list(param);
        for given in &wanted {
            if !groups.iter().any(|group| group[field] == *given) {
                return Err(missing(given));
            }
        }
        groups
            .retain(|group| wanted.is_empty() || wanted.iter().any(|given| group[field] == *given));
    }
    let items: Vec<Value> = groups.iter().map(group).collect();
    Ok(json!({ "securityGroupInfo": ask.query.filtered(items, FILTERS)? }))
}

/// A security group as EC2 shows it.
fn group(row: &Value) -> Value {
    let rules = row["ingressrule"].as_array().into_iter().flatten();
    let permissions: Vec<Value> = rules
        .map(|rule| {
            let icmp = rule["protocol"] == "icmp";
            let (from, to) = match icmp {
                true => (&rule["icmptype"], &rule["icmpcode"]),
                false => (&rule["startport"], &rule["endport"]),
            };
            let ranges: Vec<Value> = rule["cidr"]
                .as_str()
                .map(|cidr| json!({ "cidrIp": cidr }))
                .into_iter()
                .collect();
            let groups: Vec<Value> = rule["securitygroupname"]
                .as_str()
                .map(|name| json!({"userId": rule["account"], "groupName": name}))
                .into_iter()
                .collect();
            json!({"ipProtocol": rule["protocol"], "fromPort": from, "toPort": to, "groups": groups, "ipRanges": ranges})
        })
        .collect();
    json!({"ownerId": owner(row), "groupId": row["id"], "groupName": row["name"],
        "groupDescription": row["description"].as_str().unwrap_or_default(), "ipPermissions": permissions,
        "tagSet": tags(row)})
}

/// A permission in CloudStack's parameters.
struct Permission {
    protocol: String,
    from: Option<String>,
    to: Option<String>,
    cidrs: Vec<String>,
    groups: Vec<(String, String)>,
}

impl Permission {
    /// The permissions of a call, each with its networks and its groups.
    fn all(ask: &Ask) -> Result<Vec<Permission>, Wrong> {
        let all: Vec<Permission> = ask
            .query
            .members("IpPermissions")
            .iter()
            .map(Permission::of)
            .collect();
        if all.is_empty() {
            ask.required("IpPermissions.1.IpProtocol")?;
        }
        Ok(all)
    }

    fn of(members: &Members) -> Permission {
        let text = |name: &str| {
            let found = members.iter().find(|(member, _)| *member == name);
            found.map(|(_, value)| value.to_string())
        };
        let ends = |end: &str| {
            let found = members.iter().filter(|(member, _)| member.ends_with(end));
            found
                .map(|(_, value)| value.to_string())
                .collect::<Vec<_>>()
        };
        Permission {
            protocol: text("IpProtocol").unwrap_or_default(),
            from: text("FromPort"),
            to: text("ToPort"),
            cidrs: ends(".CidrIp"),
            groups: ends(".UserId")
                .into_iter()
                .zip(ends(".GroupName"))
                .collect(),
        }
    }

    fn params(&self, group: &str) -> Vec<(String, String)> {
        let names = match self.protocol.as_str() {
            "icmp" => ["icmptype", "icmpcode"],
            _ => ["startport", "endport"],
        };
        let mut params = vec![
            ("securitygroupid".to_string(), group.to_string()),
            ("protocol".to_string(), self.protocol.clone()),
        ];
        for (name, value) in names.into_iter().zip([&self.from, &self.to]) {
            params.extend(value.clone().map(|value| (name.to_string(), value)));
        }
        if !self.cidrs.is_empty() {
            params.push(("cidrlist".into(), self.cidrs.join(",")));
        }
        for (place, (account, group)) in self.groups.iter().enumerate() {
            // Whose a group is may be told with its domain before it.
            let account = account.rsplit(':').next().unwrap_or_default();
            let member = |name: &str| format!("usersecuritygrouplist[{place}].{name}");
            params.push((member("account"), account.into()));
            params.push((member("group"), group.clone()));
        }
        params
    }

    /// Whether a rule of a group is one of this permission's.
    fn covers(&self, rule: &Value) -> bool {
        let same = |field: &str, value: &Option<String>| {
            value
                .as_ref()
                .is_none_or(|value| rule[field].to_string().trim_matches('"') == value)
        };
        let names = match self.protocol.as_str() {
            "icmp" => ["icmptype", "icmpcode"],
            _ => ["startport", "endport"],
        };
        let from_network = self.cidrs.iter().any(|cidr| rule["cidr"] == cidr.as_str());
        let from_group = self.groups.iter().any(|(account, group)| {
            let account = account.rsplit(':').next().unwrap_or_default();
            rule["securitygroupname"] == group.as_str() && rule["account"] == account
        });
        rule["protocol"] == self.protocol.as_str()
            && same(names[0], &self.from)
            && same(names[1], &self.to)
            && (from_network || from_group)
    }
}

pub async fn authorize(ask: &Ask<'_>) -> Said {
    let group = named(ask)?;
    let id = group["id"].as_str().unwrap_or_default();
    for permission in Permission::all(ask)? {
        let params = permission.params(id);
        let params: Vec<(&str, &str)> = params
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let rules = group["ingressrule"].as_array();
        if rules
            .into_iter()
            .flatten()
            .any(|rule| permission.covers(rule))
        {
            return Err(Wrong::client(
                "InvalidPermission.Duplicate",
                "The permission has been granted already",
            ));
        }
        ask.finish("authorizeSecurityGroupIngress", &params).await?;
    }
    Ok(json!({"return": true}))
}

pub async fn revoke(ask: &Ask<'_>) -> Said {
    let group = named(ask)?;
    for permission in Permission::all(ask)? {
        let rules = group["ingressrule"].as_array().into_iter().flatten();
        let covered: Vec<&str> = rules
            .filter(|rule| permission.covers(rule))
            .filter_map(|rule| rule["ruleid"].as_str())
            .collect();
        if covered.is_empty() {
            return Err(Wrong::client(
                "InvalidPermission.NotFound",
                "The group has no such permission",
            ));
        }
        for id in covered {
            ask.finish("revokeSecurityGroupIngress", &[("id", id)])
                .await?;
        }
    }
    Ok(json!({"return": true}))
}
