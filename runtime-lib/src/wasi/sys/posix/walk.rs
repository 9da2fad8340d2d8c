//! Resolves paths component by component, for kernels without openat2(2), and macOS.
//!
//! Every component is opened by its name in the directory before it, with O_NOFOLLOW; symbolic links are read and
//! spliced into the rest of the path here. `..` is never given to the kernel: a directory that is renamed meanwhile
//! could lead outside by it. Instead the names that led to the present directory are remembered, and `..` walks them
//! again from the start, all but the last one. So the walk cannot leave the directory where it began.

use super::errors::{retry, translate};
use super::sandbox::{MOST_LINKS, others_may_interfere, read_link};
use super::system;
use crate::wasi::errno::{Errno, Result};
use crate::wasi::path::CAPACITY;
use core::ffi::CStr;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io;

/// What is left of a path: it stands at the end of the buffer, so that links can be put before it.
struct Rest {
    bytes: [u8; CAPACITY],
    start: usize,
}

impl Rest {
    fn text(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or(&[])
    }

    /// Puts text before what is left.
    fn prepend(&mut self, text: &[u8]) -> Result<()> {
        let start = self.start.checked_sub(text.len()).ok_or(Errno::NAMETOOLONG)?;
        self.bytes.get_mut(start..self.start).ok_or(Errno::NAMETOOLONG)?.copy_from_slice(text);
        self.start = start;
        Ok(())
    }

    /// Takes the next component off, and copies it to `name`. `None` at the end of the path.
    fn take<'a>(&mut self, name: &'a mut Name) -> Result<Option<&'a CStr>> {
        let text = self.text();
        let slashes = text.iter().take_while(|&&byte| byte == b'/').count();
        let length = text.iter().skip(slashes).take_while(|&&byte| byte != b'/').count();
        let component = text.get(slashes..slashes + length).unwrap_or(&[]);
        // NAME_MAX: no file system has longer ones.
        let place = name.get_mut(..=length).ok_or(Errno::NAMETOOLONG)?;
        if let Some((end, place)) = place.split_last_mut() {
            *end = 0;
            place.copy_from_slice(component);
        }
        self.start += slashes + length;
        if length == 0 {
            return Ok(None);
        }
        CStr::from_bytes_until_nul(name).map(Some).map_err(|_| Errno::NAMETOOLONG)
    }
}

/// Room for a component and a zero byte.
type Name = [u8; 256];

/// The directory that the walk has reached.
struct Position<'a> {
    root: BorrowedFd<'a>,
    /// `None` at the root.
    directory: Option<OwnedFd>,
    /// The names that lead there, each with a zero byte after it.
    trail: [u8; CAPACITY],
    length: usize,
}

impl Position<'_> {
    /// The directory, for a system call that takes a name in it.
    fn directory(&self) -> BorrowedFd<'_> {
        others_may_interfere();
        self.directory.as_ref().map_or(self.root, OwnedFd::as_fd)
    }

    /// Steps down into a directory that is not a symbolic link.
    fn enter(&mut self, name: &CStr) -> io::Result<()> {
        let name_bytes = name.to_bytes_with_nul();
        let end = self.length + name_bytes.len();
        self.trail.get_mut(self.length..end).ok_or(io::Errno::NAMETOOLONG)?.copy_from_slice(name_bytes);
        self.directory = Some(open_directory(self.directory(), name)?);
        self.length = end;
        Ok(())
    }

    /// Steps up, by walking all names but the last from the root again.
    fn leave(&mut self) -> Result<()> {
        // The last byte of the trail ends the last name; the byte before that name ends the one before.
        let last = self.length.checked_sub(1).ok_or(Errno::PERM)?;
        let names = self.trail.get(..last).unwrap_or(&[]);
        self.length = names.iter().rposition(|&byte| byte == 0).map_or(0, |end| end + 1);
        self.directory = None;
        let mut at = 0;
        while at < self.length {
            let name = self.trail.get(at..).and_then(|rest| CStr::from_bytes_until_nul(rest).ok()).ok_or(Errno::IO)?;
            at += name.count_bytes() + 1;
            self.directory = Some(open_directory(self.directory(), name).map_err(translate)?);
        }
        Ok(())
    }
}

fn open_directory(parent: BorrowedFd<'_>, name: &CStr) -> io::Result<OwnedFd> {
    let flags = system::TRAVERSE | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent, name, flags, Mode::empty())
}

/// Opens a path beneath a directory, as openat2(2) does with RESOLVE_BENEATH. Fails with `perm` for a path that leads
/// outside.
pub fn open(root: BorrowedFd<'_>, path: &CStr, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    let mut rest = Rest { bytes: [0; CAPACITY], start: CAPACITY };
    rest.prepend(path.to_bytes())?;
    let mut position = Position { root, directory: None, trail: [0; CAPACITY], length: 0 };
    let mut target = [0; CAPACITY];
    let mut name = [0; 256];
    let mut links = 0;
    let follows = !flags.contains(OFlags::NOFOLLOW) && !flags.contains(OFlags::CREATE | OFlags::EXCL);
    loop {
        let Some(component) = rest.take(&mut name)? else {
            // The path ended in a slash, `.` or `..`.
            return open_last(&position, c".", flags, mode);
        };
        let last = rest.text().is_empty();
        match component.to_bytes() {
            b"." => continue,
            b".." => {
                position.leave()?;
                continue;
            }
            _ => {}
        }
        let link = if last {
            // A link that appears after this look is not followed: `open_last` sees to that.
            let link = if follows { read_link(position.directory(), component, &mut target)? } else { None };
            if link.is_none() {
                return open_last(&position, component, flags, mode);
            }
            link
        } else {
            if flags.contains(OFlags::CREATE) && rest.text().iter().all(|&byte| byte == b'/') {
                // A file cannot be created under a name that must be a directory's.
                return Err(Errno::ISDIR);
            }
            match position.enter(component) {
                Ok(()) => None,
                // Symbolic links are no directories either.
                Err(io::Errno::NOTDIR | io::Errno::LOOP) => {
                    Some(read_link(position.directory(), component, &mut target)?.ok_or(Errno::NOTDIR)?)
                }
                Err(error) => return Err(translate(error)),
            }
        };
        if let Some(length) = link {
            links += 1;
            if links > MOST_LINKS {
                return Err(Errno::LOOP);
            }
            let target = target.get(..length).unwrap_or(&[]);
            if target.first() == Some(&b'/') {
                return Err(Errno::PERM);
            }
            rest.prepend(target)?;
        }
    }
}

/// Opens a file by a name in the directory reached. A symbolic link is not followed.
fn open_last(position: &Position<'_>, name: &CStr, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    retry(|| rustix::fs::openat(position.directory(), name, flags | OFlags::NOFOLLOW, mode))
}
