//! Error numbers: macOS's (`sys/errno.h`) for Linux's.

use std::cell::Cell;
use std::ffi::c_int;

thread_local! {
    static ERROR: Cell<c_int> = const { Cell::new(0) };
}

/// Linux's number, then macOS's, where they differ.
const DIFFERENT: &[(c_int, c_int)] = &[
    (libc::EAGAIN, 35),
    (libc::EDEADLK, 11),
    (libc::ENAMETOOLONG, 63),
    (libc::ENOLCK, 77),
    (libc::ENOSYS, 78),
    (libc::ENOTEMPTY, 66),
    (libc::ELOOP, 62),
    (libc::EOVERFLOW, 84),
    (libc::EILSEQ, 92),
    (libc::ENOTSOCK, 38),
    (libc::EDESTADDRREQ, 39),
    (libc::EMSGSIZE, 40),
    (libc::EPROTOTYPE, 41),
    (libc::ENOPROTOOPT, 42),
    (libc::EPROTONOSUPPORT, 43),
    (libc::EOPNOTSUPP, 102),
    (libc::EAFNOSUPPORT, 47),
    (libc::EADDRINUSE, 48),
    (libc::EADDRNOTAVAIL, 49),
    (libc::ENETDOWN, 50),
    (libc::ENETUNREACH, 51),
    (libc::ENETRESET, 52),
    (libc::ECONNABORTED, 53),
    (libc::ECONNRESET, 54),
    (libc::ENOBUFS, 55),
    (libc::EISCONN, 56),
    (libc::ENOTCONN, 57),
    (libc::ETIMEDOUT, 60),
    (libc::ECONNREFUSED, 61),
    (libc::EHOSTUNREACH, 65),
    (libc::EALREADY, 37),
    (libc::EINPROGRESS, 36),
    (libc::ESTALE, 70),
    (libc::EDQUOT, 69),
    (libc::ECANCELED, 89),
];

/// `__error`: where the thread's number is.
pub extern "C" fn place() -> *mut c_int {
    ERROR.with(Cell::as_ptr)
}

/// What a function of Linux returned that returns a negative number where it fails: its error becomes macOS's.
pub fn check<T: PartialOrd + Default>(returned: T) -> T {
    if returned < T::default() {
        // SAFETY: the thread's own variable.
        let number = unsafe { *libc::__errno_location() };
        set(DIFFERENT.iter().find(|(linux, _)| *linux == number).map_or(number, |(_, macos)| *macos));
    }
    returned
}

/// Sets macOS's number.
pub fn set(number: c_int) {
    ERROR.set(number);
}
