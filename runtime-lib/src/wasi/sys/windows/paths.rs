//! Operations on paths: not yet.

use super::Handle;
use crate::wasi::errno::{Errno, Result};
use crate::wasi::filestat::{FileStatus, NewTimes};
use crate::wasi::path::Path;
use crate::wasi::path_open::Opening;

/// Not yet.
pub fn open(_directory: Handle, _path: &Path, _opening: Opening) -> Result<Handle> {
    Err(Errno::NOTSUP)
}

/// Not yet.
pub fn open_host_directory(_path: &Path) -> Result<Handle> {
    Err(Errno::NOTSUP)
}

/// Not yet.
pub fn create_directory(_directory: Handle, _path: &mut Path) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Not yet.
pub fn link(_a: Handle, _b: &mut Path, _c: bool, _d: Handle, _e: &mut Path) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Not yet.
pub fn read_link(_d: Handle, _p: &mut Path, _t: &mut [u8]) -> Result<usize> {
    Err(Errno::NOTSUP)
}

/// Not yet.
pub fn remove_directory(_d: Handle, _p: &mut Path) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Not yet.
pub fn rename(_a: Handle, _b: &mut Path, _d: Handle, _e: &mut Path) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Not yet.
pub fn symlink(_t: &Path, _d: Handle, _p: &mut Path) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Not yet.
pub fn unlink(_d: Handle, _p: &mut Path) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Not yet.
pub fn status_at(_d: Handle, _p: &Path, _f: bool) -> Result<FileStatus> {
    Err(Errno::NOTSUP)
}

/// Not yet.
pub fn set_times_at(_d: Handle, _p: &mut Path, _f: bool, _t: NewTimes) -> Result<()> {
    Err(Errno::NOTSUP)
}
