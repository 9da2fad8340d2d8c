//! Reading and writing handles, the standard ones and consoles among them, and ending the process.

use super::api::{
    self, ERROR_BROKEN_PIPE, ERROR_HANDLE_EOF, GetConsoleMode, GetStdHandle, Handle, ReadConsoleW, ReadFile,
    WriteConsoleW, WriteFile,
};
use super::error::Error;
use crate::wide;

/// Descriptor of standard input. It and the next two are no handles: those are multiples of four.
pub const STANDARD_INPUT: i32 = 0;
/// Descriptor of standard output.
pub const STANDARD_OUTPUT: i32 = 1;
/// Descriptor of standard error.
pub const STANDARD_ERROR: i32 = 2;

/// Most that one call transfers.
const MOST: usize = 1 << 30;

/// The handle for a descriptor.
pub fn native(descriptor: i32) -> Handle {
    match descriptor {
        // STD_INPUT_HANDLE is -10, and so on.
        // SAFETY: reads what the process was started with.
        0..=2 => unsafe { GetStdHandle((-10 - descriptor) as u32) },
        _ => core::ptr::with_exposed_provenance_mut(descriptor as isize as usize),
    }
}

/// Whether a handle is a console's.
pub fn is_console(handle: Handle) -> bool {
    let mut mode = 0;
    // SAFETY: writes a number, for any handle.
    unsafe { GetConsoleMode(handle, &raw mut mode) != 0 }
}

/// Reads what is there, waiting for the first byte; 0 at the end of the file.
pub fn read(descriptor: i32, buffer: &mut [u8]) -> Result<usize, Error> {
    // SAFETY: a borrowed buffer.
    unsafe { read_memory(descriptor, buffer.as_mut_ptr(), buffer.len()) }
}

/// As [`read`], into memory.
///
/// # Safety
/// `length` bytes from `start` on must be writable; that others may write to them is no harm.
pub unsafe fn read_memory(descriptor: i32, start: *mut u8, length: usize) -> Result<usize, Error> {
    let handle = native(descriptor);
    if is_console(handle) {
        // SAFETY: the caller's promise.
        return unsafe { read_console(handle, start, length) };
    }
    let mut count = 0;
    // SAFETY: the caller's promise.
    let done = unsafe { ReadFile(handle, start, length.min(MOST) as u32, &raw mut count, core::ptr::null_mut()) };
    match Error::last() {
        _ if done != 0 => Ok(count as usize),
        // The other end is closed, and all is read.
        Error(code) if matches!(code as u32, ERROR_BROKEN_PIPE | ERROR_HANDLE_EOF) => Ok(0),
        error => Err(error),
    }
}

/// A line of a console's, at most so much of it as surely fits: a unit of UTF-16 takes three bytes. A surrogate whose other
/// half comes with the next call is replaced.
///
/// # Safety
/// As for [`read_memory`].
unsafe fn read_console(handle: Handle, start: *mut u8, length: usize) -> Result<usize, Error> {
    let mut units = [0u16; 512];
    let most = (length / 3).min(units.len());
    if most == 0 {
        return Ok(0);
    }
    let mut count = 0;
    // SAFETY: writes no more units than are asked for.
    let done = unsafe { ReadConsoleW(handle, units.as_mut_ptr(), most as u32, &raw mut count, core::ptr::null()) };
    if done == 0 {
        return Err(Error::last());
    }
    let read = units.get(..count as usize).unwrap_or(&[]);
    // Ctrl-Z at the start of a line ends the input.
    if read.first() == Some(&0x1a) {
        return Ok(0);
    }
    let mut at = 0;
    for byte in wide::to_utf8(read) {
        if at < length {
            // SAFETY: below the length that the caller promised.
            unsafe { start.add(at).write(byte) };
            at += 1;
        }
    }
    Ok(at)
}

/// Writes some of `bytes`.
pub fn write(descriptor: i32, bytes: &[u8]) -> Result<usize, Error> {
    let handle = native(descriptor);
    if is_console(handle) {
        return write_console(handle, bytes);
    }
    let mut count = 0;
    // SAFETY: reads borrowed bytes.
    let done = unsafe {
        WriteFile(handle, bytes.as_ptr(), bytes.len().min(MOST) as u32, &raw mut count, core::ptr::null_mut())
    };
    if done == 0 { Err(Error::last()) } else { Ok(count as usize) }
}

/// Writes text to a console: as many characters of UTF-8 as fit a buffer. A character that the bytes break off is
/// replaced.
fn write_console(handle: Handle, bytes: &[u8]) -> Result<usize, Error> {
    let mut units = [0u16; 1024];
    let (taken, count) = wide::from_utf8(bytes, &mut units);
    let mut written = 0;
    // SAFETY: reads as many units as there are.
    let done = unsafe { WriteConsoleW(handle, units.as_ptr(), count as u32, &raw mut written, core::ptr::null_mut()) };
    if done == 0 { Err(Error::last()) } else { Ok(taken) }
}

/// Writes all of `bytes`, as far as the descriptor takes them.
pub fn write_all(descriptor: i32, bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        match write(descriptor, rest) {
            Ok(written) if written > 0 => rest = rest.get(written..).unwrap_or(&[]),
            _ => return,
        }
    }
}

/// Writes `length` bytes of memory that starts at `address`.
///
/// # Safety
/// They must be mapped; that others may write to them is no harm.
pub unsafe fn write_memory(descriptor: i32, address: usize, length: usize) -> Result<(), Error> {
    let mut done = 0;
    while done < length {
        // SAFETY: the caller's promise.
        let rest =
            unsafe { core::slice::from_raw_parts(core::ptr::with_exposed_provenance(address + done), length - done) };
        match write(descriptor, rest)? {
            0 => return Err(Error(112)),
            written => done += written,
        }
    }
    Ok(())
}

/// Ends the process, all threads of it.
///
/// Not with `ExitProcess`: that stops the other threads wherever they are and then tells the libraries of the end, which may
/// wait for a lock that one of the stopped has ("ExitProcess function", Remarks). No library here has anything to do at the end.
pub fn exit(code: i32) -> ! {
    loop {
        // SAFETY: nothing of this process runs afterwards.
        unsafe { api::TerminateProcess(api::THIS_PROCESS, code as u32) };
    }
}
