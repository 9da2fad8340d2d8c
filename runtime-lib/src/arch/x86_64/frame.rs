//! Frames: the frame pointer points to the caller's, above which is the return address (System V ABI AMD64 3.2.2).

use crate::arch::{Caller, FrameOf};
use crate::trap::fault::Registers;

/// As long as this many bytes of a function have not been executed, the frame pointer is its caller's.
pub const FRAME_SETUP: usize = 1;

/// From a frame to its caller's; `read` reads words of the stack.
#[inline(always)]
pub fn caller_of(frame: usize, _of: FrameOf, read: impl Fn(usize) -> Option<usize>) -> Option<Caller> {
    Some(Caller { frame: read(frame)?, return_address: read(frame.wrapping_add(8))? })
}

/// The return address of a function that has no frame yet, or never has one.
pub fn return_address_without_frame(registers: &Registers, read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
    read(registers.stack_pointer)
}
