//! LoongArch with 64 bits: leaving the interpreter's callers, and addresses relative to the program counter.

use crate::arch::ResumePoint;

/// From which word of arguments on those of two words begin at an even one: there are no such.
pub(super) const EVEN_PAIRS_FROM: usize = usize::MAX;

/// Whether arguments narrower than a word have its sign, whatever their type (LoongArch Procedure Call Standard, "Integer
/// Calling Convention").
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
    // The registers that the LoongArch Procedure Call Standard has the callee preserve ("Register Convention").
    core::arch::naked_asm!(
        "addi.d $sp, $sp, -160",
        "st.d $ra, $sp, 0",
        "st.d $fp, $sp, 8",
        "st.d $s0, $sp, 16",
        "st.d $s1, $sp, 24",
        "st.d $s2, $sp, 32",
        "st.d $s3, $sp, 40",
        "st.d $s4, $sp, 48",
        "st.d $s5, $sp, 56",
        "st.d $s6, $sp, 64",
        "st.d $s7, $sp, 72",
        "st.d $s8, $sp, 80",
        "fst.d $fs0, $sp, 88",
        "fst.d $fs1, $sp, 96",
        "fst.d $fs2, $sp, 104",
        "fst.d $fs3, $sp, 112",
        "fst.d $fs4, $sp, 120",
        "fst.d $fs5, $sp, 128",
        "fst.d $fs6, $sp, 136",
        "fst.d $fs7, $sp, 144",
        // The point is the branch behind the call.
        "bl 3f",
        "b 2f",
        "3:",
        "st.d $sp, $a3, 0",
        "st.d $ra, $a3, 8",
        "move $t0, $a0",
        "move $a0, $a1",
        "move $a1, $a2",
        "jirl $ra, $t0, 0",
        "move $a0, $zero",
        "2:",
        "ld.d $ra, $sp, 0",
        "ld.d $fp, $sp, 8",
        "ld.d $s0, $sp, 16",
        "ld.d $s1, $sp, 24",
        "ld.d $s2, $sp, 32",
        "ld.d $s3, $sp, 40",
        "ld.d $s4, $sp, 48",
        "ld.d $s5, $sp, 56",
        "ld.d $s6, $sp, 64",
        "ld.d $s7, $sp, 72",
        "ld.d $s8, $sp, 80",
        "fld.d $fs0, $sp, 88",
        "fld.d $fs1, $sp, 96",
        "fld.d $fs2, $sp, 104",
        "fld.d $fs3, $sp, 112",
        "fld.d $fs4, $sp, 120",
        "fld.d $fs5, $sp, 128",
        "fld.d $fs6, $sp, 136",
        "fld.d $fs7, $sp, 144",
        "addi.d $sp, $sp, 160",
        "ret",
    )
}

/// Goes on at the words of a [`ResumePoint`] with `code` as the result there.
///
/// # Safety
/// The function that made the point must still wait for its callee.
#[unsafe(naked)]
pub unsafe extern "C" fn resume(stack_pointer: usize, program_counter: usize, code: u32) -> ! {
    core::arch::naked_asm!("move $sp, $a0", "move $t0, $a1", "move $a0, $a2", "jr $t0")
}

/// The address of a static that another object file defines, without a detour through a global offset table, so that the
/// linker needs to make none.
#[cfg(not(test))]
macro_rules! address_of {
    ($symbol:path) => {{
        let address: *const _;
        // SAFETY: computes an address.
        core::arch::asm!(
            "la.pcrel {0}, {1}",
            out(reg) address,
            sym $symbol,
            options(pure, nomem, nostack, preserves_flags),
        );
        address
    }};
}
#[cfg(not(test))]
pub(crate) use address_of;
