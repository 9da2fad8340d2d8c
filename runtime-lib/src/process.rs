//! What the operating system handed to the process, and the ways out of it.

use core::sync::atomic::{AtomicPtr, Ordering};

use crate::output::Output;
use crate::sys;

static ARGUMENTS: AtomicPtr<*const u8> = AtomicPtr::new(core::ptr::null_mut());
static ENVIRONMENT: AtomicPtr<*const u8> = AtomicPtr::new(core::ptr::null_mut());
static AT_EXIT: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

/// The strings of an array that ends with a null pointer.
#[derive(Clone, Debug)]
pub struct Strings {
    next: *const *const u8,
}

impl Iterator for Strings {
    type Item = &'static [u8];

    fn next(&mut self) -> Option<&'static [u8]> {
        if self.next.is_null() {
            return None;
        }
        // SAFETY: `set_vectors` was promised an array that ends with a null pointer, and `next` does not pass that.
        let string = unsafe { *self.next };
        if string.is_null() {
            return None;
        }
        // SAFETY: as above: the element at `next` is not the last.
        self.next = unsafe { self.next.add(1) };
        // SAFETY: `set_vectors` was promised strings that end with a zero byte and live as long as the process.
        Some(unsafe { core::ffi::CStr::from_ptr(string.cast()) }.to_bytes())
    }
}

/// Remembers the arguments and the environment.
///
/// # Safety
/// Both must be arrays of zero-terminated strings that end with a null pointer and stay unchanged for ever.
pub unsafe fn set_vectors(arguments: *const *const u8, environment: *const *const u8) {
    ARGUMENTS.store(arguments.cast_mut(), Ordering::Relaxed);
    ENVIRONMENT.store(environment.cast_mut(), Ordering::Relaxed);
}

/// The command line, the program's own name first.
pub fn arguments() -> Strings {
    Strings { next: ARGUMENTS.load(Ordering::Relaxed) }
}

/// The environment, each `NAME=VALUE`.
pub fn environment() -> Strings {
    Strings { next: ENVIRONMENT.load(Ordering::Relaxed) }
}

/// The environment as the operating system laid it out; null where nobody has called `set_vectors`.
pub fn environment_array() -> *const *const u8 {
    ENVIRONMENT.load(Ordering::Relaxed)
}

/// The value of an environment variable.
// In most programs there is one caller.
#[inline(always)]
pub fn variable(name: &[u8]) -> Option<&'static [u8]> {
    environment().find_map(|entry| entry.strip_prefix(name)?.strip_prefix(b"="))
}

/// Has `function` called before the process ends by [`exit`]: for output that is still in a buffer.
pub fn set_at_exit(function: fn()) {
    AT_EXIT.store(function as *mut (), Ordering::Relaxed);
}

/// Calls, once, what [`set_at_exit`] was given.
pub fn run_at_exit() {
    let function = AT_EXIT.swap(core::ptr::null_mut(), Ordering::Relaxed);
    if !function.is_null() {
        // SAFETY: only `set_at_exit` stores here, and it stores a `fn()`.
        let function: fn() = unsafe { core::mem::transmute(function) };
        function();
    }
}

/// Ends the process. The operating system keeps the low 8 bits of the code.
pub fn exit(code: i32) -> ! {
    run_at_exit();
    sys::exit(code)
}

/// Ends the process with exit code 1 and a message on standard error: `wasmc: `, the parts, a line end.
pub fn fatal(parts: &[&[u8]]) -> ! {
    fatal_message(&|output| {
        for part in parts {
            output.bytes(part);
        }
    })
}

/// As [`fatal`], for a message with numbers in it.
#[cold]
pub fn fatal_message(write: &dyn Fn(&mut Output<'_>)) -> ! {
    run_at_exit();
    let mut storage = [0; 512];
    let mut output = Output::new(sys::STANDARD_ERROR, &mut storage);
    output.bytes(b"wasmc: ");
    write(&mut output);
    output.byte(b'\n');
    output.flush();
    sys::exit(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_walked_to_their_null_pointers() {
        assert_eq!(arguments().count(), 0);
        let vector = |strings: [&'static core::ffi::CStr; 2]| {
            let pointers = vec![strings[0].as_ptr().cast(), strings[1].as_ptr().cast(), core::ptr::null::<u8>()];
            pointers.leak().as_ptr()
        };
        // SAFETY: both arrays end with a null pointer and live for ever.
        unsafe { set_vectors(vector([c"program", c""]), vector([c"AB=1=2", c"A="])) };
        assert!(arguments().eq([&b"program"[..], b""]));
        assert_eq!(variable(b"AB"), Some(&b"1=2"[..]));
        assert_eq!(variable(b"A"), Some(&b""[..]));
        assert_eq!(variable(b"B"), None);
        // SAFETY: no arrays.
        unsafe { set_vectors(core::ptr::null(), core::ptr::null()) };
    }
}
