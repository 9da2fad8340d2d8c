//! AArch64 with the procedure call standard of Arm (AAPCS64).

mod control;
mod exception;
mod frame;
mod heap;

#[cfg(not(test))]
pub(crate) use control::{address_instructions, address_of};
pub use control::{call_compiled, call_with_resume_point, current_frame, enter, resume};
pub use exception::{wasmc_throw, wasmc_throw_reference};
pub use frame::{caller_of, without_frame};
pub use heap::{wasmc_exception_allocate, wasmc_heap_allocate};

/// Whether compiled code finds the block of the running thread by the stack pointer ([`wasmc_abi::thread::STACK_REGION_EXTRA`]).
pub const FINDS_BLOCKS_BY_STACK: bool = false;
