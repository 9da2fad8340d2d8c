//! Paths are resolved here, and nowhere else: beneath a directory, whatever they say.
//!
//! **Sandbox invariant:** what [`open`] opens, and the directory that [`locate`] hands out, was reached from the
//! given directory without ever leaving it, even if others rename and replace files meanwhile. A name that [`locate`]
//! hands out is used only with system calls that do not follow a symbolic link of that name: those that create,
//! remove or rename a directory entry (path_resolution(7): they never follow the last component, also where slashes
//! come after it), and, where no slash comes after it, those with AT_SYMLINK_NOFOLLOW, O_NOFOLLOW, or readlinkat(2).
//!
//! macOS does follow a link before such slashes, whatever it is asked to do: there (`is_portable`) the name is handed out without
//! them, and [`slashes`](super::slashes) sees to what they mean.
//!
//! The kernel resolves paths by itself where it has openat2(2), that is since Linux 5.6 and unless a seccomp filter
//! hides it. Elsewhere [`walk`] does.

use super::errors::translate;
use super::{system, walk};
use crate::wasi::errno::{Errno, Result};
use crate::wasi::path::{CAPACITY, Path};
use core::ffi::CStr;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io;

/// Symbolic links in one resolution, as many as the kernel allows (path_resolution(7)).
pub(super) const MOST_LINKS: usize = 40;

#[cfg(test)]
std::thread_local! {
    static WALK_ONLY: core::cell::Cell<bool> = const { core::cell::Cell::new(false) };
    static INTERFERENCE: core::cell::RefCell<Option<Box<dyn FnMut()>>> = const { core::cell::RefCell::new(None) };
}

/// Has this thread call `interference` before each system call that goes by a name: whatever others could do to the
/// tree at that moment, it can do.
#[cfg(test)]
pub fn set_interference(interference: Option<Box<dyn FnMut()>>) {
    INTERFERENCE.set(interference);
}

/// Comes right before every system call that goes by a name. Only tests have anything happen here.
#[inline(always)]
pub(super) fn others_may_interfere() {
    #[cfg(test)]
    INTERFERENCE.with_borrow_mut(|interference| {
        if let Some(interference) = interference {
            interference();
        }
    });
}

/// Makes this thread resolve paths as where the kernel is no help: as on macOS.
#[cfg(test)]
pub fn set_walk_only(walk_only: bool) {
    WALK_ONLY.set(walk_only);
}

/// Whether paths are to be resolved as where the kernel is no help.
fn is_walk_only() -> bool {
    #[cfg(test)]
    if WALK_ONLY.get() {
        return true;
    }
    false
}

/// Whether the kernel is given no more than names. It is otherwise relied on to follow no link in a path's last component because of
/// slashes that come after it, and to open files without access to their contents.
pub(super) fn is_portable() -> bool {
    !system::HAS_PATH_SEMANTICS_OF_LINUX || is_walk_only()
}

/// Opens a path beneath a directory. Fails with `perm` for one that leads outside.
pub fn open(directory: BorrowedFd<'_>, path: &CStr, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    let flags = flags | OFlags::CLOEXEC;
    // The kernel insists on a mode of zero where nothing is created.
    let mode = if flags.contains(OFlags::CREATE) { mode } else { Mode::empty() };
    if !is_walk_only()
        && let Some(result) = system::open_by_kernel(directory, path, flags, mode)
    {
        return result;
    }
    walk::open(directory, path, flags, mode)
}

/// The directory of a directory entry.
enum Parent<'a> {
    Given(BorrowedFd<'a>),
    Opened(OwnedFd),
}

/// A directory entry that need not exist.
pub struct Location<'a> {
    parent: Parent<'a>,
    /// The entry's name, and the slashes that came after it unless the kernel is not to see them: see the invariant above.
    pub name: &'a CStr,
    /// There are such slashes.
    pub slash: bool,
}

impl Location<'_> {
    /// The directory, for *at system calls.
    pub fn directory(&self) -> BorrowedFd<'_> {
        others_may_interfere();
        match &self.parent {
            Parent::Given(directory) => *directory,
            Parent::Opened(directory) => directory.as_fd(),
        }
    }
}

/// Finds the directory that holds a path's last component, which itself is not looked at.
pub fn locate<'a>(directory: BorrowedFd<'a>, path: &'a mut Path) -> Result<Location<'a>> {
    let split = if is_portable() { path.split_bare()? } else { path.split()? };
    let parent = match split.parent {
        None => Parent::Given(directory),
        Some(parent) => Parent::Opened(open(directory, parent, system::TRAVERSE | OFlags::DIRECTORY, Mode::empty())?),
    };
    Ok(Location { parent, name: split.name, slash: split.slash })
}

/// Rewrites a path so that its last component is not a symbolic link (at the time of looking).
///
/// Each link's target is put in the place of the link's name: what that means is resolved anew, beneath the directory.
pub fn follow(directory: BorrowedFd<'_>, path: &mut Path) -> Result<()> {
    let mut target = [0; CAPACITY];
    for _ in 0..=MOST_LINKS {
        let found = {
            let location = locate(directory, path)?;
            // A name with a slash after it is followed by the kernel, or by the walk, as part of the whole path.
            if location.slash { None } else { read_link(location.directory(), location.name, &mut target)? }
        };
        path.join();
        match found {
            None => return Ok(()),
            Some(length) => path.replace_last(target.get(..length).unwrap_or(&[]))?,
        }
    }
    Err(Errno::LOOP)
}

/// The target of a symbolic link, or `None` where the name is another file's or nobody's. The name must not have
/// slashes after it.
pub(super) fn read_link(directory: BorrowedFd<'_>, name: &CStr, target: &mut [u8]) -> Result<Option<usize>> {
    match rustix::fs::readlinkat_raw(directory, name, &mut *target) {
        Ok(length) if length == target.len() => Err(Errno::NAMETOOLONG),
        Ok(length) => Ok(Some(length)),
        Err(io::Errno::INVAL | io::Errno::NOENT) => Ok(None),
        Err(error) => Err(translate(error)),
    }
}
