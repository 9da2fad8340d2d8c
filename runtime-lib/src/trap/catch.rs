//! Catching a trap, or an exception that nobody else catches: the harness goes on with its next command after one.

use core::sync::atomic::{AtomicUsize, Ordering};

use wasmc_abi::trap::TrapCode;

use crate::arch::{self, ResumePoint};

/// Where [`catch_trap`] waits: the two words of a [`ResumePoint`], zeros where nobody does.
static WAITING: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

/// Calls `function` with `argument`, and returns the trap that ended it, or `None` if it returned.
///
/// A trap leaves the frames of everything that `function` called, without running any of their code: nothing there may
/// hold something to release. There is one thread, and the call must not be nested.
///
/// # Safety
/// What `function` does with `argument` must be sound.
pub unsafe fn catch_trap(function: unsafe extern "C" fn(*mut u8), argument: *mut u8) -> Option<TrapCode> {
    // SAFETY: the caller's promise. The two words are written by the callee before `function` begins, and read by `take` on the same thread
    // (in program order, or in a signal handler that interrupted it).
    let code = unsafe { arch::call_with_resume_point(function, argument, WAITING.as_ptr().cast_mut().cast()) };
    WAITING[0].store(0, Ordering::Relaxed);
    TrapCode::from_number(code as u8)
}

/// The place where a trap is waited for, which is then no longer waited for.
pub(crate) fn take() -> Option<ResumePoint> {
    let stack_pointer = WAITING[0].swap(0, Ordering::Relaxed);
    let program_counter = WAITING[1].load(Ordering::Relaxed);
    (stack_pointer != 0).then_some(ResumePoint { stack_pointer, program_counter })
}
