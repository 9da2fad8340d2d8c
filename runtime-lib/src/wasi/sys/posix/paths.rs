//! Operations on paths, each beneath a directory: see `sandbox` for what that rests on.

use super::errors::{of_system, translate};
use super::files::{fstat, status_of, timestamps};
use super::sandbox::{self, follow, locate};
use super::{Handle, borrow, keep, keep_owned, slashes, system};
use crate::wasi::descriptors::StatusFlags;
use crate::wasi::errno::{Errno, Result};
use crate::wasi::file_type;
use crate::wasi::filestat::{FileStatus, NewTimes};
use crate::wasi::path::Path;
use crate::wasi::path_open::Opening;
use rustix::fd::AsFd;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io;

/// Permissions of new files, less the process's umask.
const FILE_MODE: Mode = Mode::from_raw_mode(0o666);
/// Permissions of new directories, less the process's umask.
const DIRECTORY_MODE: Mode = Mode::from_raw_mode(0o777);

/// The flags that open(2) takes for those that fcntl(2) reports.
fn open_flags(flags: StatusFlags) -> OFlags {
    let mut open_flags = OFlags::empty();
    open_flags.set(OFlags::APPEND, flags.append);
    open_flags.set(system::DSYNC, flags.dsync);
    open_flags.set(OFlags::NONBLOCK, flags.nonblock);
    if flags.sync || flags.rsync {
        open_flags |= OFlags::SYNC;
    }
    open_flags
}

/// open(2). A terminal does not become the process's controlling terminal.
pub fn open(directory: Handle, path: &Path, opening: Opening) -> Result<Handle> {
    let access = match (opening.read, opening.write) {
        (_, false) => OFlags::RDONLY,
        (false, true) => OFlags::WRONLY,
        (true, true) => OFlags::RDWR,
    };
    let mut flags = access | OFlags::NOCTTY | open_flags(opening.flags);
    flags.set(OFlags::CREATE, opening.create);
    flags.set(OFlags::DIRECTORY, opening.directory);
    flags.set(OFlags::EXCL, opening.exclusive);
    flags.set(OFlags::TRUNC, opening.truncate);
    flags.set(OFlags::NOFOLLOW, !opening.follow);
    keep_owned(sandbox::open(borrow(directory), path.whole()?, flags, FILE_MODE)?)
}

/// Opens a directory of the host's by any path: only for what the user asks for, not the program.
pub fn open_host_directory(path: &Path) -> Result<Handle> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let path = path.whole()?;
    let opened = match crate::sys::open(path, flags.bits()).map_err(of_system) {
        // It may be entered but not listed.
        Err(Errno::ACCES) => crate::sys::open(path, (flags | system::TRAVERSE).bits()).map_err(of_system),
        result => result,
    }?;
    keep(opened)
}

/// mkdir(2).
pub fn create_directory(directory: Handle, path: &mut Path) -> Result<()> {
    let place = locate(borrow(directory), path)?;
    rustix::fs::mkdirat(place.directory(), place.name, DIRECTORY_MODE).map_err(translate)
}

/// link(2). A symbolic link is itself linked to, unless `follow_link`.
pub fn link(
    old_directory: Handle,
    old_path: &mut Path,
    follow_link: bool,
    new_directory: Handle,
    new_path: &mut Path,
) -> Result<()> {
    if follow_link {
        follow(borrow(old_directory), old_path)?;
    }
    let old = locate(borrow(old_directory), old_path)?;
    if old.slash {
        drop(old);
        old_path.join();
        open_directory(old_directory, old_path)?;
        // It is a directory, and those have one name only.
        return Err(Errno::PERM);
    }
    let new = locate(borrow(new_directory), new_path)?;
    slashes::refuse_new(&new)?;
    system::linkat(old.directory(), old.name, new.directory(), new.name, AtFlags::empty()).map_err(translate)
}

/// Opens a path that must be a directory's, in order to find out.
fn open_directory(directory: Handle, path: &Path) -> Result<()> {
    let flags = system::TRAVERSE | OFlags::DIRECTORY;
    sandbox::open(borrow(directory), path.whole()?, flags, Mode::empty()).map(drop)
}

/// readlink(2). The target's length, which fills `target` where there is more of it.
pub fn read_link(directory: Handle, path: &mut Path, target: &mut [u8]) -> Result<usize> {
    let place = locate(borrow(directory), path)?;
    if place.slash {
        drop(place);
        path.join();
        open_directory(directory, path)?;
        // It is a directory, not a link.
        return Err(Errno::INVAL);
    }
    rustix::fs::readlinkat_raw(place.directory(), place.name, target).map_err(translate)
}

