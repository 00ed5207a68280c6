//! The cloud's own settings: those that it honours, and a few without effect here that files of datacentres set.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::listing::PAGED;
use super::{Access, Api, Call, Done, Reply, Takes, fields, opt, req};
use crate::wire::Refusal;
use crate::{clock, store};

/// How long every job takes, in milliseconds; each API's own time where it is empty.
pub const JOB_TIME: &str = "devcloud.job.milliseconds";
const PAGE_SIZE: &str = "default.page.size";
/// Whether accounts may make only so many calls in an interval.
pub const THROTTLING: &str = "api.throttling.enabled";
/// How many accounts are counted at a time.
pub const THROTTLING_CACHE: &str = "api.throttling.cachesize";
/// How long that interval is, in seconds.
pub const THROTTLING_INTERVAL: &str = "api.throttling.interval";
/// How many calls that is.
pub const THROTTLING_MAX: &str = "api.throttling.max";
const INTEGRATION_PORT: &str = "integration.api.port";
/// How far the cloud's clock is ahead, in seconds.
pub const CLOCK_OFFSET: &str = "devcloud.clock.offset";
/// How long a session may idle, in seconds.
pub const SESSION_TIME: &str = "devcloud.session.seconds";
/// How long an upload may take to come, in minutes; 0 expects none in time.
const UPLOAD_TIME: &str = "upload.operation.timeout";
/// Whether accounts are invited to projects before they are in them.
pub const INVITE: &str = "project.invite.required";
/// The one version of its API that the EC2 part of Cloudn's manner takes.
const AWSAPI_VERSION: &str = "devcloud.awsapi.version";

/// How many GB a volume may have.
pub const MAX_VOLUME: &str = "max.volume.size.gb";
/// How long a destroyed machine stays, in seconds.
pub const EXPUNGE_DELAY: &str = "expunge.delay";

/// The DNS domain of networks that are given none.
const DOMAIN_SUFFIX: &str = "guest.domain.suffix";

/// A setting that the cloud has; those of real servers are described in their words, slips included, or not at all.
struct Setting {
    name: &'static str,
    default: &'static str,
    about: &'static str,
    holds: Holds,
}

/// What a setting may hold.
enum Holds {
    /// A number of seconds, which may be negative.
    Seconds,
    /// true or false.
    Boolean,
    /// A number from 1.
    Count,
    /// A number from 0.
    CountOrZero,
    /// A number from 0, or nothing.
    CountOrNothing,
    /// A number from 0, or -1 for any.
    CountOrAny,
    /// Any text.
    Text,
    /// The number of a port, or 0 or nothing for none.
    Port,
}

