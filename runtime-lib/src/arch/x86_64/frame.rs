//! Frames: the frame pointer points to the caller's, above which is the return address (System V ABI AMD64 3.2.2).

use crate::arch::{Caller, FrameOf, before_frame};
use crate::trap::fault::Registers;

/// As long as this many bytes of a function have not been executed, the frame pointer is its caller's.
const FRAME_SETUP: usize = 1;

/// From a frame to its caller's; `read` reads words of the stack.
#[inline(always)]
pub fn caller_of(frame: usize, _of: FrameOf, read: impl Fn(usize) -> Option<usize>) -> Option<Caller> {
    Some(Caller { frame: read(frame)?, return_address: read(frame.wrapping_add(8))? })
}

/// As [`before_frame`].
pub fn without_frame(
    registers: &Registers,
    start: usize,
    frameless: bool,
    read: impl Fn(usize) -> Option<usize>,
) -> Option<Caller> {
    before_frame(registers, start, frameless, FRAME_SETUP, || read(registers.stack_pointer))
}
