//! Frames on the machine's stack: the caller's frame, then the return address.

use crate::arch::{Caller, FrameOf, before_frame};
use crate::trap::fault::Registers;

/// The first instruction of a function makes its frame.
const FRAME_SETUP: usize = 1;

/// From a frame to its caller's; `read` reads words of the stack.
#[inline(always)]
pub fn caller_of(frame: usize, _of: FrameOf, read: impl Fn(usize) -> Option<usize>) -> Option<Caller> {
    Some(Caller { frame: read(frame)?, return_address: read(frame.wrapping_add(size_of::<usize>()))? })
}

/// As [`before_frame`].
pub fn without_frame(
    registers: &Registers,
    start: usize,
    frameless: bool,
    _read: impl Fn(usize) -> Option<usize>,
) -> Option<Caller> {
    before_frame(registers, start, frameless, FRAME_SETUP, || Some(registers.link))
}
