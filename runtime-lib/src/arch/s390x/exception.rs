//! Entries of the unwinder, and its jump into a handler.
//!
//! Compiled code expects of a throw what it expects of a call that returns: where the handler's function made the
//! call to the entry itself, registers that the calling convention preserves are what they were (the search
//! is a call that returns, and nothing else here touches them). Handlers of functions further out expect nothing
//! of registers: Cranelift takes them all for overwritten.

use crate::exception::{find_handler, find_handler_again};

/// Makes a frame, whose address goes into `$frame` and the address of room for a `Landing` into `$landing`; calls
/// `{find}`, and jumps where that says, with what it returns in r6: the first word that Cranelift's landing pads
/// take from an unwinder. The frame is the one that the walk begins with.
macro_rules! find_and_jump {
    ($frame:literal, $landing:literal) => {
        concat!(
            ".cfi_startproc
            stmg %r14, %r15, 112(%r15)
            .cfi_offset %r14, -48
            .cfi_offset %r15, -40
            lgr %r1, %r15
            aghi %r15, -184
            .cfi_def_cfa_offset 344
            stg %r1, 0(%r15)
            lgr ",
            $frame,
            ", %r15
            la ",
            $landing,
            ", 160(%r15)
            brasl %r14, {find}
            lgr %r6, %r2
            lg %r1, 160(%r15)
            lg %r15, 168(%r15)
            br %r1
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
    core::arch::naked_asm!(find_and_jump!("%r3", "%r4"), find = sym find_handler)
}

/// See [`wasmc_abi::symbols::THROW_REFERENCE`].
///
/// # Safety
/// As for [`wasmc_throw`]; the second argument must be one of the program's exceptions.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_throw_reference() -> ! {
    core::arch::naked_asm!(find_and_jump!("%r4", "%r5"), find = sym find_handler_again)
}
