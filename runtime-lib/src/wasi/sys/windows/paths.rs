//! Operations on paths, each beneath a directory: see `sandbox` for what that rests on.
//!
//! Links are told, renamed and removed as such; they are neither made, nor read, nor followed.

use core::ffi::c_void;

use super::Handle;
use super::errors::{check, check_status, translate};
use super::files;
use super::sandbox;
use super::sandbox::{
    DELETE, DIRECTORY_ACCESS, DIRECTORY_FILE, FILE_CREATE, FILE_OPEN, FILE_OPEN_IF, Kind, Location, NON_DIRECTORY_FILE,
    Name, Owned, Request, SHARE_ALL, WRITE_ATTRIBUTES, WRITE_THROUGH, kind, locate,
};
use crate::sys;
use crate::sys::api::{
    self, Completion, CreateFileW, DuplicateHandle, FILE_APPEND_DATA, FILE_WRITE_DATA, INVALID_HANDLE,
    NtSetInformationFile, SetFileInformationByHandle,
};
use crate::wasi::errno::{Errno, Result};
use crate::wasi::filestat::{FileStatus, NewTimes};
use crate::wasi::path::{CAPACITY, Path};
use crate::wasi::path_open::Opening;
use crate::wide;

const FILE_READ_DATA: u32 = 1;

/// Another handle for an open directory.
fn duplicate(directory: api::Handle) -> Result<Owned> {
    const SAME_ACCESS: u32 = 2;
    let mut copy = core::ptr::null_mut();
    let this = api::THIS_PROCESS;
    // SAFETY: writes the handle.
    check(unsafe { DuplicateHandle(this, directory, this, &raw mut copy, 0, 0, SAME_ACCESS) })?;
    // SAFETY: made just now.
    Ok(unsafe { Owned::from_native(copy) })
}

/// Opens a file or directory.
pub fn open(directory: Handle, path: &Path, opening: Opening) -> Result<Handle> {
    let location = locate(directory, path)?;
    let Some(name) = &location.name else {
        return match (opening.create && opening.exclusive, opening.create || opening.write || opening.truncate) {
            (true, _) => Err(Errno::EXIST),
            (false, true) => Err(Errno::ISDIR),
            (false, false) => duplicate(location.directory()).map(Owned::keep),
        };
    };
    if location.slash && opening.create {
        return Err(Errno::ISDIR);
    }
    let mut access = 0;
    if opening.read {
        // Of a directory: to list it, and to go on from it.
        access |= FILE_READ_DATA | 0x20;
    }
    if opening.write {
        access |= if opening.flags.append { FILE_APPEND_DATA } else { FILE_APPEND_DATA | FILE_WRITE_DATA };
    }
    if opening.truncate {
        access |= FILE_WRITE_DATA;
    }
    let mut options = 0;
    if opening.directory || location.slash {
        options |= DIRECTORY_FILE;
    } else if opening.create || opening.write || opening.truncate {
        options |= NON_DIRECTORY_FILE;
    }
    if opening.flags.sync || opening.flags.dsync || opening.flags.rsync {
        options |= WRITE_THROUGH;
    }
    let disposition = match (opening.create, opening.exclusive) {
        (true, true) => FILE_CREATE,
        (true, false) => FILE_OPEN_IF,
        (false, _) => FILE_OPEN,
    };
    let with = |access| sandbox::open(location.directory(), name, Request { access, disposition, options });
    // Times may be set through any handle, where the file's owner lets that be.
    let opened = match with(access | WRITE_ATTRIBUTES) {
        Err(Errno::ACCES) => with(access)?,
        result => result?,
    };
    if kind(opened.native())? == Kind::Link {
        return Err(Errno::LOOP);
    }
    if opening.truncate {
        files::set_size(opened.handle(), 0)?;
    }
    Ok(opened.keep())
}

