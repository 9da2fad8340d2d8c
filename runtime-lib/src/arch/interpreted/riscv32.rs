//! RISC-V with 32 bits: leaving the interpreter's callers, and addresses relative to the program counter.

use crate::arch::ResumePoint;

/// From which word of arguments on those of two words begin at an even one: on the stack (RISC-V Calling Conventions,
/// "Integer Calling Convention").
pub(super) const EVEN_PAIRS_FROM: usize = 8;

/// Whether arguments narrower than a word have its sign, whatever their type: there are none.
pub(super) const SIGNS_ARE_EXTENDED: bool = true;

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
    // The registers that the RISC-V Calling Conventions have the callee preserve ("Register Convention").
    core::arch::naked_asm!(
        "addi sp, sp, -160",
        "sw ra, 0(sp)",
        "sw s0, 4(sp)",
        "sw s1, 8(sp)",
        "sw s2, 12(sp)",
        "sw s3, 16(sp)",
        "sw s4, 20(sp)",
        "sw s5, 24(sp)",
        "sw s6, 28(sp)",
        "sw s7, 32(sp)",
        "sw s8, 36(sp)",
        "sw s9, 40(sp)",
        "sw s10, 44(sp)",
        "sw s11, 48(sp)",
        "fsd fs0, 56(sp)",
        "fsd fs1, 64(sp)",
        "fsd fs2, 72(sp)",
        "fsd fs3, 80(sp)",
        "fsd fs4, 88(sp)",
        "fsd fs5, 96(sp)",
        "fsd fs6, 104(sp)",
        "fsd fs7, 112(sp)",
        "fsd fs8, 120(sp)",
        "fsd fs9, 128(sp)",
        "fsd fs10, 136(sp)",
        "fsd fs11, 144(sp)",
        // The point is the jump behind the call.
        "jal 3f",
        "j 2f",
        "3:",
        "sw sp, 0(a3)",
        "sw ra, 4(a3)",
        "mv t0, a0",
        "mv a0, a1",
        "mv a1, a2",
        "jalr t0",
        "li a0, 0",
        "2:",
        "lw ra, 0(sp)",
        "lw s0, 4(sp)",
        "lw s1, 8(sp)",
        "lw s2, 12(sp)",
        "lw s3, 16(sp)",
        "lw s4, 20(sp)",
        "lw s5, 24(sp)",
        "lw s6, 28(sp)",
        "lw s7, 32(sp)",
        "lw s8, 36(sp)",
        "lw s9, 40(sp)",
        "lw s10, 44(sp)",
        "lw s11, 48(sp)",
        "fld fs0, 56(sp)",
        "fld fs1, 64(sp)",
        "fld fs2, 72(sp)",
        "fld fs3, 80(sp)",
        "fld fs4, 88(sp)",
        "fld fs5, 96(sp)",
        "fld fs6, 104(sp)",
        "fld fs7, 112(sp)",
        "fld fs8, 120(sp)",
        "fld fs9, 128(sp)",
        "fld fs10, 136(sp)",
        "fld fs11, 144(sp)",
        "addi sp, sp, 160",
        "ret",
    )
}

/// Goes on at the words of a [`ResumePoint`] with `code` as the result there.
///
/// # Safety
/// The function that made the point must still wait for its callee.
#[unsafe(naked)]
pub unsafe extern "C" fn resume(stack_pointer: usize, program_counter: usize, code: u32) -> ! {
    core::arch::naked_asm!("mv sp, a0", "mv t0, a1", "mv a0, a2", "jr t0")
}

/// The address of a static that another object file defines, without a detour through a global offset table, so that the
/// linker needs to make none.
#[cfg(not(test))]
macro_rules! address_of {
    ($symbol:path) => {{
        let address: *const _;
        // SAFETY: computes an address.
        core::arch::asm!(
            "lla {0}, {1}",
            out(reg) address,
            sym $symbol,
            options(pure, nomem, nostack, preserves_flags),
        );
        address
    }};
}
#[cfg(not(test))]
pub(crate) use address_of;
