//! Reading and writing the standard descriptors, and ending the process.

use super::error::{Error, check_size};

/// Descriptor of standard input.
pub const STANDARD_INPUT: i32 = 0;
/// Descriptor of standard output.
pub const STANDARD_OUTPUT: i32 = 1;
/// Descriptor of standard error.
pub const STANDARD_ERROR: i32 = 2;

/// Most that one call transfers: more than INT_MAX is refused (write(2)).
const MOST: usize = 1 << 30;

/// Reads what is there, waiting for the first byte; 0 at the end of the file. read(2).
pub fn read(descriptor: i32, buffer: &mut [u8]) -> Result<usize, Error> {
    loop {
        // SAFETY: writes into the borrowed buffer, and not beyond its length.
        match check_size(unsafe { libc::read(descriptor, buffer.as_mut_ptr().cast(), buffer.len().min(MOST)) }) {
            Err(Error::INTERRUPTED) => continue,
            result => return result,
        }
    }
}

/// Writes all of `bytes`, as far as the descriptor takes them. write(2).
pub fn write_all(descriptor: i32, bytes: &[u8]) {
    // SAFETY: borrowed bytes. What is not taken is lost.
    let _ = unsafe { write_memory(descriptor, bytes.as_ptr().expose_provenance(), bytes.len()) };
}

/// Writes `length` bytes of memory that starts at `address`. write(2).
///
/// # Safety
/// They must be mapped; that others may write to them is no harm.
pub unsafe fn write_memory(descriptor: i32, mut address: usize, mut length: usize) -> Result<(), Error> {
    while length > 0 {
        let start = core::ptr::with_exposed_provenance(address);
        // SAFETY: only reads the bytes, which the caller promises are there.
        match check_size(unsafe { libc::write(descriptor, start, length.min(MOST)) }) {
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

/// Ends the process, all threads of it, without what a C program does at its end. _exit(2).
pub fn exit(code: i32) -> ! {
    // SAFETY: nothing of this process runs afterwards.
    unsafe { libc::_exit(code) }
}
