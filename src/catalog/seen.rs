//! Values that a cloud was seen to have, kept for a while beside its catalogue: what a list answered, by the list's call.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::names::Thing;

/// How long what was seen counts as being there still.
const FRESH: Duration = Duration::from_secs(60);
/// How many lists are kept at most.
const MOST: usize = 50;

#[derive(Default, Serialize, Deserialize)]
struct List {
    /// In seconds since 1970.
    at: u64,
    things: Vec<Thing>,
}

/// What the list answered, if that is not too long ago; `now` is in seconds since 1970.
pub fn recall(catalogue: &Path, list: &str, now: u64) -> Option<Vec<Thing>> {
    let known = all(catalogue).remove(list)?;
    let age = now.checked_sub(known.at)?;
    (age < FRESH.as_secs()).then_some(known.things)
}

/// Keeps what the list answered; a disk that takes nothing is no reason to fail.
pub fn keep(catalogue: &Path, list: &str, things: Vec<Thing>, now: u64) {
    let mut known = all(catalogue);
    known.retain(|_, list| now.saturating_sub(list.at) < FRESH.as_secs());
    if known.len() < MOST {
        known.insert(list.into(), List { at: now, things });
    }
    let path = path(catalogue);
    let temporary = path.with_extension(format!("{}.new", std::process::id()));
    let written = serde_json::to_vec(&known)
        .map_err(Into::into)
        .and_then(|text| write(&temporary, &text))
        .and_then(|()| std::fs::rename(&temporary, &path));
    if written.is_err() {
        // Nothing is to be left behind, and nothing was perhaps made.
        let _ = std::fs::remove_file(&temporary);
    }
}

/// Writes a file that nobody else may read: names of users may be in it.
fn write(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text)
}

/// Forgets everything, as after a call that changed something.
pub fn forget(catalogue: &Path) {
    // Most often there is nothing to forget.
    let _ = std::fs::remove_file(path(catalogue));
}

fn path(catalogue: &Path) -> PathBuf {
    catalogue.with_extension("seen")
}

/// What each list answered; nothing where none was kept, or the file is broken.
fn all(catalogue: &Path) -> BTreeMap<String, List> {
    let text = std::fs::read(path(catalogue)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_known_for_a_minute() {
        let directory = tempfile::tempdir().unwrap();
        let catalogue = directory.path().join("c");
        let things = vec![Thing {
            value: "1".into(),
            label: "one".into(),
            fits: true,
        }];
        assert_eq!(recall(&catalogue, "listZones", 100), None);
        keep(&catalogue, "listZones", things.clone(), 100);
        assert_eq!(recall(&catalogue, "listZones", 159), Some(things));
        assert_eq!(recall(&catalogue, "listZones", 160), None);
        // A clock that was set back tells nothing.
        assert_eq!(recall(&catalogue, "listZones", 99), None);
        assert_eq!(recall(&catalogue, "listPods", 100), None);
        forget(&catalogue);
        assert_eq!(recall(&catalogue, "listZones", 100), None);
        std::fs::write(path(&catalogue), "{").unwrap();
        assert_eq!(recall(&catalogue, "listZones", 100), None);
        keep(&catalogue, "listZones", Vec::new(), 100);
        assert_eq!(recall(&catalogue, "listZones", 100), Some(Vec::new()));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
