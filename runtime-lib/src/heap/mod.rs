//! The garbage-collected heap: two halves of an address range, of which one is in use. Compiled code takes new objects
//! from its front; when it is full, the objects in use are copied to the other half (Cheney's algorithm: C. J. Cheney,
//! "A nonrecursive list compacting algorithm", CACM 13(11), 1970). In a program with threads each thread has a heap: no
//! reference gets from one thread to another (wasi-threads: only shared memories are common to them).
//!
//! Objects, references and what the compiler tells of them are described in [`wasmc_abi::heap`].

mod arrays;
mod collect;
mod halves;
mod objects;
mod roots;

use wasmc_abi::heap::{HEAP_STRESS, Heap, HeapDescription};
use wasmc_abi::trap::TrapCode;

use crate::arch::Caller;
use crate::sys::PAGE_SIZE;
use crate::{program, trap};
use collect::Collection;
pub use objects::{Kind, kind_of, size_of};
use roots::Roots;

/// Bytes of a half at first. It is meant to stay in the processor's cache while most objects are short-lived.
const SMALLEST: u64 = 1 << 20;

/// A half holds this many times what was in use after the last collection, so that copying is paid for by what is allocated
/// in between.
const GROWTH: u64 = 3;

/// The compiler's description, in programs that have a heap.
fn description() -> Option<&'static HeapDescription> {
    let address = program().heap as usize;
    // SAFETY: the compiler's description of its program.
    (address != 0).then(|| unsafe { &*core::ptr::with_exposed_provenance::<HeapDescription>(address) })
}

/// Every allocation shall collect.
fn is_stressed(description: &HeapDescription) -> bool {
    description.flags & HEAP_STRESS != 0
}

/// What [`wasmc_abi::symbols::HEAP_ALLOCATE`] does for its caller, compiled code.
///
/// # Safety
/// As for [`allocate`]; `frame` and `return_address` are the [`Caller`]'s.
pub(crate) unsafe extern "C" fn allocate_for(size: u64, heap: *mut Heap, frame: usize, return_address: usize) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { allocate(size, heap, Caller { frame, return_address }, None) }
}

/// Makes room for an object that compiled code asks for. `pending` may be an exception that the
/// caller is about to keep: its references are in use.
///
/// # Safety
/// `heap` must be the running thread's, and `caller` describe the frame of the compiled function that waits for the new
/// object.
pub unsafe fn allocate(size: u64, heap: *mut Heap, caller: Caller, pending: Option<u64>) -> u64 {
    let Some(description) = description() else { trap::trap(TrapCode::HeapExhausted) };
    // SAFETY: the thread's own; compiled code, which uses the bounds too, waits.
    let heap = unsafe { &mut *heap };
    if heap.next == 0 {
        halves::reserve_first(description, heap);
    }
    if size > heap.limit.saturating_sub(heap.next) {
        // SAFETY: the caller's promise.
        unsafe { collect(description, heap, size, caller, pending) };
    }
    let object = heap.next;
    heap.next += size;
    object
}

/// Copies what is in use to the other half, which then has room for `size` more bytes.
///
/// # Safety
/// As for [`allocate`].
unsafe fn collect(description: &HeapDescription, heap: &mut Heap, size: u64, caller: Caller, pending: Option<u64>) {
    let roots = Roots::of(description, heap);
    let current = heap.current as usize & 1;
    let [first, second] = &mut heap.halves;
    let (from, to) = if current == 0 { (first, second) } else { (second, first) };
    // In use are at most as many bytes as there are now.
    let most = heap.next - from.start;
    let room = halves::make_room(description, to, most, size);
    if !room || !halves::commit(to, whole_pages(most)) {
        trap::trap(TrapCode::HeapExhausted);
    }
    let mut collection = Collection::new(description, from.start, heap.next, to.start);
    // SAFETY: the caller's promise; the other half has room for everything.
    let next = unsafe {
        roots.visit(caller, &mut collection);
        if let Some(exception) = pending {
            collection.visit_references(exception);
        }
        collection.finish()
    };
    let used = (next - to.start).saturating_add(size);
    let half = wanted(used).min(to.reserved);
    if used > half || !halves::commit(to, half) {
        trap::trap(TrapCode::HeapExhausted);
    }
    halves::trim(from, half);
    heap.limit = if is_stressed(description) { next + size } else { to.start + half };
    heap.next = next;
    heap.current = 1 - current as u64;
}

/// Bytes that a half should have of which `used` are in use.
fn wanted(used: u64) -> u64 {
    whole_pages(used.saturating_mul(GROWTH).max(SMALLEST))
}

/// The next multiple of a page's size.
fn whole_pages(size: u64) -> u64 {
    size.saturating_add(PAGE_SIZE as u64 - 1) & !(PAGE_SIZE as u64 - 1)
}

/// Gives back what the heap of a thread that has ended took.
///
/// # Safety
/// The program must have threads, and nobody use the instance in `block` any more.
pub unsafe fn release(block: u64) {
    let Some(description) = description() else { return };
    // SAFETY: each block has a heap, there.
    let heap =
        unsafe { &mut *core::ptr::with_exposed_provenance_mut::<Heap>(block.wrapping_add(description.heap) as usize) };
    for half in &mut heap.halves {
        halves::release(half);
    }
}
