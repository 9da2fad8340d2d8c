//! Entries of the unwinder, and its jump into a handler.
//!
//! Compiled code expects of a throw what it expects of a call that returns: where the handler's function made the
//! call to the entry itself, registers that the C convention preserves are what they were (the search
//! is a call that returns, and nothing else here touches them). Handlers of functions further out expect nothing
//! of registers: Cranelift takes them all for overwritten. In no case is r15, which holds a global, restored: globals
//! keep what was written to them before an exception.

use super::convention::{SHADOW, cfi, fourth, second, take_thrown, third};
use crate::exception::{find_handler, find_handler_again};

/// Makes a frame, whose address goes into `$frame` and the address of room for a `Landing` into `$landing`; calls
/// `$find`, and jumps where that says, with what it returns in rax: the first word that Cranelift's landing pads
/// take from an unwinder. The frame is the one that the walk begins with.
macro_rules! find_and_jump {
    ($find:path, $frame:expr, $landing:expr) => {
        core::arch::naked_asm!(
            cfi!(".cfi_startproc"),
            "push rbp",
            cfi!(".cfi_def_cfa_offset 16"),
            cfi!(".cfi_offset rbp, -16"),
            "mov rbp, rsp",
            cfi!(".cfi_def_cfa_register rbp"),
            "sub rsp, 32 + {shadow}",
            take_thrown!(),
            concat!("mov ", $frame, ", rbp"),
            concat!("lea ", $landing, ", [rsp + {shadow}]"),
            "call {find}",
            "mov rdx, qword ptr [rsp + {shadow}]",
            "mov rcx, qword ptr [rsp + {shadow} + 8]",
            "mov rbp, qword ptr [rsp + {shadow} + 16]",
            "mov rsp, rcx",
            "jmp rdx",
            cfi!(".cfi_endproc"),
            find = sym $find,
            shadow = const SHADOW,
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
    find_and_jump!(find_handler, second!(), third!())
}

/// See [`wasmc_abi::symbols::THROW_REFERENCE`].
///
/// # Safety
/// As for [`wasmc_throw`]; the second argument must be one of the program's exceptions.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_throw_reference() -> ! {
    find_and_jump!(find_handler_again, third!(), fourth!())
}
