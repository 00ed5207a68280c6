//! Who may import whom: the `use crate::` lines of the sources against ARCHITECTURE.md's table.

use std::path::{Path, PathBuf};

/// Rooms by layer, lowest first; the longest prefix of a module's path tells its layer.
const LAYERS: &[(&str, u8)] = &[
    ("error", 0),
    ("line::words", 0),
    ("line::secrets", 0),
    ("line::hidden", 0),
    ("record", 0),
    ("catalog", 0),
    ("config", 0),
    ("config::settings", 1),
    ("config::derived", 1),
    ("config::resolve", 1),
    ("config::foreign", 1),
    ("config::elsewhere", 2),
    ("line", 1),
    ("cloud", 1),
    ("datacenter", 1),
    ("record::json", 1),
    ("record::xml", 1),
    ("record::select", 1),
    ("record::answer", 0),
    ("print", 1),
    ("shell::complete", 1),
    ("shell::candidates", 1),
    ("shell::help", 1),
    ("shell::highlight", 1),
    ("shell::hint", 1),
    ("shell::prompt", 1),
    ("shell::refused", 1),
    ("shell::report", 1),
    ("shell::screenful", 1),
    ("ui", 2),
    ("client::transport", 2),
    ("client::tls", 2),
    ("client::proxies", 2),
    ("client::connecting", 2),
    ("client::network", 2),
    ("client::sessions", 2),
    ("client::ledger", 2),
    ("catalog::cache", 2),
    ("catalog::seen", 2),
    ("config::file", 2),
    ("shell::history", 2),
    ("shell::log", 2),
    ("shell::files", 2),
    ("shell::restore", 2),
    ("client", 3),
    ("doctor", 3),
    ("shell", 3),
    ("shell::editor", 3),
    ("shell::builtin", 3),
    ("shell::repl", 4),
    ("shell::script", 4),
    ("shell::scenario", 4),
    ("cli", 5),
    ("cli::flags", 0),
];

fn layer(module: &str) -> u8 {
    LAYERS
        .iter()
        .filter(|(room, _)| module == *room || module.starts_with(&format!("{room}::")))
        .max_by_key(|(room, _)| room.len())
        .map_or_else(
            || panic!("{module} is in no layer: add it here and to ARCHITECTURE.md"),
            |(_, layer)| *layer,
        )
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn module_of(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap().with_extension("");
    let parts: Vec<&str> = relative.iter().filter_map(|part| part.to_str()).collect();
    parts.join("::").trim_end_matches("::mod").to_string()
}

#[test]
fn no_room_imports_from_above() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 30);
    let mut wrong = Vec::new();
    for path in files {
        let module = module_of(&root, &path);
        if ["lib", "main"].contains(&module.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines() {
            let Some(used) = line.trim().strip_prefix("use crate::") else {
                continue;
            };
            let used = used
                .split([';', '{'])
                .next()
                .unwrap()
                .trim_end_matches("::");
            // Only the modules of a path are rooms; what begins with a capital is an item of one.
            let used: Vec<&str> = used
                .split("::")
                .take_while(|part| part.starts_with(|c: char| c.is_ascii_lowercase()))
                .collect();
            let used = used.join("::");
            // A room's own files belong together; a script is run by `source` and runs lines itself.
            let same_room = used.split("::").next() == module.split("::").next();
            if !same_room && layer(&used) > layer(&module) {
                wrong.push(format!("{module} uses {used}"));
            }
        }
        assert!(text.starts_with("//!"), "{module} does not say what it is");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_page_names_every_room() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let text = std::fs::read_to_string(page).unwrap();
    for room in [
        "line",
        "catalog",
        "cloud",
        "datacenter",
        "client",
        "doctor",
        "record",
        "print",
        "config",
        "shell",
    ] {
        assert!(text.contains(&format!("`src/{room}/`")), "{room}");
    }
}
