//! The few things about handles that even the smallest program carries.

use core::ffi::CStr;

use libc::{F_DUPFD_CLOEXEC, O_CLOEXEC, O_CREAT, O_EXCL, O_WRONLY, SO_ACCEPTCONN, SO_TYPE, SOL_SOCKET};

use super::error::{Error, check};

/// Opens a path of the host's; open(2) with these flags, relative to the working directory.
pub fn open(path: &CStr, flags: u32) -> Result<i32, Error> {
    loop {
        // SAFETY: reads the path as far as its zero byte; nothing is created, so no mode is read.
        match check(unsafe { libc::open(path.as_ptr(), flags as i32) }) {
            Err(Error::INTERRUPTED) => continue,
            result => return result,
        }
    }
}

/// Makes a file that only its owner may read, and opens it for writing; open(2). Fails where there is one already, even
/// a link.
pub fn create_new(path: &CStr) -> Result<i32, Error> {
    // SAFETY: reads the path as far as its zero byte. The mode is an `int`, as variable arguments are.
    check(unsafe { libc::open(path.as_ptr(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) })
}

/// Removes a file; unlink(2).
pub fn remove(path: &CStr) -> Result<(), Error> {
    // SAFETY: reads the path as far as its zero byte.
    check(unsafe { libc::unlink(path.as_ptr()) }).map(drop)
}

/// A second handle for what `handle` stands for, at least `least`, closed on exec; fcntl(2).
pub fn duplicate(handle: i32, least: i32) -> Result<i32, Error> {
    // SAFETY: no memory is involved, and no handle changes.
    check(unsafe { libc::fcntl(handle, F_DUPFD_CLOEXEC, least) })
}

/// An option of a socket that is a number; getsockopt(2).
fn socket_option(handle: i32, option: i32) -> Result<i32, Error> {
    let (mut value, mut size) = (0i32, size_of::<i32>() as u32);
    // SAFETY: an `int` and its size are written to the two variables.
    check(unsafe { libc::getsockopt(handle, SOL_SOCKET, option, (&raw mut value).cast(), &raw mut size) })?;
    Ok(value)
}

/// SOCK_STREAM (1), SOCK_DGRAM (2) and so on; SO_TYPE.
pub fn socket_type(handle: i32) -> Result<i32, Error> {
    socket_option(handle, SO_TYPE)
}

/// Whether connections can be accepted; SO_ACCEPTCONN.
pub fn is_listening(handle: i32) -> Result<bool, Error> {
    socket_option(handle, SO_ACCEPTCONN).map(|value| value != 0)
}
