//! Linux, by its system calls alone: no C library.

#[cfg(target_arch = "aarch64")]
#[path = "aarch64.rs"]
mod architecture;
#[cfg(target_arch = "arm")]
#[path = "arm.rs"]
mod architecture;
#[cfg(target_arch = "loongarch64")]
#[path = "loongarch64.rs"]
mod architecture;
#[cfg(target_arch = "mips")]
#[path = "mips.rs"]
mod architecture;
#[cfg(target_arch = "powerpc64")]
#[path = "powerpc64.rs"]
mod architecture;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#[path = "riscv.rs"]
mod architecture;
#[cfg(target_arch = "s390x")]
#[path = "s390x.rs"]
mod architecture;
#[cfg(target_arch = "x86")]
#[path = "x86.rs"]
mod architecture;
#[cfg(target_arch = "x86_64")]
#[path = "x86_64.rs"]
mod architecture;

mod address_space;
mod auxiliary;
mod constants;
mod descriptor;
#[cfg(not(test))]
mod entry;
mod error;
mod fault;
mod futex;
#[cfg(any(target_arch = "aarch64", target_arch = "loongarch64", target_arch = "riscv32", target_arch = "riscv64"))]
mod generic;
mod handle;
mod initial_stack;
#[cfg(any(target_arch = "loongarch64", target_arch = "mips", target_arch = "riscv32"))]
mod libc;
#[cfg(any(target_arch = "arm", target_arch = "mips", target_arch = "x86"))]
mod narrow;
#[cfg(any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "s390x"))]
mod processor;
#[cfg(not(test))]
mod relocate;
mod signal;
#[cfg(not(interpreted))]
mod thread;

pub use address_space::{allocate, commit, discard, forbid, move_pages, prefer_large_pages, release, reserve};
pub use auxiliary::offers_vdso;
pub use descriptor::{STANDARD_ERROR, STANDARD_INPUT, STANDARD_OUTPUT, exit, read, write_all, write_memory};
pub use error::Error;
pub use fault::{HANDLER_STACK_SIZE, install_fault_handler};
pub use futex::{clock_time, monotonic_time, wait_while, wake_one};
pub use handle::{create_new, duplicate, is_listening, open, remove, socket_type};
pub use initial_stack::limit_initial_stack;
pub use signal::pause;
#[cfg(interpreted)]
pub use signal::yield_processor;
pub use signal::{ignore_signal, restore_signal, send_signal};
#[cfg(not(interpreted))]
pub use thread::{MAKES_STACKS, enter_thread, exit_thread, start_thread};

/// Whether the handler of faults runs on the stack of the code that it interrupts.
pub const HANDLES_FAULTS_IN_PLACE: bool = false;

/// Bytes below a stack where a fault means that it is full.
pub const STACK_GUARD: usize = 1 << 20;

/// Reserves two halves of at most `maximum` bytes each for the heap of objects, below 4 GiB: the address, and how many bytes they have.
pub fn reserve_low(maximum: u64) -> Result<(usize, u64), Error> {
    if cfg!(target_pointer_width = "32") {
        return reserve_anywhere(maximum);
    }
    reserve(wasmc_abi::heap::HEAP_BASE as usize, 2 * maximum as usize).map(|base| (base, maximum))
}

/// Where every address is below 4 GiB: as much as there is, halved until it fits.
fn reserve_anywhere(mut maximum: u64) -> Result<(usize, u64), Error> {
    loop {
        let size = usize::try_from(2 * maximum).unwrap_or(usize::MAX & !(PAGE_SIZE - 1));
        match reserve(0, size) {
            Ok(base) => return Ok((base, maximum)),
            Err(error) if maximum <= SMALLEST_HALF => return Err(error),
            Err(_) => maximum = (maximum / 2).next_multiple_of(PAGE_SIZE as u64),
        }
    }
}

/// Bytes of a half of the heap with which a program may begin.
const SMALLEST_HALF: u64 = 1 << 20;

/// Size in bytes of the pages that protection and mapping work with, or a multiple where kernels differ.
pub const PAGE_SIZE: usize = architecture::PAGE_SIZE;
