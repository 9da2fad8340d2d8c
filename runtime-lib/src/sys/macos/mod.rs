//! macOS, by the functions of libSystem: its system calls have no stable numbers.

#[cfg(target_arch = "aarch64")]
#[path = "aarch64.rs"]
mod architecture;
#[cfg(target_arch = "x86_64")]
#[path = "x86_64.rs"]
mod architecture;

mod address_space;
mod descriptor;
mod entry;
mod error;
mod fault;
mod handle;
mod signal;
mod time;

pub use address_space::{
    allocate, commit, discard, forbid, limit_initial_stack, move_pages, prefer_large_pages, release, reserve,
    reserve_low,
};
pub use descriptor::{STANDARD_ERROR, STANDARD_INPUT, STANDARD_OUTPUT, exit, read, write_all, write_memory};
pub use error::Error;
pub use fault::install_fault_handler;
pub use handle::{create_new, duplicate, is_listening, open, remove, socket_type};
pub use signal::{ignore_signal, restore_signal, send_signal};
pub use time::{clock_time, monotonic_time, pause, wait_while, wake_one};

/// Whether the handler of faults runs on the stack of the code that it interrupts.
pub const HANDLES_FAULTS_IN_PLACE: bool = false;

/// Bytes below a stack where a fault means that it is full.
pub const STACK_GUARD: usize = 1 << 20;

/// Bytes of the pages that protection works with: 16 KiB on Apple's own processors, and where those run programs for x86-64.
pub const PAGE_SIZE: usize = 16 << 10;
