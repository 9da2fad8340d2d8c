//! Directory entries: creating, linking, renaming, removing.

use super::errno::{Errno, Result, code};
use super::filestat::follows;
use super::memory::{GuestMemory, address};
use super::path::{CAPACITY, Path};
use super::rights::{self, Rights};
use super::sys::{self, Handle};
use super::table;

/// The directory of a path parameter, if it has the `needed` rights, and the path.
fn locate(fd: i32, needed: Rights, path: (i32, i32)) -> Result<(Handle, Path)> {
    let directory = table::get_directory(fd, needed)?;
    Ok((directory.handle, Path::from_guest(GuestMemory::of_program()?, path.0, path.1)?))
}

fn create_directory(fd: i32, path: (i32, i32)) -> Result<()> {
    let (directory, mut path) = locate(fd, rights::PATH_CREATE_DIRECTORY, path)?;
    sys::create_directory(directory, &mut path)
}

fn link(old_fd: i32, flags: i32, old_path: (i32, i32), new_fd: i32, new_path: (i32, i32)) -> Result<()> {
    let follow = follows(flags)?;
    let (old_directory, mut old_path) = locate(old_fd, rights::PATH_LINK_SOURCE, old_path)?;
    let (new_directory, mut new_path) = locate(new_fd, rights::PATH_LINK_TARGET, new_path)?;
    sys::link(old_directory, &mut old_path, follow, new_directory, &mut new_path)
}

fn read_link(fd: i32, path: (i32, i32), buffer: i32, length: i32, result: i32) -> Result<()> {
    let memory = GuestMemory::of_program()?;
    let buffer = memory.bytes(address(buffer), u64::from(length as u32))?;
    memory.bytes(address(result), 4)?;
    let (directory, mut path) = locate(fd, rights::PATH_READLINK, path)?;
    let mut target = [0; CAPACITY];
    let length = sys::read_link(directory, &mut path, &mut target)?;
    let target = target.get(..length).unwrap_or(&[]);
    // Such a link leads nowhere for the program, and would tell it of the host's file system.
    if target.first() == Some(&b'/') {
        return Err(Errno::PERM);
    }
    buffer.fill_from(target);
    // Neither exceeds 32 bits.
    memory.write_u32(result, target.len().min(buffer.length()) as u32)
}

fn remove_directory(fd: i32, path: (i32, i32)) -> Result<()> {
    let (directory, mut path) = locate(fd, rights::PATH_REMOVE_DIRECTORY, path)?;
    sys::remove_directory(directory, &mut path)
}

fn rename(old_fd: i32, old_path: (i32, i32), new_fd: i32, new_path: (i32, i32)) -> Result<()> {
    let (old_directory, mut old_path) = locate(old_fd, rights::PATH_RENAME_SOURCE, old_path)?;
    let (new_directory, mut new_path) = locate(new_fd, rights::PATH_RENAME_TARGET, new_path)?;
    sys::rename(old_directory, &mut old_path, new_directory, &mut new_path)
}

fn symlink(target: (i32, i32), fd: i32, path: (i32, i32)) -> Result<()> {
    let (directory, mut path) = locate(fd, rights::PATH_SYMLINK, path)?;
    let target = Path::from_guest(GuestMemory::of_program()?, target.0, target.1)?;
    sys::symlink(&target, directory, &mut path)
}

fn unlink(fd: i32, path: (i32, i32)) -> Result<()> {
    let (directory, mut path) = locate(fd, rights::PATH_UNLINK_FILE, path)?;
    sys::unlink(directory, &mut path)
}

/// Creates a directory.
#[unsafe(export_name = "wasi_snapshot_preview1.path_create_directory")]
pub extern "C" fn path_create_directory(fd: i32, path: i32, path_len: i32) -> i32 {
    code(create_directory(fd, (path, path_len)))
}

/// Gives a file another name.
#[unsafe(export_name = "wasi_snapshot_preview1.path_link")]
pub extern "C" fn path_link(
    old_fd: i32,
    old_flags: i32,
    old_path: i32,
    old_path_len: i32,
    new_fd: i32,
    new_path: i32,
    new_path_len: i32,
) -> i32 {
    code(link(old_fd, old_flags, (old_path, old_path_len), new_fd, (new_path, new_path_len)))
}

/// Tells where a symbolic link leads.
#[unsafe(export_name = "wasi_snapshot_preview1.path_readlink")]
pub extern "C" fn path_readlink(fd: i32, path: i32, path_len: i32, buf: i32, buf_len: i32, bufused: i32) -> i32 {
    code(read_link(fd, (path, path_len), buf, buf_len, bufused))
}

/// Removes an empty directory.
#[unsafe(export_name = "wasi_snapshot_preview1.path_remove_directory")]
pub extern "C" fn path_remove_directory(fd: i32, path: i32, path_len: i32) -> i32 {
    code(remove_directory(fd, (path, path_len)))
}

/// Renames a file or directory.
#[unsafe(export_name = "wasi_snapshot_preview1.path_rename")]
pub extern "C" fn path_rename(
    fd: i32,
    old_path: i32,
    old_path_len: i32,
    new_fd: i32,
    new_path: i32,
    new_path_len: i32,
) -> i32 {
    code(rename(fd, (old_path, old_path_len), new_fd, (new_path, new_path_len)))
}

/// Creates a symbolic link, which must be relative.
#[unsafe(export_name = "wasi_snapshot_preview1.path_symlink")]
pub extern "C" fn path_symlink(old_path: i32, old_path_len: i32, fd: i32, new_path: i32, new_path_len: i32) -> i32 {
    code(symlink((old_path, old_path_len), fd, (new_path, new_path_len)))
}

/// Removes a file's name.
#[unsafe(export_name = "wasi_snapshot_preview1.path_unlink_file")]
pub extern "C" fn path_unlink_file(fd: i32, path: i32, path_len: i32) -> i32 {
    code(unlink(fd, (path, path_len)))
}
