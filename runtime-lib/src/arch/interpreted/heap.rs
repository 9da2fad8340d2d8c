//! Entries of the allocator: they tell it which frame of compiled code waits.

use wasmc_abi::exception::Exceptions;
use wasmc_abi::heap::Heap;

use super::control::current_frame;
use crate::arch::{FrameOf, known_caller_of};
use crate::exception::object::keep_pending;
use crate::heap::allocate_for;

/// See [`wasmc_abi::symbols::HEAP_ALLOCATE`].
///
/// # Safety
/// To be called by compiled code only.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_heap_allocate(size: u64, heap: *mut Heap) -> u64 {
    // SAFETY: compiled code waits for this function, which has a frame.
    unsafe {
        let caller = known_caller_of(current_frame(), FrameOf::Library);
        allocate_for(size, heap, caller.frame, caller.return_address)
    }
}

/// See [`wasmc_abi::symbols::EXCEPTION_ALLOCATE`].
///
/// # Safety
/// To be called by compiled code of the program that `exceptions` describes, where it has caught an exception.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_exception_allocate(exceptions: &Exceptions, heap: *mut Heap) -> u64 {
    // SAFETY: as above.
    unsafe {
        let caller = known_caller_of(current_frame(), FrameOf::Library);
        keep_pending(exceptions, heap, caller.frame, caller.return_address)
    }
}
