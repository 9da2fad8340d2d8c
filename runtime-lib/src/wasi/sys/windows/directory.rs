//! Reads directories: not yet.

use super::Handle;
use crate::wasi::errno::{Errno, Result};

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

/// Not yet.
pub fn read_directory(_d: Handle, _cookie: u64, _found: impl FnMut(DirectoryEntry<'_>) -> bool) -> Result<()> {
    Err(Errno::NOTSUP)
}
