//! Entries of the allocator: they tell it which frame of compiled code waits.

use wasmc_abi::exception::Exceptions;
use wasmc_abi::heap::Heap;

use super::convention::{fourth, third};
use crate::exception::object::keep_pending;
use crate::heap::allocate_for;

/// Passes the caller's frame pointer and its return address on, behind two arguments.
macro_rules! with_caller {
    ($target:path) => {
        core::arch::naked_asm!(
            concat!("mov ", third!(), ", rbp"),
            concat!("mov ", fourth!(), ", qword ptr [rsp]"),
            "jmp {}",
            sym $target
        )
    };
}

/// See [`wasmc_abi::symbols::HEAP_ALLOCATE`].
///
/// # Safety
/// To be called by compiled code only, which keeps a frame pointer.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_heap_allocate(size: u64, heap: *mut Heap) -> u64 {
    with_caller!(allocate_for)
}

/// See [`wasmc_abi::symbols::EXCEPTION_ALLOCATE`].
///
/// # Safety
/// To be called by compiled code of the program that `exceptions` describes, where it has caught an exception.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_exception_allocate(exceptions: &Exceptions, heap: *mut Heap) -> u64 {
    with_caller!(keep_pending)
}
