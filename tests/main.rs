//! End-to-end tests: the program as people run it, each with a home and a cloud of its own.

#[path = "it/support.rs"]
mod support;

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

#[path = "it/calls.rs"]
mod calls;
#[path = "it/configuration.rs"]
mod configuration;
#[path = "it/corpora.rs"]
mod corpora;
#[path = "it/exchanges.rs"]
mod exchanges;
#[path = "it/grammar.rs"]
mod grammar;
#[path = "it/hostile.rs"]
mod hostile;
#[path = "it/layers.rs"]
mod layers;
#[path = "it/output.rs"]
mod output;
#[path = "it/prompt.rs"]
mod prompt;
#[path = "it/properties.rs"]
mod properties;
#[path = "it/recorded.rs"]
mod recorded;
#[path = "it/scripts.rs"]
mod scripts;