const SETTINGS: &[Setting] = &[
    Setting {
        name: AWSAPI_VERSION,
        default: "2012-08-15",
        about: "The Version that EC2 calls at /awsapi must have: 2012-08-15 as in CloudStack 4.2 to 4.5, 2010-11-15 in 4.1",
        holds: Holds::Text,
    },
    Setting {
        name: CLOCK_OFFSET,
        default: "0",
        about: "How many seconds the cloud's clock is fast, or slow if negative; no job or session ends sooner for it",
        holds: Holds::Seconds,
    },
    Setting {
        name: THROTTLING_CACHE,
        default: "50000",
        about: "Account based API count cache size",
        holds: Holds::Count,
    },
    Setting {
        name: THROTTLING,
        default: "false",
        about: "Enable/disable Api rate limit",
        holds: Holds::Boolean,
    },
    Setting {
        name: THROTTLING_INTERVAL,
        default: "1",
        about: "Time interval (in seconds) to reset API count",
        holds: Holds::Count,
    },
    Setting {
        name: THROTTLING_MAX,
        default: "25",
        about: "Max allowed number of APIs within fixed interval",
        holds: Holds::Count,
    },
    Setting {
        name: PAGE_SIZE,
        default: "500",
        about: "Default page size for API list* commands",
        holds: Holds::Count,
    },
    Setting {
        name: "enable.dynamic.scale.vm",
        default: "false",
        about: "Enables/Disables dynamically scaling a vm",
        holds: Holds::Boolean,
    },
    Setting {
        name: EXPUNGE_DELAY,
        default: "86400",
        about: "Determines how long (in seconds) to wait before actually expunging destroyed vm. The default value = the \
            default value of expunge.interval",
        holds: Holds::CountOrZero,
    },
    Setting {
        name: DOMAIN_SUFFIX,
        default: "cs2cloud.internal",
        about: "Default domain name for vms inside virtualized networks fronted by router",
        holds: Holds::Text,
    },
    Setting {
        name: "instance.name",
        default: "VM",
        about: "Name of the deployment instance.",
        holds: Holds::Text,
    },
    Setting {
        name: INTEGRATION_PORT,
        default: "",
        about: "Defaul API port",
        holds: Holds::Port,
    },
    Setting {
        name: "max.account.cpus",
        default: "40",
        about: "How many processors the machines of an account may have that nobody set a limit for; -1 for any number",
        holds: Holds::CountOrAny,
    },
    Setting {
        name: "max.account.memory",
        default: "40960",
        about: "How many MB of memory the machines of an account may have that nobody set a limit for; -1 for any number",
        holds: Holds::CountOrAny,
    },
    Setting {
        name: "max.account.networks",
        default: "20",
        about: "How many networks an account may have that nobody set a limit for; -1 for any number",
        holds: Holds::CountOrAny,
    },
    Setting {
        name: "max.account.primary.storage",
        default: "200",
        about: "How many GB of volumes an account may have that nobody set a limit for; -1 for any number",
        holds: Holds::CountOrAny,
    },
    Setting {
        name: "max.account.public.ips",
        default: "20",
        about: "How many public addresses an account may have that nobody set a limit for; -1 for any number",
        holds: Holds::CountOrAny,
    },
    Setting {
        name: "max.account.secondary.storage",
        default: "400",
        about: "How many GB of snapshots, templates and ISOs an account may have that nobody set a limit for; -1 for any number",
        holds: Holds::CountOrAny,
    },
    Setting {
        name: "max.account.snapshots",
        default: "20",
        about: "How many snapshots an account may have that nobody set a limit for; -1 for any number",
        holds: Holds::CountOrAny,
    },
    Setting {
        name: "max.account.templates",
        default: "20",
        about: "How many templates an account may have that nobody set a limit for; -1 for any number",
        holds: Holds::CountOrAny,
    },
    Setting {
        name: "max.account.user.vms",
        default: "20",
        about: "How many virtual machines an account may have that nobody set a limit for; -1 for any number",
        holds: Holds::CountOrAny,
    },
    Setting {
        name: "max.account.volumes",
        default: "20",
        about: "How many volumes an account may have that nobody set a limit for; -1 for any number",
        holds: Holds::CountOrAny,
    },
    Setting {
        name: "max.account.vpcs",
        default: "20",
        about: "How many VPCs an account may have that nobody set a limit for; -1 for any number",
        holds: Holds::CountOrAny,
    },
    Setting {
        name: MAX_VOLUME,
        default: "2000",
        about: "The maximum size for a volume (in GB).",
        holds: Holds::Count,
    },
    Setting {
        name: "snapshot.max.hourly",
        default: "8",
        about: "Maximum hourly snapshots for a volume",
        holds: Holds::CountOrZero,
    },
    Setting {
        name: "snapshot.max.daily",
        default: "8",
        about: "Maximum daily snapshots for a volume",
        holds: Holds::CountOrZero,
    },
    Setting {
        name: "snapshot.max.weekly",
        default: "8",
        about: "Maximum weekly snapshots for a volume",
        holds: Holds::CountOrZero,
    },
    Setting {
        name: "snapshot.max.monthly",
        default: "8",
        about: "Maximum monthly snapshots for a volume",
        holds: Holds::CountOrZero,
    },
    Setting {
        name: INVITE,
        default: "false",
        about: "Whether accounts are invited to projects before they are members",
        holds: Holds::Boolean,
    },
    Setting {
        name: "secstorage.allowed.internal.sites",
        default: "",
        about: "",
        holds: Holds::Text,
    },
    Setting {
        name: SESSION_TIME,
        default: "1800",
        about: "How many seconds a session may idle before it ends",
        holds: Holds::Count,
    },
    Setting {
        name: UPLOAD_TIME,
        default: "10",
        about: "Time(in minutes) to wait before abandoning volume upload using HTTP POST request",
        holds: Holds::CountOrZero,
    },
    Setting {
        name: JOB_TIME,
        default: "",
        about: "How long every job takes, in milliseconds; each API's own time if empty",
        holds: Holds::CountOrNothing,
    },
];

impl Setting {
    fn accepts(&self, value: &str) -> bool {
        match self.holds {
            Holds::Seconds => value.parse::<i32>().is_ok(),
            Holds::Boolean => matches!(value, "true" | "false"),
            Holds::Count => value.parse::<u32>().is_ok_and(|number| number > 0),
            Holds::CountOrZero => value.parse::<u32>().is_ok(),
            Holds::CountOrNothing => value.is_empty() || value.parse::<u32>().is_ok(),
            Holds::CountOrAny => value == "-1" || value.parse::<u32>().is_ok(),
            Holds::Text => true,
            Holds::Port => value.is_empty() || value.parse::<u16>().is_ok(),
        }
    }
}

