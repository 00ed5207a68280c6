//! The cloud over HTTP, called by a client of the tests' own: what it answers, refuses and remembers.

#[path = "it/addresses.rs"]
mod addresses;
#[path = "it/by_itself.rs"]
mod by_itself;
#[path = "it/catalogue.rs"]
mod catalogue;
#[path = "it/clock.rs"]
mod clock;
#[path = "it/connections.rs"]
mod connections;
#[path = "it/deploying.rs"]
mod deploying;
#[path = "it/estate.rs"]
mod estate;
#[path = "it/exchanges.rs"]
mod exchanges;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/fill.rs"]
mod fill;
#[path = "it/groups.rs"]
mod groups;
#[path = "it/hostile.rs"]
mod hostile;
#[path = "it/images.rs"]
mod images;
#[path = "it/integration.rs"]
mod integration;
#[path = "it/jobs.rs"]
mod jobs;
#[path = "it/life.rs"]
mod life;
#[path = "it/likeness.rs"]
mod likeness;
#[path = "it/limits.rs"]
mod limits;
#[path = "it/list_rules.rs"]
mod list_rules;
#[path = "it/load.rs"]
mod load;
#[path = "it/manner_cloudn.rs"]
mod manner_cloudn;
#[path = "it/manner_ec2.rs"]
mod manner_ec2;
#[path = "it/manner_kcps.rs"]
mod manner_kcps;
#[path = "it/manner_ncloud.rs"]
mod manner_ncloud;
#[path = "it/manner_old.rs"]
mod manner_old;
#[path = "it/projects.rs"]
mod projects;
#[path = "it/recorded.rs"]
mod recorded;
#[path = "it/records.rs"]
mod records;
#[path = "it/roles.rs"]
mod roles;
#[path = "it/scaling.rs"]
mod scaling;
#[path = "it/sessions.rs"]
mod sessions;
#[path = "it/settings.rs"]
mod settings;
#[path = "it/signatures.rs"]
mod signatures;
#[path = "it/story.rs"]
mod story;
#[path = "it/support.rs"]
mod support;
#[path = "it/upkeep.rs"]
mod upkeep;
#[path = "it/upload.rs"]
mod upload;
#[path = "it/usage.rs"]
mod usage;
#[path = "it/vpcs.rs"]
mod vpcs;
#[path = "it/vpn.rs"]
mod vpn;
#[path = "it/wire.rs"]
mod wire;
#[path = "it/zones.rs"]
mod zones;
