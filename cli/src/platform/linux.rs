//! Linux: files without a name, programs in memory, and taking the place of this process.

use rustix::fs::{AtFlags, CWD, MemfdFlags, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::{CString, OsStr, OsString};
use std::fs::{DirBuilder, File, Metadata, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The folder in which open files have names (proc_pid_fd(5)).
const OPEN_FILES: &str = "/proc/self/fd";

/// Creates a file without a name in `folder`, with `mode` less the umask (open(2), O_TMPFILE); none where the file
/// system has no such thing.
pub fn create_unnamed(folder: &Path, mode: u32) -> io::Result<Option<File>> {
    // Giving the file its name later goes by way of /proc.
    if !Path::new(OPEN_FILES).exists() {
        return Ok(None);
    }
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    match rustix::fs::open(folder, flags, Mode::from_raw_mode(mode)) {
        Ok(file) => Ok(Some(file.into())),
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Gives a file without a name the name `path`, which must be free (linkat(2)).
pub fn link_unnamed(file: &File, path: &Path) -> io::Result<()> {
    rustix::fs::linkat(CWD, path_of_open(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?;
    Ok(())
}

fn path_of_open(file: &File) -> PathBuf {
    format!("{OPEN_FILES}/{}", file.as_raw_fd()).into()
}

/// Whether files can be made in `folder`, as far as permissions tell.
pub fn check_writable(folder: &Path) -> io::Result<()> {
    if !std::fs::metadata(folder)?.is_dir() {
        return Err(Errno::NOTDIR.into());
    }
    let wanted = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    rustix::fs::accessat(CWD, folder, wanted, AtFlags::EACCESS)?;
    Ok(())
}

/// Tells files apart.
pub fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Permissions with these bits.
pub fn permissions(mode: u32) -> Permissions {
    Permissions::from_mode(mode)
}

/// Makes a folder, and those above it, that only this user may enter; refuses one into which others could put
/// programs for this user to run.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let metadata = std::fs::metadata(path)?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("it belongs to another user"));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(io::Error::other("others may write to it"));
    }
    check_writable(path)
}

/// A file in memory, to hold a program (memfd_create(2)).
pub fn create_in_memory(name: &str) -> io::Result<File> {
    Ok(rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC)?.into())
}

/// Puts the program in a file of [`create_in_memory`] in the place of this process; returns only if that fails.
pub fn execute_open(file: &File, name: &OsStr, arguments: &[OsString]) -> io::Error {
    execute(&path_of_open(file), name, arguments)
}

/// How often to try a file that somebody still has open for writing, and how long to wait between: a second in all.
const BUSY_ATTEMPTS: u32 = 200;
/// See [`BUSY_ATTEMPTS`].
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// Puts the program at `path` in the place of this process, with `name` as its argument 0; returns only if that fails
/// (execve(2)).
///
/// The standard library's `exec` is not for this: it gives a file that is no program to a shell, as execvp(3) does.
pub fn execute(path: &Path, name: &OsStr, arguments: &[OsString]) -> io::Error {
    let terminated = |text: &OsStr| CString::new(text.as_bytes());
    let strings: Result<Vec<_>, _> =
        [path.as_os_str(), name].into_iter().chain(arguments.iter().map(OsString::as_os_str)).map(terminated).collect();
    let strings = match strings {
        Ok(strings) => strings,
        Err(error) => return error.into(),
    };
    // The first is the path; the others are the arguments, which end with a null pointer.
    let pointers: Vec<_> = strings.iter().map(|string| string.as_ptr()).chain([std::ptr::null()]).collect();
    // SAFETY: Rust's start-up code ignores SIGPIPE, which the program would inherit; this undoes it.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    let mut error;
    let mut attempts = 0;
    loop {
        // SAFETY: all are pointers to zero-terminated strings that live until the call returns, if it does.
        unsafe { libc::execv(pointers[0], pointers[1..].as_ptr()) };
        error = io::Error::last_os_error();
        // Another process has put the file there and is about to close it, or to execute something after a fork.
        attempts += 1;
        if error.kind() != io::ErrorKind::ExecutableFileBusy || attempts == BUSY_ATTEMPTS {
            break;
        }
        std::thread::sleep(BUSY_PAUSE);
    }
    // SAFETY: as above; this process goes on with what it had.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    error
}

/// Whether executing failed because the file is missing, is damaged, or stands where programs may not be.
pub fn is_unusable_program(error: &io::Error) -> bool {
    [Errno::NOENT, Errno::NOEXEC, Errno::ACCESS, Errno::PERM, Errno::IO]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// What the processor can do, in words that change when it changes.
pub fn processor_features() -> String {
    let description = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    // The names of the line on x86, on Arm, on RISC-V and on s390x (proc_cpuinfo(5)).
    const KEYS: [&str; 4] = ["flags", "Features", "isa", "features"];
    let line = description.lines().find(|line| {
        let key = line.split(':').next().unwrap_or_default().trim();
        KEYS.contains(&key)
    });
    line.unwrap_or_default().to_owned()
}
