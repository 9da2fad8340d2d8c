//! The first code of a program: arguments and environment, in UTF-8.

use super::api::{GetCommandLineW, GetEnvironmentStringsW};
use crate::wide;

/// The units before the zero that ends a text.
///
/// # Safety
/// There must be such a zero, and the text must never change.
unsafe fn text(start: *const u16) -> &'static [u16] {
    let mut length = 0;
    // SAFETY: the caller's promise.
    unsafe {
        while *start.add(length) != 0 {
            length += 1;
        }
        core::slice::from_raw_parts(start, length)
    }
}

pub(super) unsafe extern "C" fn start() -> ! {
    // SAFETY: both stay as they are as long as the process lives; an empty text ends the environment.
    let (line, environment) = unsafe {
        let environment = GetEnvironmentStringsW();
        let mut end = environment;
        while *end != 0 {
            end = end.add(text(end).len() + 1);
        }
        let length = end.offset_from_unsigned(environment);
        (text(GetCommandLineW()), core::slice::from_raw_parts(environment, length))
    };
    let (arguments, environment) = wide::vectors(line, environment, |size| super::allocate(size).ok());
    // SAFETY: arrays with a null pointer at the end, of texts that end with a zero byte.
    unsafe { crate::process::set_vectors(arguments, environment) };
    crate::start::start()
}
