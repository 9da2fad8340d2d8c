//! The processor: switching stacks, resuming after a trap, and what is written in its own instructions.

#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "x86_64")]
pub use x86_64::*;

#[cfg(not(target_arch = "x86_64"))]
compile_error!("the runtime library does not know this processor yet: add a folder beside arch/x86_64");

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
