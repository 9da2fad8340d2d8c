//! Open files: reading, writing, position, space.

use super::errno::{Errno, Result, code};
use super::memory::{GuestMemory, address};
use super::rights;
use super::table::{self, Descriptor};
use super::vectors::with_vectors;
use super::{file_type, sys};

/// The memory, with room for a result of `size` bytes where `result` points: found out before anything happens.
fn memory_for(result: i32, size: u64) -> Result<GuestMemory> {
    let memory = GuestMemory::of_program()?;
    memory.bytes(address(result), size)?;
    Ok(memory)
}

/// Fails with `again` where a descriptor is not to wait but its handle would.
fn check_ready(descriptor: &Descriptor, writing: bool) -> Result<()> {
    if descriptor.nonblocking { sys::would_block(descriptor.handle, writing) } else { Ok(()) }
}

fn read(fd: i32, vectors: i32, count: i32, result: i32) -> Result<()> {
    let descriptor = table::get(fd, rights::FD_READ)?;
    let memory = memory_for(result, 4)?;
    check_ready(&descriptor, false)?;
    let length = with_vectors(memory, vectors, count, |list| sys::read(descriptor.handle, list))?;
    memory.write_u32(result, length)
}

fn write(fd: i32, vectors: i32, count: i32, result: i32) -> Result<()> {
    let descriptor = table::get(fd, rights::FD_WRITE)?;
    let memory = memory_for(result, 4)?;
    check_ready(&descriptor, true)?;
    let length = with_vectors(memory, vectors, count, |list| sys::write(descriptor.handle, list))?;
    memory.write_u32(result, length)
}

fn read_at(fd: i32, vectors: i32, count: i32, offset: i64, result: i32) -> Result<()> {
    let descriptor = table::get(fd, rights::FD_READ | rights::FD_SEEK)?;
    let memory = memory_for(result, 4)?;
    let length = with_vectors(memory, vectors, count, |list| sys::read_at(descriptor.handle, list, offset as u64))?;
    memory.write_u32(result, length)
}

fn write_at(fd: i32, vectors: i32, count: i32, offset: i64, result: i32) -> Result<()> {
    let descriptor = table::get(fd, rights::FD_WRITE | rights::FD_SEEK)?;
    let memory = memory_for(result, 4)?;
    let length = with_vectors(memory, vectors, count, |list| sys::write_at(descriptor.handle, list, offset as u64))?;
    memory.write_u32(result, length)
}

/// `fd_seek` with the whence of the present snapshot: 0 for the start, 1 for the present position, 2 for the end.
pub(super) fn seek(fd: i32, offset: i64, whence: i32, result: i32) -> Result<()> {
    let whence = u8::try_from(whence).map_err(|_| Errno::INVAL)?;
    let tells = whence == 1 && offset == 0;
    let descriptor = table::get(fd, 0)?;
    let needed = if tells { rights::FD_SEEK | rights::FD_TELL } else { rights::FD_SEEK };
    if descriptor.base & needed == 0 {
        return Err(Errno::NOTCAPABLE);
    }
    let memory = memory_for(result, 8)?;
    memory.write_u64(result, sys::seek(descriptor.handle, offset, whence)?)
}

fn allocate(fd: i32, offset: i64, length: i64) -> Result<()> {
    let descriptor = table::get(fd, rights::FD_ALLOCATE)?;
    // As posix_fallocate(3) has it, which not every system does.
    if length == 0 {
        return Err(Errno::INVAL);
    }
    sys::allocate(descriptor.handle, offset as u64, length as u64)
}

fn advise(fd: i32, offset: i64, length: i64, advice: i32) -> Result<()> {
    let descriptor = table::get(fd, rights::FD_ADVISE)?;
    let advice = u8::try_from(advice).map_err(|_| Errno::INVAL)?;
    // Beyond 63 bits there is nothing to advise on.
    if offset < 0 || length < 0 {
        return Err(Errno::INVAL);
    }
    sys::advise(descriptor.handle, offset as u64, length as u64, advice)
}

fn synchronize(fd: i32) -> Result<()> {
    sys::synchronize(table::get(fd, rights::FD_SYNC)?.handle)
}

fn synchronize_data(fd: i32) -> Result<()> {
    sys::synchronize_data(table::get(fd, rights::FD_DATASYNC)?.handle)
}

fn set_size(fd: i32, size: i64) -> Result<()> {
    let descriptor = table::get(fd, rights::FD_FILESTAT_SET_SIZE)?;
    if size < 0 {
        return Err(if sys::status(descriptor.handle)?.file_type == file_type::REGULAR_FILE {
            Errno::FBIG
        } else {
            Errno::INVAL
        });
    }
    sys::set_size(descriptor.handle, size as u64)
}

/// Reads from a descriptor.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_read")]
pub extern "C" fn fd_read(fd: i32, iovs: i32, iovs_len: i32, nread: i32) -> i32 {
    code(read(fd, iovs, iovs_len, nread))
}

/// Writes to a descriptor.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_write")]
pub extern "C" fn fd_write(fd: i32, iovs: i32, iovs_len: i32, nwritten: i32) -> i32 {
    code(write(fd, iovs, iovs_len, nwritten))
}

/// Reads at an offset, and leaves the descriptor's position alone.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_pread")]
pub extern "C" fn fd_pread(fd: i32, iovs: i32, iovs_len: i32, offset: i64, nread: i32) -> i32 {
    code(read_at(fd, iovs, iovs_len, offset, nread))
}

/// Writes at an offset, and leaves the descriptor's position alone. In append mode it appends, as Linux does.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_pwrite")]
pub extern "C" fn fd_pwrite(fd: i32, iovs: i32, iovs_len: i32, offset: i64, nwritten: i32) -> i32 {
    code(write_at(fd, iovs, iovs_len, offset, nwritten))
}

/// Moves a descriptor's position.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_seek")]
pub extern "C" fn fd_seek(fd: i32, offset: i64, whence: i32, newoffset: i32) -> i32 {
    code(seek(fd, offset, whence, newoffset))
}

/// Tells a descriptor's position.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_tell")]
pub extern "C" fn fd_tell(fd: i32, offset: i32) -> i32 {
    code(seek(fd, 0, 1, offset))
}

/// Makes sure that there is space for a part of a file.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_allocate")]
pub extern "C" fn fd_allocate(fd: i32, offset: i64, len: i64) -> i32 {
    code(allocate(fd, offset, len))
}

/// Tells how a part of a file will be used.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_advise")]
pub extern "C" fn fd_advise(fd: i32, offset: i64, len: i64, advice: i32) -> i32 {
    code(advise(fd, offset, len, advice))
}

/// Waits until a file's contents and attributes are stored.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_sync")]
pub extern "C" fn fd_sync(fd: i32) -> i32 {
    code(synchronize(fd))
}

/// Waits until a file's contents are stored.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_datasync")]
pub extern "C" fn fd_datasync(fd: i32) -> i32 {
    code(synchronize_data(fd))
}

/// Cuts a file off, or extends it with zeros.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_filestat_set_size")]
pub extern "C" fn fd_filestat_set_size(fd: i32, size: i64) -> i32 {
    code(set_size(fd, size))
}
