//! Memory, handed out from the bottom up. What is given back is used again if it is the last that was handed out.
//!
//! **Sandbox invariant:** there is one guard, below the stack, and it is in force before the program starts. Everything else is
//! kept in bounds by comparisons: for freestanding targets, the compiler plans no memory that relies on guard pages.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::{Error, PAGE_SIZE, platform};

/// Inaccessible bytes below the stack, and their alignment, which memory protection may need.
const GUARD: usize = 64 << 10;

/// The first byte that is free; 0 before the platform was asked.
static FREE: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);

fn free() -> usize {
    let known = FREE.load(Ordering::Relaxed);
    if known != 0 {
        return known;
    }
    let (start, end) = platform::memory();
    let start = start.max(1).next_multiple_of(PAGE_SIZE);
    END.store(end & !(PAGE_SIZE - 1), Ordering::Relaxed);
    FREE.store(start, Ordering::Relaxed);
    start
}

/// Takes `size` bytes, in whole pages, from a multiple of `align` on.
fn take(size: usize, align: usize) -> Result<usize, Error> {
    let start = free().checked_next_multiple_of(align).ok_or(Error::NO_MEMORY)?;
    let end = size.checked_next_multiple_of(PAGE_SIZE).and_then(|size| start.checked_add(size));
    let end = end.filter(|&end| end <= END.load(Ordering::Relaxed)).ok_or(Error::NO_MEMORY)?;
    FREE.store(end, Ordering::Relaxed);
    Ok(start)
}

/// Takes `size` bytes; at a given address there are none.
pub fn reserve(address: usize, size: usize) -> Result<usize, Error> {
    if address == 0 { take(size, PAGE_SIZE) } else { Err(Error::NO_MEMORY) }
}

/// Takes `size` bytes of zeros.
pub fn allocate(size: usize) -> Result<usize, Error> {
    let start = take(size, PAGE_SIZE)?;
    // SAFETY: taken just now.
    unsafe { discard(start, size) };
    Ok(start)
}

/// Makes reserved memory ready: fills it with zeros.
///
/// # Safety
/// It must lie in a reservation of the caller's, and be made ready once.
pub unsafe fn commit(address: usize, size: usize) -> Result<(), Error> {
    // SAFETY: the caller's promise.
    unsafe { discard(address, size) };
    Ok(())
}

/// Gives memory back.
///
/// # Safety
/// Nobody may access it again.
pub unsafe fn release(address: usize, size: usize) {
    let end = address + size.next_multiple_of(PAGE_SIZE);
    let _ = FREE.compare_exchange(end, address, Ordering::Relaxed, Ordering::Relaxed);
}

/// Drops the contents of memory: it holds zeros.
///
/// # Safety
/// Nobody may read the contents again.
pub unsafe fn discard(address: usize, size: usize) {
    // SAFETY: the caller's promise.
    unsafe { core::ptr::with_exposed_provenance_mut::<u8>(address).write_bytes(0, size) }
}

/// There are none.
pub fn prefer_large_pages(_address: usize, _size: usize) {}

/// Memory does not move.
///
/// # Safety
/// None is needed.
pub unsafe fn move_pages(_from: usize, _to: usize, _size: usize) -> Result<(), Error> {
    Err(Error::NO_MEMORY)
}

/// A stack of `size` bytes with a guard below: its lower and upper end. Ends the program where there can be no guard.
pub fn limit_initial_stack(size: usize) -> Option<(usize, usize)> {
    let guard = take(size.checked_add(GUARD)?, GUARD).ok()?;
    // SAFETY: nobody accesses either: the one is unused, the other what null leads to.
    let guarded = unsafe { platform::forbid(guard, GUARD) && platform::forbid(0, PAGE_SIZE) };
    if !guarded {
        crate::process::fatal(&[b"the platform cannot make memory inaccessible: a full stack would not be noticed"]);
    }
    Some((guard + GUARD, guard + GUARD + size))
}