/// Opens a directory of the host's by any path: only for what the user asks for, not the program.
pub fn open_host_directory(path: &Path) -> Result<Handle> {
    const OPEN_EXISTING: u32 = 3;
    const BACKUP_SEMANTICS: u32 = 0x0200_0000;
    let mut units = [0; CAPACITY];
    // A zero stays behind what fits: a path has fewer bytes than that.
    wide::from_utf8(path.whole()?.to_bytes(), &mut units);
    let (units, null) = (units.as_ptr(), core::ptr::null());
    // SAFETY: reads the path as far as its zero.
    let opened = unsafe {
        CreateFileW(units, DIRECTORY_ACCESS, SHARE_ALL, null, OPEN_EXISTING, BACKUP_SEMANTICS, core::ptr::null_mut())
    };
    if opened == INVALID_HANDLE {
        return Err(translate(sys::Error::last()));
    }
    // SAFETY: opened just now.
    let opened = unsafe { Owned::from_native(opened) };
    if kind(opened.native())? == Kind::Directory { Ok(opened.keep()) } else { Err(Errno::NOTDIR) }
}

/// Makes a directory.
pub fn create_directory(directory: Handle, path: &mut Path) -> Result<()> {
    let location = locate(directory, path)?;
    let request = Request { access: 0, disposition: FILE_CREATE, options: DIRECTORY_FILE };
    sandbox::open(location.directory(), location.name_or(Errno::EXIST)?, request).map(drop)
}

/// Opens what a location names, for `access`: the link itself, where it is one.
fn open_named(location: &Location, access: u32, options: u32) -> Result<Owned> {
    let options = if location.slash { options | DIRECTORY_FILE } else { options };
    let request = Request { access, disposition: FILE_OPEN, options };
    match &location.name {
        Some(name) => sandbox::open(location.directory(), name, request),
        None => duplicate(location.directory()),
    }
}

/// FILE_RENAME_INFORMATION, and FILE_LINK_INFORMATION, which is alike.
#[repr(C)]
struct NewName {
    replace: u32,
    directory: api::Handle,
    bytes: u32,
    units: [u16; 256],
}

/// Gives a file a name in a directory, by one of NtSetInformationFile's classes.
fn give_name(file: &Owned, class: u32, replace: u32, directory: api::Handle, name: &Name) -> Result<()> {
    let text = name.units();
    let mut new = NewName { replace, directory, bytes: size_of_val(text) as u32, units: [0; 256] };
    if let Some(place) = new.units.get_mut(..text.len()) {
        place.copy_from_slice(text);
    }
    let mut completion = Completion::default();
    let size = size_of::<NewName>() as u32;
    // SAFETY: reads the structure, writes the completion.
    check_status(unsafe {
        NtSetInformationFile(file.native(), &raw mut completion, (&raw const new).cast::<c_void>(), size, class)
    })
}

/// Gives a file a further name. A link is not followed.
pub fn link(
    old_directory: Handle,
    old_path: &mut Path,
    follow_link: bool,
    new_directory: Handle,
    new_path: &mut Path,
) -> Result<()> {
    const LINK_INFORMATION: u32 = 11;
    let old = locate(old_directory, old_path)?;
    let file = open_named(&old, WRITE_ATTRIBUTES, 0)?;
    match kind(file.native())? {
        Kind::Directory => return Err(Errno::PERM),
        Kind::Link if follow_link => return Err(Errno::LOOP),
        _ => {}
    }
    let new = locate(new_directory, new_path)?;
    if new.slash {
        return Err(Errno::NOENT);
    }
    give_name(&file, LINK_INFORMATION, 0, new.directory(), new.name_or(Errno::EXIST)?)
}

/// Fails: with `inval` where there is no link, else with `notsup`.
pub fn read_link(directory: Handle, path: &mut Path, _target: &mut [u8]) -> Result<usize> {
    let file = open_named(&locate(directory, path)?, 0, 0)?;
    Err(if kind(file.native())? == Kind::Link { Errno::NOTSUP } else { Errno::INVAL })
}

