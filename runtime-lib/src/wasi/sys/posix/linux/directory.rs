//! Reads directories. A cookie is the kernel's own (`d_off`): it stays valid while entries come and go.

use crate::wasi::errno::{Errno, Result};
use crate::wasi::file_type;
use crate::wasi::sys::posix::errors::{retry, translate};
use crate::wasi::sys::posix::files::type_of;
use crate::wasi::sys::posix::{DirectoryEntry, Handle, borrow};
use core::mem::MaybeUninit;
use rustix::fs::{AtFlags, FileType, RawDir, SeekFrom};

/// Bytes of entries to ask for at a time.
const BUFFER_SIZE: usize = 4096;

/// Calls `found` with the entries from `cookie` on, until it returns false; getdents64(2). `..` is given the number of
/// the directory itself: what is above a preopened directory is none of the program's business.
pub fn read_directory(directory: Handle, cookie: u64, mut found: impl FnMut(DirectoryEntry<'_>) -> bool) -> Result<()> {
    let directory = borrow(directory);
    let position = i64::try_from(cookie).map_err(|_| Errno::INVAL)?;
    rustix::fs::seek(directory, SeekFrom::Start(position as u64)).map_err(translate)?;
    let mut buffer = [MaybeUninit::uninit(); BUFFER_SIZE];
    let mut entries = RawDir::new(directory, &mut buffer);
    loop {
        let entry = match entries.next() {
            None => return Ok(()),
            Some(Err(rustix::io::Errno::INTR)) => continue,
            // The directory was removed: it has no entries any more.
            Some(Err(rustix::io::Errno::NOENT)) => return Ok(()),
            Some(Err(error)) => return Err(translate(error)),
            Some(Ok(entry)) => entry,
        };
        let name = entry.file_name();
        let (mut inode, mut entry_type) = (entry.ino(), type_of(entry.file_type()));
        if name == c".." {
            inode = rustix::fs::fstat(directory).map_err(translate)?.st_ino as u64;
            entry_type = file_type::DIRECTORY;
        } else if entry.file_type() == FileType::Unknown {
            // The file system does not tell. A file that is gone meanwhile stays of unknown type.
            if let Ok(stat) = retry(|| rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)) {
                entry_type = type_of(FileType::from_raw_mode(stat.st_mode));
            }
        }
        let entry =
            DirectoryEntry { next: entry.next_entry_cookie(), inode, file_type: entry_type, name: name.to_bytes() };
        if !found(entry) {
            return Ok(());
        }
    }
}
