//! What macOS has for WASI that Linux has not, or has in another way.

mod calls;
mod directory;

pub use calls::{clock_time, futimens, linkat, preadv, pwritev, renameat, unlinkat, utimensat};
pub use directory::read_directory;

use super::errors::{retry, translate};
use super::{Handle, borrow, keep_owned};
use crate::wasi::errno::{Errno, Result};
use core::ffi::CStr;
use rustix::event::PollFlags;
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::{self, FdFlags};
use rustix::net::SendFlags;
use rustix::process::Signal;

/// The kernel follows a link that has slashes after it, whatever it is asked to do.
pub const HAS_PATH_SEMANTICS_OF_LINUX: bool = false;

/// Flag of open(2) for a directory that is only a step on the way: no permission to read is needed. (O_EXEC, which with
/// O_DIRECTORY is O_SEARCH.)
pub const TRAVERSE: OFlags = OFlags::from_bits_retain(libc::O_EXEC as u32);

/// poll(2) does not tell that the other end will send no more; reading does.
pub const PEER_CLOSED: PollFlags = PollFlags::empty();

/// Flags of send(2). The signal that comes where the other end is closed is ignored anyway.
pub const SEND: SendFlags = SendFlags::empty();

/// There is no SIGPWR.
pub const POWER: Option<Signal> = None;

/// O_DSYNC.
pub const DSYNC: OFlags = OFlags::DSYNC;

/// The kernel cannot be asked to stay beneath a directory.
pub fn open_by_kernel(
    _directory: BorrowedFd<'_>,
    _path: &CStr,
    _flags: OFlags,
    _mode: Mode,
) -> Option<Result<OwnedFd>> {
    None
}

/// Some random bytes; getentropy(2), which has 256 at a time.
pub fn random(bytes: &mut [u8]) -> io::Result<usize> {
    let length = bytes.len().min(256);
    // SAFETY: writes as many bytes as it is told to, which the slice has.
    match unsafe { libc::getentropy(bytes.as_mut_ptr().cast(), length) } {
        0 => Ok(length),
        _ => Err(last_error()),
    }
}

/// That of the calling thread's last call.
fn last_error() -> io::Errno {
    // SAFETY: the address of the thread's own variable.
    io::Errno::from_raw_os_error(unsafe { *libc::__error() })
}

/// Advice is checked. Of the kernel's ways to take it (fcntl(2), F_RDADVISE), none changes what a program sees.
pub fn advise(handle: Handle, _offset: u64, _length: u64, advice: u8) -> Result<()> {
    rustix::fs::fstat(borrow(handle)).map_err(translate)?;
    if advice <= 5 { Ok(()) } else { Err(Errno::INVAL) }
}

/// Makes a file at least `offset + length` bytes long, with room for them; fcntl(2), F_PREALLOCATE, and ftruncate(2).
pub fn allocate(handle: Handle, offset: u64, length: u64) -> Result<()> {
    let size = rustix::fs::fstat(borrow(handle)).map_err(translate)?.st_size;
    let end = offset.checked_add(length).and_then(|end| i64::try_from(end).ok()).ok_or(Errno::FBIG)?;
    if end <= size {
        return Ok(());
    }
    let mut room = libc::fstore_t {
        fst_flags: libc::F_ALLOCATEALL,
        fst_posmode: libc::F_PEOFPOSMODE,
        fst_offset: 0,
        fst_length: end - size,
        fst_bytesalloc: 0,
    };
    // SAFETY: reads and writes the structure.
    if unsafe { libc::fcntl(handle, libc::F_PREALLOCATE, &raw mut room) } < 0 && last_error() == io::Errno::NOSPC {
        return Err(Errno::NOSPC);
    }
    // File systems that cannot do that make room as it is written to.
    retry(|| rustix::fs::ftruncate(borrow(handle), end as u64))
}

/// fsync(2): there is no other for data alone.
pub fn synchronize_data(handle: Handle) -> Result<()> {
    super::synchronize(handle)
}

/// accept(2). The new handle has flags of its own, not those of the one that listens.
pub fn accept(handle: Handle, nonblocking: bool) -> Result<Handle> {
    let accepted = retry(|| rustix::net::accept(borrow(handle)))?;
    rustix::io::fcntl_setfd(&accepted, FdFlags::CLOEXEC).map_err(translate)?;
    rustix::io::ioctl_fionbio(&accepted, nonblocking).map_err(translate)?;
    keep_owned(accepted)
}
