//! Descriptors as such: closing, numbers, flags, rights, preopens.

use super::errno::{Errno, Result, code};
use super::memory::{GuestMemory, address, put};
use super::rights;
use super::table;
use super::{file_type, sys};

/// witx `$fdflags`.
const APPEND: u16 = 1 << 0;
const DSYNC: u16 = 1 << 1;
const NONBLOCK: u16 = 1 << 2;
const RSYNC: u16 = 1 << 3;
const SYNC: u16 = 1 << 4;

/// How an open file behaves (witx `$fdflags`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusFlags {
    /// Writes go to the file's end.
    pub append: bool,
    /// Writes wait until the contents are stored.
    pub dsync: bool,
    /// Nothing waits.
    pub nonblock: bool,
    /// Reads wait until what they read is stored.
    pub rsync: bool,
    /// Writes wait until contents and attributes are stored.
    pub sync: bool,
}

impl StatusFlags {
    /// The flags that a parameter means. Fails with `inval` for unknown ones.
    pub fn from_parameter(bits: i32) -> Result<StatusFlags> {
        let known = APPEND | DSYNC | NONBLOCK | RSYNC | SYNC;
        let bits = u16::try_from(bits).map_err(|_| Errno::INVAL)?;
        if bits & !known != 0 {
            return Err(Errno::INVAL);
        }
        let has = |flag| bits & flag != 0;
        Ok(StatusFlags {
            append: has(APPEND),
            dsync: has(DSYNC),
            nonblock: has(NONBLOCK),
            rsync: has(RSYNC),
            sync: has(SYNC),
        })
    }

    fn bits(self) -> u16 {
        let bit = |set, flag| if set { flag } else { 0 };
        bit(self.append, APPEND)
            | bit(self.dsync, DSYNC)
            | bit(self.nonblock, NONBLOCK)
            | bit(self.rsync, RSYNC)
            | bit(self.sync, SYNC)
    }
}

/// Bytes of an `fdstat`.
const FDSTAT_SIZE: usize = 24;

fn close(fd: i32) -> Result<()> {
    let closed = table::with(|table| table.remove(fd))?;
    sys::close(closed.handle);
    Ok(())
}

fn renumber(from: i32, to: i32) -> Result<()> {
    let replaced = table::with(|table| {
        let descriptor = *table.get(from)?;
        let replaced = *table.get(to)?;
        if from == to {
            return Ok(None);
        }
        table.remove(from)?;
        *table.get(to)? = descriptor;
        Ok(Some(replaced))
    })?;
    if let Some(replaced) = replaced {
        sys::close(replaced.handle);
    }
    Ok(())
}

fn get_status(fd: i32, result: i32) -> Result<()> {
    let descriptor = table::get(fd, 0)?;
    let memory = GuestMemory::of_program()?;
    let file_type = sys::status(descriptor.handle)?.file_type;
    let mut flags = sys::status_flags(descriptor.handle)?;
    flags.nonblock |= descriptor.nonblocking;
    let mut base = descriptor.base;
    if file_type == file_type::CHARACTER_DEVICE && sys::is_terminal(descriptor.handle) {
        // This is how C libraries recognise a terminal.
        base &= !(rights::FD_SEEK | rights::FD_TELL);
    }
    let mut status = [0; FDSTAT_SIZE];
    put(&mut status, 0, &[file_type]);
    put(&mut status, 2, &flags.bits().to_le_bytes());
    put(&mut status, 8, &u64::from(base).to_le_bytes());
    put(&mut status, 16, &u64::from(descriptor.inheriting).to_le_bytes());
    memory.write(address(result), &status)
}

fn set_flags(fd: i32, flags: i32) -> Result<()> {
    let descriptor = table::get(fd, rights::FD_FDSTAT_SET_FLAGS)?;
    let mut wanted = StatusFlags::from_parameter(flags)?;
    let present = sys::status_flags(descriptor.handle)?;
    // How a file synchronises is settled when it is opened.
    if wanted.sync && !present.sync
        || wanted.dsync && !(present.dsync || present.sync)
        || wanted.rsync && !(present.rsync || present.sync)
    {
        return Err(Errno::INVAL);
    }
    if descriptor.inherited {
        // The parent process, and other programs of the pipeline, would be surprised.
        let nonblocking = wanted.nonblock;
        table::with(|table| table.get(fd).map(|descriptor| descriptor.nonblocking = nonblocking))?;
        wanted.nonblock = present.nonblock;
    }
    if (wanted.append, wanted.nonblock) == (present.append, present.nonblock) {
        return Ok(());
    }
    sys::set_status_flags(descriptor.handle, wanted)
}

fn set_rights(fd: i32, base: i64, inheriting: i64) -> Result<()> {
    table::with(|table| {
        let descriptor = table.get(fd)?;
        let (base, inheriting) = (base as u64, inheriting as u64);
        if base & !u64::from(descriptor.base) != 0 || inheriting & !u64::from(descriptor.inheriting) != 0 {
            return Err(Errno::NOTCAPABLE);
        }
        // Both are subsets of 32-bit sets.
        (descriptor.base, descriptor.inheriting) = (base as u32, inheriting as u32);
        Ok(())
    })
}

fn get_preopen(fd: i32, result: i32) -> Result<()> {
    let name = table::get(fd, 0)?.preopen.ok_or(Errno::BADF)?;
    let mut prestat = [0; 8];
    // The tag, 0 for a directory, then the length of its name.
    put(&mut prestat, 4, &(name.len() as u32).to_le_bytes());
    GuestMemory::of_program()?.write(address(result), &prestat)
}

fn get_preopen_name(fd: i32, path: i32, length: i32) -> Result<()> {
    let name = table::get(fd, 0)?.preopen.ok_or(Errno::NOTDIR)?;
    if name.len() > length as u32 as usize {
        return Err(Errno::NAMETOOLONG);
    }
    GuestMemory::of_program()?.write(address(path), name)
}

/// Closes a descriptor.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_close")]
pub extern "C" fn fd_close(fd: i32) -> i32 {
    code(close(fd))
}

/// Moves a descriptor to a number that is in use, and closes what was there.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_renumber")]
pub extern "C" fn fd_renumber(fd: i32, to: i32) -> i32 {
    code(renumber(fd, to))
}

/// Tells a descriptor's type, flags and rights.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_fdstat_get")]
pub extern "C" fn fd_fdstat_get(fd: i32, stat: i32) -> i32 {
    code(get_status(fd, stat))
}

/// Changes a descriptor's flags: `append` and `nonblock` can be changed.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_fdstat_set_flags")]
pub extern "C" fn fd_fdstat_set_flags(fd: i32, flags: i32) -> i32 {
    code(set_flags(fd, flags))
}

/// Takes rights away from a descriptor.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_fdstat_set_rights")]
pub extern "C" fn fd_fdstat_set_rights(fd: i32, fs_rights_base: i64, fs_rights_inheriting: i64) -> i32 {
    code(set_rights(fd, fs_rights_base, fs_rights_inheriting))
}

/// Tells whether a descriptor is a preopened directory's, and how long its name is.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_prestat_get")]
pub extern "C" fn fd_prestat_get(fd: i32, prestat: i32) -> i32 {
    code(get_preopen(fd, prestat))
}

/// Tells a preopened directory's name.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_prestat_dir_name")]
pub extern "C" fn fd_prestat_dir_name(fd: i32, path: i32, path_len: i32) -> i32 {
    code(get_preopen_name(fd, path, path_len))
}
