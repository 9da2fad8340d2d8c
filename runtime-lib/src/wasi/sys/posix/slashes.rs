//! What slashes after the last component of a path mean, where the kernel does not get to see them: that it is a directory, and no
//! link to one.

use super::errors::translate;
use super::sandbox::{Location, is_portable};
use crate::wasi::errno::{Errno, Result};
use rustix::fs::{AtFlags, FileType};

/// The type of what has the name; a symbolic link's own.
fn type_of(place: &Location<'_>) -> Result<FileType> {
    let stat = rustix::fs::statat(place.directory(), place.name, AtFlags::SYMLINK_NOFOLLOW).map_err(translate)?;
    Ok(FileType::from_raw_mode(stat.st_mode))
}

/// Fails where the name is not a directory's.
pub(super) fn expect_directory(place: &Location<'_>) -> Result<()> {
    if type_of(place)? == FileType::Directory { Ok(()) } else { Err(Errno::NOTDIR) }
}

/// Fails for a new file whose name has slashes after it: only a directory can be made under such a name.
pub(super) fn refuse_new(place: &Location<'_>) -> Result<()> {
    if !place.slash || !is_portable() {
        return Ok(());
    }
    // `noent` where there is nothing.
    type_of(place)?;
    Err(Errno::EXIST)
}

/// Fails for a file that is to be removed and whose name has slashes after it: it is no file, or not what they say.
pub(super) fn refuse_file(place: &Location<'_>) -> Result<()> {
    if !place.slash || !is_portable() {
        return Ok(());
    }
    expect_directory(place)?;
    Err(Errno::ISDIR)
}
