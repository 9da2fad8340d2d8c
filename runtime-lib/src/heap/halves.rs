//! Address space of the heap's halves.
//!
//! The heap of a program without threads reserves all that it may ever need at once. Where each thread has a heap, there
//! are too few addresses below 4 GiB for that: a half that has to be larger is reserved anew, wherever there is room.

use core::sync::atomic::Ordering;

use wasmc_abi::heap::{HEAP_BASE, HEAP_END, HEAP_LOW, HEAP_THREADS, Half, Heap, HeapDescription};
use wasmc_abi::trap::TrapCode;

use super::{SMALLEST, is_stressed, wanted, whole_pages};
use crate::atomic::AtomicU64;
use crate::sys::{self, PAGE_SIZE};
use crate::{process, trap};

/// Most bytes of a half.
fn maximum(description: &HeapDescription) -> u64 {
    description.maximum.max(PAGE_SIZE as u64) & !(PAGE_SIZE as u64 - 1)
}

/// Reserves the addresses that the heap begins with, and makes room for the first objects.
pub(super) fn reserve_first(description: &HeapDescription, heap: &mut Heap) {
    let maximum = maximum(description);
    let is_low = description.flags & HEAP_LOW != 0;
    let reserved = if description.flags & HEAP_THREADS != 0 {
        let size = SMALLEST.min(maximum);
        reserve(size, is_low).map(|start| {
            heap.halves[0].start = start;
            heap.halves[0].reserved = size;
        })
    } else {
        let both = if is_low || cfg!(target_pointer_width = "32") {
            sys::reserve_low(maximum)
        } else {
            sys::reserve(0, 2 * maximum as usize).map(|at| (at, maximum))
        };
        both.map(|(base, maximum)| {
            for (half, number) in heap.halves.iter_mut().zip(0..) {
                half.start = base as u64 + number * maximum;
                half.reserved = maximum;
            }
        })
    };
    if let Err(error) = reserved {
        process::fatal_message(&|output| {
            output.bytes(b"cannot reserve ");
            output.decimal(2 * maximum);
            output.bytes(b" bytes of address space");
            output.bytes(if is_low { b" below 4 GiB" } else { b"" });
            output.bytes(b" for the garbage-collected heap: ");
            output.bytes(error.explanation().as_bytes());
            output.bytes(
                b"\n  lift the limit on address space (`ulimit -v`, or the container's), or build with a smaller \
                  --max-gc-heap",
            );
        });
    }
    let half = &mut heap.halves[0];
    let size = SMALLEST.min(half.reserved);
    if !commit(half, size) {
        trap::trap(TrapCode::HeapExhausted);
    }
    heap.next = half.start;
    heap.limit = if is_stressed(description) { half.start } else { half.start + size };
}

/// Sees to it that a half, which holds nothing, can hold `used` bytes, and as much as it should have if they are all still in
/// use where another `size` are needed; false where there are no addresses for the former.
pub(super) fn make_room(description: &HeapDescription, half: &mut Half, used: u64, size: u64) -> bool {
    let wanted = wanted(used.saturating_add(size)).min(maximum(description));
    if description.flags & HEAP_THREADS == 0 || half.reserved >= wanted {
        return used <= half.reserved;
    }
    release(half);
    let is_low = description.flags & HEAP_LOW != 0;
    let least = whole_pages(used.saturating_add(size)).min(wanted);
    let mut reserved = wanted;
    loop {
        if let Ok(start) = reserve(reserved, is_low) {
            *half = Half { start, reserved, committed: 0 };
            return used <= reserved;
        }
        if reserved == least {
            return false;
        }
        reserved = whole_pages(reserved / 2).max(least);
    }
}

/// Reserves `size` bytes, below 4 GiB where objects must be there.
fn reserve(size: u64, is_low: bool) -> Result<u64, sys::Error> {
    /// Where the last search ended.
    static NEXT: AtomicU64 = AtomicU64::new(HEAP_BASE);
    /// The distance of what is tried.
    const STEP: u64 = SMALLEST;
    if !is_low {
        return sys::reserve(0, size as usize).map(|start| start as u64);
    }
    let mut at = NEXT.load(Ordering::Relaxed);
    let mut left = HEAP_END / STEP;
    loop {
        if size > HEAP_END - at {
            at = HEAP_BASE;
        }
        let result = sys::reserve(at as usize, size as usize);
        left -= 1;
        if result.is_ok() || left == 0 {
            NEXT.store(at, Ordering::Relaxed);
            return result.map(|start| start as u64);
        }
        at = (at + STEP) & !(STEP - 1);
    }
}

/// Makes the first `size` bytes of a half accessible; false where the system refuses.
pub(super) fn commit(half: &mut Half, size: u64) -> bool {
    if size > half.committed {
        // SAFETY: reserved by the functions above.
        let result = unsafe { sys::commit((half.start + half.committed) as usize, (size - half.committed) as usize) };
        if result.is_err() {
            return false;
        }
        half.committed = size;
    }
    true
}

/// Gives back what a half that is no longer in use has beyond `size` bytes.
pub(super) fn trim(half: &Half, size: u64) {
    if half.committed > size {
        // SAFETY: nobody refers to objects in that half any more.
        unsafe { sys::discard((half.start + size) as usize, (half.committed - size) as usize) };
    }
}

/// Gives a half's addresses back.
pub(super) fn release(half: &mut Half) {
    if half.reserved != 0 {
        // SAFETY: reserved by the functions above; nobody refers to objects in that half any more.
        unsafe { sys::release(half.start as usize, half.reserved as usize) };
        *half = Half { start: 0, reserved: 0, committed: 0 };
    }
}
