//! Standard streams, and files, of which there are none.

use core::ffi::CStr;

use super::platform;

/// Why something is refused: an `errno` number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(pub i32);

impl Error {
    pub(super) const NO_MEMORY: Error = Error(12);
    const NOT_SUPPORTED: Error = Error(95);

    /// What it means for memory that was refused.
    pub fn explanation(self) -> &'static str {
        "the platform has less memory"
    }
}

/// Nothing: the end of the file.
pub fn read(_descriptor: i32, _buffer: &mut [u8]) -> Result<usize, Error> {
    Ok(0)
}

/// Writes all of `bytes` to a standard stream.
pub fn write_all(descriptor: i32, bytes: &[u8]) {
    platform::write(descriptor, bytes);
}

/// Writes `length` bytes of memory that starts at `address` to a standard stream.
///
/// # Safety
/// They must be readable.
pub unsafe fn write_memory(descriptor: i32, address: usize, length: usize) -> Result<(), Error> {
    // SAFETY: the caller's promise.
    platform::write(descriptor, unsafe {
        core::slice::from_raw_parts(core::ptr::with_exposed_provenance(address), length)
    });
    Ok(())
}

/// There are no files.
pub fn create_new(_path: &CStr) -> Result<i32, Error> {
    Err(Error::NOT_SUPPORTED)
}

/// There are no files.
pub fn remove(_path: &CStr) -> Result<(), Error> {
    Err(Error::NOT_SUPPORTED)
}

/// There are no signals.
pub fn ignore_signal(_signal: i32) {}
