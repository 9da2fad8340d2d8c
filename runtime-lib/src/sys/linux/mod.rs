//! Linux, by its system calls alone: no C library.

#[cfg(target_arch = "aarch64")]
#[path = "aarch64.rs"]
mod architecture;
#[cfg(target_arch = "riscv64")]
#[path = "riscv64.rs"]
mod architecture;
#[cfg(target_arch = "s390x")]
#[path = "s390x.rs"]
mod architecture;
#[cfg(target_arch = "x86_64")]
#[path = "x86_64.rs"]
mod architecture;

mod address_space;
mod auxiliary;
mod descriptor;
#[cfg(not(test))]
mod entry;
mod error;
mod fault;
mod futex;
#[cfg(any(target_arch = "aarch64", target_arch = "riscv64"))]
mod generic;
mod handle;
mod initial_stack;
#[cfg(not(test))]
mod relocate;
mod signal;
mod thread;

pub use address_space::{allocate, commit, discard, forbid, move_pages, prefer_large_pages, release, reserve};
pub use auxiliary::offers_vdso;
pub use descriptor::{STANDARD_ERROR, STANDARD_INPUT, STANDARD_OUTPUT, exit, read, write_all, write_memory};
pub use error::Error;
pub use fault::{HANDLER_STACK_SIZE, install_fault_handler, set_handler_stack};
pub use futex::{clock_time, monotonic_time, wait_while, wake_one};
pub use handle::{create_new, duplicate, is_listening, open, remove, socket_type};
pub use initial_stack::limit_initial_stack;
pub use signal::{ignore_signal, restore_signal, send_signal};
pub use thread::{exit_thread, pause, start_thread};

/// Bytes below a stack where a fault means that it is full.
pub const STACK_GUARD: usize = 1 << 20;

/// Reserves two halves of at most `maximum` bytes each for the heap of objects, below 4 GiB: the address, and how many bytes they have.
pub fn reserve_low(maximum: u64) -> Result<(usize, u64), Error> {
    reserve(wasmc_abi::heap::HEAP_BASE as usize, 2 * maximum as usize).map(|base| (base, maximum))
}

/// Size in bytes of the pages that protection and mapping work with, or a multiple where kernels differ.
pub const PAGE_SIZE: usize = architecture::PAGE_SIZE;
