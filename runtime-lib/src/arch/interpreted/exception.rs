//! Entries of the unwinder, and its jump into a handler.

use wasmc_abi::exception::{Exception, Exceptions};

use super::control::current_frame;
use super::host::land;
use super::machine::machine;
use crate::arch::Landing;
use crate::exception::{find_handler, find_handler_again};

/// See [`wasmc_abi::symbols::THROW`].
///
/// # Safety
/// To be called by compiled code, with the description of its program's exceptions.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_throw(exceptions: &Exceptions) {
    // SAFETY: the caller's promise.
    go_to_handler(|landing| unsafe { find_handler(exceptions, current_frame(), landing) });
}

/// See [`wasmc_abi::symbols::THROW_REFERENCE`].
///
/// # Safety
/// As for [`wasmc_throw`]; the second argument must be one of the program's exceptions.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_throw_reference(exceptions: &Exceptions, exception: *const Exception) {
    // SAFETY: the caller's promise.
    go_to_handler(|landing| unsafe { find_handler_again(exceptions, exception, current_frame(), landing) });
}

fn go_to_handler(find: impl FnOnce(&mut Landing) -> *mut Exception) {
    let mut landing = Landing { program_counter: 0, stack_pointer: 0, frame_pointer: 0 };
    let exception = find(&mut landing);
    if let Some(machine) = machine() {
        // SAFETY: compiled code waits for this function.
        land(unsafe { &mut *machine }, &landing, exception.cast());
    }
}
