//! Attributes of files.

use super::errno::{Errno, Result, code};
use super::memory::{GuestMemory, address, put};
use super::path::Path;
use super::rights;
use super::sys;
use super::table;

/// What there is to know of a file (witx `$filestat`). Times are nanoseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct FileStatus {
    /// Number of the device that holds the file.
    pub device: u64,
    /// Number of the file there.
    pub inode: u64,
    /// As `file_type` has it.
    pub file_type: u8,
    /// Hard links.
    pub links: u64,
    /// Bytes.
    pub size: u64,
    /// Time of the last access.
    pub accessed: u64,
    /// Time of the last change of contents.
    pub modified: u64,
    /// Time of the last change of attributes.
    pub changed: u64,
}

/// What is to become of one of a file's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewTime {
    /// Stays as it is.
    Keep,
    /// Becomes the present time.
    Now,
    /// Becomes this time, in nanoseconds since 1970.
    At(u64),
}

/// What is to become of a file's times.
#[derive(Clone, Copy, Debug)]
pub struct NewTimes {
    /// Time of the last access.
    pub accessed: NewTime,
    /// Time of the last change of contents.
    pub modified: NewTime,
}

impl NewTimes {
    /// What the parameters mean (witx `$fstflags`). Fails with `inval` where they contradict themselves.
    fn from_parameters(accessed: i64, modified: i64, flags: i32) -> Result<NewTimes> {
        if flags as u32 > 0xf {
            return Err(Errno::INVAL);
        }
        let choose = |time: i64, flags: i32| match flags & 3 {
            0 => Ok(NewTime::Keep),
            1 => Ok(NewTime::At(time as u64)),
            2 => Ok(NewTime::Now),
            _ => Err(Errno::INVAL),
        };
        Ok(NewTimes { accessed: choose(accessed, flags)?, modified: choose(modified, flags >> 2)? })
    }
}

/// Whether `$lookupflags` ask for a symbolic link in the last component to be followed. Fails with `inval` for
/// unknown flags.
pub(super) fn follows(flags: i32) -> Result<bool> {
    match flags {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Errno::INVAL),
    }
}

/// Bytes of a `filestat`.
const SIZE: usize = 64;

/// Lays out a `filestat`: where the number of links is and how it is written differs between snapshots.
pub(super) fn lay_out<const SIZE: usize>(status: &FileStatus, links_at: usize, links: &[u8]) -> [u8; SIZE] {
    let mut bytes = [0; SIZE];
    put(&mut bytes, 0, &status.device.to_le_bytes());
    put(&mut bytes, 8, &status.inode.to_le_bytes());
    put(&mut bytes, 16, &[status.file_type]);
    put(&mut bytes, links_at, links);
    let last = [status.size, status.accessed, status.modified, status.changed];
    for (number, value) in last.iter().enumerate() {
        put(&mut bytes, links_at + links.len() + number * 8, &value.to_le_bytes());
    }
    bytes
}

fn write_status(memory: GuestMemory, result: i32, status: &FileStatus) -> Result<()> {
    memory.write(address(result), &lay_out::<SIZE>(status, 24, &status.links.to_le_bytes()))
}

/// The attributes of an open file.
pub(super) fn of_descriptor(fd: i32) -> Result<FileStatus> {
    sys::status(table::get(fd, rights::FD_FILESTAT_GET)?.handle)
}

/// The attributes of the file at a path.
pub(super) fn of_path(memory: GuestMemory, fd: i32, flags: i32, path: i32, length: i32) -> Result<FileStatus> {
    let directory = table::get_directory(fd, rights::PATH_FILESTAT_GET)?;
    let follow = follows(flags)?;
    let mut path = Path::from_guest(memory, path, length)?;
    sys::status_at(directory.handle, &mut path, follow)
}

fn get(fd: i32, result: i32) -> Result<()> {
    let status = of_descriptor(fd)?;
    write_status(GuestMemory::of_program()?, result, &status)
}

fn get_at(fd: i32, flags: i32, path: i32, length: i32, result: i32) -> Result<()> {
    let memory = GuestMemory::of_program()?;
    memory.bytes(address(result), SIZE as u64)?;
    let status = of_path(memory, fd, flags, path, length)?;
    write_status(memory, result, &status)
}

fn set_times(fd: i32, accessed: i64, modified: i64, flags: i32) -> Result<()> {
    let descriptor = table::get(fd, rights::FD_FILESTAT_SET_TIMES)?;
    sys::set_times(descriptor.handle, NewTimes::from_parameters(accessed, modified, flags)?)
}

fn set_times_at(
    fd: i32,
    lookup_flags: i32,
    path: (i32, i32),
    (accessed, modified): (i64, i64),
    flags: i32,
) -> Result<()> {
    let directory = table::get_directory(fd, rights::PATH_FILESTAT_SET_TIMES)?;
    let follow = follows(lookup_flags)?;
    let times = NewTimes::from_parameters(accessed, modified, flags)?;
    let mut path = Path::from_guest(GuestMemory::of_program()?, path.0, path.1)?;
    sys::set_times_at(directory.handle, &mut path, follow, times)
}

/// Tells an open file's attributes.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_filestat_get")]
pub extern "C" fn fd_filestat_get(fd: i32, buf: i32) -> i32 {
    code(get(fd, buf))
}

/// Tells the attributes of the file at a path.
#[unsafe(export_name = "wasi_snapshot_preview1.path_filestat_get")]
pub extern "C" fn path_filestat_get(fd: i32, flags: i32, path: i32, path_len: i32, buf: i32) -> i32 {
    code(get_at(fd, flags, path, path_len, buf))
}

/// Changes an open file's times.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_filestat_set_times")]
pub extern "C" fn fd_filestat_set_times(fd: i32, atim: i64, mtim: i64, fst_flags: i32) -> i32 {
    code(set_times(fd, atim, mtim, fst_flags))
}

/// Changes the times of the file at a path.
#[unsafe(export_name = "wasi_snapshot_preview1.path_filestat_set_times")]
pub extern "C" fn path_filestat_set_times(
    fd: i32,
    flags: i32,
    path: i32,
    path_len: i32,
    atim: i64,
    mtim: i64,
    fst_flags: i32,
) -> i32 {
    code(set_times_at(fd, flags, (path, path_len), (atim, mtim), fst_flags))
}
