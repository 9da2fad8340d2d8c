//! Exceptions as values: the objects that an `exnref` refers to.

use wasmc_abi::exception::{Exception, Exceptions};
use wasmc_abi::heap::Heap;

use super::pending;
use crate::arch::Caller;
use crate::heap::size_of;

/// Keeps the pending exception as an object: see [`wasmc_abi::symbols::EXCEPTION_ALLOCATE`].
///
/// # Safety
/// `frame` and `return_address` must be those of compiled code of the program that `exceptions` describes, where it has caught an
/// exception; `heap` must be that of its thread.
pub unsafe extern "C" fn keep_pending(
    exceptions: &Exceptions,
    heap: *mut Heap,
    frame: usize,
    return_address: usize,
) -> u64 {
    let exception = pending(exceptions);
    // SAFETY: compiled code has caught it: it is there, with its whole payload. Its references are updated if objects move.
    unsafe {
        (*exception).object_type = (exceptions.first_type as u32).wrapping_add((*exception).tag);
        let address = exception.expose_provenance() as u64;
        let size = size_of(address);
        let object = crate::heap::allocate(size, heap, Caller { frame, return_address }, Some(address));
        core::ptr::copy_nonoverlapping(
            exception.cast::<u64>(),
            core::ptr::with_exposed_provenance_mut(object as usize),
            (size / 8) as usize,
        );
        object
    }
}

/// Makes an object the pending exception again.
///
/// # Safety
/// It must be an object of the program that `exceptions` describes.
pub(super) unsafe fn make_pending(exceptions: &Exceptions, exception: *const Exception) {
    // SAFETY: the caller's promise; there is room for the largest exception of the program.
    unsafe {
        let size = size_of(exception.expose_provenance() as u64);
        core::ptr::copy_nonoverlapping(exception.cast::<u64>(), pending(exceptions).cast::<u64>(), (size / 8) as usize);
    }
}