/// Removes an open file's name.
fn delete(file: &Owned) -> Result<()> {
    const DISPOSITION: u32 = 4;
    const DISPOSITION_EX: u32 = 21;
    // FILE_DISPOSITION_FLAG_DELETE, _POSIX_SEMANTICS (the name is gone at once), _IGNORE_READONLY_ATTRIBUTE
    let flags = 0x13u32;
    // SAFETY: reads a number.
    let with = |class, flags: &u32, size| {
        // SAFETY: reads a number, of which the older class has one byte.
        check(unsafe { SetFileInformationByHandle(file.native(), class, core::ptr::from_ref(flags).cast(), size) })
    };
    match with(DISPOSITION_EX, &flags, 4) {
        // File systems, or systems, that do not know that.
        Err(Errno::INVAL | Errno::NOTSUP | Errno::IO) => with(DISPOSITION, &1, 1),
        result => result,
    }
}

/// Removes a directory.
pub fn remove_directory(directory: Handle, path: &mut Path) -> Result<()> {
    let location = locate(directory, path)?;
    location.name_or(Errno::INVAL)?;
    let file = open_named(&location, DELETE, DIRECTORY_FILE)?;
    if kind(file.native())? != Kind::Directory {
        return Err(Errno::NOTDIR);
    }
    delete(&file)
}

/// Removes a file that is no directory.
pub fn unlink(directory: Handle, path: &mut Path) -> Result<()> {
    let location = locate(directory, path)?;
    location.name_or(Errno::ISDIR)?;
    let file = open_named(&location, DELETE, 0)?;
    match kind(file.native())? {
        Kind::Directory => Err(Errno::ISDIR),
        _ => delete(&file),
    }
}

/// Gives a file another name, which replaces what has it.
pub fn rename(old_directory: Handle, old_path: &mut Path, new_directory: Handle, new_path: &mut Path) -> Result<()> {
    const RENAME: u32 = 10;
    const RENAME_EX: u32 = 65;
    const REPLACE: u32 = 1;
    const POSIX: u32 = 2;
    let old = locate(old_directory, old_path)?;
    old.name_or(Errno::BUSY)?;
    let new = locate(new_directory, new_path)?;
    let name = new.name_or(Errno::BUSY)?;
    let file = open_named(&old, DELETE, 0)?;
    let is_directory = kind(file.native())? == Kind::Directory;
    if new.slash && !is_directory {
        return Err(Errno::NOTDIR);
    }
    // Windows replaces no directory, and no file by one.
    match sandbox::open(new.directory(), name, Request { access: DELETE, disposition: FILE_OPEN, options: 0 }) {
        Ok(present) => match (is_directory, kind(present.native())? == Kind::Directory) {
            (true, false) => return Err(Errno::NOTDIR),
            (false, true) => return Err(Errno::ISDIR),
            (true, true) if !is_same(&file, &present)? => delete(&present)?,
            _ => {}
        },
        Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno),
    }
    match give_name(&file, RENAME_EX, REPLACE | POSIX, new.directory(), name) {
        Err(Errno::INVAL | Errno::NOTSUP | Errno::IO) => give_name(&file, RENAME, REPLACE, new.directory(), name),
        result => result,
    }
}

fn is_same(one: &Owned, other: &Owned) -> Result<bool> {
    let (one, other) = (files::status(one.handle())?, files::status(other.handle())?);
    Ok((one.device, one.inode) == (other.device, other.inode))
}

/// Fails with `notsup`: links to files and to directories differ on Windows, and most users may make neither.
pub fn symlink(_target: &Path, directory: Handle, path: &mut Path) -> Result<()> {
    locate(directory, path)?;
    Err(Errno::NOTSUP)
}

/// What there is to know of a file. A link is not followed.
pub fn status_at(directory: Handle, path: &mut Path, follow_link: bool) -> Result<FileStatus> {
    let file = open_named(&locate(directory, path)?, 0, 0)?;
    if follow_link && kind(file.native())? == Kind::Link {
        return Err(Errno::LOOP);
    }
    files::status(file.handle())
}

/// Changes a file's times. A link is not followed.
pub fn set_times_at(directory: Handle, path: &mut Path, follow_link: bool, times: NewTimes) -> Result<()> {
    let file = open_named(&locate(directory, path)?, WRITE_ATTRIBUTES, 0)?;
    if follow_link && kind(file.native())? == Kind::Link {
        return Err(Errno::LOOP);
    }
    files::set_times(file.handle(), times)
}
