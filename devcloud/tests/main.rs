//! The cloud over HTTP, called by a client of the tests' own: what it answers, refuses and remembers.

#[path = "it/catalogue.rs"]
mod catalogue;
#[path = "it/clock.rs"]
mod clock;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/fill.rs"]
mod fill;
#[path = "it/integration.rs"]
mod integration;
#[path = "it/jobs.rs"]
mod jobs;
#[path = "it/life.rs"]
mod life;
#[path = "it/limits.rs"]
mod limits;
#[path = "it/recorded.rs"]
mod recorded;
#[path = "it/roles.rs"]
mod roles;
#[path = "it/sessions.rs"]
mod sessions;
#[path = "it/support.rs"]
mod support;
#[path = "it/upload.rs"]
mod upload;
#[path = "it/usage.rs"]
mod usage;
#[path = "it/wire.rs"]
mod wire;