pub const APIS: &[Api] = &[
    Api {
        name: "listConfigurations",
        about: "Lists the settings of the cloud",
        access: Access::Root,
        params: &[
            &[opt("name", Takes::Text, "only the setting of this name")],
            PAGED,
        ],
        answers: fields::CONFIGURATION,
        run: list,
        job: None,
    },
    Api {
        name: "updateConfiguration",
        about: "Changes a setting of the cloud",
        access: Access::Root,
        params: &[&[
            req("name", Takes::Text, "the name of the setting"),
            opt(
                "value",
                Takes::Text,
                "its new value; the default if left out",
            )
            .up_to(4095),
        ]],
        answers: fields::CONFIGURATION,
        run: update,
        job: None,
    },
];

pub fn default_page_size(db: &Connection) -> Done<i64> {
    number(db, PAGE_SIZE)
}

/// How much the cloud's clock is ahead of the true one, in milliseconds.
pub fn clock_offset(db: &Connection) -> Done<i64> {
    Ok(number(db, CLOCK_OFFSET)? * 1000)
}

/// What the cloud's clock shows, in milliseconds since 1970.
pub fn cloud_time(db: &Connection) -> Done<i64> {
    Ok(clock::now() + clock_offset(db)?)
}

/// The port of the integration API; 0 where it is closed.
pub fn integration_port(db: &Connection) -> Done<u16> {
    let text = text(db, INTEGRATION_PORT)?;
    Ok(text.parse().unwrap_or(0))
}

/// A setting that is true or false.
pub fn flag(db: &Connection, name: &str) -> Done<bool> {
    Ok(text(db, name)? == "true")
}

/// A setting that is a number.
pub fn number(db: &Connection, name: &str) -> Done<i64> {
    text(db, name)?
        .parse()
        .map_err(|_| Refusal::internal(format!("the setting {name} is no number")))
}

/// The value of a setting, or its default.
fn text(db: &Connection, name: &str) -> Done<String> {
    let default = SETTINGS.iter().find(|setting| setting.name == name);
    let set = store::setting(db, name)?;
    Ok(set.unwrap_or_else(|| default.map_or("", |setting| setting.default).into()))
}

/// The DNS domain of networks that are given none.
pub fn domain_suffix(db: &Connection) -> Done<String> {
    text(db, DOMAIN_SUFFIX)
}

/// The version that EC2 calls must have.
pub fn awsapi_version(db: &Connection) -> Done<String> {
    text(db, AWSAPI_VERSION)
}

/// How many minutes after the call that announces it an upload has to begin.
pub fn upload_minutes(db: &Connection) -> Done<i64> {
    number(db, UPLOAD_TIME)
}

/// How long every job takes, in milliseconds, if that was set.
pub fn job_milliseconds(db: &Connection) -> Done<Option<i64>> {
    Ok(text(db, JOB_TIME)?.parse().ok())
}

fn record(db: &Connection, setting: &Setting) -> Done<Value> {
    let value = text(db, setting.name)?;
    let category = match setting.name {
        DOMAIN_SUFFIX => "Network",
        _ => "Advanced",
    };
    let mut record = json!({"category": category, "name": setting.name});
    if !value.is_empty() {
        record["value"] = json!(value);
    }
    if !setting.about.is_empty() {
        record["description"] = json!(setting.about);
    }
    Ok(record)
}

fn list(call: &mut Call) -> Done<Reply> {
    let keyword = call.text("keyword").unwrap_or_default().to_lowercase();
    let rows = SETTINGS
        .iter()
        .filter(|setting| {
            call.text("name")
                .is_none_or(|wanted| wanted == setting.name)
        })
        .filter(|setting| setting.name.contains(&keyword))
        .map(|setting| record(call.db, setting))
        .collect::<Done<Vec<Value>>>()?;
    call.page("configuration", rows)
}

fn update(call: &mut Call) -> Done<Reply> {
    let name = call.required("name")?;
    let setting = SETTINGS
        .iter()
        .find(|setting| setting.name == name)
        .ok_or_else(|| {
            Refusal::value(format!("Config parameter with name {name} doesn't exist"))
        })?;
    let value = call.text("value").unwrap_or(setting.default);
    if !setting.accepts(value) {
        return Err(Refusal::value(match setting.holds {
            Holds::Boolean => "Please enter either 'true' or 'false'.".into(),
            _ => format!(
                "There was error in trying to parse value: {value}. Please enter a valid integer value for parameter \
                 {name}"
            ),
        }));
    }
    store::change_setting(call.db, name, value)?;
    Ok(Reply::One("configuration", record(call.db, setting)?))
}
