//! Arrays for the time of one call: small ones on the stack, large ones in pages of their own.

use super::errno::{Errno, Result};
use crate::sys;

/// Elements that stand on the stack.
const INLINE: usize = 32;

/// A type for which zero bytes are a value.
///
/// # Safety
/// They must be, and the type must not need to be dropped.
pub unsafe trait Zeroed: Sized {}

// SAFETY: a number.
unsafe impl Zeroed for u16 {}

/// Pages that go back to the operating system when dropped.
struct Pages {
    start: usize,
    size: usize,
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the pages are this value's, and nobody borrows them any more.
        unsafe { sys::release(self.start, self.size) };
    }
}

/// Calls `work` with an array of `length` elements, all zero. Fails with `nomem` where there is no room for it.
pub fn with_array<T: Zeroed, R>(length: usize, work: impl FnOnce(&mut [T]) -> Result<R>) -> Result<R> {
    let mut inline = core::mem::MaybeUninit::<[T; INLINE]>::zeroed();
    // SAFETY: zero bytes are a value of `T`, and so of an array of them.
    let inline = unsafe { inline.assume_init_mut() };
    if let Some(array) = inline.get_mut(..length) {
        return work(array);
    }
    let size = length.checked_mul(size_of::<T>()).ok_or(Errno::NOMEM)?;
    let start = sys::allocate(size).map_err(|_| Errno::NOMEM)?;
    let _pages = Pages { start, size };
    // SAFETY: the pages are new, zero, aligned for anything smaller than a page, and live until the end of this
    // function.
    let array = unsafe { core::slice::from_raw_parts_mut(core::ptr::with_exposed_provenance_mut(start), length) };
    work(array)
}
