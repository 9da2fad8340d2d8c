//! From Windows' error numbers to WASI's.

use crate::sys::Error;
use crate::sys::api::{Bool, RtlNtStatusToDosError};
use crate::wasi::errno::{Errno, Result};

/// The WASI error number that means the same ("System Error Codes").
pub fn translate(error: Error) -> Errno {
    match error.0 {
        // ERROR_INVALID_FUNCTION, _NOT_SUPPORTED, _CALL_NOT_IMPLEMENTED
        1 | 50 | 120 => Errno::NOTSUP,
        // _FILE_NOT_FOUND, _PATH_NOT_FOUND, _DELETE_PENDING
        2 | 3 | 303 => Errno::NOENT,
        // _BAD_NETPATH, _BAD_NET_NAME, _INVALID_NAME
        53 | 67 | 123 => Errno::NOENT,
        4 => Errno::MFILE,
        // _ACCESS_DENIED, _NETWORK_ACCESS_DENIED, _SHARING_VIOLATION, _LOCK_VIOLATION
        5 | 65 => Errno::ACCES,
        32 | 33 => Errno::BUSY,
        6 => Errno::BADF,
        // _NOT_ENOUGH_MEMORY, _OUTOFMEMORY, _COMMITMENT_LIMIT
        8 | 14 | 1455 => Errno::NOMEM,
        17 => Errno::XDEV,
        19 => Errno::ROFS,
        // _HANDLE_DISK_FULL, _DISK_FULL
        39 | 112 => Errno::NOSPC,
        // _FILE_EXISTS, _ALREADY_EXISTS
        80 | 183 => Errno::EXIST,
        // _INVALID_PARAMETER, _NEGATIVE_SEEK, _NOT_A_REPARSE_POINT
        87 | 131 | 4390 => Errno::INVAL,
        // _BROKEN_PIPE, _NO_DATA
        109 | 232 => Errno::PIPE,
        // _SEEK_ON_DEVICE
        132 => Errno::SPIPE,
        145 => Errno::NOTEMPTY,
        206 => Errno::NAMETOOLONG,
        // _FILE_TOO_LARGE
        223 => Errno::FBIG,
        // _DIRECTORY
        267 => Errno::NOTDIR,
        // _DIRECTORY_NOT_SUPPORTED
        336 => Errno::ISDIR,
        995 => Errno::CANCELED,
        // _PRIVILEGE_NOT_HELD
        1314 => Errno::PERM,
        1142 => Errno::MLINK,
        // _CANT_RESOLVE_FILENAME
        1921 => Errno::LOOP,
        _ => Errno::IO,
    }
}

/// The last error, where a call says that it failed.
pub fn check(done: Bool) -> Result<()> {
    if done == 0 { Err(translate(Error::last())) } else { Ok(()) }
}

/// The error that an `NTSTATUS` of ntdll's means.
pub fn check_status(status: i32) -> Result<()> {
    /// STATUS_FILE_IS_A_DIRECTORY, which becomes "access denied" among Win32's.
    const IS_A_DIRECTORY: i32 = 0xc000_00ba_u32 as i32;
    match status {
        0.. => Ok(()),
        IS_A_DIRECTORY => Err(Errno::ISDIR),
        // SAFETY: looks a number up.
        _ => Err(translate(Error(unsafe { RtlNtStatusToDosError(status) } as i32))),
    }
}
