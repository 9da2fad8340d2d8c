//! Processors without a back end: compiled code is Pulley's, which an interpreter runs.
//!
//! Compiled code has a stack and registers of its own, the machine's (`machine.rs`). The runtime library runs on the stack that
//! the kernel made; a call from compiled code leaves the interpreter (`host.rs`), and a trap or an exception that ends a
//! call of compiled code leaves the interpreter's callers (`native/`).

mod control;
mod exception;
mod frame;
mod heap;
mod host;
mod machine;
#[cfg_attr(target_arch = "arm", path = "arm.rs")]
#[cfg_attr(target_arch = "loongarch64", path = "loongarch64.rs")]
#[cfg_attr(target_arch = "mips", path = "mips.rs")]
#[cfg_attr(target_arch = "powerpc64", path = "powerpc64.rs")]
#[cfg_attr(target_arch = "riscv32", path = "riscv32.rs")]
#[cfg_attr(target_arch = "x86", path = "x86.rs")]
mod native;

pub use control::{call_compiled, call_with_resume_point, current_frame, enter};
pub use exception::{wasmc_throw, wasmc_throw_reference};
pub use frame::{caller_of, without_frame};
pub use heap::{wasmc_exception_allocate, wasmc_heap_allocate};
#[cfg(not(test))]
pub(crate) use native::address_of;
pub use native::resume;

/// Whether compiled code finds the block of the running thread by the stack pointer ([`wasmc_abi::thread::STACK_REGION_EXTRA`]).
pub const FINDS_BLOCKS_BY_STACK: bool = false;
