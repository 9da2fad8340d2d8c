//! Error numbers of libSystem.

/// Why a call failed: an `errno` number (intro(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(pub i32);

impl Error {
    pub(super) const INTERRUPTED: Error = Error(libc::EINTR);
    pub(super) const EXISTS: Error = Error(libc::EEXIST);
    pub(super) const NO_SPACE: Error = Error(libc::ENOSPC);
    /// ENOTSOCK.
    pub const NOT_A_SOCKET: Error = Error(libc::ENOTSOCK);

    /// That of the calling thread's last call.
    pub(super) fn last() -> Error {
        // SAFETY: the address of the thread's own variable.
        Error(unsafe { *libc::__error() })
    }

    /// What it means for a mapping that was refused (mmap(2)).
    pub fn explanation(self) -> &'static str {
        match self.0 {
            libc::EPERM | libc::EACCES => "not permitted",
            libc::ENOMEM => "not enough address space or memory",
            libc::EEXIST => "something else is there",
            _ => "refused",
        }
    }
}

/// What a function returned that returns -1 where it fails.
pub(super) fn check(returned: i32) -> Result<i32, Error> {
    if returned < 0 { Err(Error::last()) } else { Ok(returned) }
}

/// The same for a number of bytes.
pub(super) fn check_size(returned: isize) -> Result<usize, Error> {
    usize::try_from(returned).map_err(|_| Error::last())
}
