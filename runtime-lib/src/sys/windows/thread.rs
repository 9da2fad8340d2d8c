//! Threads of the process, each on a stack that Windows makes.

use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};

use super::api::{CloseHandle, CreateThread, ExitThread, STACK_SIZE_PARAM_IS_A_RESERVATION};
use super::error::Error;
use super::stack::{self, STACK_GUARD};

/// Exceptions are handled on a thread's own stack only, if Windows knows it.
pub const MAKES_STACKS: bool = true;

/// The handler of faults uses the guaranteed bytes of the thread's stack.
pub const HANDLER_STACK_SIZE: usize = 0;

/// Stack that Windows, and the start of a thread, use before the program does.
const BEFORE: usize = 64 << 10;

/// Starts a thread that calls `begin` with `argument` on a stack of `stack_size` bytes, and some more. `number` is for
/// [`exit_thread`] to clear.
///
/// # Safety
/// `begin` must be sound in another thread.
pub unsafe fn start_thread(
    _stack_top: usize,
    stack_size: usize,
    _number: &'static AtomicU32,
    begin: unsafe extern "C" fn(*mut u8) -> !,
    argument: *mut u8,
) -> Result<(), Error> {
    let size = stack_size.saturating_add(STACK_GUARD + BEFORE);
    let flags = STACK_SIZE_PARAM_IS_A_RESERVATION;
    // SAFETY: the caller's promise. On this processor the two conventions are the same, and a function that does not return has
    // no result.
    unsafe {
        let begin =
            core::mem::transmute::<*const (), unsafe extern "system" fn(*mut c_void) -> u32>(begin as *const ());
        let thread = CreateThread(core::ptr::null(), size, begin, argument.cast(), flags, core::ptr::null_mut());
        if thread.is_null() {
            return Err(Error::last());
        }
        CloseHandle(thread);
    }
    Ok(())
}

/// To be called by a new thread first of all: the lower and upper end of its stack.
///
/// # Safety
/// None is needed.
pub unsafe fn enter_thread(_low: usize, _high: usize) -> (usize, usize) {
    stack::guard_whole().unwrap_or_else(|| crate::process::fatal(&[b"cannot guard the stack of a thread"]))
}

/// Ends the calling thread, which leaves what it had to others once `number` is 0: all but its stack, which Windows gives back.
pub fn exit_thread(number: &AtomicU32) -> ! {
    number.store(0, Ordering::Release);
    // SAFETY: the thread holds nothing.
    unsafe { ExitThread(0) }
}
