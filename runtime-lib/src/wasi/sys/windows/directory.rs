//! Reads directories. A cookie is the number of entries before: Windows has no positions to come back to.

use super::Handle;
use super::errors::check_status;
use super::files::{status, type_of};
use crate::sys;
use crate::sys::api::{Completion, NtQueryDirectoryFile};
use crate::wasi::errno::{Errno, Result};
use crate::wide;

/// An entry of a directory.
pub struct DirectoryEntry<'a> {
    /// Where reading goes on after this entry.
    pub next: u64,
    /// The file's number in its file system.
    pub inode: u64,
    /// The file's type, as `file_type` has it.
    pub file_type: u8,
    /// The entry's name.
    pub name: &'a [u8],
}

/// Bytes of entries to ask for at a time.
const BUFFER_SIZE: usize = 4096;

#[repr(align(8))]
struct Buffer([u8; BUFFER_SIZE]);

// FILE_ID_BOTH_DIR_INFORMATION.
const CLASS: u32 = 37;
const ATTRIBUTES: usize = 56;
const NAME_BYTES: usize = 60;
const NUMBER: usize = 96;
const NAME: usize = 104;

fn word(entry: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*entry.get(at..)?.first_chunk()?))
}

/// Calls `found` with the entries from `cookie` on, until it returns false. `..` is given the number of the directory itself:
/// what is above a preopened directory is none of the program's business.
pub fn read_directory(directory: Handle, cookie: u64, mut found: impl FnMut(DirectoryEntry<'_>) -> bool) -> Result<()> {
    const NO_MORE_FILES: i32 = 0x8000_0006_u32 as i32;
    const NO_SUCH_FILE: i32 = 0xc000_000f_u32 as i32;
    let mut buffer = Buffer([0; BUFFER_SIZE]);
    let mut count = 0;
    loop {
        let mut completion = Completion::default();
        // SAFETY: writes the completion, and as many bytes as there are.
        let status = unsafe {
            NtQueryDirectoryFile(
                sys::native(directory),
                core::ptr::null_mut(),
                core::ptr::null(),
                core::ptr::null(),
                &raw mut completion,
                buffer.0.as_mut_ptr().cast(),
                BUFFER_SIZE as u32,
                CLASS,
                0,
                core::ptr::null(),
                u8::from(count == 0),
            )
        };
        if matches!(status, NO_MORE_FILES | NO_SUCH_FILE) {
            return Ok(());
        }
        check_status(status)?;
        let mut at = 0;
        loop {
            let entry = buffer.0.get(at..).ok_or(Errno::IO)?;
            count += 1;
            if count > cookie && !tell(directory, entry, count, &mut found)? {
                return Ok(());
            }
            match word(entry, 0).ok_or(Errno::IO)? {
                0 => break,
                next => at += next as usize,
            }
        }
    }
}

/// Tells of an entry; `next` is its cookie.
fn tell(
    directory: Handle,
    entry: &[u8],
    next: u64,
    found: &mut impl FnMut(DirectoryEntry<'_>) -> bool,
) -> Result<bool> {
    let length = word(entry, NAME_BYTES).ok_or(Errno::IO)? as usize;
    let bytes = entry.get(NAME..).and_then(|rest| rest.get(..length)).ok_or(Errno::IO)?;
    let mut units = [0u16; 256];
    let pairs = bytes.as_chunks::<2>().0;
    for (unit, pair) in units.iter_mut().zip(pairs) {
        *unit = u16::from_le_bytes(*pair);
    }
    let mut name = [0u8; 3 * 256];
    let mut length = 0;
    for (place, byte) in name.iter_mut().zip(wide::to_utf8(units.get(..pairs.len()).unwrap_or(&units))) {
        *place = byte;
        length += 1;
    }
    let name = name.get(..length).unwrap_or(&name);
    let low = word(entry, NUMBER).ok_or(Errno::IO)?;
    let high = word(entry, NUMBER + 4).ok_or(Errno::IO)?;
    let mut inode = u64::from(high) << 32 | u64::from(low);
    if name == b".." {
        inode = status(directory)?.inode;
    }
    let file_type = type_of(word(entry, ATTRIBUTES).ok_or(Errno::IO)?);
    Ok(found(DirectoryEntry { next, inode, file_type, name }))
}
