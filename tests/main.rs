//! End-to-end tests: the program as people run it, each with a home and a cloud of its own.

#[path = "it/secure.rs"]
mod secure;
#[path = "it/servers.rs"]
mod servers;
#[path = "it/stand_in.rs"]
mod stand_in;
#[path = "it/standard_input.rs"]
mod standard_input;
#[path = "it/support.rs"]
mod support;

mod faults;
#[path = "../fuzz/src/lib.rs"]
mod fuzz;

#[path = "it/automation.rs"]
mod automation;
#[path = "it/batch.rs"]
mod batch;
#[path = "it/calls.rs"]
mod calls;
#[path = "it/catalogue.rs"]
mod catalogue;
#[path = "it/cloudn.rs"]
mod cloudn;
#[cfg(unix)]
#[path = "it/cmk.rs"]
mod cmk;
#[path = "it/completion.rs"]
mod completion;
#[path = "it/completions.rs"]
mod completions;
#[path = "it/configuration.rs"]
mod configuration;
#[path = "it/confirm.rs"]
mod confirm;
#[path = "it/connections.rs"]
mod connections;
#[path = "it/corpora.rs"]
mod corpora;
#[path = "it/datacenter.rs"]
mod datacenter;
#[path = "it/devcloud.rs"]
mod devcloud;
#[path = "it/doctor.rs"]
mod doctor;
#[path = "it/doctor_kinds.rs"]
mod doctor_kinds;
#[path = "it/ec2.rs"]
mod ec2;
#[path = "it/editing.rs"]
mod editing;
#[path = "it/exchanges.rs"]
mod exchanges;
#[path = "it/explain.rs"]
mod explain;
#[path = "it/forms.rs"]
mod forms;
#[path = "it/grammar.rs"]
mod grammar;
#[path = "it/hostile.rs"]
mod hostile;
#[path = "it/import.rs"]
mod import;
#[path = "it/interop.rs"]
mod interop;
#[path = "it/kcps.rs"]
mod kcps;
#[path = "it/kinds.rs"]
mod kinds;
#[path = "it/layers.rs"]
mod layers;
#[path = "it/ledger.rs"]
mod ledger;
#[path = "it/limits.rs"]
mod limits;
#[path = "it/listing.rs"]
mod listing;
#[path = "it/name_lookup.rs"]
mod name_lookup;
#[path = "it/names.rs"]
mod names;
#[path = "it/ncloud.rs"]
mod ncloud;
#[path = "it/on.rs"]
mod on;
#[path = "it/output.rs"]
mod output;
#[path = "it/pages.rs"]
mod pages;
#[path = "it/printed.rs"]
mod printed;
#[path = "it/prompt.rs"]
mod prompt;
#[path = "it/properties.rs"]
mod properties;
#[path = "it/proxies.rs"]
mod proxies;
#[path = "it/recorded.rs"]
mod recorded;
#[path = "it/refusals.rs"]
mod refusals;
#[path = "it/rehearsal.rs"]
mod rehearsal;
#[path = "it/scenarios.rs"]
mod scenarios;
#[path = "it/scripts.rs"]
mod scripts;
#[path = "it/select.rs"]
mod select;
#[path = "it/shipped.rs"]
mod shipped;
#[path = "it/teach.rs"]
mod teach;
#[path = "it/throttling.rs"]
mod throttling;
#[path = "it/tls.rs"]
mod tls;
#[path = "it/typed.rs"]
mod typed;
#[path = "it/uploads.rs"]
mod uploads;
#[path = "it/verdicts.rs"]
mod verdicts;
#[path = "it/watch.rs"]
mod watch;
#[path = "it/ways.rs"]
mod ways;
