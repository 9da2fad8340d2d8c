//! Frames: there is no frame pointer. A function's frame is its stack pointer, at which is its caller's (the back chain);
//! there, the function has saved the register with its return address (ELF Application Binary Interface s390x
//! Supplement, 1.2.2). Compiled code keeps to that where Cranelift is told to preserve frame pointers.

use crate::arch::{Caller, FrameOf};
use crate::trap::fault::Registers;

/// Where in a caller's frame its callee saves r14.
const RETURN_ADDRESS: usize = 112;

/// `stg %r1, 0(%r15)`: stores the back chain, the last instruction that makes a frame. Where the stack is full, it is
/// the one that faults; r1 holds the caller's stack pointer.
pub const STORE_BACK_CHAIN: [u8; 6] = [0xe3, 0x10, 0xf0, 0x00, 0x00, 0x24];

/// `mvi 0(%r15), 0`: touches a page of a large frame. How far the stack pointer is below the caller's is not known then.
pub const PROBE: [u8; 4] = [0x92, 0x00, 0xf0, 0x00];

/// From a frame to its caller's; `read` reads words of the stack.
#[inline(always)]
pub fn caller_of(frame: usize, _of: FrameOf, read: impl Fn(usize) -> Option<usize>) -> Option<Caller> {
    let caller = read(frame)?;
    Some(Caller { frame: caller, return_address: read(caller.wrapping_add(RETURN_ADDRESS))? })
}

/// The caller, where compiled code at `registers` has not made its frame yet.
pub fn without_frame(
    registers: &Registers,
    _start: usize,
    _frameless: bool,
    _read: impl Fn(usize) -> Option<usize>,
) -> Option<Caller> {
    let instruction: *const u8 = core::ptr::with_exposed_provenance(registers.program_counter);
    // SAFETY: the program counter is in compiled code, which can be read; what is behind its last instruction can be too:
    // the code of the runtime library follows, or the end of a page.
    let is = |bytes: &[u8]| unsafe { core::slice::from_raw_parts(instruction, bytes.len()) } == bytes;
    if is(&STORE_BACK_CHAIN) {
        return Some(Caller { frame: registers.frame_pointer, return_address: registers.link });
    }
    // The walk ends behind the caller.
    is(&PROBE).then_some(Caller { frame: 0, return_address: registers.link })
}
