//! The session: lines evaluated and executed, from a prompt, a script or the command line.

mod ask;
pub mod builtin;
pub mod calls;
pub mod clouds;
pub mod complete;
mod confirm;
pub mod editor;
pub mod help;
mod highlight;
mod hint;
pub mod history;
pub mod log;
pub mod lookup;
pub mod names;
pub mod output;
mod prompt;
pub mod refused;
pub mod repl;
mod restore;
pub mod script;
mod secretkey;
pub mod session;
pub mod tab;
mod uploads;
