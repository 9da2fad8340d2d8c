//! Linux and macOS, through rustix: by system calls there, by the functions of libSystem here. What only one of them has, or has
//! in another way, is in `system`.

mod clocks;
mod errors;
mod files;
mod paths;
mod polling;
mod sandbox;
mod signals;
mod slashes;
mod sockets;
mod walk;

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "macos/mod.rs"]
mod system;

pub use clocks::{clock_resolution, clock_time, fill_random, yield_processor};
pub use files::{
    IoVector, available, close, is_terminal, read, read_at, seek, set_size, set_status_flags, set_times, status,
    status_flags, synchronize, write, write_at,
};
pub use paths::{
    create_directory, link, open, open_host_directory, read_link, remove_directory, rename, set_times_at, status_at,
    symlink, unlink,
};
pub use polling::{PollEntry, poll, would_block};
#[cfg(test)]
pub use sandbox::{set_interference, set_walk_only};
pub use signals::{ignore_broken_pipes, raise};
pub use sockets::{inherited_listeners, receive, send, shutdown};
pub use system::{accept, advise, allocate, read_directory, synchronize_data};

use crate::wasi::errno::Result;
use rustix::fd::{BorrowedFd, IntoRawFd, OwnedFd};

/// An open file of the operating system.
pub type Handle = i32;

/// Handle of standard input.
pub const STANDARD_INPUT: Handle = 0;
/// Handle of standard output.
pub const STANDARD_OUTPUT: Handle = 1;
/// Handle of standard error.
pub const STANDARD_ERROR: Handle = 2;

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

/// The handle for a system call.
fn borrow<'a>(handle: Handle) -> BorrowedFd<'a> {
    // SAFETY: handles come from the descriptor table, which keeps them open for as long as a call lasts, or are those
    // of the standard descriptors. None is -1.
    unsafe { BorrowedFd::borrow_raw(handle) }
}

/// Hands a new handle over to the table. The numbers 0 to 2 are kept for the standard descriptors also where the
/// process was started without them or the program closed them: what the runtime library reports must not end up in
/// the program's files.
fn keep(handle: Handle) -> Result<Handle> {
    if handle > STANDARD_ERROR {
        return Ok(handle);
    }
    let moved = crate::sys::duplicate(handle, STANDARD_ERROR + 1);
    files::close(handle);
    moved.map_err(errors::of_system)
}

/// The same for a handle that rustix opened.
fn keep_owned(opened: OwnedFd) -> Result<Handle> {
    keep(opened.into_raw_fd())
}
