//! Frames. In Rust's code s0 points behind the frame, below whose end are the return address and the caller's s0
//! (RISC-V ABIs Specification, "Frame Pointer Convention"); in compiled code it points to those two words themselves, the
//! other way round, as Cranelift has it on every processor.

use crate::arch::{Caller, FrameOf};
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
