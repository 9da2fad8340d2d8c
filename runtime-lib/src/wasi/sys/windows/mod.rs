//! Windows, by kernel32, ntdll, and advapi32 for random bytes.

mod clocks;
mod directory;
mod errors;
mod files;
mod paths;
mod polling;
mod sandbox;
mod signals;
mod sockets;

pub use crate::sys::{STANDARD_ERROR, STANDARD_INPUT, STANDARD_OUTPUT};
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
pub use signals::{ignore_broken_pipes, raise};
pub use sockets::{accept, inherited_listeners, receive, send, shutdown};

/// An open file of the operating system: the low 32 bits of what Windows calls a handle, which are all that count, or the
/// number of a standard descriptor.
pub type Handle = i32;
