//! The processor: switching stacks, resuming after a trap, walking frames, and what is written in its own instructions.
//!
//! One folder each, with the same names: `control` (calls onto another stack, resume points), `exception` and `heap` (entries
//! for compiled code that need its registers), `frame` (how a walk goes on from a frame), and bytes to copy and fill.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(interpreted)]
mod interpreted;
#[cfg(target_arch = "riscv64")]
mod riscv64;
#[cfg(target_arch = "s390x")]
mod s390x;
#[cfg(target_arch = "x86_64")]
mod x86_64;

// On x86-64 Linux, for its tests only.
#[cfg(any(test, windows, not(target_arch = "x86_64")))]
pub mod portable;

#[cfg(target_arch = "aarch64")]
pub use aarch64::*;
#[cfg(interpreted)]
pub use interpreted::*;
#[cfg(target_arch = "riscv64")]
pub use riscv64::*;
#[cfg(target_arch = "s390x")]
pub use s390x::*;
#[cfg(target_arch = "x86_64")]
pub use x86_64::*;

#[cfg(any(windows, not(target_arch = "x86_64")))]
pub use portable::bytes::{bcmp, memcmp, memcpy, memmove, memset, strlen, wasmc_memory_fill, wasmc_memory_move};

#[cfg(not(any(
    interpreted,
    target_arch = "aarch64",
    target_arch = "riscv64",
    target_arch = "s390x",
    target_arch = "x86_64"
)))]
compile_error!("the runtime library does not know this processor yet: add a folder beside arch/x86_64");

#[cfg(not(target_arch = "s390x"))]
use crate::trap::fault::Registers;

/// A place in a function that waits for a callee: with this stack pointer and program counter, and a trap's number in the
/// register of an integer result, the function goes on as if the callee had returned that.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ResumePoint {
    /// The stack pointer.
    pub stack_pointer: usize,
    /// The program counter.
    pub program_counter: usize,
}

/// Where an exception's handler is, and the stack pointer and frame pointer that its function has there.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landing {
    /// The program counter.
    pub program_counter: usize,
    /// The stack pointer.
    pub stack_pointer: usize,
    /// The frame pointer.
    pub frame_pointer: usize,
}

/// Whose frame a walk is at: not everywhere do both lay frames out alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameOf {
    /// Compiled code.
    Compiled,
    /// The runtime library.
    Library,
}

/// From a frame to its caller's.
///
/// # Safety
/// There must be such a frame.
pub unsafe fn known_caller_of(frame: usize, of: FrameOf) -> Caller {
    // SAFETY: the caller's promise: the words of the frame are mapped, so there always is an answer.
    unsafe {
        caller_of(frame, of, |address| Some(*core::ptr::with_exposed_provenance::<usize>(address))).unwrap_unchecked()
    }
}

/// The caller, where the function of compiled code at `registers`, which begins at `start`, has not made its frame yet, as
/// it does in its first `setup` bytes, or never makes one: the frame pointer is the caller's still.
#[cfg(not(target_arch = "s390x"))]
fn before_frame(
    registers: &Registers,
    start: usize,
    frameless: bool,
    setup: usize,
    return_address: impl FnOnce() -> Option<usize>,
) -> Option<Caller> {
    let is_before_frame = registers.program_counter.wrapping_sub(start) < setup;
    if !frameless && !is_before_frame {
        return None;
    }
    Some(Caller { frame: registers.frame_pointer, return_address: return_address()? })
}

/// What leads from a frame to that of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The caller's frame: what it has in the frame pointer, where there is one.
    pub frame: usize,
    /// Where the caller goes on.
    pub return_address: usize,
}
