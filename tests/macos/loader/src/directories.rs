//! Streams of directory entries: macOS's structure (`sys/dirent.h`), with 64 bits for the inode.

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int};

use crate::errno::{self, check};

/// `struct dirent`.
#[repr(C)]
struct Entry {
    inode: u64,
    position: u64,
    length: u16,
    name_length: u16,
    kind: u8,
    name: [u8; 1024],
}

/// The last entry that was asked for: programs have one thread.
struct Last(UnsafeCell<Entry>);

// SAFETY: used by one thread.
unsafe impl Sync for Last {}

static LAST: Last =
    Last(UnsafeCell::new(Entry { inode: 0, position: 0, length: 0, name_length: 0, kind: 0, name: [0; 1024] }));

pub unsafe extern "C" fn open(handle: c_int) -> *mut libc::DIR {
    // SAFETY: the caller's promise.
    let stream = unsafe { libc::fdopendir(handle) };
    if stream.is_null() {
        check(-1);
    }
    stream
}

pub unsafe extern "C" fn read(stream: *mut libc::DIR) -> *const u8 {
    // SAFETY: the caller's promise about the stream; nobody else uses the place for the entry.
    unsafe {
        *libc::__errno_location() = 0;
        let found = libc::readdir(stream);
        if found.is_null() {
            errno::set(0);
            if *libc::__errno_location() != 0 {
                check(-1);
            }
            return std::ptr::null();
        }
        let name = CStr::from_ptr((*found).d_name.as_ptr()).to_bytes_with_nul();
        let entry = &mut *LAST.0.get();
        (entry.inode, entry.kind) = ((*found).d_ino, (*found).d_type);
        entry.name_length = name.len() as u16 - 1;
        entry.name[..name.len()].copy_from_slice(name);
        std::ptr::from_ref(entry).cast()
    }
}

pub unsafe extern "C" fn close(stream: *mut libc::DIR) -> c_int {
    // SAFETY: the caller's promise.
    check(unsafe { libc::closedir(stream) })
}
