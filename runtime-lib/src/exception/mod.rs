//! Exceptions: thrown by compiled code, caught by the innermost function that wants them.
//!
//! The unwinder looks for a handler first and jumps then: while nobody is found, the stack of the throw is intact, and
//! can be told. Frames between the two are left as they are; nothing in them needs to be released.

pub mod object;
mod report;
pub mod table;

use wasmc_abi::exception::{Exception, Exceptions};
use wasmc_abi::trap::TrapCode;

use crate::arch::{self, Caller, FrameOf, Landing};
use crate::trap::backtrace::Backtrace;
use crate::trap::code_map::CodeMap;
use crate::trap::fault::Registers;
use crate::{process, program, trap};
use table::Table;

/// Looks for the handler of the pending exception, and writes where to go on; returns the exception, which the handler
/// wants. `frame` is the frame of the function that was called to throw it.
///
/// # Safety
/// To be called by the entries in `arch`, on behalf of compiled code of the program that `exceptions` describes.
pub(crate) unsafe extern "C" fn find_handler(
    exceptions: &Exceptions,
    frame: usize,
    landing: &mut Landing,
) -> *mut Exception {
    let exception = pending(exceptions);
    // SAFETY: code that throws has written the exception before.
    let tag = unsafe { (*exception).tag };
    // SAFETY: the compiler's description of its program.
    let table = unsafe { Table::new(exceptions) };
    let code = &program().code.text;
    let (mut record, mut of) = (frame, FrameOf::Library);
    loop {
        // SAFETY: `record` is the frame of a function that compiled code called, which keeps what leads to the caller's.
        // Compiled code always has a frame (ARCHITECTURE.md, invariant 6), and what is not compiled code ends the walk.
        let Caller { frame: caller, return_address } = unsafe { arch::known_caller_of(record, of) };
        let offset = (return_address as u64).wrapping_sub(code.start);
        if offset >= code.length {
            // A function of the runtime library waits here: the harness, `--invoke`, the start of the program.
            uncaught(exceptions, frame);
        }
        if let Some(handler) = table.handler(offset as u32, tag) {
            *landing = Landing {
                program_counter: (code.start + u64::from(handler.code)) as usize,
                stack_pointer: caller - handler.frame_size as usize,
                frame_pointer: caller,
            };
            return exception;
        }
        (record, of) = (caller, FrameOf::Compiled);
    }
}

/// As [`find_handler`], for an exception that was caught as a reference.
///
/// # Safety
/// As for [`find_handler`]; `exception` must be one of the program's.
pub(crate) unsafe extern "C" fn find_handler_again(
    exceptions: &Exceptions,
    exception: *const Exception,
    frame: usize,
    landing: &mut Landing,
) -> *mut Exception {
    // SAFETY: the caller's promise.
    unsafe {
        object::make_pending(exceptions, exception);
        find_handler(exceptions, frame, landing)
    }
}

/// The exception that is being thrown.
fn pending(exceptions: &Exceptions) -> *mut Exception {
    core::ptr::with_exposed_provenance_mut(exceptions.pending as usize)
}

/// Ends the program, or its part that the harness runs, because of an exception that nobody wants.
#[cold]
fn uncaught(exceptions: &Exceptions, frame: usize) -> ! {
    if let Some(point) = trap::catch::take() {
        // SAFETY: `catch_trap` is still waiting for its callee: it has not taken the point back.
        unsafe { arch::resume(point.stack_pointer, point.program_counter, TrapCode::UncaughtException as u32) }
    }
    let stack = crate::stack::with(frame);
    trap::become_reporter(stack);
    process::run_at_exit();
    let code_map = CodeMap::new(&program().code);
    let registers = Registers::of_library(frame);
    let backtrace = Backtrace::walk(&code_map, registers, stack);
    // SAFETY: code that throws has written the exception before; the tag is one of the program's.
    unsafe { report::uncaught(exceptions, &*pending(exceptions), &backtrace) }
}
