//! Which columns of a list are worth a terminal's width: what was seen of each column in, an order of usefulness out.

use unicode_width::UnicodeWidthStr;

use super::fit::Gives;

/// What is looked for first, in the order in which it stands.
const LEADING: [&[&str]; 6] = [
    &["name"],
    &[
        "state",
        "status",
        "allocationstate",
        "percentused",
        "instanceState",
        "imageState",
        "zoneState",
    ],
    &[
        "ipaddress",
        NIC_ADDRESS,
        "publicip",
        "publicipaddress",
        "ipAddress",
        "publicIp",
    ],
    &["zonename", "availabilityZone"],
    &["account", "project"],
    &["id", "instanceId", "volumeId", "snapshotId", "imageId"],
];
const NAME: usize = 0;
const STATE: usize = 1;
const ADDRESS: usize = 2;
const ID: usize = 5;

/// What a machine's first address is found by.
pub const NIC_ADDRESS: &str = "nic.ipaddress";

/// What a thing without a name is known by.
const STAND_INS: [&str; 8] = [
    "displayname",
    "ipaddress",
    "api",
    "username",
    "cmd",
    "keyName",
    "groupName",
    "zoneName",
];

/// What a thing without an id is asked after by.
const STAND_IN_ID: &str = "jobid";

/// What people ask for after that, whatever it is a list of.
const WANTED: &[&str] = &[
    "type",
    "displayname",
    "username",
    "size",
    "memory",
    "cpunumber",
    "hypervisor",
    "templatename",
    "serviceofferingname",
    "networkname",
    "networktype",
    "cidr",
    "guestcidraddress",
    "hostname",
    "clustername",
    "podname",
    "vmname",
    "virtualmachinename",
    "protocol",
    "startport",
    "endport",
    "publicport",
    "privateport",
    "cidrlist",
    "value",
    "key",
    "usage",
    "percentused",
    "capacityused",
    "capacitytotal",
    "level",
    "vlan",
    "code",
    "kind",
    "sent",
    "url",
    "inuse",
    "jobstatus",
    "ostypename",
    "domain",
    "email",
    "traffictype",
    "scope",
    "path",
    "role",
    "rolename",
    "category",
    "volumetype",
    "resourcetype",
    "max",
    "instanceType",
    "launchTime",
    "createTime",
    "startTime",
    "keyFingerprint",
    "groupDescription",
];

/// How wide a value is shown before others give way to it.
const PLENTY: usize = 24;
const NAMES: usize = 20;
/// A header wider than this is cut where what stands under it is narrower.
const HEADER: usize = 16;
/// Columns from here on are of less use than the whole of a name.
const MINOR: usize = 8;
/// Columns from here on are shown only where all are.
const SPARE: usize = 60;
/// Ages are narrower than this, dates are not.
const AGE: usize = 9;
/// Less of a long text is of no use.
const PROSE: usize = 16;

/// What was seen of one column.
#[derive(Debug)]
pub struct Seen {
    pub name: String,
    /// What other lists call what this one has its own name for.
    role: Option<&'static str>,
    /// Of the widest cell.
    pub width: usize,
    /// How many rows have something there, and how wide that is together.
    filled: usize,
    total: usize,
    first: Option<String>,
    varies: bool,
    /// Whether it has said the same as the row's name so far.
    twin: bool,
    kind: Option<Kind>,
}

/// What all values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Word,
    Number,
    Bool,
    Id,
    Date,
    Nested,
}

/// What the list is of, as far as it can be told.
struct Things<'a> {
    rows: usize,
    /// The column that they are known by.
    called: Option<&'a str>,
    /// Whether they are what happened, whose ids nobody asks for.
    happened: bool,
    /// Whether they tell how much of something was used.
    measured: bool,
    /// Whether `jobid` is their id.
    jobs: bool,
}

impl<'a> Things<'a> {
    fn of(seen: &'a [Seen], rows: usize) -> Things<'a> {
        let there = |name: &str| {
            seen.iter()
                .any(|seen| seen.known() == name && seen.filled > 0)
        };
        let happened = there("description") && (there("sent") || there("level"));
        let measured = there("description") && there("rawusage");
        let called = match measured {
            true => Some("description"),
            false => std::iter::once("name")
                .chain(STAND_INS)
                .find(|name| there(name) && !(*name == "username" && happened)),
        };
        Things {
            rows,
            called,
            happened,
            measured,
            jobs: there(STAND_IN_ID) && !there("id"),
        }
    }
}

/// A column that is shown, in so many columns of the terminal.
#[derive(Debug, PartialEq, Eq)]
pub struct Chosen {
    pub place: usize,
    pub width: usize,
}

impl Seen {
    pub fn new(name: &str) -> Seen {
        Seen {
            name: name.into(),
            role: None,
            width: 0,
            filled: 0,
            total: 0,
            first: None,
            varies: false,
            twin: true,
            kind: None,
        }
    }

