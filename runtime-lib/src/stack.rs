//! The stack of wasm code, and that of the handler of its faults.

use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::process;
use crate::sys::{self, PAGE_SIZE};
use crate::trap::backtrace::StackRange;

/// Inaccessible bytes below the stack.
///
/// Compiled code touches every page of a larger frame in order, and so does Rust's: one page would do. The rest is a
/// margin for code that does not (of another linker's objects), and costs nothing but address space.
pub const GUARD_SIZE: usize = 1 << 20;

/// Room that the program's entry point and a trap's way out need, whatever the options say.
const SMALLEST: u64 = 64 << 10;

static LOW: AtomicUsize = AtomicUsize::new(0);
static HIGH: AtomicUsize = AtomicUsize::new(0);

/// Where the stacks end and begin.
#[derive(Clone, Copy, Debug)]
pub struct Stacks {
    /// Upper end of the stack of wasm code.
    pub top: usize,
    /// Lower end of the stack of the handler of faults.
    pub handler: usize,
}

/// Maps a stack of `size` bytes with a guard below, and the fault handler's above: one mapping, since each costs time.
pub fn map(size: u64) -> Stacks {
    let usable = usize::try_from(size.max(SMALLEST))
        .ok()
        .and_then(|size| size.checked_next_multiple_of(PAGE_SIZE))
        .filter(|&size| size <= isize::MAX as usize);
    let mapped = usable.and_then(|usable| {
        let reserved = sys::reserve(0, GUARD_SIZE + usable + sys::HANDLER_STACK_SIZE).ok()?;
        // SAFETY: these pages were reserved just now.
        unsafe { sys::commit(reserved + GUARD_SIZE, usable + sys::HANDLER_STACK_SIZE) }.ok()?;
        Some((reserved + GUARD_SIZE, reserved + GUARD_SIZE + usable))
    });
    let Some((low, high)) = mapped else {
        process::fatal_message(&|output| {
            output.bytes(b"cannot map a stack of ");
            output.decimal(size);
            output.bytes(b" bytes: build with a smaller --max-stack, or lift the limit on address space (`ulimit -v`)");
        })
    };
    LOW.store(low, Ordering::Relaxed);
    HIGH.store(high, Ordering::Relaxed);
    Stacks { top: high, handler: high }
}

/// The addresses of the stack of wasm code.
pub fn range() -> StackRange {
    StackRange { low: LOW.load(Ordering::Relaxed), high: HIGH.load(Ordering::Relaxed) }
}

/// The addresses where a fault means that the stack is full.
pub fn guard() -> Range<usize> {
    let low = LOW.load(Ordering::Relaxed);
    low.saturating_sub(GUARD_SIZE)..low
}
