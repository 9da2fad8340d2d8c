//! The executables that `wasmc run` made, kept by what they were made from.
//!
//! A file in the cache appears under its name only when it is complete, and never changes afterwards: any number of
//! processes may look up, store and remove at the same time.

use crate::output::{self, Destination, Output};
use crate::platform;
use anyhow::{Context, Result, anyhow};
use std::ffi::OsStr;
use std::fs::{DirEntry, File, FileTimes};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// When the cache holds more bytes than this, those used least recently go.
const LIMIT: u64 = 2 << 30;
/// A temporary file of this age was left behind by a process that was killed.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The cache folder, known to be there and to be this user's own.
pub struct Cache {
    folder: PathBuf,
}

/// What an executable is made from: contents, flags and compiler.
pub struct Key {
    hasher: blake3::Hasher,
    stem: String,
}

impl Key {
    /// Begins with what wasmc itself is. `stem` is part of the executable's name, which `ps` shows.
    pub fn new(stem: &str) -> Key {
        let kept = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
        let mut key = Key { hasher: blake3::Hasher::new(), stem: stem.chars().filter(kept).take(40).collect() };
        key.add(stem.as_bytes());
        key.add(env!("CARGO_PKG_VERSION").as_bytes());
        // A compiler under development is rebuilt without a new version.
        if let Ok(metadata) = std::env::current_exe().and_then(std::fs::metadata) {
            key.add(&metadata.len().to_le_bytes());
            let modified = metadata.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
            key.add(&modified.unwrap_or_default().as_nanos().to_le_bytes());
        }
        key
    }

    /// Adds a part. Parts are told apart: `ab`, `c` is not `a`, `bc`.
    pub fn add(&mut self, part: &[u8]) {
        self.hasher.update(&(part.len() as u64).to_le_bytes());
        self.hasher.update(part);
    }

    fn file_name(&self) -> String {
        format!("{}-{}", self.stem, &self.hasher.finalize().to_hex()[..40])
    }
}

impl Cache {
    /// Where the cache is, if the environment says so: by the XDG base directory specification, `$XDG_CACHE_HOME`
    /// if that is an absolute path, else `$HOME/.cache`.
    pub fn location() -> Option<PathBuf> {
        let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
        Some(caches.join("wasmc"))
    }

    /// Opens the cache, making the folder where there is none.
    pub fn open() -> Result<Cache> {
        let folder = Cache::location().ok_or_else(|| anyhow!("neither XDG_CACHE_HOME nor HOME names a folder"))?;
        platform::create_private_folder(&folder)
            .with_context(|| format!("cannot keep programs in {}", folder.display()))?;
        Ok(Cache { folder })
    }

    /// The executable with this key, if there is one; notes that it was used.
    pub fn find(&self, key: &Key) -> Option<PathBuf> {
        let path = self.folder.join(key.file_name());
        let file = File::open(&path).ok()?;
        if !file.metadata().is_ok_and(|metadata| output::is_complete(&metadata)) {
            return None;
        }
        // Only the order of removal depends on it.
        let _ = file.set_times(FileTimes::new().set_modified(SystemTime::now()));
        Some(path)
    }

    /// Stores what `write` writes as the executable with this key.
    pub fn store(&self, key: &Key, write: impl FnOnce(&mut Output) -> Result<()>) -> Result<PathBuf> {
        let path = self.folder.join(key.file_name());
        let mut output = Destination::new(&path)?.open(true)?;
        write(&mut output)?;
        output.commit_durably()?;
        prune(&self.folder, LIMIT, &path);
        Ok(path)
    }

    /// Removes an executable that turned out to be damaged.
    pub fn discard(&self, path: &Path) {
        let _ = std::fs::remove_file(path);
    }
}

/// Number of files in the cache folder, and their size in bytes.
pub fn size(folder: &Path) -> (usize, u64) {
    let sizes = entries(folder).map(|(_, _, size)| size);
    sizes.fold((0, 0), |(count, sum), size| (count + 1, sum + size))
}

/// Removes every file from the cache folder.
pub fn clean(folder: &Path) -> Result<()> {
    for (entry, _, _) in entries(folder) {
        let path = entry.path();
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The files of the cache: when each was last used, and its size in bytes.
fn entries(folder: &Path) -> impl Iterator<Item = (DirEntry, SystemTime, u64)> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        let metadata = entry.metadata().ok()?;
        metadata.is_file().then_some(())?;
        Some((entry, metadata.modified().ok()?, metadata.len()))
    })
}

/// Brings the folder down to three quarters of `limit` bytes where it holds more, the least recently used first;
/// `keep` stays. That a file cannot be removed, or is gone already, is no failure.
fn prune(folder: &Path, limit: u64, keep: &Path) {
    let mut files: Vec<_> = entries(folder).collect();
    files.retain(|(entry, used, _)| {
        let abandoned =
            entry.path().extension() == Some(OsStr::new("tmp")) && used.elapsed().is_ok_and(|age| age > ABANDONED);
        !(abandoned && std::fs::remove_file(entry.path()).is_ok())
    });
    let mut total: u64 = files.iter().map(|&(_, _, size)| size).sum();
    if total <= limit {
        return;
    }
    files.sort_by_key(|&(_, used, _)| used);
    for (entry, _, size) in files {
        if total <= limit / 4 * 3 {
            break;
        }
        if entry.path() != keep && std::fs::remove_file(entry.path()).is_ok() {
            total -= size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(parts: &[&str]) -> String {
        let mut key = Key::new("app");
        parts.iter().for_each(|part| key.add(part.as_bytes()));
        key.file_name()
    }

    #[test]
    fn keys_tell_parts_apart() {
        assert_eq!(key(&["ab", "c"]), key(&["ab", "c"]));
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["ab"]), key(&["ab", ""]));
        assert!(!Key::new("../a/\0b\n").file_name().contains(['/', '\0', '\n']));
    }

    #[test]
    fn the_least_recently_used_go_first() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let now = SystemTime::now();
        for (age, name) in ["new", "old", "oldest", "kept"].iter().enumerate() {
            let file = File::create(folder.path().join(name))?;
            file.set_len(100)?;
            file.set_modified(now - Duration::from_secs(60 * age as u64))?;
        }
        let names = || {
            let mut names: Vec<_> = entries(folder.path()).map(|(entry, ..)| entry.file_name()).collect();
            names.sort();
            names
        };
        let keep = folder.path().join("kept");
        prune(folder.path(), 400, &keep);
        assert_eq!(names().len(), 4);
        prune(folder.path(), 399, &keep);
        assert_eq!(names(), ["kept", "new"]);
        Ok(())
    }

    #[test]
    fn what_killed_processes_left_is_removed() -> Result<()> {
        let folder = tempfile::tempdir()?;
        for (name, age) in [("a.tmp", 7200), ("b.tmp", 60), ("c", 7200)] {
            File::create(folder.path().join(name))?.set_modified(SystemTime::now() - Duration::from_secs(age))?;
        }
        prune(folder.path(), LIMIT, Path::new(""));
        assert_eq!(size(folder.path()).0, 2);
        assert!(!folder.path().join("a.tmp").exists());
        Ok(())
    }
}
