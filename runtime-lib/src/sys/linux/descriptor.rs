//! Reading and writing the standard descriptors, and ending the process.

use super::architecture::{number, system_call};
use super::error::{Error, check};

/// Descriptor of standard input.
pub const STANDARD_INPUT: i32 = 0;
/// Descriptor of standard output.
pub const STANDARD_OUTPUT: i32 = 1;
/// Descriptor of standard error.
pub const STANDARD_ERROR: i32 = 2;

/// Reads what is there, waiting for the first byte; 0 at the end of the file. read(2).
pub fn read(descriptor: i32, buffer: &mut [u8]) -> Result<usize, Error> {
    loop {
        // SAFETY: the kernel writes into the borrowed buffer, and not beyond its length.
        let returned = unsafe {
            system_call(
                number::READ,
                [descriptor as usize, buffer.as_mut_ptr().expose_provenance(), buffer.len(), 0, 0, 0],
            )
        };
        match check(returned) {
            Err(Error::INTERRUPTED) => continue,
            result => return result,
        }
    }
}

/// Writes all of `bytes`, as far as the descriptor takes them. write(2).
pub fn write_all(descriptor: i32, bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        // SAFETY: the kernel only reads the borrowed bytes.
        let returned = unsafe {
            system_call(number::WRITE, [descriptor as usize, rest.as_ptr().expose_provenance(), rest.len(), 0, 0, 0])
        };
        match check(returned) {
            Ok(written) if written > 0 => rest = rest.get(written..).unwrap_or(&[]),
            Err(Error::INTERRUPTED) => continue,
            _ => return,
        }
    }
}

/// Writes `length` bytes of memory that starts at `address`. write(2).
///
/// # Safety
/// They must be mapped; that others may write to them is no harm.
pub unsafe fn write_memory(descriptor: i32, mut address: usize, mut length: usize) -> Result<(), Error> {
    while length > 0 {
        // SAFETY: the kernel only reads the bytes, which the caller promises are there.
        let returned = unsafe { system_call(number::WRITE, [descriptor as usize, address, length, 0, 0, 0]) };
        match check(returned) {
            Ok(0) => return Err(Error::NO_SPACE),
            Ok(written) => {
                address += written;
                length -= written;
            }
            Err(Error::INTERRUPTED) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Ends the process, all threads of it. exit_group(2).
pub fn exit(code: i32) -> ! {
    loop {
        // SAFETY: the call does not return.
        unsafe { system_call(number::EXIT_GROUP, [code as usize, 0, 0, 0, 0, 0]) };
    }
}
