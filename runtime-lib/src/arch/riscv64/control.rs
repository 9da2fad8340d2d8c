//! Calls that do more than a call: onto another stack, into compiled code, with a place to resume at.
//!
//! Whatever calls compiled code does it from here: a trap or an exception leaves compiled code without restoring registers.

use crate::arch::ResumePoint;

/// Makes a frame as Rust's code does, and saves the registers that a callee must preserve (RISC-V ABIs Specification,
/// "Integer Register Convention", "Floating-point Register Convention").
macro_rules! save_registers {
    () => {
        ".cfi_startproc
        addi sp, sp, -208
        .cfi_def_cfa_offset 208
        sd ra, 200(sp)
        sd s0, 192(sp)
        .cfi_offset ra, -8
        .cfi_offset s0, -16
        addi s0, sp, 208
        .cfi_def_cfa s0, 0
        sd s1, 184(sp)
        sd s2, 176(sp)
        sd s3, 168(sp)
        sd s4, 160(sp)
        sd s5, 152(sp)
        sd s6, 144(sp)
        sd s7, 136(sp)
        sd s8, 128(sp)
        sd s9, 120(sp)
        sd s10, 112(sp)
        sd s11, 104(sp)
        fsd fs0, 96(sp)
        fsd fs1, 88(sp)
        fsd fs2, 80(sp)
        fsd fs3, 72(sp)
        fsd fs4, 64(sp)
        fsd fs5, 56(sp)
        fsd fs6, 48(sp)
        fsd fs7, 40(sp)
        fsd fs8, 32(sp)
        fsd fs9, 24(sp)
        fsd fs10, 16(sp)
        fsd fs11, 8(sp)
        .cfi_offset s1, -24
        .cfi_offset s2, -32
        .cfi_offset s3, -40
        .cfi_offset s4, -48
        .cfi_offset s5, -56
        .cfi_offset s6, -64
        .cfi_offset s7, -72
        .cfi_offset s8, -80
        .cfi_offset s9, -88
        .cfi_offset s10, -96
        .cfi_offset s11, -104
        .cfi_offset fs0, -112
        .cfi_offset fs1, -120
        .cfi_offset fs2, -128
        .cfi_offset fs3, -136
        .cfi_offset fs4, -144
        .cfi_offset fs5, -152
        .cfi_offset fs6, -160
        .cfi_offset fs7, -168
        .cfi_offset fs8, -176
        .cfi_offset fs9, -184
        .cfi_offset fs10, -192
        .cfi_offset fs11, -200"
    };
}

/// Undoes `save_registers` and returns to the caller. The stack pointer is what it was behind that.
macro_rules! restore_registers_and_return {
    () => {
        "ld s1, 184(sp)
        ld s2, 176(sp)
        ld s3, 168(sp)
        ld s4, 160(sp)
        ld s5, 152(sp)
        ld s6, 144(sp)
        ld s7, 136(sp)
        ld s8, 128(sp)
        ld s9, 120(sp)
        ld s10, 112(sp)
        ld s11, 104(sp)
        fld fs0, 96(sp)
        fld fs1, 88(sp)
        fld fs2, 80(sp)
        fld fs3, 72(sp)
        fld fs4, 64(sp)
        fld fs5, 56(sp)
        fld fs6, 48(sp)
        fld fs7, 40(sp)
        fld fs8, 32(sp)
        fld fs9, 24(sp)
        fld fs10, 16(sp)
        fld fs11, 8(sp)
        ld ra, 200(sp)
        ld s0, 192(sp)
        .cfi_restore ra
        .cfi_restore s0
        addi sp, sp, 208
        .cfi_def_cfa sp, 0
        ret
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
        // The outermost frame of the new stack: no frame pointer, which ends every walk; the old stack pointer.
        "sd sp, -16(a0)",
        "addi sp, a0, -16",
        // The canonical frame address from here on, by which unwinders go on with the old stack: DW_CFA_def_cfa_expression
        // of 6 bytes, DW_OP_breg2 0, DW_OP_deref, DW_OP_plus_uconst 208 (DWARF 5, 6.4.2.2).
        ".cfi_escape 0x0f, 0x06, 0x72, 0x00, 0x06, 0x23, 0xd0, 0x01",
        "mv s0, zero",
        "jalr a1",
        "ld sp, 0(sp)",
        ".cfi_def_cfa sp, 208",
        restore_registers_and_return!(),
    )
}

/// Calls `function`, which is compiled code and may change every register but the stack and frame pointers.
///
/// # Safety
/// What `function` does with `argument` must be sound.
#[unsafe(naked)]
pub unsafe extern "C" fn call_compiled(function: unsafe extern "C" fn(*mut u8), argument: *mut u8) {
    core::arch::naked_asm!(save_registers!(), "mv t0, a0", "mv a0, a1", "jalr t0", restore_registers_and_return!(),)
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
        "sd sp, 0(a2)",
        "lla t0, 2f",
        "sd t0, 8(a2)",
        "mv t0, a0",
        "mv a0, a1",
        "jalr t0",
        "li a0, 0",
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
    core::arch::naked_asm!(".cfi_startproc", "mv sp, a0", "mv a0, a2", "jr a1", ".cfi_endproc")
}

/// The frame of the function that this is inlined into.
#[inline(always)]
pub fn current_frame() -> usize {
    let frame_pointer;
    // SAFETY: reads a register.
    unsafe {
        core::arch::asm!("mv {}, s0", out(reg) frame_pointer, options(nomem, nostack, preserves_flags));
    }
    frame_pointer
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
