//! Paths are resolved here, and nowhere else: beneath a directory, whatever they say.
//!
//! **Sandbox invariant:** every file is opened by [`open`], by one name in a directory that is open already (the `RootDirectory`
//! of NtCreateFile), and a link is never followed (FILE_OPEN_REPARSE_POINT): so nothing is reached that is not beneath the
//! directory where a path begins, even if others rename and replace files meanwhile. Such a name is no path to Windows: drives,
//! devices, `\\?\` mean nothing there. [`Name`] refuses what would mean a stream of a file, or what Win32 takes for a
//! device or for another name. `..` is never given to Windows: the names that led to the present directory are remembered,
//! and walked again from the start, all but the last one.

use core::ffi::c_void;

use crate::sys;
use crate::sys::api::{
    self, CloseHandle, Completion, FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_REPARSE_POINT,
    GetFileInformationByHandleEx, NtCreateFile, ObjectAttributes, UnicodeString,
};
use crate::wasi::errno::{Errno, Result};
use crate::wasi::path::{CAPACITY, Path};
use crate::wide;

use super::Handle;
use super::errors::{check, check_status};

/// A handle that is closed when dropped.
pub struct Owned(api::Handle);

impl Owned {
    pub fn native(&self) -> api::Handle {
        self.0
    }

    /// As descriptors have it: Windows' handles have no more than 32 bits that count.
    pub fn handle(&self) -> Handle {
        self.0.addr() as i32
    }

    /// Hands it over.
    pub fn keep(self) -> Handle {
        let handle = self.handle();
        core::mem::forget(self);
        handle
    }

    /// # Safety
    /// The handle must be open, and nobody else's.
    pub unsafe fn from_native(handle: api::Handle) -> Owned {
        Owned(handle)
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: this value's.
        unsafe { CloseHandle(self.0) };
    }
}

/// Units of the longest name (NTFS).
const LONGEST_NAME: usize = 255;

/// A name in a directory, in UTF-16.
pub struct Name {
    units: [u16; LONGEST_NAME],
    length: usize,
}

impl Name {
    /// Fails with `inval` for a name that is none to Windows, or stands for something else: a stream, a device, a name without the
    /// dots and spaces at its end; and with `nametoolong`.
    fn new(text: &[u8]) -> Result<Name> {
        let mut name = Name { units: [0; LONGEST_NAME], length: 0 };
        let (taken, length) = wide::from_utf8(text, &mut name.units);
        name.length = length;
        if taken < text.len() {
            Err(Errno::NAMETOOLONG)
        } else if wide::is_plain_name(text) {
            Ok(name)
        } else {
            Err(Errno::INVAL)
        }
    }

    pub fn units(&self) -> &[u16] {
        self.units.get(..self.length).unwrap_or(&[])
    }
}

/// How to open a file by a name.
#[derive(Clone, Copy)]
pub struct Request {
    /// Beside reading attributes.
    pub access: u32,
    pub disposition: u32,
    pub options: u32,
}

pub const FILE_OPEN: u32 = 1;
pub const FILE_CREATE: u32 = 2;
pub const FILE_OPEN_IF: u32 = 3;

pub const DIRECTORY_FILE: u32 = 1;
pub const WRITE_THROUGH: u32 = 2;
pub const NON_DIRECTORY_FILE: u32 = 0x40;
const SYNCHRONOUS: u32 = 0x20;
const BACKUP_INTENT: u32 = 0x4000;
const OPEN_REPARSE_POINT: u32 = 0x20_0000;

pub const DELETE: u32 = 0x1_0000;
pub const WRITE_ATTRIBUTES: u32 = 0x100;
const READ_ATTRIBUTES: u32 = 0x80;
const SYNCHRONIZE: u32 = 0x10_0000;
/// What directories are opened for: to list them, and to go on from them.
pub const DIRECTORY_ACCESS: u32 = 1 | 0x20 | READ_ATTRIBUTES | SYNCHRONIZE;

/// Readers, writers and those that delete: as if there were no such thing.
pub const SHARE_ALL: u32 = 7;

