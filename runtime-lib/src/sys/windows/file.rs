//! The few things about files that also programs without WASI do.

use core::ffi::CStr;

use super::api::{CREATE_NEW, CreateFileW, DeleteFileW, FILE_ATTRIBUTE_NORMAL, GENERIC_WRITE, INVALID_HANDLE};
use super::error::Error;
use crate::wide;

/// Units of the longest path of the host's.
const LONGEST: usize = 4096;

/// A path as Windows wants it.
fn with_path<T>(path: &CStr, call: impl FnOnce(*const u16) -> T) -> T {
    let mut units = [0; LONGEST];
    // A zero stays behind what fits.
    let room = units.len() - 1;
    wide::from_utf8(path.to_bytes(), units.get_mut(..room).unwrap_or(&mut []));
    call(units.as_ptr())
}

/// Makes a file and opens it for writing. Fails where there is one already.
pub fn create_new(path: &CStr) -> Result<i32, Error> {
    let (null, attributes) = (core::ptr::null(), FILE_ATTRIBUTE_NORMAL);
    // SAFETY: reads the path as far as its zero.
    let handle = with_path(path, |path| unsafe {
        CreateFileW(path, GENERIC_WRITE, 0, null, CREATE_NEW, attributes, core::ptr::null_mut())
    });
    if handle == INVALID_HANDLE { Err(Error::last()) } else { Ok(handle.addr() as i32) }
}

/// Removes a file.
pub fn remove(path: &CStr) -> Result<(), Error> {
    // SAFETY: as above.
    let done = with_path(path, |path| unsafe { DeleteFileW(path) });
    if done == 0 { Err(Error::last()) } else { Ok(()) }
}
