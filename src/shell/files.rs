//! The files of this machine that a path may go on to: what is typed of one in, paths out.

use std::fs;

/// A directory with more is not looked through to its end.
const MOST: usize = 10_000;

/// The paths that begin as typed, in the order of their names; those of directories end in `/`. What cannot be read, or
/// has a name that is no text, is not there.
pub fn paths(typed: &str) -> Vec<String> {
    let begun = typed.rfind('/').map_or(0, |at| at + 1);
    let (directory, name) = typed.split_at(begun);
    let place = if directory.is_empty() { "." } else { directory };
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let mut paths: Vec<String> = entries
        .take(MOST)
        .filter_map(|entry| {
            let found = entry.file_name().into_string().ok()?;
            // Hidden ones are for those who ask for them.
            let hidden = found.starts_with('.') && !name.starts_with('.');
            if hidden || !found.starts_with(name) {
                return None;
            }
            // A link is what it leads to.
            let is_directory = fs::metadata(entry.path()).is_ok_and(|known| known.is_dir());
            let mark = if is_directory { "/" } else { "" };
            Some(format!("{directory}{found}{mark}"))
        })
        .collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_on_from_what_is_typed() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("two words")).unwrap();
        for name in ["two", "other", ".hidden"] {
            fs::write(home.path().join(name), "").unwrap();
        }
        let at = |typed: &str| {
            let lead = format!("{}/", home.path().display());
            let found = paths(&format!("{lead}{typed}"));
            let found = found.iter().map(|path| path.strip_prefix(&lead).unwrap());
            found.collect::<Vec<_>>().join("|")
        };
        assert_eq!(at(""), "other|two|two words/");
        assert_eq!(at("tw"), "two|two words/");
        assert_eq!(at("."), ".hidden");
        assert_eq!(at("nothing/here"), "");
    }
}
