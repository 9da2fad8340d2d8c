//! macOS on AArch64: the registers in the context of a signal (`mach/arm/_structs.h`).

use libc::__darwin_mcontext64;

use crate::arch::ResumePoint;
use crate::trap::fault::Registers;

/// What the trap handler wants to know.
pub(super) fn registers(context: &__darwin_mcontext64) -> Registers {
    let state = &context.__ss;
    Registers {
        program_counter: state.__pc as usize,
        stack_pointer: state.__sp as usize,
        frame_pointer: state.__fp as usize,
        link: state.__lr as usize,
    }
}

/// Lets the interrupted code go on at a resume point, with `code` as the result there.
pub(super) fn resume(context: &mut __darwin_mcontext64, point: ResumePoint, code: u32) {
    let state = &mut context.__ss;
    state.__pc = point.program_counter as u64;
    state.__sp = point.stack_pointer as u64;
    state.__x[0] = code.into();
}
