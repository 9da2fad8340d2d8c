//! Calls that do more than a call: onto another stack, into compiled code, with a place to resume at.
//!
//! Compiled code keeps a value in x21 of its own accord (Cranelift's pinned register) and neither saves nor restores it,
//! although the procedure call standard says that a callee does. Whatever calls compiled code does it from here.

use crate::arch::ResumePoint;

/// Makes a frame and saves the registers that a callee must preserve (AAPCS64 6.1.1, 6.1.2).
macro_rules! save_registers {
    () => {
        ".cfi_startproc
        stp x29, x30, [sp, #-160]!
        .cfi_def_cfa_offset 160
        .cfi_offset x29, -160
        .cfi_offset x30, -152
        mov x29, sp
        .cfi_def_cfa_register x29
        stp x19, x20, [sp, #16]
        stp x21, x22, [sp, #32]
        stp x23, x24, [sp, #48]
        stp x25, x26, [sp, #64]
        stp x27, x28, [sp, #80]
        stp d8, d9, [sp, #96]
        stp d10, d11, [sp, #112]
        stp d12, d13, [sp, #128]
        stp d14, d15, [sp, #144]
        .cfi_offset x19, -144
        .cfi_offset x20, -136
        .cfi_offset x21, -128
        .cfi_offset x22, -120
        .cfi_offset x23, -112
        .cfi_offset x24, -104
        .cfi_offset x25, -96
        .cfi_offset x26, -88
        .cfi_offset x27, -80
        .cfi_offset x28, -72
        .cfi_offset d8, -64
        .cfi_offset d9, -56
        .cfi_offset d10, -48
        .cfi_offset d11, -40
        .cfi_offset d12, -32
        .cfi_offset d13, -24
        .cfi_offset d14, -16
        .cfi_offset d15, -8"
    };
}

/// Undoes `save_registers` and returns to the caller. The stack pointer is what it was behind that.
macro_rules! restore_registers_and_return {
    () => {
        "ldp x19, x20, [sp, #16]
        ldp x21, x22, [sp, #32]
        ldp x23, x24, [sp, #48]
        ldp x25, x26, [sp, #64]
        ldp x27, x28, [sp, #80]
        ldp d8, d9, [sp, #96]
        ldp d10, d11, [sp, #112]
        ldp d12, d13, [sp, #128]
        ldp d14, d15, [sp, #144]
        ldp x29, x30, [sp], #160
        .cfi_def_cfa sp, 0
        .cfi_restore x29
        .cfi_restore x30
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
        "mov x9, sp",
        "str x9, [x0, #-16]!",
        "mov sp, x0",
        // The canonical frame address from here on, by which unwinders go on with the old stack: DW_CFA_def_cfa_expression
        // of 6 bytes, DW_OP_breg31 0, DW_OP_deref, DW_OP_plus_uconst 160 (DWARF 5, 6.4.2.2).
        ".cfi_escape 0x0f, 0x06, 0x8f, 0x00, 0x06, 0x23, 0xa0, 0x01",
        "mov x29, xzr",
        "blr x1",
        "ldr x9, [sp]",
        "mov sp, x9",
        ".cfi_def_cfa sp, 160",
        restore_registers_and_return!(),
    )
}

/// Calls `function`, which is compiled code and may change every register but the stack and frame pointers.
///
/// # Safety
/// What `function` does with `argument` must be sound.
#[unsafe(naked)]
pub unsafe extern "C" fn call_compiled(function: unsafe extern "C" fn(*mut u8), argument: *mut u8) {
    core::arch::naked_asm!(save_registers!(), "mov x9, x0", "mov x0, x1", "blr x9", restore_registers_and_return!(),)
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
        "mov x9, sp",
        "adr x10, 2f",
        "stp x9, x10, [x2]",
        "mov x9, x0",
        "mov x0, x1",
        "blr x9",
        "mov w0, wzr",
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
    core::arch::naked_asm!(".cfi_startproc", "mov sp, x0", "mov w0, w2", "br x1", ".cfi_endproc")
}

/// The frame of the function that this is inlined into.
#[inline(always)]
pub fn current_frame() -> usize {
    let frame_pointer;
    // SAFETY: reads a register.
    unsafe {
        core::arch::asm!("mov {}, x29", out(reg) frame_pointer, options(nomem, nostack, preserves_flags));
    }
    frame_pointer
}

/// The two instructions that compute an address from the program counter, as the assembler for Mach-O wants them, and as that
/// for ELF does.
#[cfg(all(not(test), target_vendor = "apple"))]
macro_rules! address_instructions {
    () => {
        "adrp {0}, {1}@PAGE
        add {0}, {0}, {1}@PAGEOFF"
    };
}
#[cfg(all(not(test), not(target_vendor = "apple")))]
macro_rules! address_instructions {
    () => {
        "adrp {0}, {1}
        add {0}, {0}, :lo12:{1}"
    };
}
#[cfg(not(test))]
pub(crate) use address_instructions;

/// The address of a static that another object file defines, without a detour through a global offset table, so that the
/// linker needs to make none.
#[cfg(not(test))]
macro_rules! address_of {
    ($symbol:path) => {{
        let address: *const _;
        // SAFETY: computes an address.
        core::arch::asm!(
            $crate::arch::address_instructions!(),
            out(reg) address,
            sym $symbol,
            options(pure, nomem, nostack, preserves_flags),
        );
        address
    }};
}
#[cfg(not(test))]
pub(crate) use address_of;
