//! Output files that are whole or not there at all.
//!
//! A file gets its name only when its contents are complete: it is written without a name, or where the file system
//! cannot do that under a temporary name in the same folder, and then renamed over the destination. So a failure, a
//! full disk or a signal leaves what was there before. Devices, pipes and standard output are written to directly.

use crate::platform;
use anyhow::{Context, Result, anyhow, bail};
use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Standard output was closed by whoever reads it.
#[derive(Debug)]
pub struct StdoutClosed;

impl fmt::Display for StdoutClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "standard output is closed")
    }
}

impl std::error::Error for StdoutClosed {}

/// Where an output goes, known to be possible as far as that can be told in advance.
pub struct Destination {
    /// As the user wrote it, for messages.
    name: String,
    place: Place,
}

enum Place {
    Stdout,
    /// A device, a pipe, or an open file of some process: written to as it is.
    Existing(PathBuf),
    /// A regular file, or none yet; symbolic links are resolved.
    File(PathBuf),
}

impl Destination {
    /// Checks `path` (`-` for standard output) before any work is done.
    pub fn new(path: &Path) -> Result<Destination> {
        let name = path.display().to_string();
        if path.as_os_str() == "-" || path == Path::new("/dev/stdout") {
            return Ok(Destination { name: "standard output".to_owned(), place: Place::Stdout });
        }
        let place = match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                bail!("cannot write {name}: it is a folder; name the file with -o")
            }
            Ok(metadata) if !metadata.is_file() => Place::Existing(path.to_owned()),
            Err(_) if name.ends_with('/') => {
                bail!("cannot write {name}: there is no such folder, and no file is named")
            }
            _ => Destination::resolve(path).with_context(|| format!("cannot write {name}"))?,
        };
        if let Place::File(path) = &place {
            let folder = folder(path);
            platform::check_writable(folder)
                .with_context(|| format!("cannot write {name}: the folder {}", folder.display()))?;
        }
        Ok(Destination { name, place })
    }

    /// The file that `path` stands for, whether or not it exists: the links are kept, what they point at is replaced.
    fn resolve(path: &Path) -> io::Result<Place> {
        let mut path = path.to_owned();
        // As many links as Linux follows (path_resolution(7)).
        for _ in 0..40 {
            if path.starts_with("/proc") || path.starts_with("/dev/fd") {
                return Ok(Place::Existing(path));
            }
            match std::fs::read_link(&path) {
                Ok(target) => path = folder(&path).join(target),
                Err(_) if path.file_name().is_some() => return Ok(Place::File(path)),
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("too many symbolic links"))
    }

    /// The destination as messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The regular file that it is or becomes, links resolved.
    pub fn file(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Stdout | Place::Existing(_) => None,
        }
    }

    /// Whether this is a terminal, where a binary would do harm.
    pub fn is_terminal(&self) -> bool {
        matches!(self.place, Place::Stdout) && io::stdout().is_terminal()
    }

    /// Whether writing here would replace the file at `other`.
    pub fn is_same_file(&self, other: &Path) -> bool {
        let Place::File(path) = &self.place else { return false };
        let identity = |path: &Path| std::fs::metadata(path).ok().as_ref().map(platform::identity);
        identity(path).is_some_and(|mine| identity(other) == Some(mine))
    }

    /// Opens the output. What is at the destination stays as it is until [`Output::commit`].
    pub fn open(self, executable: bool) -> Result<Output> {
        let Destination { name, place } = self;
        let opened = match place {
            Place::Stdout => Ok(Sink::Stdout(io::stdout())),
            Place::Existing(path) => File::options().write(true).open(path).map(Sink::Existing),
            Place::File(path) => create(path, executable),
        };
        let sink = opened.with_context(|| format!("cannot write {name}"))?;
        Ok(Output { name, writer: BufWriter::with_capacity(1 << 16, sink) })
    }
}

/// An output on its way to its [`Destination`]. Dropping it without a `commit` leaves no trace.
pub struct Output {
    name: String,
    writer: BufWriter<Sink>,
}

enum Sink {
    Stdout(io::Stdout),
    Existing(File),
    /// A file without a name.
    Unnamed {
        file: File,
        path: PathBuf,
    },
    /// A file with a temporary name.
    Temporary {
        file: NamedTempFile,
        path: PathBuf,
    },
}

fn create(path: PathBuf, executable: bool) -> io::Result<Sink> {
    let mode = if executable { 0o777 } else { 0o666 };
    match platform::create_unnamed(folder(&path), mode)? {
        Some(file) => Ok(Sink::Unnamed { file, path }),
        None => {
            let file = temporary_name().permissions(platform::permissions(mode)).tempfile_in(folder(&path))?;
            Ok(Sink::Temporary { file, path })
        }
    }
}

/// Names that nobody can foresee.
fn temporary_name() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wasmc-").suffix(".tmp").rand_bytes(12);
    builder
}

/// The folder that holds the file at `path`.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

impl Sink {
    fn file(&mut self) -> &mut dyn Write {
        match self {
            Sink::Stdout(stdout) => stdout,
            Sink::Existing(file) | Sink::Unnamed { file, .. } => file,
            Sink::Temporary { file, .. } => file,
        }
    }

