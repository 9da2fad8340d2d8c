//! Runs an executable for macOS on x86-64 Linux, as far as wasmc makes them: maps its segments, follows its chained fixups, has
//! functions of this machine's C library stand for those of libSystem, and calls its entry point.
//!
//! It is no emulator of macOS: what the kernel does is Linux's way. It shows that an executable can be loaded, that addresses
//! in it are right, and that the runtime library calls what it means to call, with Apple's constants and structures.
//!
//! Usage: `macho-loader EXECUTABLE ARGUMENT…`

mod calls;
mod convert;
mod directories;
mod errno;
mod image;
mod libsystem;
mod signals;

use std::ffi::{CString, OsString, c_char};
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

/// An array of C's, which ends with a null pointer.
fn array(texts: impl Iterator<Item = OsString>) -> *const *const c_char {
    let texts =
        texts.map(|text| CString::new(text.into_vec()).expect("no text of a process has a zero in it").into_raw());
    let pointers: Vec<*const c_char> = texts.map(<*mut c_char>::cast_const).chain([std::ptr::null()]).collect();
    pointers.leak().as_ptr()
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let Some(path) = arguments.first() else {
        eprintln!("Usage: macho-loader EXECUTABLE ARGUMENT…");
        return ExitCode::from(2);
    };
    let loaded = std::fs::read(path).map_err(|error| error.to_string()).and_then(|file| image::load(&file));
    let entry = match loaded {
        Ok(entry) => entry,
        Err(error) => {
            eprintln!("macho-loader: {}: {error}", path.display());
            return ExitCode::from(125);
        }
    };
    let count = arguments.len() as i32;
    let environment = std::env::vars_os().map(|(name, value)| {
        let mut entry = name;
        entry.push("=");
        entry.push(value);
        entry
    });
    let (environment, arguments) = (array(environment), array(arguments.into_iter()));
    // SAFETY: the address of the executable's entry point, which dyld calls like this. Whether it is sound to run it is up to who
    // built it.
    let code = unsafe {
        let entry: extern "C" fn(i32, *const *const c_char, *const *const c_char) -> i32 = std::mem::transmute(entry);
        entry(count, arguments, environment)
    };
    ExitCode::from(code as u8)
}
