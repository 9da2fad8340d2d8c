//! Windows, by kernel32 and ntdll: no C library, no import libraries.

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod address_space;
pub mod api;
mod compiler;
mod descriptor;
mod entry;
mod error;
mod fault;
mod file;
mod futex;
mod stack;
mod thread;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
use aarch64::{Context, set_thread_word, thread_word};
pub use address_space::{
    allocate, commit, discard, forbid, move_pages, prefer_large_pages, release, reserve, reserve_low,
};
pub use descriptor::{
    STANDARD_ERROR, STANDARD_INPUT, STANDARD_OUTPUT, exit, is_console, native, read, read_memory, write, write_all,
    write_memory,
};
pub use error::Error;
pub use fault::install_fault_handler;
pub use file::{create_new, remove};
pub use futex::{monotonic_time, pause, wait_while, wake_one};
pub use stack::{STACK_GUARD, limit_initial_stack};
pub use thread::{HANDLER_STACK_SIZE, MAKES_STACKS, enter_thread, exit_thread, start_thread};
#[cfg(target_arch = "x86_64")]
use x86_64::{Context, set_thread_word, thread_word};

/// Whether the handler of faults runs on the stack of the code that it interrupts.
pub const HANDLES_FAULTS_IN_PLACE: bool = true;

/// Bytes of the pages that protection works with.
pub const PAGE_SIZE: usize = 4096;

/// Windows has no signals.
pub fn ignore_signal(_signal: i32) {}
