//! macOS on x86-64: the registers in the context of a signal (`mach/i386/_structs.h`).

use libc::__darwin_mcontext64;

use crate::arch::ResumePoint;
use crate::trap::fault::Registers;

/// What the trap handler wants to know.
pub(super) fn registers(context: &__darwin_mcontext64) -> Registers {
    let state = &context.__ss;
    Registers {
        program_counter: state.__rip as usize,
        stack_pointer: state.__rsp as usize,
        frame_pointer: state.__rbp as usize,
        link: 0,
    }
}

/// Lets the interrupted code go on at a resume point, with `code` as the result there.
pub(super) fn resume(context: &mut __darwin_mcontext64, point: ResumePoint, code: u32) {
    let state = &mut context.__ss;
    state.__rip = point.program_counter as u64;
    state.__rsp = point.stack_pointer as u64;
    state.__rax = code.into();
}
