//! PowerPC with 64 bits: leaving the interpreter's callers, and addresses relative to the program counter.

use crate::arch::ResumePoint;

/// From which word of arguments on those of two words begin at an even one: there are no such.
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
    // The registers that the 64-Bit ELF V2 ABI for Power has the callee preserve (2.2.1.1), and r2, which is everyone's.
    // A pointer to a function is the address of its global entry, which expects that address in r12.
    core::arch::naked_asm!(
        "mflr 0",
        "std 0, 16(1)",
        "mfcr 0",
        "std 0, 8(1)",
        "stdu 1, -512(1)",
        "std 2, 24(1)",
        "std 14, 32(1)",
        "std 15, 40(1)",
        "std 16, 48(1)",
        "std 17, 56(1)",
        "std 18, 64(1)",
        "std 19, 72(1)",
        "std 20, 80(1)",
        "std 21, 88(1)",
        "std 22, 96(1)",
        "std 23, 104(1)",
        "std 24, 112(1)",
        "std 25, 120(1)",
        "std 26, 128(1)",
        "std 27, 136(1)",
        "std 28, 144(1)",
        "std 29, 152(1)",
        "std 30, 160(1)",
        "std 31, 168(1)",
        "stfd 14, 176(1)",
        "stfd 15, 184(1)",
        "stfd 16, 192(1)",
        "stfd 17, 200(1)",
        "stfd 18, 208(1)",
        "stfd 19, 216(1)",
        "stfd 20, 224(1)",
        "stfd 21, 232(1)",
        "stfd 22, 240(1)",
        "stfd 23, 248(1)",
        "stfd 24, 256(1)",
        "stfd 25, 264(1)",
        "stfd 26, 272(1)",
        "stfd 27, 280(1)",
        "stfd 28, 288(1)",
        "stfd 29, 296(1)",
        "stfd 30, 304(1)",
        "stfd 31, 312(1)",
        "li 7, 320",
        "stvx 20, 7, 1",
        "li 7, 336",
        "stvx 21, 7, 1",
        "li 7, 352",
        "stvx 22, 7, 1",
        "li 7, 368",
        "stvx 23, 7, 1",
        "li 7, 384",
        "stvx 24, 7, 1",
        "li 7, 400",
        "stvx 25, 7, 1",
        "li 7, 416",
        "stvx 26, 7, 1",
        "li 7, 432",
        "stvx 27, 7, 1",
        "li 7, 448",
        "stvx 28, 7, 1",
        "li 7, 464",
        "stvx 29, 7, 1",
        "li 7, 480",
        "stvx 30, 7, 1",
        "li 7, 496",
        "stvx 31, 7, 1",
        "std 1, 0(6)",
        "bcl 20, 31, 3f",
        "3:",
        "mflr 7",
        "addi 7, 7, 2f - 3b",
        "std 7, 8(6)",
        "mr 12, 3",
        "mtctr 12",
        "mr 3, 4",
        "mr 4, 5",
        "bctrl",
        "li 3, 0",
        "2:",
        "ld 2, 24(1)",
        "ld 14, 32(1)",
        "ld 15, 40(1)",
        "ld 16, 48(1)",
        "ld 17, 56(1)",
        "ld 18, 64(1)",
        "ld 19, 72(1)",
        "ld 20, 80(1)",
        "ld 21, 88(1)",
        "ld 22, 96(1)",
        "ld 23, 104(1)",
        "ld 24, 112(1)",
        "ld 25, 120(1)",
        "ld 26, 128(1)",
        "ld 27, 136(1)",
        "ld 28, 144(1)",
        "ld 29, 152(1)",
        "ld 30, 160(1)",
        "ld 31, 168(1)",
        "lfd 14, 176(1)",
        "lfd 15, 184(1)",
        "lfd 16, 192(1)",
        "lfd 17, 200(1)",
        "lfd 18, 208(1)",
        "lfd 19, 216(1)",
        "lfd 20, 224(1)",
        "lfd 21, 232(1)",
        "lfd 22, 240(1)",
        "lfd 23, 248(1)",
        "lfd 24, 256(1)",
        "lfd 25, 264(1)",
        "lfd 26, 272(1)",
        "lfd 27, 280(1)",
        "lfd 28, 288(1)",
        "lfd 29, 296(1)",
        "lfd 30, 304(1)",
        "lfd 31, 312(1)",
        "li 7, 320",
        "lvx 20, 7, 1",
        "li 7, 336",
        "lvx 21, 7, 1",
        "li 7, 352",
        "lvx 22, 7, 1",
        "li 7, 368",
        "lvx 23, 7, 1",
        "li 7, 384",
        "lvx 24, 7, 1",
        "li 7, 400",
        "lvx 25, 7, 1",
        "li 7, 416",
        "lvx 26, 7, 1",
        "li 7, 432",
        "lvx 27, 7, 1",
        "li 7, 448",
        "lvx 28, 7, 1",
        "li 7, 464",
        "lvx 29, 7, 1",
        "li 7, 480",
        "lvx 30, 7, 1",
        "li 7, 496",
        "lvx 31, 7, 1",
        "addi 1, 1, 512",
        "ld 0, 8(1)",
        "mtcr 0",
        "ld 0, 16(1)",
        "mtlr 0",
        "blr",
    )
}

/// Goes on at the words of a [`ResumePoint`] with `code` as the result there.
///
/// # Safety
/// The function that made the point must still wait for its callee.
#[unsafe(naked)]
pub unsafe extern "C" fn resume(stack_pointer: usize, program_counter: usize, code: u32) -> ! {
    core::arch::naked_asm!("mr 1, 3", "mtctr 4", "mr 3, 5", "bctr")
}

/// The address of a static that another object file defines, without a detour through the table of contents, which is not
/// relocated everywhere that this is asked.
#[cfg(not(test))]
macro_rules! address_of {
    ($symbol:path) => {{
        let address: *const _;
        // SAFETY: computes an address.
        core::arch::asm!(
            "bcl 20, 31, 2f",
            "2:",
            "mflr {0}",
            "addis {0}, {0}, ({1} - 2b)@ha",
            "addi {0}, {0}, ({1} - 2b)@l",
            out(reg_nonzero) address,
            sym $symbol,
            out("lr") _,
            options(pure, nomem, nostack, preserves_flags),
        );
        address
    }};
}
#[cfg(not(test))]
pub(crate) use address_of;
