//! Frames: x29 points to the caller's x29, above which is the return address (AAPCS64 6.4.6).

use crate::arch::{Caller, FrameOf};
use crate::trap::fault::Registers;

/// As long as this many bytes of a function have not been executed, the frame pointer is its caller's:
/// `stp x29, x30, [sp, #-16]!`, `mov x29, sp`.
const FRAME_SETUP: usize = 8;

/// From a frame to its caller's; `read` reads words of the stack.
#[inline(always)]
pub fn caller_of(frame: usize, _of: FrameOf, read: impl Fn(usize) -> Option<usize>) -> Option<Caller> {
    Some(Caller { frame: read(frame)?, return_address: read(frame.wrapping_add(8))? })
}

/// The caller, where the function of compiled code at `registers`, which begins at `start`, has not made its frame yet, or
/// never makes one: the frame pointer is the caller's still.
pub fn without_frame(
    registers: &Registers,
    start: usize,
    frameless: bool,
    _read: impl Fn(usize) -> Option<usize>,
) -> Option<Caller> {
    let is_before_frame = registers.program_counter.wrapping_sub(start) < FRAME_SETUP;
    if frameless || is_before_frame {
        return Some(Caller { frame: registers.frame_pointer, return_address: registers.link });
    }
    None
}
