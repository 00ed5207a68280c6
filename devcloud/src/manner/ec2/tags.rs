//! Tags on instances, volumes, snapshots and images; EC2 leaves it to an id what it is the id of.

use serde_json::{Value, json};

use super::Ask;
use super::words::{Said, Wrong};
use crate::store;

/// What kinds of things have tags here: CloudStack's name, ours and EC2's.
const KINDS: &[(&str, &str, &str)] = &[
    ("UserVm", "machine", "instance"),
    ("Volume", "volume", "volume"),
    ("Snapshot", "snapshot", "snapshot"),
    ("Template", "template", "image"),
    ("SecurityGroup", "securitygroup", "security-group"),
];

const FILTERS: &[(&str, &str)] = &[
    ("key", "key"),
    ("resource-id", "resourceId"),
    ("resource-type", "resourceType"),
    ("value", "value"),
];

/// Makes the same call for the things of each kind that the parameters name.
async fn change(ask: &Ask<'_>, command: &str) -> Said {
    let ids = ask.query.list("ResourceId");
    if ids.is_empty() {
        ask.required("ResourceId.1")?;
    }
    let tags = ask.query.members("Tag");
    if tags.is_empty() {
        ask.required("Tag.1.Key")?;
    }
    for id in ids {
        let mut params = vec![
            ("resourcetype".to_string(), kind(ask, id)?.to_string()),
            ("resourceids".to_string(), id.to_string()),
        ];
        for (place, tag) in tags.iter().enumerate() {
            for (member, value) in tag {
                params.push((
                    format!("tags[{place}].{}", member.to_lowercase()),
                    value.to_string(),
                ));
            }
        }
        let params: Vec<(&str, &str)> = params
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        ask.finish(command, &params).await?;
    }
    Ok(json!({"return": true}))
}

/// What kind of thing has an id.
fn kind(ask: &Ask, id: &str) -> Result<&'static str, Wrong> {
    for (name, kind, _) in KINDS {
        let found = ask.desk.look(|db| store::by_uuid(db, kind, id));
        if matches!(found, Ok(Some(_))) {
            return Ok(name);
        }
    }
    Err(Wrong::client(
        "InvalidID",
        format!("The ID '{id}' does not exist"),
    ))
}

pub async fn create(ask: &Ask<'_>) -> Said {
    change(ask, "createTags").await
}

pub async fn delete(ask: &Ask<'_>) -> Said {
    change(ask, "deleteTags").await
}

pub fn describe(ask: &Ask) -> Said {
    let rows = ask.rows("listTags", "tag", &[("listall", "true")])?;
    let items: Vec<Value> = rows
        .iter()
        .filter_map(|row| {
            let kind = KINDS
                .iter()
                .find(|(name, ..)| row["resourcetype"] == *name)?;
            Some(
                json!({"resourceId": row["resourceid"], "resourceType": kind.2, "key": row["key"],
                "value": row["value"]}),
            )
        })
        .collect();
    Ok(json!({ "tagSet": ask.query.filtered(items, FILTERS)? }))
}
