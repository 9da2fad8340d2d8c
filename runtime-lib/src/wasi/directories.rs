//! Listing directories.

use super::errno::{Result, code};
use super::memory::{GuestMemory, address, put};
use super::rights;
use super::sys;
use super::table;

/// Bytes of a `dirent`, which the entry's name follows.
const DIRENT_SIZE: usize = 24;

/// Fills a buffer with entries. The last one is cut off where the buffer ends: a full buffer means that there is more.
fn read(fd: i32, buffer: i32, length: i32, cookie: i64, result: i32) -> Result<()> {
    let directory = table::get_directory(fd, rights::FD_READDIR)?;
    let memory = GuestMemory::of_program()?;
    memory.bytes(address(result), 4)?;
    let length = u64::from(length as u32);
    memory.bytes(address(buffer), length)?;
    let mut used: u64 = 0;
    let mut append = |bytes: &[u8]| {
        let room = length - used;
        let taken = (bytes.len() as u64).min(room);
        if let Ok(place) = memory.bytes(address(buffer) + used, taken) {
            place.fill_from(bytes);
        }
        used += taken;
        taken == bytes.len() as u64
    };
    sys::read_directory(directory.handle, cookie as u64, |entry| {
        let mut header = [0; DIRENT_SIZE];
        put(&mut header, 0, &entry.next.to_le_bytes());
        put(&mut header, 8, &entry.inode.to_le_bytes());
        put(&mut header, 16, &(entry.name.len() as u32).to_le_bytes());
        put(&mut header, 20, &[entry.file_type]);
        append(&header) && append(entry.name)
    })?;
    // At most `length`, which has 32 bits.
    memory.write_u32(result, used as u32)
}

/// Lists a directory, from a cookie on.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_readdir")]
pub extern "C" fn fd_readdir(fd: i32, buf: i32, buf_len: i32, cookie: i64, bufused: i32) -> i32 {
    code(read(fd, buf, buf_len, cookie, bufused))
}
