//! Calls that do more than a call: onto another stack, into compiled code, with a place to resume at.
//!
//! Whatever calls compiled code does it from here: a trap or an exception leaves compiled code without restoring registers.

use crate::arch::ResumePoint;

/// Makes a frame with a back chain, and saves the registers that a callee must preserve (ELF Application Binary Interface
/// s390x Supplement, 1.2.1).
macro_rules! save_registers {
    () => {
        ".cfi_startproc
        stmg %r6, %r15, 48(%r15)
        .cfi_offset %r6, -112
        .cfi_offset %r7, -104
        .cfi_offset %r8, -96
        .cfi_offset %r9, -88
        .cfi_offset %r10, -80
        .cfi_offset %r11, -72
        .cfi_offset %r12, -64
        .cfi_offset %r13, -56
        .cfi_offset %r14, -48
        .cfi_offset %r15, -40
        lgr %r1, %r15
        aghi %r15, -224
        .cfi_def_cfa_offset 384
        stg %r1, 0(%r15)
        std %f8, 160(%r15)
        std %f9, 168(%r15)
        std %f10, 176(%r15)
        std %f11, 184(%r15)
        std %f12, 192(%r15)
        std %f13, 200(%r15)
        std %f14, 208(%r15)
        std %f15, 216(%r15)"
    };
}

/// Undoes `save_registers` and returns to the caller. The stack pointer is what it was behind that.
macro_rules! restore_registers_and_return {
    () => {
        "ld %f8, 160(%r15)
        ld %f9, 168(%r15)
        ld %f10, 176(%r15)
        ld %f11, 184(%r15)
        ld %f12, 192(%r15)
        ld %f13, 200(%r15)
        ld %f14, 208(%r15)
        ld %f15, 216(%r15)
        lmg %r6, %r15, 272(%r15)
        .cfi_def_cfa_offset 160
        br %r14
        .cfi_endproc"
    };
}

/// Calls `function` on the stack that ends at `stack_top`. It must not return to anyone but this frame's caller.
///
/// It bears the name of GCC's function that goes on on another stack: the only one that gdb (13) takes to be called from a
/// stack at lower addresses, where it looks no further otherwise. Where that one is, kernels and emulators decide.
///
/// # Safety
/// `stack_top` must be a multiple of 16 and the end of enough mapped memory that nobody else uses.
#[cfg_attr(not(test), unsafe(export_name = "__morestack"))]
#[unsafe(naked)]
pub unsafe extern "C" fn enter(stack_top: usize, function: unsafe extern "C" fn()) {
    core::arch::naked_asm!(
        save_registers!(),
        // The outermost frame of the new stack: no back chain, which ends every walk; behind the area for registers, the old
        // stack pointer.
        "aghi %r2, -176",
        "xc 0(8, %r2), 0(%r2)",
        "stg %r15, 160(%r2)",
        "lgr %r15, %r2",
        // The canonical frame address from here on, by which unwinders go on with the old stack: DW_CFA_def_cfa_expression
        // of 7 bytes, DW_OP_breg15 160, DW_OP_deref, DW_OP_plus_uconst 384 (DWARF 5, 6.4.2.2).
        ".cfi_escape 0x0f, 0x07, 0x7f, 0xa0, 0x01, 0x06, 0x23, 0x80, 0x03",
        "basr %r14, %r3",
        "lg %r15, 160(%r15)",
        ".cfi_def_cfa %r15, 384",
        restore_registers_and_return!(),
    )
}

/// Calls `function`, which is compiled code and may change every register but the stack and frame pointers.
///
/// # Safety
/// What `function` does with `argument` must be sound.
#[unsafe(naked)]
pub unsafe extern "C" fn call_compiled(function: unsafe extern "C" fn(*mut u8), argument: *mut u8) {
    core::arch::naked_asm!(
        save_registers!(),
        "lgr %r1, %r2",
        "lgr %r2, %r3",
        "basr %r14, %r1",
        restore_registers_and_return!(),
    )
}

/// As [`call_compiled`]; returns 0 when `function` returned, or what [`resume`] was given for the point that is stored
/// in `point` before the call.
///
/// # Safety
/// As for [`call_compiled`]; `point` must be writable.
#[unsafe(naked)]
pub unsafe extern "C" fn call_with_resume_point(
    function: unsafe extern "C" fn(*mut u8),
    argument: *mut u8,
    point: *mut ResumePoint,
) -> u32 {
    core::arch::naked_asm!(
        save_registers!(),
        "stg %r15, 0(%r4)",
        "larl %r1, 2f",
        "stg %r1, 8(%r4)",
        "lgr %r1, %r2",
        "lgr %r2, %r3",
        "basr %r14, %r1",
        "lghi %r2, 0",
        "2:",
        restore_registers_and_return!(),
    )
}

/// Goes on at the words of a [`ResumePoint`] with `code` as the result there.
///
/// # Safety
/// The function that made the point must still wait for its callee.
#[unsafe(naked)]
pub unsafe extern "C" fn resume(stack_pointer: usize, program_counter: usize, code: u32) -> ! {
    core::arch::naked_asm!(".cfi_startproc", "lgr %r15, %r2", "llgfr %r2, %r4", "br %r3", ".cfi_endproc")
}

/// The frame of the function that this is inlined into.
#[inline(always)]
pub fn current_frame() -> usize {
    let stack_pointer;
    // SAFETY: reads a register.
    unsafe {
        core::arch::asm!("lgr {}, %r15", out(reg) stack_pointer, options(nomem, nostack, preserves_flags));
    }
    stack_pointer
}

/// The address of a static that another object file defines, without a detour through a global offset table, so that the
/// linker needs to make none.
#[cfg(not(test))]
macro_rules! address_of {
    ($symbol:path) => {{
        let address: *const _;
        // SAFETY: computes an address.
        core::arch::asm!(
            "larl {0}, {1}",
            out(reg) address,
            sym $symbol,
            options(pure, nomem, nostack, preserves_flags),
        );
        address
    }};
}
#[cfg(not(test))]
pub(crate) use address_of;