/// rmdir(2).
pub fn remove_directory(directory: Handle, path: &mut Path) -> Result<()> {
    let place = locate(borrow(directory), path)?;
    system::unlinkat(place.directory(), place.name, AtFlags::REMOVEDIR).map_err(translate)
}

/// rename(2).
pub fn rename(old_directory: Handle, old_path: &mut Path, new_directory: Handle, new_path: &mut Path) -> Result<()> {
    let old = locate(borrow(old_directory), old_path)?;
    let new = locate(borrow(new_directory), new_path)?;
    if old.slash || new.slash {
        slashes::expect_directory(&old)?;
    }
    system::renameat(old.directory(), old.name, new.directory(), new.name).map_err(translate)
}

/// symlink(2).
pub fn symlink(target: &Path, directory: Handle, path: &mut Path) -> Result<()> {
    let place = locate(borrow(directory), path)?;
    slashes::refuse_new(&place)?;
    rustix::fs::symlinkat(target.whole()?, place.directory(), place.name).map_err(translate)
}

/// unlink(2).
pub fn unlink(directory: Handle, path: &mut Path) -> Result<()> {
    let place = locate(borrow(directory), path)?;
    slashes::refuse_file(&place)?;
    system::unlinkat(place.directory(), place.name, AtFlags::empty()).map_err(|error| match error {
        // What POSIX says of a directory, and Linux says in another way.
        io::Errno::PERM if slashes::expect_directory(&place).is_ok() => Errno::ISDIR,
        error => translate(error),
    })
}

/// stat(2), or lstat(2) unless `follow_link`.
pub fn status_at(directory: Handle, path: &mut Path, follow_link: bool) -> Result<FileStatus> {
    // One system call for what is asked most: a plain name that is no link.
    if let Some(name) = path.single_name() {
        sandbox::others_may_interfere();
        let stat = rustix::fs::statat(borrow(directory), name, AtFlags::SYMLINK_NOFOLLOW).map_err(translate)?;
        let status = status_of(&stat);
        if !follow_link || status.file_type != file_type::SYMBOLIC_LINK {
            return Ok(status);
        }
    }
    if sandbox::is_portable() {
        return status_by_name(directory, path, follow_link);
    }
    let flags = if follow_link { system::TRAVERSE } else { system::TRAVERSE | OFlags::NOFOLLOW };
    let opened = sandbox::open(borrow(directory), path.whole()?, flags, Mode::empty())?;
    Ok(status_of(&fstat(opened.as_fd()).map_err(translate)?))
}

/// As [`status_at`], where a file whose contents may not be read cannot be opened in order to ask.
fn status_by_name(directory: Handle, path: &mut Path, follow_link: bool) -> Result<FileStatus> {
    if follow_link {
        follow(borrow(directory), path)?;
    }
    let place = locate(borrow(directory), path)?;
    let stat = if place.slash {
        // It is a directory, by way of a link or not.
        drop(place);
        path.join();
        let opened =
            sandbox::open(borrow(directory), path.whole()?, system::TRAVERSE | OFlags::DIRECTORY, Mode::empty())?;
        fstat(opened.as_fd())
    } else {
        rustix::fs::statat(place.directory(), place.name, AtFlags::SYMLINK_NOFOLLOW)
    };
    Ok(status_of(&stat.map_err(translate)?))
}

/// utimensat(2), of a symbolic link itself unless `follow_link`.
pub fn set_times_at(directory: Handle, path: &mut Path, follow_link: bool, times: NewTimes) -> Result<()> {
    if follow_link {
        follow(borrow(directory), path)?;
    }
    let place = locate(borrow(directory), path)?;
    if place.slash {
        // The kernel would follow a link of that name: the whole path is resolved instead, as a directory.
        drop(place);
        path.join();
        let opened =
            sandbox::open(borrow(directory), path.whole()?, system::TRAVERSE | OFlags::DIRECTORY, Mode::empty())?;
        return system::utimensat(&opened, c".", &timestamps(times), AtFlags::SYMLINK_NOFOLLOW).map_err(translate);
    }
    system::utimensat(place.directory(), place.name, &timestamps(times), AtFlags::SYMLINK_NOFOLLOW).map_err(translate)
}