    /// Says what the list is called that it is a column of: `serverInstanceList` has the names of its things in `serverName`.
    pub fn stands_in(&mut self, list: &str) {
        self.role = role(&self.name, list);
    }

    /// What it is called where that tells what it is.
    pub fn known(&self) -> &str {
        self.role.unwrap_or(&self.name)
    }

    /// Takes a cell in; `called` is the name of what the row is.
    pub fn see(&mut self, text: &str, kind: Kind, called: Option<&str>) {
        let width = text.width();
        self.width = self.width.max(width);
        if text.is_empty() {
            return;
        }
        self.filled += 1;
        self.total += width;
        self.twin &= called == Some(text);
        match &self.first {
            None => self.first = Some(text.into()),
            Some(first) => self.varies |= first != text,
        }
        self.kind = match self.kind {
            None => Some(kind),
            Some(known) if known == kind => Some(kind),
            Some(_) => Some(Kind::Word),
        };
    }

    /// The width at which nothing of it is cut.
    pub fn natural(&self) -> usize {
        self.width.max(self.name.width())
    }

    pub fn gives(&self) -> Gives {
        match (self.leads(), self.kind) {
            (Some(ID), _) | (_, Some(Kind::Id)) => Gives::Last,
            (Some(NAME | STATE | ADDRESS), _) => Gives::Later,
            _ => Gives::First,
        }
    }

    fn leads(&self) -> Option<usize> {
        LEADING
            .iter()
            .position(|names| names.contains(&self.known()))
    }

    /// The width that it is given where others have to be left out.
    fn want(&self) -> usize {
        let header = self.name.width().min(HEADER);
        let most = match self.gives() {
            Gives::Last => usize::MAX,
            Gives::Later => NAMES,
            Gives::First => PLENTY,
        };
        self.width.min(most).max(header)
    }

    fn long(&self) -> bool {
        self.total > self.filled * PLENTY
    }

    /// The rank of what is of more or less use in lists of one kind than elsewhere.
    fn rank_among(&self, things: &Things) -> Option<usize> {
        let rank = match &*self.name {
            "description" if things.happened => 4,
            "type" if things.happened && things.called.is_none() => 6,
            // Beside a name a date is worth less than the sentence, unless it is told as an age.
            "created" | "sent"
                if things.happened && (things.called.is_none() || self.width < AGE) =>
            {
                5
            }
            // The description tells it as well.
            "name" if things.measured => 15,
            "usage" if things.measured => 2,
            "usagetype" if things.measured => 6,
            "startdate" if things.measured => 7,
            STAND_IN_ID if things.jobs => 1,
            "jobstatus" if things.jobs => 2,
            _ => return None,
        };
        Some(rank)
    }

