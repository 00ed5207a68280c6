//! `man`: the manual page as roff, from the flags, the tables of built-ins and settings, and the exit statuses.

use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use super::{BUILTINS, Builtin, explain, lessons, no_words};
use crate::cli::flags;
use crate::config::settings::SETTINGS;
use crate::error::{Error, Result};
use crate::shell::help::topics::{TOPICS, values};
use crate::shell::session::{Session, Shown};

pub const MAN: Builtin = Builtin {
    name: "man",
    args: "",
    about: "Prints the manual page: capuchin man | man -l -",
    run,
    words: no_words,
};

/// The variables of the environment that are read.
const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "CLOUDSTACK_ENDPOINT, CLOUDSTACK_KEY, CLOUDSTACK_SECRET",
        "A cloud's address and keys, which together stand in place of a profile.",
    ),
    (
        "CAPUCHIN_CONFIG",
        "The configuration file, where -c names none.",
    ),
    ("CAPUCHIN_OUTPUT", "The output form, where -o names none."),
    (
        "XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME",
        "The directories below which the files are kept.",
    ),
    (
        "http_proxy, https_proxy, all_proxy, no_proxy",
        "Proxies on the way to a cloud, in either case.",
    ),
    ("NO_COLOR", "Where it is not empty, nothing is coloured."),
    ("SHELL", "The shell for pipes, ! and secretkey_command."),
];

const FILES: &[(&str, &str)] = &[
    (
        "~/.config/capuchin/config.toml",
        "Profiles and settings. Nobody else may be able to read it.",
    ),
    (
        "~/.local/state/capuchin/",
        "The history, the log, the ledger of changing calls, kept logins, and the built-in cloud.",
    ),
    (
        "~/.cache/capuchin/catalogue/",
        "What can be called, by cloud and key; sync asks anew.",
    ),
];

fn run(_: &mut Session, _: &[String]) -> Result<Shown> {
    page()
        .map(Shown::Text)
        .map_err(|why| Error::local(format!("the manual page: {why}")))
}

fn page() -> std::io::Result<String> {
    let man = Man::new(flags::command())
        .title("CAPUCHIN")
        .manual("Capuchin Manual");
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    synopsis().to_writer(&mut out)?;
    description().to_writer(&mut out)?;
    man.render_options_section(&mut out)?;
    let mut rest = Roff::new();
    for topic in TOPICS {
        section(&mut rest, &topic.title());
        entries(
            &mut rest,
            topic
                .rows
                .iter()
                .map(|(what, told)| (bold(*what), told.to_string())),
        );
    }
    builtins(&mut rest);
    settings(&mut rest);
    section(&mut rest, "EXIT STATUS");
    let statuses = explain::exit_statuses().into_iter();
    entries(
        &mut rest,
        statuses.map(|(status, told)| (bold(status), told.to_string())),
    );
    for (title, table) in [("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)] {
        section(&mut rest, title);
        entries(
            &mut rest,
            table
                .iter()
                .map(|(what, told)| (italic(*what), told.to_string())),
        );
    }
    rest.to_writer(&mut out)?;
    Ok(portable(&String::from_utf8_lossy(&out)))
}

/// In ASCII, which every formatter reads, and without blanks at the ends of lines.
fn portable(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        for letter in line.trim_end().chars() {
            match letter.is_ascii() {
                true => out.push(letter),
                false => out.push_str(&format!("\\[u{:04X}]", u32::from(letter))),
            }
        }
        out.push('\n');
    }
    out
}

fn synopsis() -> Roff {
    let mut roff = Roff::new();
    section(&mut roff, "SYNOPSIS");
    let usages: [&[Inline]; 4] = [
        &[bold("capuchin"), roman(" ["), italic("OPTIONS"), roman("]")],
        &[
            bold("capuchin"),
            roman(" ["),
            italic("OPTIONS"),
            roman("] "),
            italic("COMMAND"),
            roman(" …"),
        ],
        &[
            bold("capuchin"),
            roman(" ["),
            italic("OPTIONS"),
            roman("] "),
            bold("-f"),
            roman(" "),
            italic("FILE"),
        ],
        &[
            bold("capuchin"),
            roman(" ["),
            italic("OPTIONS"),
            roman("] < "),
            italic("FILE"),
        ],
    ];
    for (number, usage) in usages.iter().enumerate() {
        if number > 0 {
            roff.control("br", []);
        }
        roff.text(usage.to_vec());
    }
    roff
}

fn description() -> Roff {
    let mut roff = Roff::new();
    section(&mut roff, "DESCRIPTION");
    let paragraphs = [
        "Capuchin learns from a cloud what can be called, signs and sends calls, waits for the jobs that they start, and prints \
         what comes back. Without a command it is a prompt with completion by Tab; with one it runs that and ends; with a file \
         or lines on standard input it runs a command a line and stops at the first failure.",
        "With no profile configured a small cloud is used that is built in. profile add NAME and set url, set apikey and set \
         secretkey tell it of another one.",
        "Data goes to standard output, everything else to standard error.",
    ];
    for (number, text) in paragraphs.iter().enumerate() {
        if number > 0 {
            roff.control("PP", []);
        }
        roff.text([roman(*text)]);
    }
    roff
}

fn builtins(roff: &mut Roff) {
    section(roff, "BUILT-IN COMMANDS");
    for builtin in BUILTINS {
        roff.control("TP", []);
        roff.text([bold(builtin.name), roman(" "), roman(builtin.args)]);
        let mut text = vec![roman(format!("{}.", builtin.about))];
        if let Some(example) = lessons::example(builtin.name) {
            let mut lines = example.lines();
            text.extend([roman(" As in: "), bold(lines.next().unwrap_or_default())]);
            roff.text(text);
            for line in lines {
                roff.control("br", []);
                roff.text([bold(line.trim_start())]);
            }
            continue;
        }
        roff.text(text);
    }
}

fn settings(roff: &mut Roff) {
    section(roff, "SETTINGS");
    roff.text([roman(
        "set NAME VALUE changes a setting for good; most may also stand on a line as NAME=VALUE, for that line only.",
    )]);
    for setting in SETTINGS {
        let default = match setting.default {
            "" => String::new(),
            default => format!("; {default} unless set"),
        };
        roff.control("TP", []);
        roff.text([bold(setting.name)]);
        roff.text([roman(format!(
            "{} ({}{default}).",
            setting.about,
            values(setting.kind)
        ))]);
    }
}

fn section(roff: &mut Roff, title: &str) {
    roff.control("SH", [title]);
}

fn entries(roff: &mut Roff, rows: impl Iterator<Item = (Inline, String)>) {
    for (what, told) in rows {
        roff.control("TP", []);
        roff.text([what]);
        roff.text([roman(told)]);
    }
}
