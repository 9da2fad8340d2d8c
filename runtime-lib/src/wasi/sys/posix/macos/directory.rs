//! Reads directories. A cookie counts the entries before it: positions of the file system's own are only good for the stream that
//! told them (seekdir(3)).

use crate::wasi::errno::Result;
use crate::wasi::sys::posix::errors::{retry, translate};
use crate::wasi::sys::posix::files::type_of;
use crate::wasi::sys::posix::{DirectoryEntry, Handle, borrow};
use core::ffi::CStr;
use rustix::fd::IntoRawFd;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io;

/// A stream of entries: `DIR`, opendir(3).
struct Stream(*mut libc::DIR);

/// An entry, which stays until the one after it is asked for.
struct Entry<'a> {
    inode: u64,
    file_type: Option<FileType>,
    name: &'a CStr,
}

impl Stream {
    /// Begins at the first entry of a directory, with a handle and a position of its own.
    fn open(directory: Handle) -> io::Result<Stream> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rustix::fs::openat(borrow(directory), c".", flags, Mode::empty())?.into_raw_fd();
        // SAFETY: the handle is the stream's from now on.
        let stream = unsafe { libc::fdopendir(handle) };
        if stream.is_null() {
            let error = super::last_error();
            // SAFETY: nobody else has the handle.
            unsafe { rustix::io::close(handle) };
            return Err(error);
        }
        Ok(Stream(stream))
    }

    /// The next entry.
    fn next(&mut self) -> io::Result<Option<Entry<'_>>> {
        // SAFETY: the stream is open, and nobody else uses it. Only the variable tells an error from the end.
        unsafe {
            *libc::__error() = 0;
            let entry = libc::readdir(self.0);
            if !entry.is_null() {
                // The structure is only there as far as the zero that ends the name.
                let name = CStr::from_ptr((&raw const (*entry).d_name).cast());
                Ok(Some(Entry { inode: (*entry).d_ino, file_type: known_type((*entry).d_type), name }))
            } else if *libc::__error() == 0 {
                Ok(None)
            } else {
                Err(super::last_error())
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: the stream is open, and not used afterwards.
        unsafe { libc::closedir(self.0) };
    }
}

/// The type that an entry tells (dirent(5)).
fn known_type(told: u8) -> Option<FileType> {
    Some(match told {
        libc::DT_REG => FileType::RegularFile,
        libc::DT_DIR => FileType::Directory,
        libc::DT_LNK => FileType::Symlink,
        libc::DT_CHR => FileType::CharacterDevice,
        libc::DT_BLK => FileType::BlockDevice,
        libc::DT_SOCK => FileType::Socket,
        libc::DT_FIFO => FileType::Fifo,
        _ => return None,
    })
}

/// Calls `found` with the entries from `cookie` on, until it returns false; readdir(3). `..` is given the number of
/// the directory itself: what is above a preopened directory is none of the program's business.
pub fn read_directory(directory: Handle, cookie: u64, mut found: impl FnMut(DirectoryEntry<'_>) -> bool) -> Result<()> {
    let mut stream = match Stream::open(directory) {
        Ok(stream) => stream,
        // The directory was removed: it has no entries any more.
        Err(io::Errno::NOENT) => return Ok(()),
        Err(error) => return Err(translate(error)),
    };
    let mut position = 0;
    while let Some(entry) = stream.next().map_err(translate)? {
        position += 1;
        if position <= cookie {
            continue;
        }
        let Entry { mut inode, file_type, name } = entry;
        let mut entry_type = file_type.map_or(crate::wasi::file_type::UNKNOWN, type_of);
        if name == c".." {
            inode = rustix::fs::fstat(borrow(directory)).map_err(translate)?.st_ino;
            entry_type = crate::wasi::file_type::DIRECTORY;
        } else if file_type.is_none() {
            // The file system does not tell. A file that is gone meanwhile stays of unknown type.
            if let Ok(stat) = retry(|| rustix::fs::statat(borrow(directory), name, AtFlags::SYMLINK_NOFOLLOW)) {
                entry_type = type_of(FileType::from_raw_mode(stat.st_mode));
            }
        }
        let entry = DirectoryEntry { next: position, inode, file_type: entry_type, name: name.to_bytes() };
        if !found(entry) {
            break;
        }
    }
    Ok(())
}
