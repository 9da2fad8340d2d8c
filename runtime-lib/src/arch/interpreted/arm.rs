//! Arm with 32 bits: leaving the interpreter's callers, and addresses relative to the program counter.

use crate::arch::ResumePoint;

/// From which word of arguments on those of two words begin at an even one (Procedure Call Standard for the Arm
/// Architecture, 6.4).
pub(super) const EVEN_PAIRS_FROM: usize = 0;

/// Whether arguments narrower than a word have its sign, whatever their type.
pub(super) const SIGNS_ARE_EXTENDED: bool = false;

/// Calls `run` with a function and its argument; returns 0 when that returned, or what [`resume`] was given for the point
/// that is stored in `point` before the call.
///
/// # Safety
/// What `run` does must be sound; `point` must be writable.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn call_with_resume_point(
    run: unsafe extern "C" fn(usize, *mut u8),
    function: usize,
    argument: *mut u8,
    point: *mut ResumePoint,
) -> u32 {
    // The registers that the Procedure Call Standard for the Arm Architecture has the callee preserve (6.1.1, 6.1.2.1).
    core::arch::naked_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, sp, #4",
        "vpush {{d8-d15}}",
        "str sp, [r3]",
        "adr r12, 2f",
        "str r12, [r3, #4]",
        "mov r12, r0",
        "mov r0, r1",
        "mov r1, r2",
        "blx r12",
        "mov r0, #0",
        "2:",
        "vpop {{d8-d15}}",
        "add sp, sp, #4",
        "pop {{r4-r11, pc}}",
    )
}

/// Goes on at the words of a [`ResumePoint`] with `code` as the result there.
///
/// # Safety
/// The function that made the point must still wait for its callee.
#[unsafe(naked)]
pub unsafe extern "C" fn resume(stack_pointer: usize, program_counter: usize, code: u32) -> ! {
    core::arch::naked_asm!("mov sp, r0", "mov r0, r2", "bx r1")
}

/// The address of a static that another object file defines, without a detour through a global offset table, so that the
/// linker needs to make none.
#[cfg(not(test))]
macro_rules! address_of {
    ($symbol:path) => {{
        let address: *const _;
        // SAFETY: computes an address.
        core::arch::asm!(
            "ldr {0}, 3f",
            "2:",
            "add {0}, pc, {0}",
            "b 4f",
            "3:",
            // The program counter reads as two instructions further on.
            ".long {1} - 2b - 8",
            "4:",
            out(reg) address,
            sym $symbol,
            options(pure, nomem, nostack, preserves_flags),
        );
        address
    }};
}
#[cfg(not(test))]
pub(crate) use address_of;
