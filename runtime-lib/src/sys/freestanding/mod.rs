//! No operating system: a handful of functions that the platform defines. `include/wasmc_platform.h` documents them.

mod allocator;
mod fault;
mod files;
mod platform;
mod threads;

pub use allocator::{allocate, commit, discard, limit_initial_stack, move_pages, prefer_large_pages, release, reserve};
pub use fault::install_fault_handler;
pub use files::{Error, create_new, ignore_signal, read, remove, write_all, write_memory};
pub use platform::{exit, fill_random, monotonic_time};
pub use threads::{pause, wait_while, wake_one};

/// Descriptor of standard input, which has no bytes.
pub const STANDARD_INPUT: i32 = 0;
/// Descriptor of standard output.
pub const STANDARD_OUTPUT: i32 = 1;
/// Descriptor of standard error.
pub const STANDARD_ERROR: i32 = 2;

/// Whether the handler of faults runs on the stack of the code that it interrupts.
pub const HANDLES_FAULTS_IN_PLACE: bool = false;

/// Bytes below a stack where a fault means that it is full.
pub const STACK_GUARD: usize = 1 << 20;

/// Reserves two halves of at most `maximum` bytes each for the heap of objects, below 4 GiB: the address, and how many bytes they have.
pub fn reserve_low(maximum: u64) -> Result<(usize, u64), Error> {
    reserve(wasmc_abi::heap::HEAP_BASE as usize, 2 * maximum as usize).map(|base| (base, maximum))
}

/// The unit of memory.
pub const PAGE_SIZE: usize = 4096;
