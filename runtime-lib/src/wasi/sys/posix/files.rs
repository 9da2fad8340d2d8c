//! Open files: transfer, position, attributes.

use super::errors::{retry, translate};
use super::{Handle, borrow, system};
use crate::wasi::descriptors::StatusFlags;
use crate::wasi::errno::{Errno, Result};
use crate::wasi::file_type;
use crate::wasi::filestat::{FileStatus, NewTime, NewTimes};
use crate::wasi::memory::GuestBytes;
use crate::wasi::scratch::Zeroed;
use rustix::fd::BorrowedFd;
use rustix::fs::{FileType, OFlags, SeekFrom, Stat, Timespec, Timestamps};
use rustix::io::{IoSlice, IoSliceMut};

/// A stretch of memory for the operating system to fill or empty: `struct iovec`, readv(2).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct IoVector {
    start: *mut u8,
    length: usize,
}

// SAFETY: an empty vector.
unsafe impl Zeroed for IoVector {}

const _: () = assert!(size_of::<IoVector>() == size_of::<IoSlice<'_>>());
const _: () = assert!(size_of::<IoVector>() == size_of::<IoSliceMut<'_>>());

impl IoVector {
    /// Most that one call takes (IOV_MAX, `UIO_MAXIOV` in the kernel).
    pub const MOST: usize = 1024;

    /// For a stretch of the program's memory.
    pub fn new(bytes: GuestBytes) -> IoVector {
        IoVector { start: bytes.start(), length: bytes.length() }
    }

    /// Number of bytes.
    #[cfg(test)]
    pub fn length(&self) -> usize {
        self.length
    }

    /// As rustix has it, to be filled.
    pub(super) fn to_fill(vectors: &mut [IoVector]) -> &mut [IoSliceMut<'_>] {
        // SAFETY: both are `struct iovec` (rustix, like std, promises that of its slices), and what they point to
        // was checked to lie in the program's memory, which is mapped and of which no Rust reference exists.
        unsafe { &mut *(core::ptr::from_mut(vectors) as *mut [IoSliceMut<'_>]) }
    }

    /// As rustix has it, to be emptied.
    pub(super) fn to_empty(vectors: &[IoVector]) -> &[IoSlice<'_>] {
        // SAFETY: as above.
        unsafe { &*(core::ptr::from_ref(vectors) as *const [IoSlice<'_>]) }
    }
}

/// Closes a handle. Errors of a write that the system put off are lost here, as everywhere (close(2)).
pub fn close(handle: Handle) {
    // SAFETY: the handle has left the descriptor table, nobody uses it any more.
    unsafe { rustix::io::close(handle) };
}

/// readv(2).
pub fn read(handle: Handle, vectors: &mut [IoVector]) -> Result<usize> {
    retry(|| rustix::io::readv(borrow(handle), IoVector::to_fill(vectors)))
}

/// writev(2).
pub fn write(handle: Handle, vectors: &[IoVector]) -> Result<usize> {
    retry(|| rustix::io::writev(borrow(handle), IoVector::to_empty(vectors)))
}

/// preadv(2).
pub fn read_at(handle: Handle, vectors: &mut [IoVector], offset: u64) -> Result<usize> {
    retry(|| system::preadv(borrow(handle), IoVector::to_fill(vectors), offset))
}

/// pwritev(2). A file in append mode is appended to.
pub fn write_at(handle: Handle, vectors: &[IoVector], offset: u64) -> Result<usize> {
    retry(|| system::pwritev(borrow(handle), IoVector::to_empty(vectors), offset))
}

/// Moves a file's position: `set`, `cur` or `end` as WASI's `whence` (0, 1, 2). lseek(2).
pub fn seek(handle: Handle, offset: i64, whence: u8) -> Result<u64> {
    let position = match whence {
        0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::INVAL)?),
        1 => SeekFrom::Current(offset),
        2 => SeekFrom::End(offset),
        _ => return Err(Errno::INVAL),
    };
    rustix::fs::seek(borrow(handle), position).map_err(translate)
}

/// fsync(2).
pub fn synchronize(handle: Handle) -> Result<()> {
    retry(|| rustix::fs::fsync(borrow(handle)))
}

/// ftruncate(2).
pub fn set_size(handle: Handle, size: u64) -> Result<()> {
    retry(|| rustix::fs::ftruncate(borrow(handle), size))
}

/// The flags of an open file; fcntl(2), F_GETFL.
pub fn status_flags(handle: Handle) -> Result<StatusFlags> {
    let flags = rustix::fs::fcntl_getfl(borrow(handle)).map_err(translate)?;
    let sync = flags.contains(OFlags::SYNC);
    Ok(StatusFlags {
        append: flags.contains(OFlags::APPEND),
        dsync: flags.contains(system::DSYNC) && !sync,
        nonblock: flags.contains(OFlags::NONBLOCK),
        // There is no separate O_RSYNC.
        rsync: false,
        sync,
    })
}

/// Changes the flags that can be changed, `append` and `nonblock`; fcntl(2), F_SETFL.
pub fn set_status_flags(handle: Handle, wanted: StatusFlags) -> Result<()> {
    let mut flags = rustix::fs::fcntl_getfl(borrow(handle)).map_err(translate)?;
    flags.set(OFlags::APPEND, wanted.append);
    flags.set(OFlags::NONBLOCK, wanted.nonblock);
    rustix::fs::fcntl_setfl(borrow(handle), flags).map_err(translate)
}

/// Nanoseconds since 1970, within what WASI can express.
fn nanoseconds(seconds: i64, rest: u64) -> u64 {
    u64::try_from(seconds).map_or(0, |seconds| seconds.saturating_mul(1_000_000_000).saturating_add(rest))
}

/// The type of a file that is known by its mode only. WASI cannot say "pipe".
pub(super) fn type_of(file: FileType) -> u8 {
    match file {
        FileType::RegularFile => file_type::REGULAR_FILE,
        FileType::Directory => file_type::DIRECTORY,
        FileType::Symlink => file_type::SYMBOLIC_LINK,
        FileType::CharacterDevice => file_type::CHARACTER_DEVICE,
        FileType::BlockDevice => file_type::BLOCK_DEVICE,
        FileType::Socket => file_type::SOCKET_STREAM,
        _ => file_type::UNKNOWN,
    }
}

/// stat(2)'s answer in WASI's terms.
#[allow(clippy::unnecessary_cast, reason = "the widths of the fields differ between processors")]
pub(super) fn status_of(stat: &Stat) -> FileStatus {
    FileStatus {
        device: stat.st_dev as u64,
        inode: stat.st_ino as u64,
        file_type: type_of(FileType::from_raw_mode(stat.st_mode)),
        links: stat.st_nlink as u64,
        size: stat.st_size as u64,
        accessed: nanoseconds(stat.st_atime as i64, stat.st_atime_nsec as u64),
        modified: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as u64),
        changed: nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as u64),
    }
}

/// fstat(2). On s390x by fstatat(2): qemu's user-mode emulation leaves the nanoseconds out of the other.
pub(super) fn fstat(handle: BorrowedFd<'_>) -> rustix::io::Result<Stat> {
    #[cfg(target_arch = "s390x")]
    return rustix::fs::statat(handle, c"", rustix::fs::AtFlags::EMPTY_PATH);
    #[cfg(not(target_arch = "s390x"))]
    rustix::fs::fstat(handle)
}

/// What there is to know of an open file.
pub fn status(handle: Handle) -> Result<FileStatus> {
    let mut status = status_of(&fstat(borrow(handle)).map_err(translate)?);
    if status.file_type == file_type::SOCKET_STREAM {
        status.file_type = super::sockets::socket_type(handle);
    }
    Ok(status)
}

/// Whether a handle is a terminal's; isatty(3).
pub fn is_terminal(handle: Handle) -> bool {
    rustix::termios::isatty(borrow(handle))
}

/// Times for utimensat(2).
pub(super) fn timestamps(times: NewTimes) -> Timestamps {
    let convert = |time| match time {
        NewTime::Keep => Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
        NewTime::Now => Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW },
        NewTime::At(time) => {
            // The quotient of a 64-bit number by 10^9 fits 35 bits.
            Timespec { tv_sec: (time / 1_000_000_000) as i64, tv_nsec: (time % 1_000_000_000) as _ }
        }
    };
    Timestamps { last_access: convert(times.accessed), last_modification: convert(times.modified) }
}

/// futimens(3).
pub fn set_times(handle: Handle, times: NewTimes) -> Result<()> {
    system::futimens(borrow(handle), &timestamps(times)).map_err(translate)
}

/// Bytes that can be read at once, as far as the system can tell; ioctl(2), FIONREAD.
pub fn available(handle: Handle) -> Result<u64> {
    if let Ok(position) = rustix::fs::tell(borrow(handle)) {
        let stat = rustix::fs::fstat(borrow(handle)).map_err(translate)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
            return Ok((stat.st_size as u64).saturating_sub(position));
        }
    }
    rustix::io::ioctl_fionread(borrow(handle)).map_err(translate)
}
