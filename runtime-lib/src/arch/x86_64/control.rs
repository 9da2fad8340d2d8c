//! Calls that do more than a call: onto another stack, into compiled code, with a place to resume at.
//!
//! Compiled code keeps a value in r15 of its own accord (Cranelift's pinned register) and neither saves nor restores it,
//! although the C calling conventions say that a callee does. Whatever calls compiled code does it from here.

use super::convention::{
    SAVED, SHADOW, cfi, first, restore_registers_and_return, save_registers, second, third, third_half,
};
use crate::arch::ResumePoint;

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
        // The outermost frame of the new stack: the old stack pointer, and no frame pointer, which ends every walk. The
        // stack pointer moves first: what is below it belongs to nobody, and valgrind says so.
        "mov rax, rsp",
        concat!("lea rsp, [", first!(), " - 16 - {shadow}]"),
        "mov qword ptr [rsp + 8 + {shadow}], rax",
        // The canonical frame address from here on, by which unwinders go on with the old stack: DW_CFA_def_cfa_expression
        // of 5 bytes, DW_OP_breg7 8, DW_OP_deref, DW_OP_plus_uconst 64 (DWARF 5, 6.4.2.2).
        cfi!(".cfi_escape 0x0f, 0x05, 0x77, 0x08, 0x06, 0x23, 0x40"),
        "xor ebp, ebp",
        concat!("call ", second!()),
        "mov rsp, qword ptr [rsp + 8 + {shadow}]",
        cfi!(".cfi_def_cfa rsp, 64"),
        "lea rbp, [rsp + {saved}]",
        cfi!(".cfi_def_cfa rbp, 16"),
        restore_registers_and_return!(),
        shadow = const SHADOW,
        saved = const SAVED,
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
        concat!("mov rax, ", first!()),
        concat!("mov ", first!(), ", ", second!()),
        "call rax",
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
        concat!("mov qword ptr [", third!(), "], rsp"),
        "lea rax, [rip + 2f]",
        concat!("mov qword ptr [", third!(), " + 8], rax"),
        concat!("mov rax, ", first!()),
        concat!("mov ", first!(), ", ", second!()),
        "call rax",
        "xor eax, eax",
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
    core::arch::naked_asm!(
        cfi!(".cfi_startproc"),
        concat!("mov rsp, ", first!()),
        concat!("mov eax, ", third_half!()),
        concat!("jmp ", second!()),
        cfi!(".cfi_endproc")
    )
}

/// The frame of the function that this is inlined into.
#[inline(always)]
pub fn current_frame() -> usize {
    let frame_pointer;
    // SAFETY: reads a register.
    unsafe {
        core::arch::asm!("mov {}, rbp", out(reg) frame_pointer, options(nomem, nostack, preserves_flags));
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
            "lea {}, [rip + {}]",
            out(reg) address,
            sym $symbol,
            options(pure, nomem, nostack, preserves_flags),
        );
        address
    }};
}
#[cfg(not(test))]
pub(crate) use address_of;
