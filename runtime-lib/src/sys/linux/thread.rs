//! Threads of the process; clone(2).

use core::sync::atomic::AtomicU32;

use super::architecture::{clone, number, system_call};
use super::error::{Error, check};
use super::fault::set_handler_stack;

/// Stacks are the caller's to map.
pub const MAKES_STACKS: bool = false;

/// Memory, file system, descriptors, handlers in common; one process; the thread's number is stored where the parent and
/// the exit find it.
const FLAGS: usize = 0x100 | 0x200 | 0x400 | 0x800 | 0x1_0000 | 0x4_0000 | PARENT_SETTID | CHILD_CLEARTID;
const PARENT_SETTID: usize = 0x10_0000;
const CHILD_CLEARTID: usize = 0x20_0000;

/// Starts a thread that calls `begin` with `argument` on a stack. Its number is in `number` until it has ended and left
/// the stack for good; then 0 is.
///
/// # Safety
/// `stack_top` must be a multiple of 16 and the end of enough mapped memory that nobody else uses until then; `begin` must be
/// sound in another thread.
pub unsafe fn start_thread(
    stack_top: usize,
    _stack_size: usize,
    number: &'static AtomicU32,
    begin: unsafe extern "C" fn(*mut u8) -> !,
    argument: *mut u8,
) -> Result<(), Error> {
    // SAFETY: the caller's promise.
    check(unsafe { clone(FLAGS, stack_top, number.as_ptr(), number.as_ptr(), begin, argument) }).map(drop)
}

/// To be called by a new thread first of all, with the lower and upper end of its stack, which it returns. Behind the stack is that
/// for the handler of faults.
///
/// # Safety
/// As for [`set_handler_stack`].
pub unsafe fn enter_thread(low: usize, high: usize) -> (usize, usize) {
    // SAFETY: the caller's promise.
    unsafe { set_handler_stack(high) };
    (low, high)
}

/// Ends the calling thread; the kernel clears its number. _exit(2)
pub fn exit_thread(_number: &AtomicU32) -> ! {
    loop {
        // SAFETY: the call does not return.
        unsafe { system_call(number::EXIT, [0; 6]) };
    }
}
