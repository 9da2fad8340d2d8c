//! Linux, through rustix's system calls.

mod clocks;
mod directory;
mod errors;
mod files;
mod paths;
mod polling;
mod sandbox;
mod signals;
mod sockets;
mod walk;

pub use clocks::{clock_resolution, clock_time, fill_random, yield_processor};
pub use directory::{DirectoryEntry, read_directory};
pub use files::{
    IoVector, advise, allocate, available, close, is_terminal, read, read_at, seek, set_size, set_status_flags,
    set_times, status, status_flags, synchronize, synchronize_data, write, write_at,
};
pub use paths::{
    create_directory, link, open, open_host_directory, read_link, remove_directory, rename, set_times_at, status_at,
    symlink, unlink,
};
pub use polling::{PollEntry, poll, would_block};
#[cfg(test)]
pub use sandbox::{set_interference, set_walk_only};
pub use signals::{ignore_broken_pipes, raise};
pub use sockets::{accept, inherited_listeners, receive, send, shutdown};

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
