//! The stack of wasm code: the rest of the kernel's own where that can be made to end in time, or one that is mapped for it.

use core::ops::Range;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use wasmc_abi::program::Program;

use crate::sys::{self, PAGE_SIZE};
use crate::trap::backtrace::StackRange;
use crate::{arch, process};

/// Inaccessible bytes below the stack.
///
/// Compiled code touches every page of a larger frame in order, and so does Rust's: one page would do. The rest is a
/// margin for code that does not (of another linker's objects), and costs nothing but address space.
pub const GUARD_SIZE: usize = sys::STACK_GUARD;

/// Room that the program's entry point and a trap's way out need, whatever the options say.
pub const SMALLEST: u64 = 64 << 10;

static LOW: AtomicUsize = AtomicUsize::new(0);
static HIGH: AtomicUsize = AtomicUsize::new(0);

/// Makes a stack of `size` bytes ready, with inaccessible bytes below; returns its upper end, a multiple of 16. One in a region is
/// not larger than the program was built for.
pub fn prepare(size: u64, program: &Program) -> usize {
    let region = region(program);
    let size = if region == 0 { size } else { size.min(program.stack_size) };
    let usable = usize::try_from(size.max(SMALLEST))
        .ok()
        .and_then(|size| size.checked_next_multiple_of(PAGE_SIZE))
        .filter(|&size| size <= isize::MAX as usize);
    let ends = usable.and_then(|usable| match region {
        0 => sys::limit_initial_stack(usable).or_else(|| map(usable)),
        _ => map_in_region(usable, region),
    });
    let Some((low, high)) = ends else {
        process::fatal_message(&|output| {
            output.bytes(b"cannot map a stack of ");
            output.decimal(size);
            output.bytes(b" bytes: build with a smaller --max-stack, or lift the limit on address space (`ulimit -v`)");
        })
    };
    LOW.store(low, Ordering::Relaxed);
    HIGH.store(high, Ordering::Relaxed);
    high
}

/// Maps a stack of `size` bytes with a guard below: its lower and upper end.
fn map(size: usize) -> Option<(usize, usize)> {
    let low = sys::reserve(0, GUARD_SIZE.checked_add(size)?).ok()? + GUARD_SIZE;
    // SAFETY: these pages were reserved just now.
    unsafe { sys::commit(low, size) }.ok()?;
    Some((low, low + size))
}

/// Bytes of the region of each stack, or 0 where stacks are in none.
pub fn region(program: &Program) -> usize {
    // So programs for other processors, all of which have this in their start, carry no code for regions.
    if arch::FINDS_BLOCKS_BY_STACK { program.stack_region as usize } else { 0 }
}

/// Maps a stack of `size` bytes near the end of a region: its lower and upper end. The block is for the thread to commit.
fn map_in_region(size: usize, region: usize) -> Option<(usize, usize)> {
    let (reservation, start) = reserve_region(region)?;
    // An empty stack is in the region too.
    let high = start + region - PAGE_SIZE;
    let low = high - size;
    // SAFETY: these pages were reserved just now; nobody knows of them.
    unsafe {
        if sys::commit(low, size).is_err() {
            sys::release(reservation, region * 2);
            return None;
        }
    }
    Some((low, high))
}

/// Reserves a region of `size` bytes ([`wasmc_abi::thread::STACK_REGION_EXTRA`]): where the reservation, of twice as many bytes,
/// starts, and where the region does.
pub fn reserve_region(size: usize) -> Option<(usize, usize)> {
    let reservation = sys::reserve(0, size.checked_mul(2)?).ok()?;
    Some((reservation, reservation.next_multiple_of(size)))
}

/// Finds the stacks of further threads: by an address on one or in its guard.
type OtherStacks = fn(usize) -> Option<StackRange>;

/// An [`OtherStacks`], or null.
static OTHERS: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

/// Has stacks that are not the first thread's looked for by `find`.
pub fn set_other_stacks(find: OtherStacks) {
    OTHERS.store(find as *mut (), Ordering::Release);
}

/// The addresses of the first thread's stack of wasm code.
pub fn first() -> StackRange {
    StackRange { low: LOW.load(Ordering::Relaxed), high: HIGH.load(Ordering::Relaxed) }
}

/// The addresses of the stack of wasm code that an address, as of a stack pointer, is on or just below; the first
/// thread's where it is on none.
pub fn with(address: usize) -> StackRange {
    let others = OTHERS.load(Ordering::Acquire);
    if others.is_null() {
        return first();
    }
    // SAFETY: only `set_other_stacks` stores here.
    let find: OtherStacks = unsafe { core::mem::transmute(others) };
    find(address).unwrap_or_else(first)
}

/// The addresses where a fault means that a stack is full: the guard, and what the kernel refuses of the stack itself,
/// where that grows on demand and address space is limited.
pub fn guard(stack: StackRange) -> Range<usize> {
    stack.low.saturating_sub(sys::STACK_GUARD)..stack.high
}
