//! Entries of the unwinder, and its jump into a handler.
//!
//! Compiled code expects of a throw what it expects of a call that returns: where the handler's function made the
//! call to the entry itself, registers that the procedure call standard preserves are what they were (the search
//! is a call that returns, and nothing else here touches them). Handlers of functions further out expect nothing
//! of registers: Cranelift takes them all for overwritten. In no case is x21, which holds a global, restored: globals
//! keep what was written to them before an exception.

use crate::exception::{find_handler, find_handler_again};

/// Makes a frame, whose address goes into `$frame` and the address of room for a `Landing` into `$landing`; calls
/// `{find}`, and jumps where that says, with what it returns in x0: the first word that Cranelift's landing pads
/// take from an unwinder. The frame is the one that the walk begins with.
macro_rules! find_and_jump {
    ($frame:literal, $landing:literal) => {
        concat!(
            ".cfi_startproc
            stp x29, x30, [sp, #-48]!
            .cfi_def_cfa_offset 48
            .cfi_offset x29, -48
            .cfi_offset x30, -40
            mov x29, sp
            .cfi_def_cfa_register x29
            mov ",
            $frame,
            ", x29
            add ",
            $landing,
            ", sp, #16
            bl {find}
            ldp x9, x10, [sp, #16]
            ldr x29, [sp, #32]
            mov sp, x10
            br x9
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
    core::arch::naked_asm!(find_and_jump!("x1", "x2"), find = sym find_handler)
}

/// See [`wasmc_abi::symbols::THROW_REFERENCE`].
///
/// # Safety
/// As for [`wasmc_throw`]; the second argument must be one of the program's exceptions.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_throw_reference() -> ! {
    core::arch::naked_asm!(find_and_jump!("x2", "x3"), find = sym find_handler_again)
}
