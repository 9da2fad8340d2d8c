//! x86-64: `convention` has what differs between the C calling conventions.

#[cfg(not(windows))]
mod bytes;
mod control;
mod convention;
mod exception;
mod frame;
mod heap;
mod shuffle;
#[cfg(not(target_feature = "sse2"))]
mod soft_float;

#[cfg(not(windows))]
pub use bytes::{bcmp, memcmp, memcpy, memmove, memset, strlen, wasmc_memory_fill, wasmc_memory_move};
#[cfg(not(test))]
pub(crate) use control::address_of;
pub use control::{call_compiled, call_with_resume_point, current_frame, enter, resume};
pub use exception::{wasmc_throw, wasmc_throw_reference};
pub use frame::{caller_of, without_frame};
pub use heap::{wasmc_exception_allocate, wasmc_heap_allocate};
pub use shuffle::wasmc_x86_pshufb;

/// Whether compiled code finds the block of the running thread by the stack pointer ([`wasmc_abi::thread::STACK_REGION_EXTRA`]).
pub const FINDS_BLOCKS_BY_STACK: bool = false;
