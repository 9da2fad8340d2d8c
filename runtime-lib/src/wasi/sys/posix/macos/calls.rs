//! Functions of libSystem that are called directly: every macOS that programs are for has them. rustix looks for them when it
//! runs, and has others to take their place.

use super::last_error;
use core::ffi::CStr;
use rustix::fd::{AsFd, AsRawFd};
use rustix::fs::{AtFlags, Timespec, Timestamps};
use rustix::io::{IoSlice, IoSliceMut, Result};
use rustix::time::ClockId;

fn check(returned: i32) -> Result<()> {
    if returned < 0 { Err(last_error()) } else { Ok(()) }
}

fn check_size(returned: isize) -> Result<usize> {
    usize::try_from(returned).map_err(|_| last_error())
}

/// linkat(2).
pub fn linkat(old: impl AsFd, old_name: &CStr, new: impl AsFd, new_name: &CStr, flags: AtFlags) -> Result<()> {
    let (old, new) = (old.as_fd().as_raw_fd(), new.as_fd().as_raw_fd());
    // SAFETY: reads the names as far as their zero bytes.
    check(unsafe { libc::linkat(old, old_name.as_ptr(), new, new_name.as_ptr(), flags.bits() as i32) })
}

/// renameat(2).
pub fn renameat(old: impl AsFd, old_name: &CStr, new: impl AsFd, new_name: &CStr) -> Result<()> {
    let (old, new) = (old.as_fd().as_raw_fd(), new.as_fd().as_raw_fd());
    // SAFETY: as above.
    check(unsafe { libc::renameat(old, old_name.as_ptr(), new, new_name.as_ptr()) })
}

/// unlinkat(2).
pub fn unlinkat(directory: impl AsFd, name: &CStr, flags: AtFlags) -> Result<()> {
    // SAFETY: as above.
    check(unsafe { libc::unlinkat(directory.as_fd().as_raw_fd(), name.as_ptr(), flags.bits() as i32) })
}

fn times(times: &Timestamps) -> [libc::timespec; 2] {
    let convert = |time: Timespec| libc::timespec { tv_sec: time.tv_sec, tv_nsec: time.tv_nsec as libc::c_long };
    [convert(times.last_access), convert(times.last_modification)]
}

/// utimensat(2).
pub fn utimensat(directory: impl AsFd, name: &CStr, new: &Timestamps, flags: AtFlags) -> Result<()> {
    let directory = directory.as_fd().as_raw_fd();
    // SAFETY: reads the name as far as its zero byte, and two times.
    check(unsafe { libc::utimensat(directory, name.as_ptr(), times(new).as_ptr(), flags.bits() as i32) })
}

/// futimens(2).
pub fn futimens(file: impl AsFd, new: &Timestamps) -> Result<()> {
    // SAFETY: reads two times.
    check(unsafe { libc::futimens(file.as_fd().as_raw_fd(), times(new).as_ptr()) })
}

/// preadv(2).
pub fn preadv(file: impl AsFd, buffers: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize> {
    let (start, count) = (buffers.as_mut_ptr().cast(), buffers.len() as i32);
    // SAFETY: fills as many buffers as there are, which are laid out as `struct iovec`. There are no more than IOV_MAX.
    check_size(unsafe { libc::preadv(file.as_fd().as_raw_fd(), start, count, offset as i64) })
}

/// pwritev(2).
pub fn pwritev(file: impl AsFd, buffers: &[IoSlice<'_>], offset: u64) -> Result<usize> {
    // SAFETY: reads as many buffers.
    check_size(unsafe {
        libc::pwritev(file.as_fd().as_raw_fd(), buffers.as_ptr().cast(), buffers.len() as i32, offset as i64)
    })
}

/// What a clock shows, in nanoseconds; clock_gettime(3).
pub fn clock_time(clock: ClockId) -> Option<u64> {
    Some(crate::sys::clock_time(clock as libc::clockid_t))
}
