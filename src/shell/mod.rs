//! The session: lines evaluated and executed, from a prompt, a script or the command line.

mod ask;
pub mod builtin;
pub mod calls;
pub mod candidates;
pub mod clouds;
pub mod complete;
pub mod editor;
mod files;
pub mod help;
pub mod log;
pub mod lookup;
pub mod names;
pub mod output;
mod paging;
pub mod refused;
pub mod repl;
pub mod script;
mod secretkey;
pub mod session;
pub mod tab;
mod uploads;
pub mod values;
