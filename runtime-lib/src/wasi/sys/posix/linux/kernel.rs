//! The kernel's own resolution of paths beneath a directory: openat2(2), since Linux 5.6.

use crate::wasi::errno::{Errno, Result};
use crate::wasi::sys::posix::errors::translate;
use crate::wasi::sys::posix::sandbox::others_may_interfere;
use core::ffi::CStr;
use core::sync::atomic::{AtomicBool, Ordering};
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io;

/// Attempts at a path while the tree changes under the kernel's hands (openat2(2), EAGAIN).
const ATTEMPTS: usize = 8;

/// openat2(2) is known to be missing.
static NO_OPENAT2: AtomicBool = AtomicBool::new(false);

/// openat2(2), `None` where the walk is to answer.
pub fn open_by_kernel(directory: BorrowedFd<'_>, path: &CStr, flags: OFlags, mode: Mode) -> Option<Result<OwnedFd>> {
    if NO_OPENAT2.load(Ordering::Relaxed) {
        return None;
    }
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let mut attempts = 0;
    loop {
        others_may_interfere();
        return match rustix::fs::openat2(directory, path, flags, mode, resolve) {
            Ok(opened) => Some(Ok(opened)),
            // The path leads outside.
            Err(io::Errno::XDEV) => Some(Err(Errno::PERM)),
            Err(io::Errno::INTR) => continue,
            Err(io::Errno::AGAIN) if attempts < ATTEMPTS => {
                attempts += 1;
                continue;
            }
            Err(io::Errno::AGAIN) => None,
            Err(io::Errno::NOSYS) => {
                NO_OPENAT2.store(true, Ordering::Relaxed);
                None
            }
            // A seccomp filter, or the file's own refusal: the walk runs into the latter too.
            Err(io::Errno::PERM) => None,
            Err(error) => Some(Err(translate(error))),
        };
    }
}
