//! What Linux has for WASI that macOS has not, or has in another way.

mod directory;
mod kernel;

pub use directory::read_directory;
pub use kernel::open_by_kernel;
pub use rustix::fs::{futimens, linkat, renameat, unlinkat, utimensat};
pub use rustix::io::{preadv, pwritev};

use super::errors::{retry, translate};
use super::{Handle, borrow, keep_owned};
use crate::sys;
use crate::wasi::errno::{Errno, Result};
use core::num::NonZeroU64;
use rustix::event::PollFlags;
use rustix::fs::{Advice, FallocateFlags, OFlags};
use rustix::io;
use rustix::net::{SendFlags, SocketFlags};
use rustix::process::Signal;
use rustix::rand::GetRandomFlags;
use rustix::time::ClockId;

/// The kernel follows no link because of slashes after it, and has handles that are for asking only.
pub const HAS_PATH_SEMANTICS_OF_LINUX: bool = true;

/// Flag of open(2) for what is only a step on the way, or only asked about: no permission to read is needed.
pub const TRAVERSE: OFlags = OFlags::PATH;

/// poll(2) tells that the other end will send no more.
pub const PEER_CLOSED: PollFlags = PollFlags::RDHUP;

/// Flags of send(2): no signal where the other end is closed.
pub const SEND: SendFlags = SendFlags::NOSIGNAL;

/// SIGPWR.
pub const POWER: Option<Signal> = Some(Signal::POWER);

/// O_DSYNC (`asm-generic/fcntl.h`, `arch/mips/include/uapi/asm/fcntl.h`), which is a part of O_SYNC. rustix takes the one for the other.
pub const DSYNC: OFlags = OFlags::from_bits_retain(if cfg!(target_arch = "mips") { 0x10 } else { 0o10000 });

const _: () = assert!(OFlags::SYNC.contains(DSYNC) && OFlags::SYNC.bits() != DSYNC.bits());

/// What a clock shows, in nanoseconds, where the vDSO is not to be asked.
pub fn clock_time(clock: ClockId) -> Option<u64> {
    (!sys::offers_vdso()).then(|| sys::clock_time(clock as usize))
}

/// Some random bytes; getrandom(2).
pub fn random(bytes: &mut [u8]) -> io::Result<usize> {
    rustix::rand::getrandom(bytes, GetRandomFlags::empty())
}

/// posix_fadvise(2), with WASI's numbers for the advice.
pub fn advise(handle: Handle, offset: u64, length: u64, advice: u8) -> Result<()> {
    let advice = match advice {
        0 => Advice::Normal,
        1 => Advice::Sequential,
        2 => Advice::Random,
        3 => Advice::WillNeed,
        4 => Advice::DontNeed,
        5 => Advice::NoReuse,
        _ => return Err(Errno::INVAL),
    };
    rustix::fs::fadvise(borrow(handle), offset, NonZeroU64::new(length), advice).map_err(translate)
}

/// fallocate(2).
pub fn allocate(handle: Handle, offset: u64, length: u64) -> Result<()> {
    retry(|| rustix::fs::fallocate(borrow(handle), FallocateFlags::empty(), offset, length))
}

/// fdatasync(2).
pub fn synchronize_data(handle: Handle) -> Result<()> {
    retry(|| rustix::fs::fdatasync(borrow(handle)))
}

/// accept4(2).
pub fn accept(handle: Handle, nonblocking: bool) -> Result<Handle> {
    let mut flags = SocketFlags::CLOEXEC;
    flags.set(SocketFlags::NONBLOCK, nonblocking);
    keep_owned(retry(|| rustix::net::accept_with(borrow(handle), flags))?)
}
