//! Opening files and directories.

use super::descriptors::StatusFlags;
use super::errno::{Errno, Result, code};
use super::filestat::follows;
use super::memory::{GuestMemory, address};
use super::path::Path;
use super::rights::{self, Rights};
use super::table::{self, Descriptor};
use super::{file_type, sys};

/// witx `$oflags`.
const CREAT: i32 = 1 << 0;
const DIRECTORY: i32 = 1 << 1;
const EXCL: i32 = 1 << 2;
const TRUNC: i32 = 1 << 3;

/// How to open a file.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// For reading.
    pub read: bool,
    /// For writing.
    pub write: bool,
    /// Create it where it does not exist.
    pub create: bool,
    /// It must be a directory.
    pub directory: bool,
    /// It must not exist.
    pub exclusive: bool,
    /// Cut it off at length 0.
    pub truncate: bool,
    /// Follow a symbolic link in the last component.
    pub follow: bool,
    /// How it is to behave once open.
    pub flags: StatusFlags,
}

/// The rights that the directory needs: its own, and those it must be able to pass on.
fn needed_rights(opening: &Opening) -> (Rights, Rights) {
    let when = |condition, rights| if condition { rights } else { 0 };
    let base = rights::PATH_OPEN
        | when(opening.create, rights::PATH_CREATE_FILE)
        | when(opening.truncate, rights::PATH_FILESTAT_SET_SIZE);
    let inheriting = when(opening.flags.sync || opening.flags.rsync, rights::FD_SYNC);
    (base, inheriting)
}

/// The rights of what was opened: of those asked for, the ones that apply to the type of file.
///
/// A directory passes on whatever the directory passes on through which it was opened, also where the program asks
/// for less: there are programs that ask for a directory without the right to read files in it, and then read files
/// in it, since other runtimes do not mind. Rights are given up with `fd_fdstat_set_rights`.
fn granted(handle: sys::Handle, asked: Rights, parent_inheriting: Rights) -> Result<Descriptor> {
    Ok(match sys::status(handle)?.file_type {
        file_type::DIRECTORY => Descriptor::new(handle, asked & rights::DIRECTORY, parent_inheriting),
        _ => Descriptor::new(handle, asked & rights::FILE, 0),
    })
}

struct Parameters {
    fd: i32,
    lookup_flags: i32,
    path: i32,
    path_length: i32,
    open_flags: i32,
    base: i64,
    inheriting: i64,
    flags: i32,
    result: i32,
}

fn open(parameters: &Parameters) -> Result<()> {
    let parent = table::get_directory(parameters.fd, rights::PATH_OPEN)?;
    let (base, inheriting) = (rights::from_parameter(parameters.base), rights::from_parameter(parameters.inheriting));
    let has = |flag| parameters.open_flags & flag != 0;
    if parameters.open_flags & !(CREAT | DIRECTORY | EXCL | TRUNC) != 0 {
        return Err(Errno::INVAL);
    }
    let opening = Opening {
        read: base & (rights::FD_READ | rights::FD_READDIR) != 0,
        write: base & rights::FD_WRITE != 0,
        create: has(CREAT),
        directory: has(DIRECTORY),
        exclusive: has(EXCL),
        truncate: has(TRUNC),
        follow: follows(parameters.lookup_flags)?,
        flags: StatusFlags::from_parameter(parameters.flags)?,
    };
    // A directory is neither created nor cut off here.
    if opening.directory && (opening.create || opening.exclusive || opening.truncate) {
        return Err(Errno::INVAL);
    }
    let (needed_base, needed_inheriting) = needed_rights(&opening);
    let dsync_refused = opening.flags.dsync && parent.inheriting & (rights::FD_DATASYNC | rights::FD_SYNC) == 0;
    if needed_base & !parent.base != 0
        || (needed_inheriting | base | inheriting) & !parent.inheriting != 0
        || dsync_refused
    {
        return Err(Errno::NOTCAPABLE);
    }
    let memory = GuestMemory::of_program()?;
    memory.bytes(address(parameters.result), 4)?;
    let path = Path::from_guest(memory, parameters.path, parameters.path_length)?;
    let handle = sys::open(parent.handle, &path, opening)?;
    let inserted =
        granted(handle, base, parent.inheriting).and_then(|descriptor| table::with(|table| table.insert(descriptor)));
    match inserted {
        Ok(fd) => memory.write_u32(parameters.result, fd),
        Err(errno) => {
            sys::close(handle);
            Err(errno)
        }
    }
}

/// Opens a file or directory.
#[unsafe(export_name = "wasi_snapshot_preview1.path_open")]
pub extern "C" fn path_open(
    fd: i32,
    dirflags: i32,
    path: i32,
    path_len: i32,
    oflags: i32,
    fs_rights_base: i64,
    fs_rights_inheriting: i64,
    fdflags: i32,
    opened_fd: i32,
) -> i32 {
    code(open(&Parameters {
        fd,
        lookup_flags: dirflags,
        path,
        path_length: path_len,
        open_flags: oflags,
        base: fs_rights_base,
        inheriting: fs_rights_inheriting,
        flags: fdflags,
        result: opened_fd,
    }))
}
