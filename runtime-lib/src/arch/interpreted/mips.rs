//! MIPS with 32 bits: leaving the interpreter's callers, and addresses relative to the program counter.

use crate::arch::ResumePoint;

/// From which word of arguments on those of two words begin at an even one (System V ABI, MIPS RISC Processor Supplement,
/// 3 "Function Calling Sequence").
pub(super) const EVEN_PAIRS_FROM: usize = 0;

/// Whether arguments narrower than a word have its sign, whatever their type: there are none.
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
    // The registers that the calling sequence has the callee preserve, but for those of floating-point numbers, which
    // the library has no use for. Callees have room for four arguments above their frame.
    core::arch::naked_asm!(
        ".set noreorder",
        "addiu $29, $29, -64",
        "sw $16, 16($29)",
        "sw $17, 20($29)",
        "sw $18, 24($29)",
        "sw $19, 28($29)",
        "sw $20, 32($29)",
        "sw $21, 36($29)",
        "sw $22, 40($29)",
        "sw $23, 44($29)",
        "sw $30, 48($29)",
        "sw $31, 52($29)",
        // The point is the branch behind the call.
        "bal 3f",
        "nop",
        "b 2f",
        "nop",
        "3:",
        "sw $29, 0($7)",
        "sw $31, 4($7)",
        "move $25, $4",
        "move $4, $5",
        "jalr $25",
        "move $5, $6",
        "move $2, $0",
        "2:",
        "lw $16, 16($29)",
        "lw $17, 20($29)",
        "lw $18, 24($29)",
        "lw $19, 28($29)",
        "lw $20, 32($29)",
        "lw $21, 36($29)",
        "lw $22, 40($29)",
        "lw $23, 44($29)",
        "lw $30, 48($29)",
        "lw $31, 52($29)",
        "jr $31",
        "addiu $29, $29, 64",
        ".set reorder",
    )
}

/// Goes on at the words of a [`ResumePoint`] with `code` as the result there.
///
/// # Safety
/// The function that made the point must still wait for its callee.
#[unsafe(naked)]
pub unsafe extern "C" fn resume(stack_pointer: usize, program_counter: usize, code: u32) -> ! {
    core::arch::naked_asm!(".set noreorder", "move $29, $4", "jr $5", "move $2, $6", ".set reorder")
}

/// The address of a static that another object file defines, without a detour through a global offset table, so that the
/// linker needs to make none.
#[cfg(not(test))]
macro_rules! address_of {
    ($symbol:path) => {{
        let address: *const _;
        // SAFETY: computes an address.
        core::arch::asm!(
            ".set noreorder",
            "move {1}, $31",
            "bal 3f",
            "nop",
            "2:",
            ".word {2} - 2b",
            "3:",
            "lw {0}, 0($31)",
            "addu {0}, {0}, $31",
            "move $31, {1}",
            ".set reorder",
            out(reg) address,
            out(reg) _,
            sym $symbol,
            options(pure, nomem, nostack, preserves_flags),
        );
        address
    }};
}
#[cfg(not(test))]
pub(crate) use address_of;
