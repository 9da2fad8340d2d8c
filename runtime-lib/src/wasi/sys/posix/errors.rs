//! From Linux's error numbers to WASI's.

use crate::wasi::errno::Errno;
use rustix::io;

/// The WASI error number that means the same.
pub fn translate(error: io::Errno) -> Errno {
    match error {
        io::Errno::TOOBIG => Errno::TOO_BIG,
        io::Errno::ACCESS => Errno::ACCES,
        io::Errno::ADDRINUSE => Errno::ADDRINUSE,
        io::Errno::ADDRNOTAVAIL => Errno::ADDRNOTAVAIL,
        io::Errno::AFNOSUPPORT => Errno::AFNOSUPPORT,
        io::Errno::AGAIN => Errno::AGAIN,
        io::Errno::ALREADY => Errno::ALREADY,
        io::Errno::BADF => Errno::BADF,
        io::Errno::BADMSG => Errno::BADMSG,
        io::Errno::BUSY => Errno::BUSY,
        io::Errno::CANCELED => Errno::CANCELED,
        io::Errno::CHILD => Errno::CHILD,
        io::Errno::CONNABORTED => Errno::CONNABORTED,
        io::Errno::CONNREFUSED => Errno::CONNREFUSED,
        io::Errno::CONNRESET => Errno::CONNRESET,
        io::Errno::DEADLK => Errno::DEADLK,
        io::Errno::DESTADDRREQ => Errno::DESTADDRREQ,
        io::Errno::DOM => Errno::DOM,
        io::Errno::DQUOT => Errno::DQUOT,
        io::Errno::EXIST => Errno::EXIST,
        io::Errno::FAULT => Errno::FAULT,
        io::Errno::FBIG => Errno::FBIG,
        io::Errno::HOSTUNREACH => Errno::HOSTUNREACH,
        io::Errno::IDRM => Errno::IDRM,
        io::Errno::ILSEQ => Errno::ILSEQ,
        io::Errno::INPROGRESS => Errno::INPROGRESS,
        io::Errno::INTR => Errno::INTR,
        io::Errno::INVAL => Errno::INVAL,
        io::Errno::ISCONN => Errno::ISCONN,
        io::Errno::ISDIR => Errno::ISDIR,
        io::Errno::LOOP => Errno::LOOP,
        io::Errno::MFILE => Errno::MFILE,
        io::Errno::MLINK => Errno::MLINK,
        io::Errno::MSGSIZE => Errno::MSGSIZE,
        io::Errno::MULTIHOP => Errno::MULTIHOP,
        io::Errno::NAMETOOLONG => Errno::NAMETOOLONG,
        io::Errno::NETDOWN => Errno::NETDOWN,
        io::Errno::NETRESET => Errno::NETRESET,
        io::Errno::NETUNREACH => Errno::NETUNREACH,
        io::Errno::NFILE => Errno::NFILE,
        io::Errno::NOBUFS => Errno::NOBUFS,
        io::Errno::NODEV => Errno::NODEV,
        io::Errno::NOENT => Errno::NOENT,
        io::Errno::NOEXEC => Errno::NOEXEC,
        io::Errno::NOLCK => Errno::NOLCK,
        io::Errno::NOLINK => Errno::NOLINK,
        io::Errno::NOMEM => Errno::NOMEM,
        io::Errno::NOMSG => Errno::NOMSG,
        io::Errno::NOPROTOOPT => Errno::NOPROTOOPT,
        io::Errno::NOSPC => Errno::NOSPC,
        io::Errno::NOSYS => Errno::NOSYS,
        io::Errno::NOTCONN => Errno::NOTCONN,
        io::Errno::NOTDIR => Errno::NOTDIR,
        io::Errno::NOTEMPTY => Errno::NOTEMPTY,
        io::Errno::NOTRECOVERABLE => Errno::NOTRECOVERABLE,
        io::Errno::NOTSOCK => Errno::NOTSOCK,
        // ENOTSUP has the same number.
        io::Errno::OPNOTSUPP => Errno::NOTSUP,
        io::Errno::NOTTY => Errno::NOTTY,
        io::Errno::NXIO => Errno::NXIO,
        io::Errno::OVERFLOW => Errno::OVERFLOW,
        io::Errno::OWNERDEAD => Errno::OWNERDEAD,
        io::Errno::PERM => Errno::PERM,
        io::Errno::PIPE => Errno::PIPE,
        io::Errno::PROTO => Errno::PROTO,
        io::Errno::PROTONOSUPPORT => Errno::PROTONOSUPPORT,
        io::Errno::PROTOTYPE => Errno::PROTOTYPE,
        io::Errno::RANGE => Errno::RANGE,
        io::Errno::ROFS => Errno::ROFS,
        io::Errno::SPIPE => Errno::SPIPE,
        io::Errno::SRCH => Errno::SRCH,
        io::Errno::STALE => Errno::STALE,
        io::Errno::TIMEDOUT => Errno::TIMEDOUT,
        io::Errno::TXTBSY => Errno::TXTBSY,
        io::Errno::XDEV => Errno::XDEV,
        // EIO, and the numbers that WASI has no word for.
        _ => Errno::IO,
    }
}

/// The same for an error of a system call that this crate makes itself.
pub fn of_system(error: crate::sys::Error) -> Errno {
    translate(io::Errno::from_raw_os_error(error.0))
}

/// Calls again what a signal interrupted, and translates its error.
pub fn retry<T>(call: impl FnMut() -> io::Result<T>) -> Result<T, Errno> {
    io::retry_on_intr(call).map_err(translate)
}
