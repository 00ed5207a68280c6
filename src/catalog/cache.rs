//! The catalogue on disk: one file a cloud and identity, written whole and renamed, of which one API is read at a time.
//!
//! The file is a line of magic, a line with the length of the index (and `shipped` if it is no cloud's own), the index (name, asynchronous, where and how long),
//! and the APIs as JSON one after another.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sha1::{Digest, Sha1};

use super::names::Named;
use super::{Api, Catalog, Entry, Shelf};
use crate::error::{Error, Result};

const MAGIC: &str = "capuchin catalogue 2";
/// Stands after the length of the index of a shipped catalogue.
const SHIPPED: &str = " shipped";

/// Where the catalogue of a cloud is kept: by what tells it and its caller apart.
pub fn path(directory: &Path, kind: &str, endpoint: &str, identity: &str) -> PathBuf {
    let mut digest = Sha1::new();
    for part in [kind, endpoint, identity] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    let name: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    directory.join("catalogue").join(name)
}

/// Reads the index; nothing when there is no cache, or one that is corrupt or of another format and is to be rebuilt.
pub fn load(path: &Path) -> Option<Catalog> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    let mut head = [0u8; 64];
    let read = file.read(&mut head).ok()?;
    let head = head.get(..read)?;
    let mut lines = head.splitn(3, |byte| *byte == b'\n');
    if lines.next()? != MAGIC.as_bytes() {
        return None;
    }
    let size_line = lines.next()?;
    let size = std::str::from_utf8(size_line).ok()?;
    let own = size.strip_suffix(SHIPPED);
    let (size, shipped) = (own.unwrap_or(size), own.is_some());
    let size: u64 = size.parse().ok()?;
    let start = (MAGIC.len() + size_line.len() + 2) as u64;
    if start.checked_add(size)? > length {
        return None;
    }
    let mut index = vec![0; usize::try_from(size).ok()?];
    file.seek(SeekFrom::Start(start)).ok()?;
    file.read_exact(&mut index).ok()?;
    let index = String::from_utf8(index).ok()?;
    let mut entries = Vec::new();
    let mut places = Vec::new();
    let mut end = start + size;
    for line in index.lines() {
        let mut parts = line.split('\t');
        let name = parts.next()?.to_string();
        let asynchronous = parts.next()? == "A";
        let size: usize = parts.next()?.parse().ok()?;
        places.push((end, size));
        end = end.checked_add(size as u64)?;
        entries.push(Entry { name, asynchronous });
    }
    let sorted = entries.windows(2).all(|pair| pair[0].name < pair[1].name);
    (end == length && sorted && !entries.is_empty()).then(|| {
        let shelf = FileShelf {
            path: path.to_path_buf(),
            file: Mutex::new(file),
            places,
        };
        Catalog::new(entries, Box::new(shelf)).as_shipped(shipped)
    })
}

/// Writes the APIs to a temporary file beside `path` and renames it, so that a reader sees the old or the new one whole.
/// `shipped` tells that they are no cloud's own.
pub fn store(path: &Path, apis: &[Api], shipped: bool) -> Result<()> {
    let failed = |why: std::io::Error| {
        Error::local(format!(
            "the catalogue could not be written to {}: {why}",
            path.display()
        ))
        .hint("check the directory's permissions and free space, or set XDG_CACHE_HOME")
    };
    let mut sorted: Vec<&Api> = apis.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    sorted.dedup_by(|a, b| a.name == b.name);
    let mut index = String::new();
    let mut bodies = Vec::new();
    for api in sorted {
        let before = bodies.len();
        serde_json::to_writer(&mut bodies, api).map_err(|why| failed(why.into()))?;
        let mark = if api.asynchronous { "A" } else { "-" };
        let size = bodies.len() - before;
        index.push_str(&format!("{}\t{mark}\t{size}\n", api.name));
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory).map_err(failed)?;
    let temporary = path.with_extension(format!("{}.new", std::process::id()));
    let write = || {
        let mut file = File::create(&temporary)?;
        let mark = if shipped { SHIPPED } else { "" };
        file.write_all(format!("{MAGIC}\n{}{mark}\n{index}", index.len()).as_bytes())?;
        file.write_all(&bodies)?;
        keep_previous(path);
        // Another catalogue may go with other names; those that can't be removed are no worse than before.
        let _ = std::fs::remove_file(names_path(path));
        std::fs::rename(&temporary, path)
    };
    write().map_err(|why| {
        let _ = std::fs::remove_file(&temporary);
        failed(why)
    })
}

/// Reads the index of the catalogue that was there before the last one was stored; nothing where there was none.
pub fn load_previous(path: &Path) -> Option<Catalog> {
    load(&previous_path(path))
}

/// Keeps what is about to be replaced. Where that fails, only what changed cannot be told.
fn keep_previous(path: &Path) {
    if load(path).is_none() {
        return;
    }
    let previous = previous_path(path);
    let _ = std::fs::remove_file(&previous);
    if std::fs::hard_link(path, &previous).is_err() {
        let _ = std::fs::copy(path, &previous);
    }
}

fn previous_path(path: &Path) -> PathBuf {
    path.with_extension("before")
}

/// The names that the cloud listed when that API was called, as kept beside the catalogue.
pub fn names(path: &Path, list: &str) -> Option<Vec<Named>> {
    all_names(path).remove(list)
}