    /// How useful it is, the best at 0.
    fn rank(&self, things: &Things) -> usize {
        if self.filled == 0 {
            return 1000;
        }
        if things.called == Some(self.known()) {
            return 0;
        }
        // What only some rows have differs as well.
        let same = things.rows > 1 && !self.varies && self.filled == things.rows;
        if let Some(rank) = self.rank_among(things) {
            return rank;
        }
        match (self.leads(), same) {
            (Some(ID), _) if things.happened => return 46,
            // Where ids have names of their own, nothing else is what things are known by.
            (Some(ID), _) if things.called.is_some() || self.name != "id" => return 1,
            (Some(ID), _) => return 12,
            (Some(STATE), true) => return MINOR,
            (Some(ADDRESS), true) | (Some(3..), true) => return 40,
            (Some(STATE), false) => return 2,
            (Some(ADDRESS), false) => return 3,
            (Some(lead), _) => return lead + 1,
            (None, _) => {}
        }
        let mut numbers = ["id", "No", "NoList", "StatusName"].iter();
        let other = numbers.any(|end| self.name.ends_with(end)) || self.kind == Some(Kind::Id);
        let secret = self.name.ends_with("key") && self.name != "key";
        let wanted = WANTED.contains(&self.name.as_str());
        let rank = match self.kind {
            Some(Kind::Nested) => 80,
            _ if secret => 90,
            Some(Kind::Bool) if !wanted => 70,
            _ if other => SPARE,
            Some(Kind::Date) if things.happened || things.called.is_none() => 9,
            Some(Kind::Date) => 45,
            _ if wanted => 10,
            _ if self.long() => 20,
            _ => 15,
        };
        let twin = things.rows > 1 && self.twin;
        match (same || twin, rank) {
            (true, 10) if !twin => SPARE - 5,
            (true, rank) => rank + 100,
            (false, rank) => rank,
        }
    }
}

/// What a column is of a list whose things have their own name in those of their fields: `state` is `serverInstanceStatus` in
/// `serverInstanceList`.
fn role(column: &str, list: &str) -> Option<&'static str> {
    let thing = list
        .strip_suffix("List")
        .filter(|thing| !thing.is_empty())?;
    let own = column.strip_prefix(thing);
    let stem = column.strip_suffix("Name").map(str::to_lowercase);
    let named = stem.is_some_and(|stem| !stem.is_empty() && thing.to_lowercase().contains(&stem));
    match (own, column) {
        (Some("No" | "Code"), _) => Some("id"),
        (Some("Status"), _) => Some("state"),
        _ if named => Some("name"),
        (_, "publicIp" | "privateIp" | "ip") => Some("ipaddress"),
        (_, "zoneCode") => Some("zonename"),
        _ => None,
    }
}

/// The columns that fit into `width`, each with `beside` between it and the next, and those that do not, the most useful
/// first.
pub fn choose(
    seen: &[Seen],
    rows: usize,
    width: usize,
    beside: usize,
) -> (Vec<Chosen>, Vec<usize>) {
    let natural: usize = seen.iter().map(|seen| seen.natural() + beside).sum();
    if natural <= width {
        let whole = |(place, seen): (usize, &Seen)| Chosen {
            place,
            width: seen.natural(),
        };
        return (seen.iter().enumerate().map(whole).collect(), Vec::new());
    }
    let things = Things::of(seen, rows);
    let mut ranked: Vec<(usize, usize)> = seen
        .iter()
        .enumerate()
        .map(|(place, seen)| (seen.rank(&things), place))
        .collect();
    ranked.sort_unstable();
    let (mut chosen, mut used) = (Vec::new(), 0);
    let mut grown = false;
    for (rank, place) in &ranked {
        if *rank >= MINOR && !grown {
            grown = true;
            grow(seen, &mut chosen, width, &mut used);
        }
        let want = seen[*place].want() + beside;
        if used + want <= width && *rank < SPARE {
            used += want;
            chosen.push((*rank, *place, want - beside));
        } else if chosen.is_empty() {
            used = width;
            chosen.push((*rank, *place, width.saturating_sub(beside)));
        }
    }
    // A sentence is better cut than left out.
    let prose = ranked.iter().find(|(rank, place)| {
        let there = chosen.iter().any(|(_, taken, _)| taken == place);
        !there && *rank < SPARE && seen[*place].long()
    });
    if let Some((rank, place)) = prose
        && width - used >= PROSE + beside
    {
        chosen.push((*rank, *place, width - used - beside));
        used = width;
    }
    let first = |rank: usize, place: usize| match (rank, seen[place].leads()) {
        (0, _) => 0,
        (_, Some(lead)) => lead,
        (rank, None) => rank + LEADING.len(),
    };
    chosen.sort_by_key(|(rank, place, _)| (first(*rank, *place), *place));
    grow(seen, &mut chosen, width, &mut used);
    let shown: Vec<Chosen> = chosen
        .into_iter()
        .map(|(_, place, width)| Chosen { place, width })
        .collect();
    let left = ranked
        .into_iter()
        .map(|(_, place)| place)
        .filter(|place| !shown.iter().any(|chosen| chosen.place == *place))
        .collect();
    (shown, left)
}

