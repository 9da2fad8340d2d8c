//! Frames. In Rust's code s0 points behind the frame, below whose end are the return address and the caller's s0
//! (RISC-V ABIs Specification, "Frame Pointer Convention"); in compiled code it points to those two words themselves, the
//! other way round, as Cranelift has it on every processor.

use crate::arch::{Caller, FrameOf, before_frame};
use crate::trap::fault::Registers;

/// As long as this many bytes of a function have not been executed, the frame pointer is its caller's: `addi sp, sp, -16`,
/// `sd ra, 8(sp)`, `sd s0, 0(sp)`, `mv s0, sp`, each in two bytes. Where they have four, only the first store can fault.
const FRAME_SETUP: usize = 8;

/// From a frame to its caller's; `read` reads words of the stack.
#[inline(always)]
pub fn caller_of(frame: usize, of: FrameOf, read: impl Fn(usize) -> Option<usize>) -> Option<Caller> {
    let record = match of {
        FrameOf::Compiled => frame,
        FrameOf::Library => frame.wrapping_sub(16),
    };
    Some(Caller { frame: read(record)?, return_address: read(record.wrapping_add(8))? })
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
