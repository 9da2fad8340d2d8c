//! x86 with 32 bits: leaving the interpreter's callers, and addresses relative to the program counter.

use crate::arch::ResumePoint;

/// From which word of arguments on those of two words begin at an even one: from none.
pub(super) const EVEN_PAIRS_FROM: usize = usize::MAX;

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
    // The System V ABI for Intel386 has the callee preserve four registers, and the stack at multiples of 16 at calls.
    core::arch::naked_asm!(
        "pushl %ebp",
        "movl %esp, %ebp",
        "pushl %ebx",
        "pushl %esi",
        "pushl %edi",
        "subl $28, %esp",
        "movl 20(%ebp), %eax",
        "movl %esp, (%eax)",
        "calll 3f",
        "3:",
        "popl %ecx",
        "addl $(2f - 3b), %ecx",
        "movl %ecx, 4(%eax)",
        "movl 12(%ebp), %ecx",
        "movl %ecx, (%esp)",
        "movl 16(%ebp), %ecx",
        "movl %ecx, 4(%esp)",
        "calll *8(%ebp)",
        "xorl %eax, %eax",
        "2:",
        "addl $28, %esp",
        "popl %edi",
        "popl %esi",
        "popl %ebx",
        "popl %ebp",
        "retl",
        options(att_syntax),
    )
}

/// Goes on at the words of a [`ResumePoint`] with `code` as the result there.
///
/// # Safety
/// The function that made the point must still wait for its callee.
#[unsafe(naked)]
pub unsafe extern "C" fn resume(stack_pointer: usize, program_counter: usize, code: u32) -> ! {
    core::arch::naked_asm!(
        "mov eax, dword ptr [esp + 12]",
        "mov ecx, dword ptr [esp + 8]",
        "mov esp, dword ptr [esp + 4]",
        "jmp ecx",
    )
}

/// The address of a static that another object file defines, without a detour through a global offset table, so that the
/// linker needs to make none.
#[cfg(not(test))]
macro_rules! address_of {
    ($symbol:path) => {{
        let address: *const _;
        // SAFETY: computes an address; the stack is as before.
        core::arch::asm!(
            "calll 2f",
            "2:",
            "popl {0}",
            "addl $({1} - 2b), {0}",
            out(reg) address,
            sym $symbol,
            options(att_syntax),
        );
        address
    }};
}
#[cfg(not(test))]
pub(crate) use address_of;