/// Gives the room that is left to columns that are cut, in their order.
fn grow(seen: &[Seen], chosen: &mut [(usize, usize, usize)], width: usize, used: &mut usize) {
    for (_, place, own) in chosen {
        let more = seen[*place].natural().saturating_sub(*own);
        let more = more.min(width - *used);
        *own += more;
        *used += more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns that are shown of rows at a width, all values taken for words but dates and ids.
    fn shown(width: usize, names: &[&str], rows: &[&[&str]]) -> Vec<String> {
        let mut seen: Vec<Seen> = names.iter().map(|name| Seen::new(name)).collect();
        for row in rows {
            for (column, text) in seen.iter_mut().zip(*row) {
                let kind = match text.len() {
                    36 => Kind::Id,
                    24 => Kind::Date,
                    _ => Kind::Word,
                };
                column.see(text, kind, None);
            }
        }
        let (chosen, _) = choose(&seen, rows.len(), width - 1, 3);
        let name = |chosen: &Chosen| seen[chosen.place].name.clone();
        chosen.iter().map(name).collect()
    }

    const ID: &str = "5bb2a62f-b043-44da-bc17-402e5790d73e";
    const DATE: &str = "2026-11-25T23:41:26+0000";

    #[test]
    fn usage_records_tell_what_was_used_and_how_much() {
        let names = [
            "account",
            "accountid",
            "description",
            "usage",
            "usagetype",
            "rawusage",
            "name",
            "type",
            "memory",
            "startdate",
        ];
        let row = |text, usage, name| {
            [
                "admin",
                ID,
                text,
                usage,
                "1",
                "48",
                name,
                "XenServer",
                "100",
                DATE,
            ]
        };
        let rows = [
            row(
                "web running time (ServiceOffering: 1) (Template: 4)",
                "48 Hrs",
                "web",
            ),
            row(
                "db running time (ServiceOffering: 1) (Template: 4)",
                "2 Hrs",
                "db",
            ),
        ];
        let rows: Vec<&[&str]> = rows.iter().map(|row| &row[..]).collect();
        let shown = shown(80, &names, &rows);
        assert_eq!(shown[..2], ["description", "usage"]);
        assert!(shown.contains(&"startdate".to_string()), "{shown:?}");
    }

    #[test]
    fn events_tell_when_they_were() {
        let names = [
            "id",
            "type",
            "level",
            "state",
            "description",
            "created",
            "username",
        ];
        let text = "Completed: VirtualMachine 7071f1f6-9709-46e2-a8be-8d3e58390c14";
        let rows: [&[&str]; 2] = [
            &[ID, "VM.STOP", "INFO", "Completed", text, DATE, "admin"],
            &[ID, "VM.START", "INFO", "Scheduled", text, DATE, "admin"],
        ];
        let shown = shown(80, &names, &rows);
        for wanted in ["state", "description", "created"] {
            assert!(shown.contains(&wanted.to_string()), "{shown:?}");
        }
    }

    #[test]
    fn jobs_of_the_cloud_are_shown_with_what_they_are_asked_after_by() {
        let names = ["accountid", "cmd", "jobstatus", "jobid", "created"];
        let rows: [&[&str]; 2] = [
            &[
                ID,
                "DeployVMCmdByAdmin",
                "1",
                "6047dcda-ad4a-45ae-9056-7f2557e2ff8b",
                DATE,
            ],
            &[
                ID,
                "StopVMCmdByAdmin",
                "0",
                "3f4edb50-2522-4f94-a7b8-7509e274e0b8",
                DATE,
            ],
        ];
        assert_eq!(shown(80, &names, &rows), ["cmd", "jobid", "jobstatus"]);
    }

    #[test]
    fn columns_that_are_called_after_their_list_lead_as_others_do() {
        for (column, list, expected) in [
            ("serverInstanceNo", "serverInstanceList", Some("id")),
            ("serverInstanceStatus", "serverInstanceList", Some("state")),
            ("serverName", "serverInstanceList", Some("name")),
            ("loginKeyName", "serverInstanceList", None),
            ("serverInstanceStatusName", "serverInstanceList", None),
            ("volumeName", "nasVolumeInstanceList", Some("name")),
            ("keyName", "loginKeyList", Some("name")),
            ("productCode", "productList", Some("id")),
            ("serverName", "server", None),
        ] {
            assert_eq!(role(column, list), expected, "{column} {list}");
        }
        let names = [
            "loginKeyName",
            "networkInterfaceNo",
            "serverInstanceStatusName",
            "serverInstanceNo",
            "serverInstanceStatus",
            "serverName",
        ];
        let mut seen = names.map(Seen::new);
        for column in &mut seen {
            column.stands_in("serverInstanceList");
            for text in ["one-thing", "another-thing"] {
                column.see(text, Kind::Word, None);
            }
        }
        let (chosen, _) = choose(&seen, 2, 60, 3);
        let chosen: Vec<&str> = chosen.iter().map(|one| names[one.place]).collect();
        assert_eq!(
            chosen,
            ["serverName", "serverInstanceStatus", "serverInstanceNo"]
        );
    }
}