    fn commit(self) -> io::Result<()> {
        match self {
            Sink::Stdout(mut stdout) => stdout.flush(),
            Sink::Existing(_) => Ok(()),
            Sink::Unnamed { file, path } => publish(file, &path),
            Sink::Temporary { file, path } => file.persist(path).map(drop).map_err(|error| error.error),
        }
    }
}

/// Gives a file without a name the name `path`, in place of whatever bears it.
fn publish(file: File, path: &Path) -> io::Result<()> {
    match platform::link_unnamed(&file, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let named = temporary_name().make_in(folder(path), |temporary| {
                platform::link_unnamed(&file, temporary)?;
                Ok(())
            })?;
            named.into_temp_path().persist(path).map_err(|error| error.error)
        }
        Err(error) => Err(error),
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Output {
    /// Writes what is left and puts the file in its place.
    pub fn commit(self) -> Result<()> {
        let Output { name, writer } = self;
        let is_stdout = matches!(writer.get_ref(), Sink::Stdout(_));
        let done = writer.into_inner().map_err(io::IntoInnerError::into_error).and_then(Sink::commit);
        done.map_err(|error| failed(error, &name, is_stdout))
    }

    /// As [`Output::commit`], but the contents reach the disk before the file gets its name: a power failure cannot
    /// leave a damaged file behind.
    pub fn commit_durably(mut self) -> Result<()> {
        self.writer.flush().with_context(|| format!("cannot write {}", self.name))?;
        match self.writer.get_ref() {
            Sink::Unnamed { file, .. } => file.sync_data(),
            Sink::Temporary { file, .. } => file.as_file().sync_data(),
            Sink::Stdout(_) | Sink::Existing(_) => Ok(()),
        }
        .with_context(|| format!("cannot write {}", self.name))?;
        self.commit()
    }

    /// The destination as messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The user's view of an error that writing to this output gave.
    pub fn failed(&self, error: io::Error) -> anyhow::Error {
        failed(error, &self.name, matches!(self.writer.get_ref(), Sink::Stdout(_)))
    }
}

fn failed(error: io::Error, name: &str, is_stdout: bool) -> anyhow::Error {
    if is_stdout && error.kind() == io::ErrorKind::BrokenPipe {
        return StdoutClosed.into();
    }
    anyhow!(error).context(format!("cannot write {name}"))
}

/// Prints a command's result.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|error| failed(error, "standard output", true))
}

/// Whether the file is one that this process may execute again: regular, and not empty.
pub fn is_complete(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.len() > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, contents: &[u8]) -> Result<()> {
        let mut output = Destination::new(path)?.open(false)?;
        output.write_all(contents)?;
        output.commit()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("and readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_whole_at_the_commit() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("app");
        std::fs::write(&path, "old")?;
        let mut output = Destination::new(&path)?.open(true)?;
        output.write_all(&[1; 100_000])?;
        output.flush()?;
        assert_eq!(std::fs::read(&path)?, b"old");
        output.commit()?;
        assert_eq!(std::fs::read(&path)?, [1; 100_000]);
        assert_eq!(names(folder.path()), ["app"]);
        Ok(())
    }

    #[test]
    fn an_output_that_is_dropped_leaves_nothing() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let mut output = Destination::new(&folder.path().join("app"))?.open(true)?;
        output.write_all(b"half")?;
        output.flush()?;
        drop(output);
        assert!(names(folder.path()).is_empty());
        Ok(())
    }

    #[test]
    fn the_named_way_does_the_same() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("app");
        std::fs::write(&path, "old")?;
        let temporary = |path: &Path| -> Result<Output> {
            let file = temporary_name().permissions(platform::permissions(0o777)).tempfile_in(folder.path())?;
            let sink = Sink::Temporary { file, path: path.to_owned() };
            Ok(Output { name: "app".to_owned(), writer: BufWriter::new(sink) })
        };
        let mut output = temporary(&path)?;
        output.write_all(b"half")?;
        drop(output);
        assert_eq!(std::fs::read(&path)?, b"old");
        let mut output = temporary(&path)?;
        output.write_all(b"new")?;
        output.commit()?;
        assert_eq!(std::fs::read(&path)?, b"new");
        assert_eq!(names(folder.path()), ["app"]);
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_kept_and_its_target_replaced() -> Result<()> {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("bin"))?;
        symlink("bin/app-1", folder.path().join("app"))?;
        write(&folder.path().join("app"), b"one")?;
        write(&folder.path().join("app"), b"two")?;
        assert_eq!(std::fs::read(folder.path().join("bin/app-1"))?, b"two");
        assert!(folder.path().join("app").is_symlink());
        symlink("loop", folder.path().join("loop"))?;
        assert!(write(&folder.path().join("loop"), b"").is_err());
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn permissions_follow_the_umask() -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir()?;
        let mode = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.permissions().mode() & 0o777);
        std::fs::write(folder.path().join("plain"), "")?;
        let plain = mode(&folder.path().join("plain"))?;
        write(&folder.path().join("text"), b"")?;
        assert_eq!(mode(&folder.path().join("text"))?, plain);
        let path = folder.path().join("app");
        Destination::new(&path)?.open(true)?.commit()?;
        assert_eq!(mode(&path)? & 0o666, plain);
        assert_eq!(mode(&path)? & 0o100, 0o100);
        Ok(())
    }
}