/// Keeps the names that the cloud listed until the catalogue is stored anew.
pub fn store_names(path: &Path, list: &str, names: Vec<Named>) -> Result<()> {
    let mut all = all_names(path);
    all.insert(list.into(), names);
    let path = names_path(path);
    let temporary = path.with_extension(format!("{}.new", std::process::id()));
    let write = || {
        std::fs::write(&temporary, serde_json::to_vec(&all)?)?;
        std::fs::rename(&temporary, &path)
    };
    write().map_err(|why| {
        let _ = std::fs::remove_file(&temporary);
        Error::local(format!(
            "what {list} told could not be kept in {}: {why}",
            path.display()
        ))
    })
}

/// What each list told; nothing where none was kept, or the file is broken.
fn all_names(path: &Path) -> BTreeMap<String, Vec<Named>> {
    let text = std::fs::read(names_path(path)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

fn names_path(path: &Path) -> PathBuf {
    path.with_extension("names")
}

/// Forgets a cache that proved to be broken.
pub fn forget(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(why) if why.kind() != ErrorKind::NotFound => Err(Error::local(format!(
            "the broken catalogue {} could not be removed: {why}",
            path.display()
        ))),
        _ => Ok(()),
    }
}

/// APIs that stay in the file until they are asked for.
struct FileShelf {
    path: PathBuf,
    file: Mutex<File>,
    places: Vec<(u64, usize)>,
}

impl Shelf for FileShelf {
    fn read(&self, index: usize) -> Result<Api> {
        let broken = |why: String| {
            Error::local(format!(
                "the cached catalogue {} is broken: {why}",
                self.path.display()
            ))
            .hint("sync")
        };
        let (start, size) = *self
            .places
            .get(index)
            .ok_or_else(|| broken("it is too short".into()))?;
        let mut bytes = vec![0; size];
        let mut file = self.file.lock().unwrap_or_else(|held| held.into_inner());
        file.seek(SeekFrom::Start(start))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|why| broken(why.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|why| broken(why.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apis() -> Vec<Api> {
        ["listZones", "deployVirtualMachine", "listUsers"]
            .map(|name| Api {
                name: name.into(),
                asynchronous: name.starts_with("deploy"),
                description: "é\n".into(),
                ..Api::default()
            })
            .to_vec()
    }

    #[test]
    fn what_is_stored_is_loaded_one_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let path = path(directory.path(), "cloudstack", "http://a/client/api", "key");
        assert!(load(&path).is_none());
        store(&path, &apis(), false).unwrap();
        let catalog = load(&path).unwrap();
        assert_eq!(catalog.len(), 3);
        assert!(catalog.entries()[0].asynchronous);
        let api = catalog.find("LIST", "Users").unwrap().unwrap();
        assert_eq!(*api, apis()[2]);
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1
        );
    }

    #[test]
    fn a_file_cut_anywhere_or_of_another_format_is_no_cache() {
        let directory = tempfile::tempdir().unwrap();
        let path = path(directory.path(), "cloudstack", "http://a/client/api", "key");
        store(&path, &apis(), false).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(load(&path).is_none(), "cut at {cut}");
        }
        for bad in [
            &b"capuchin catalogue 0\n1\n"[..],
            b"\xff\xff",
            b"capuchin catalogue 1\n99999999999999999999\n",
        ] {
            std::fs::write(&path, bad).unwrap();
            assert!(load(&path).is_none());
        }
    }

    #[test]
    fn names_are_kept_until_the_catalogue_is_stored_anew() {
        let directory = tempfile::tempdir().unwrap();
        let path = path(directory.path(), "cloudstack", "http://a/client/api", "key");
        store(&path, &apis(), false).unwrap();
        let named = |name: &str| {
            vec![Named {
                name: name.into(),
                value: "1".into(),
            }]
        };
        store_names(&path, "listUsageTypes", named("ONE")).unwrap();
        store_names(&path, "listEventTypes", named("TWO")).unwrap();
        assert_eq!(names(&path, "listUsageTypes"), Some(named("ONE")));
        assert_eq!(names(&path, "listEventTypes"), Some(named("TWO")));
        std::fs::write(names_path(&path), "{").unwrap();
        assert_eq!(names(&path, "listUsageTypes"), None);
        store_names(&path, "listUsageTypes", named("ONE")).unwrap();
        store(&path, &apis(), false).unwrap();
        assert_eq!(names(&path, "listUsageTypes"), None);
    }

    #[test]
    fn a_shipped_catalogue_stays_known_as_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = path(directory.path(), "cloudstack", "http://a/client/api", "key");
        for shipped in [true, false] {
            store(&path, &apis(), shipped).unwrap();
            let catalog = load(&path).unwrap();
            assert_eq!(catalog.shipped(), shipped);
            assert_eq!(*catalog.api("listUsers").unwrap().unwrap(), apis()[2]);
        }
    }

    #[test]
    fn a_broken_body_is_an_error_and_no_panic() {
        let directory = tempfile::tempdir().unwrap();
        let path = path(directory.path(), "cloudstack", "http://a/client/api", "key");
        store(&path, &apis(), false).unwrap();
        let mut whole = std::fs::read(&path).unwrap();
        let last = whole.len() - 1;
        whole[last] = b'x';
        std::fs::write(&path, &whole).unwrap();
        let error = load(&path).unwrap().api("listZones").unwrap_err();
        assert!(error.message.contains("is broken"), "{error}");
    }

    #[test]
    fn another_key_or_address_has_another_file() {
        let directory = Path::new("/cache");
        let one = path(directory, "cloudstack", "http://a", "k");
        assert_ne!(one, path(directory, "cloudstack", "http://a", "l"));
        assert_ne!(one, path(directory, "cloudstack", "http://b", "k"));
        assert_ne!(one, path(directory, "cloudstack", "http://ak", ""));
    }
}
