//! The few things about handles that even the smallest program carries. rustix has them too, but with assertions whose
//! messages draw `core::fmt` into the executable.

use super::architecture::{number, system_call};
use super::constants::{open, socket};
use super::error::{Error, check};
use core::ffi::CStr;

/// AT_FDCWD.
const WORKING_DIRECTORY: usize = -100isize as usize;
const F_DUPFD_CLOEXEC: usize = 1030;

/// Opens a path of the host's; openat(2) with these flags, relative to the working directory.
pub fn open(path: &CStr, flags: u32) -> Result<i32, Error> {
    loop {
        // SAFETY: the kernel reads the path as far as its zero byte; nothing is created, so no mode is read.
        let returned = unsafe {
            system_call(number::OPENAT, [WORKING_DIRECTORY, path.as_ptr().expose_provenance(), flags as usize, 0, 0, 0])
        };
        match check(returned) {
            Err(Error::INTERRUPTED) => continue,
            // Handles are small.
            result => return result.map(|handle| handle as i32),
        }
    }
}

/// Makes a file that only its owner may read, and opens it for writing; openat(2). Fails where there is one already, even
/// a link.
pub fn create_new(path: &CStr) -> Result<i32, Error> {
    const WRITE_ONLY: usize = 0o1;
    const CLOSE_ON_EXEC: usize = 0o200_0000;
    let flags = WRITE_ONLY | open::CREATE | open::EXCLUSIVE | CLOSE_ON_EXEC;
    // SAFETY: the kernel reads the path as far as its zero byte.
    let returned = unsafe {
        system_call(number::OPENAT, [WORKING_DIRECTORY, path.as_ptr().expose_provenance(), flags, 0o600, 0, 0])
    };
    // Handles are small.
    check(returned).map(|handle| handle as i32)
}

/// Removes a file; unlinkat(2).
pub fn remove(path: &CStr) -> Result<(), Error> {
    // SAFETY: as above.
    let returned =
        unsafe { system_call(number::UNLINKAT, [WORKING_DIRECTORY, path.as_ptr().expose_provenance(), 0, 0, 0, 0]) };
    check(returned).map(drop)
}

/// A second handle for what `handle` stands for, at least `least`, closed on exec; fcntl(2).
pub fn duplicate(handle: i32, least: i32) -> Result<i32, Error> {
    // SAFETY: no memory is involved, and no handle changes.
    let returned = unsafe { system_call(number::FCNTL, [handle as usize, F_DUPFD_CLOEXEC, least as usize, 0, 0, 0]) };
    check(returned).map(|handle| handle as i32)
}

/// An option of a socket that is a number; getsockopt(2).
fn socket_option(handle: i32, option: usize) -> Result<i32, Error> {
    let (mut value, mut size) = (0i32, size_of::<i32>() as u32);
    // SAFETY: the kernel writes an `int` and its size to the two variables.
    let returned = unsafe {
        system_call(
            number::GETSOCKOPT,
            [
                handle as usize,
                socket::LEVEL,
                option,
                (&raw mut value).expose_provenance(),
                (&raw mut size).expose_provenance(),
                0,
            ],
        )
    };
    check(returned).map(|_| value)
}

/// SOCK_STREAM (1), SOCK_DGRAM (2) and so on; socket(7), SO_TYPE.
pub fn socket_type(handle: i32) -> Result<i32, Error> {
    socket_option(handle, socket::TYPE)
}

/// Whether connections can be accepted; socket(7), SO_ACCEPTCONN.
pub fn is_listening(handle: i32) -> Result<bool, Error> {
    socket_option(handle, socket::ACCEPTS).map(|value| value != 0)
}
