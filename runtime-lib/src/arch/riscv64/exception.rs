//! Entries of the unwinder, and its jump into a handler.
//!
//! Compiled code expects of a throw what it expects of a call that returns: where the handler's function made the
//! call to the entry itself, registers that the calling convention preserves are what they were (the search
//! is a call that returns, and nothing else here touches them). Handlers of functions further out expect nothing
//! of registers: Cranelift takes them all for overwritten.

use crate::exception::{find_handler, find_handler_again};

/// Makes a frame as Rust's code does, whose address goes into `$frame` and the address of room for a `Landing` into
/// `$landing`; calls `{find}`, and jumps where that says, with what it returns in a0: the first word that Cranelift's
/// landing pads take from an unwinder. The frame is the one that the walk begins with.
macro_rules! find_and_jump {
    ($frame:literal, $landing:literal) => {
        concat!(
            ".cfi_startproc
            addi sp, sp, -48
            .cfi_def_cfa_offset 48
            sd ra, 40(sp)
            sd s0, 32(sp)
            .cfi_offset ra, -8
            .cfi_offset s0, -16
            addi s0, sp, 48
            .cfi_def_cfa s0, 0
            mv ",
            $frame,
            ", s0
            mv ",
            $landing,
            ", sp
            call {find}
            ld t0, 0(sp)
            ld t1, 8(sp)
            ld s0, 16(sp)
            mv sp, t1
            jr t0
            .cfi_endproc"
        )
    };
}

/// See [`wasmc_abi::symbols::THROW`].
///
/// # Safety
/// To be called by compiled code, with the description of its program's exceptions.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_throw() -> ! {
    core::arch::naked_asm!(find_and_jump!("a1", "a2"), find = sym find_handler)
}

/// See [`wasmc_abi::symbols::THROW_REFERENCE`].
///
/// # Safety
/// As for [`wasmc_throw`]; the second argument must be one of the program's exceptions.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_throw_reference() -> ! {
    core::arch::naked_asm!(find_and_jump!("a2", "a3"), find = sym find_handler_again)
}