/// Opens a file by a name in a directory: the file itself, even if it is a link.
pub fn open(directory: api::Handle, name: &Name, request: Request) -> Result<Owned> {
    let units = name.units();
    let bytes = size_of_val(units) as u16;
    let text = UnicodeString { length: bytes, capacity: bytes, units: units.as_ptr() };
    let attributes = ObjectAttributes {
        length: size_of::<ObjectAttributes>() as u32,
        root: directory,
        name: &raw const text,
        // OBJ_CASE_INSENSITIVE
        attributes: 0x40,
        security: [core::ptr::null(); 2],
    };
    let (mut handle, mut completion) = (core::ptr::null_mut::<c_void>(), Completion::default());
    // SAFETY: reads the structures, writes the handle and the completion.
    check_status(unsafe {
        NtCreateFile(
            &raw mut handle,
            request.access | READ_ATTRIBUTES | SYNCHRONIZE,
            &raw const attributes,
            &raw mut completion,
            core::ptr::null(),
            FILE_ATTRIBUTE_NORMAL,
            SHARE_ALL,
            request.disposition,
            request.options | SYNCHRONOUS | BACKUP_INTENT | OPEN_REPARSE_POINT,
            core::ptr::null(),
            0,
        )
    })?;
    Ok(Owned(handle))
}

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Directory,
    File,
    /// A link, a junction, and whatever else stands for another file.
    Link,
}

/// What an open file is.
pub fn kind(file: api::Handle) -> Result<Kind> {
    const ATTRIBUTE_TAG_INFORMATION: u32 = 9;
    /// The tag's bit of those that stand for another file.
    const SURROGATE: u32 = 0x2000_0000;
    let mut found = [0u32; 2];
    // SAFETY: writes two numbers.
    check(unsafe { GetFileInformationByHandleEx(file, ATTRIBUTE_TAG_INFORMATION, (&raw mut found).cast(), 8) })?;
    let [attributes, tag] = found;
    Ok(if attributes & FILE_ATTRIBUTE_REPARSE_POINT != 0 && tag & SURROGATE != 0 {
        Kind::Link
    } else if attributes & FILE_ATTRIBUTE_DIRECTORY != 0 {
        Kind::Directory
    } else {
        Kind::File
    })
}

/// A directory, and a name in it that need not exist.
pub struct Location {
    root: Handle,
    /// `None` where it is the root.
    directory: Option<Owned>,
    /// `None` where the path is the directory itself.
    pub name: Option<Name>,
    /// There are slashes after the name: it must be a directory's.
    pub slash: bool,
}

impl Location {
    pub fn directory(&self) -> api::Handle {
        self.directory.as_ref().map_or_else(|| sys::native(self.root), Owned::native)
    }

    /// The name; fails with `errno` where there is none.
    pub fn name_or(&self, errno: Errno) -> Result<&Name> {
        self.name.as_ref().ok_or(errno)
    }
}

/// Opens a directory that is no link.
fn enter(parent: api::Handle, name: &Name) -> Result<Owned> {
    let request = Request { access: DIRECTORY_ACCESS, disposition: FILE_OPEN, options: 0 };
    let opened = open(parent, name, request)?;
    match kind(opened.native())? {
        Kind::Directory => Ok(opened),
        Kind::File => Err(Errno::NOTDIR),
        Kind::Link => Err(Errno::LOOP),
    }
}

/// Walks a path as far as its last name. Fails with `perm` where it leads outside, and with `loop` where it leads through a link.
pub fn locate(root: Handle, path: &Path) -> Result<Location> {
    let mut location = Location { root, directory: None, name: None, slash: false };
    // The names that lead to the present directory, each with a slash after it.
    let mut trail = [0u8; CAPACITY];
    let mut length = 0;
    let mut rest = path.whole()?.to_bytes();
    loop {
        let end = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
        let (component, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        let following =
            after.iter().position(|&byte| byte != b'/').map_or(&[][..], |at| after.get(at..).unwrap_or(&[]));
        match component {
            b"" | b"." => {}
            b".." => {
                let names = trail.get(..length).and_then(|names| names.split_last()).ok_or(Errno::PERM)?.1;
                length = names.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
                location.directory = None;
                let names = trail.get(..length).unwrap_or(&[]).split(|&byte| byte == b'/');
                for name in names.filter(|name| !name.is_empty()) {
                    location.directory = Some(enter(location.directory(), &Name::new(name)?)?);
                }
            }
            _ => {
                let name = Name::new(component)?;
                if following.is_empty() {
                    location.name = Some(name);
                    location.slash = !after.is_empty();
                    return Ok(location);
                }
                location.directory = Some(enter(location.directory(), &name)?);
                let place = trail.get_mut(length..=length + component.len()).ok_or(Errno::NAMETOOLONG)?;
                if let Some((slash, place)) = place.split_last_mut() {
                    *slash = b'/';
                    place.copy_from_slice(component);
                }
                length += component.len() + 1;
            }
        }
        if following.is_empty() {
            return Ok(location);
        }
        rest = following;
    }
}
