//! The garbage-collected heap: two halves of an address range, of which one is in use. Compiled code takes new objects
//! from its front; when it is full, the objects in use are copied to the other half (Cheney's algorithm: C. J. Cheney,
//! "A nonrecursive list compacting algorithm", CACM 13(11), 1970).
//!
//! Objects, references and what the compiler tells of them are described in [`wasmc_abi::heap`].

mod arrays;
mod collect;
mod objects;
mod roots;

use core::cell::UnsafeCell;

use wasmc_abi::heap::{HEAP_LOW, HEAP_STRESS, Heap, HeapDescription};
use wasmc_abi::trap::TrapCode;

use crate::arch::Caller;
use crate::sys::{self, PAGE_SIZE};
use crate::{process, program, trap};
use collect::Collection;
pub use objects::{Kind, kind_of, size_of};

/// Bytes of a half at first. It is meant to stay in the processor's cache while most objects are short-lived.
const SMALLEST: u64 = 1 << 20;

/// A half holds this many times what was in use after the last collection, so that copying is paid for by what is allocated
/// in between.
const GROWTH: u64 = 3;

/// What the runtime library keeps of the heap.
struct State {
    /// First address of each half, once they are reserved.
    halves: [u64; 2],
    /// Bytes of each half that are accessible.
    committed: [u64; 2],
    /// The half in use.
    current: usize,
    /// Most bytes of a half; 0 as long as none is reserved.
    maximum: u64,
}

struct Shared(UnsafeCell<State>);

// SAFETY: programs with a heap have one thread, and nothing interrupts it here but faults, which end the program or leave
// the state alone.
unsafe impl Sync for Shared {}

static STATE: Shared = Shared(UnsafeCell::new(State { halves: [0; 2], committed: [0; 2], current: 0, maximum: 0 }));

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

impl State {
    /// Reserves the heap's addresses, where that was not done before.
    fn reserve(&mut self, description: &HeapDescription, heap: &mut Heap) {
        if self.maximum != 0 {
            return;
        }
        let maximum = description.maximum.max(PAGE_SIZE as u64) & !(PAGE_SIZE as u64 - 1);
        let is_low = description.flags & HEAP_LOW != 0;
        let reserved = if is_low {
            sys::reserve_low(maximum)
        } else {
            sys::reserve(0, 2 * maximum as usize).map(|at| (at, maximum))
        };
        let (base, maximum) = match reserved {
            Ok((base, maximum)) => (base as u64, maximum),
            Err(error) => process::fatal_message(&|output| {
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
            }),
        };
        self.halves = [base, base + maximum];
        self.maximum = maximum;
        let size = SMALLEST.min(maximum);
        if !self.commit(0, size) {
            trap::trap(TrapCode::HeapExhausted);
        }
        heap.next = base;
        heap.limit = if is_stressed(description) { base } else { base + size };
    }

    /// Makes the first `size` bytes of a half accessible; false where the system refuses.
    fn commit(&mut self, half: usize, size: u64) -> bool {
        let (start, committed) = (self.halves[half], self.committed[half]);
        if size > committed {
            // SAFETY: reserved by `reserve`.
            if unsafe { sys::commit((start + committed) as usize, (size - committed) as usize) }.is_err() {
                return false;
            }
            self.committed[half] = size;
        }
        true
    }

    /// Gives back what a half that is no longer in use has beyond `size` bytes.
    fn trim(&mut self, half: usize, size: u64) {
        let committed = self.committed[half];
        if committed > size {
            // SAFETY: nobody refers to objects in that half any more.
            unsafe { sys::discard((self.halves[half] + size) as usize, (committed - size) as usize) };
        }
    }
}

/// What [`wasmc_abi::symbols::HEAP_ALLOCATE`] does for its caller, compiled code.
///
/// # Safety
/// As for [`allocate`]; `frame` and `return_address` are the [`Caller`]'s.
pub(crate) unsafe extern "C" fn allocate_for(size: u64, frame: usize, return_address: usize) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { allocate(size, Caller { frame, return_address }, None) }
}

/// Makes room for an object that compiled code asks for. `pending` may be an exception that the
/// caller is about to keep: its references are in use.
///
/// # Safety
/// `caller` must describe the frame of the compiled function that waits for the new object.
pub unsafe fn allocate(size: u64, caller: Caller, pending: Option<u64>) -> u64 {
    let Some(description) = description() else { trap::trap(TrapCode::HeapExhausted) };
    // SAFETY: the program's only thread; compiled code, which uses the bounds too, waits.
    let (state, heap) = unsafe {
        (&mut *STATE.0.get(), &mut *core::ptr::with_exposed_provenance_mut::<Heap>(description.heap as usize))
    };
    state.reserve(description, heap);
    if size > state.maximum {
        trap::trap(TrapCode::HeapExhausted);
    }
    if size > heap.limit.saturating_sub(heap.next) {
        // SAFETY: the caller's promise.
        unsafe { collect(description, state, heap, size, caller, pending) };
    }
    let object = heap.next;
    heap.next += size;
    object
}

/// Copies what is in use to the other half, which then has room for `size` more bytes.
///
/// # Safety
/// As for [`allocate`].
unsafe fn collect(
    description: &HeapDescription,
    state: &mut State,
    heap: &mut Heap,
    size: u64,
    caller: Caller,
    pending: Option<u64>,
) {
    let (from, to) = (state.current, 1 - state.current);
    // In use are at most as many bytes as there are now.
    if !state.commit(to, whole_pages(heap.next - state.halves[from])) {
        trap::trap(TrapCode::HeapExhausted);
    }
    let mut collection = Collection::new(description, state.halves[from], heap.next, state.halves[to]);
    // SAFETY: the caller's promise; the other half has room for everything.
    let next = unsafe {
        roots::visit(description, caller, &mut collection);
        if let Some(exception) = pending {
            collection.visit_references(exception);
        }
        collection.finish()
    };
    let used = next - state.halves[to] + size;
    let half = whole_pages(used.saturating_mul(GROWTH).max(SMALLEST)).min(state.maximum);
    if used > half || !state.commit(to, half) {
        trap::trap(TrapCode::HeapExhausted);
    }
    state.trim(from, half);
    state.current = to;
    heap.next = next;
    // Under stress, the next object finds no room either.
    heap.limit = if is_stressed(description) { next + size } else { state.halves[to] + half };
}

/// The next multiple of a page's size.
fn whole_pages(size: u64) -> u64 {
    size.saturating_add(PAGE_SIZE as u64 - 1) & !(PAGE_SIZE as u64 - 1)
}
