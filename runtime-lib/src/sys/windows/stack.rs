//! The stack that Windows made for the process, as the stack of wasm code.
//!
//! The executable's header says how large it is to be: the linker writes there what the build allows, and some more. Windows commits its pages in order as they are touched, by a page that guards the ones
//! below, and throws an exception when only the guaranteed bytes are left.

use super::api::{PAGE_GUARD, PAGE_READWRITE, SetThreadStackGuarantee, VirtualProtect};
use super::{PAGE_SIZE, set_thread_word, thread_word};

/// Bytes that the handler of the exception finds below.
const GUARANTEED: usize = 64 << 10;

/// Bytes below a stack where a fault means that it is full: what Windows does not let a thread have, the lowest page, the
/// guard, the guaranteed bytes.
pub const STACK_GUARD: usize = GUARANTEED + 4 * PAGE_SIZE;

/// Offsets in the thread environment block: `DeallocationStack`, where the stack's reservation begins, `StackLimit`, up to where
/// it is committed, and `StackBase`, its upper end.
const LOWEST: usize = 0x1478;
const LIMIT: usize = 0x10;
const BASE: usize = 0x8;

/// Has the stack end about `size` bytes below this function's frame: the lower and upper end of what is left of it. `None`
/// where the executable asked for less.
#[inline(never)]
pub fn limit_initial_stack(size: usize) -> Option<(usize, usize)> {
    let frame = 0u32;
    // Room for this frame and those of the callers, the start's.
    let high = ((&raw const frame).addr() - 4096) & !15;
    let low = high.checked_sub(size)? & !(PAGE_SIZE - 1);
    let lowest = low.checked_sub(STACK_GUARD)?;
    if lowest < thread_word::<LOWEST>() {
        return None;
    }
    // SAFETY: the reservation seems to begin later from now on; it is given back when the process ends only.
    unsafe { set_thread_word::<LOWEST>(lowest) };
    guard_end(lowest)?;
    Some((low, high))
}

/// Has the stack of a further thread end where its reservation does: the lower and upper end of the stack.
pub(super) fn guard_whole() -> Option<(usize, usize)> {
    let lowest = thread_word::<LOWEST>();
    guard_end(lowest)?;
    Some((lowest + STACK_GUARD, thread_word::<BASE>()))
}

/// Has a full stack throw an exception, with the guaranteed bytes left, where the reservation begins at `lowest`.
fn guard_end(lowest: usize) -> Option<()> {
    let mut guaranteed = GUARANTEED as u32;
    // SAFETY: changes what remains at the end.
    unsafe { SetThreadStackGuarantee(&raw mut guaranteed) };
    // Where the guard comes to last, there is one already: Wine has the whole stack accessible from the start.
    // SAFETY: a page of the stack's reservation, below all that is in use.
    unsafe { super::address_space::commit(lowest + GUARANTEED, PAGE_SIZE) }.ok()?;
    guard(lowest + GUARANTEED);
    Some(())
}

/// Makes a page one whose first access is an exception, or has the stack grow.
fn guard(page: usize) {
    let mut old = 0;
    let page = core::ptr::with_exposed_provenance_mut(page);
    // SAFETY: the callers' page is one of the stack that nobody uses.
    unsafe { VirtualProtect(page, PAGE_SIZE, PAGE_READWRITE | PAGE_GUARD, &raw mut old) };
}

/// Puts the guard back that is gone since the exception, on a page that nobody uses once the code goes on that was
/// interrupted with this stack pointer: far above.
pub(super) fn restore_guard(stack_pointer: usize) {
    let page = (stack_pointer & !(PAGE_SIZE - 1)) + PAGE_SIZE;
    guard(page);
    // SAFETY: what is above the guard is committed.
    unsafe { set_thread_word::<LIMIT>(page + PAGE_SIZE) };
}
