//! The program's own flags, from which its help, its completions and its manual page come.

use std::path::PathBuf;

use clap::{CommandFactory, Parser, ValueHint};

/// A shell, one-shot command and script runner for Apache CloudStack and the clouds that speak like it.
#[derive(Parser)]
#[command(
    name = "capuchin",
    version,
    override_usage = "capuchin [OPTIONS] [COMMAND …]",
    max_term_width = 80
)]
#[command(
    after_help = "Without a command: the prompt, or the script on standard input.\n\
    A command is a line of the shell: capuchin list users filter=id,account"
)]
pub struct Cli {
    /// The configuration file [default: ~/.config/capuchin/config.toml]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// The profile to use
    #[arg(short, long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The output form: auto, table, wide, text, column, json, jsonl, csv, yaml, xml, raw or chart
    #[arg(short, long, value_name = "FORM")]
    pub output: Option<String>,
    /// The address of the API, in place of the profile's
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub url: Option<String>,
    /// Run the commands in a file
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Set a variable, for the lines of a script (may be given several times)
    #[arg(long, value_name = "NAME=VALUE")]
    pub var: Vec<String>,
    /// In a script, go on after a failure and end with the first one's status
    #[arg(long)]
    pub keep_going: bool,
}

/// The flags as clap has them.
pub fn command() -> clap::Command {
    Cli::command()
}
