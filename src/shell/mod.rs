//! The session: lines evaluated and executed, from a prompt, a script or the command line.

mod ask;
pub mod builtin;
pub mod calls;
pub mod clouds;
pub mod complete;
pub mod editor;
pub mod help;
pub mod keep;
mod left;
pub mod log;
pub mod names;
pub mod output;
pub mod refused;
pub mod repl;
pub mod report;
pub mod scenario;
pub mod script;
mod secretkey;
pub mod session;
mod uploads;
