//! Open files: transfer, position, attributes.

use super::Handle;
use super::clocks::{from_windows, now, to_windows};
use super::errors::{check, check_status, translate};
use crate::sys;
use crate::sys::api::{
    self, BasicInformation, CloseHandle, Completion, FILE_APPEND_DATA, FILE_ATTRIBUTE_DIRECTORY,
    FILE_ATTRIBUTE_REPARSE_POINT, FILE_BASIC_INFORMATION, FILE_END_OF_FILE_INFORMATION, FILE_TYPE_CHAR, FILE_TYPE_DISK,
    FILE_WRITE_DATA, FILE_WRITE_THROUGH, FileInformation, FlushFileBuffers, GetFileInformationByHandle,
    GetFileInformationByHandleEx, GetFileType, NtQueryInformationFile, Overlapped, PeekNamedPipe, ReadFile,
    SetFileInformationByHandle, SetFilePointerEx, WriteFile,
};
use crate::wasi::descriptors::StatusFlags;
use crate::wasi::errno::{Errno, Result};
use crate::wasi::file_type;
use crate::wasi::filestat::{FileStatus, NewTime, NewTimes};
use crate::wasi::memory::GuestBytes;
use crate::wasi::scratch::Zeroed;

/// A stretch of the program's memory to fill or empty.
#[derive(Clone, Copy)]
pub struct IoVector {
    start: *mut u8,
    length: usize,
}

// SAFETY: an empty vector.
unsafe impl Zeroed for IoVector {}

impl IoVector {
    /// Most that one call takes.
    pub const MOST: usize = 1024;

    /// For a stretch of the program's memory.
    pub fn new(bytes: GuestBytes) -> IoVector {
        IoVector { start: bytes.start(), length: bytes.length() }
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: checked to lie in the program's memory, which is mapped; Windows only reads the bytes.
        unsafe { core::slice::from_raw_parts(self.start, self.length) }
    }
}

fn kind(handle: Handle) -> u32 {
    // SAFETY: asks about a handle.
    unsafe { GetFileType(sys::native(handle)) }
}

/// Closes a handle. The standard ones stay open for what the runtime library reports.
pub fn close(handle: Handle) {
    if handle > super::STANDARD_ERROR {
        // SAFETY: the handle has left the descriptor table, nobody uses it any more.
        unsafe { CloseHandle(sys::native(handle)) };
    }
}

/// Transfers vector by vector, as long as each is transferred whole.
fn each(vectors: &[IoVector], mut transfer: impl FnMut(&IoVector, usize) -> Result<usize>) -> Result<usize> {
    let mut done = 0;
    for vector in vectors {
        match transfer(vector, done) {
            Ok(length) => {
                done += length;
                if length < vector.length {
                    break;
                }
            }
            Err(errno) if done == 0 => return Err(errno),
            Err(_) => break,
        }
    }
    Ok(done)
}

/// Fills vectors: of anything but a file only the first, as there may be no more without waiting.
pub fn read(handle: Handle, vectors: &mut [IoVector]) -> Result<usize> {
    let count = if kind(handle) == FILE_TYPE_DISK { vectors.len() } else { 1 };
    each(vectors.get(..count).unwrap_or(vectors), |vector, _| {
        // SAFETY: checked to lie in the program's memory.
        unsafe { sys::read_memory(handle, vector.start, vector.length) }.map_err(of_transfer)
    })
}

/// Empties vectors.
pub fn write(handle: Handle, vectors: &[IoVector]) -> Result<usize> {
    each(vectors, |vector, _| sys::write(handle, vector.bytes()).map_err(of_transfer))
}

/// A file that is not open for what is asked of it is a bad one, to WASI.
fn of_transfer(error: sys::Error) -> Errno {
    match translate(error) {
        Errno::ACCES => Errno::BADF,
        // ReadFile of a directory.
        Errno::NOTSUP => Errno::ISDIR,
        errno => errno,
    }
}

/// Transfers at an offset, and puts the position back that Windows moves.
fn transfer_at(
    handle: Handle,
    vectors: &[IoVector],
    offset: u64,
    mut transfer: impl FnMut(&IoVector, &mut u32, *mut Overlapped) -> api::Bool,
) -> Result<usize> {
    let position = seek(handle, 0, 1)?;
    let done = each(vectors, |vector, done| {
        let mut place =
            Overlapped { internal: [0; 2], offset: offset.saturating_add(done as u64), event: core::ptr::null_mut() };
        let mut count = 0;
        match transfer(vector, &mut count, &raw mut place) {
            0 => match sys::Error::last() {
                sys::Error(code) if code as u32 == api::ERROR_HANDLE_EOF => Ok(0),
                error => Err(of_transfer(error)),
            },
            _ => Ok(count as usize),
        }
    });
    seek(handle, position as i64, 0)?;
    done
}

/// Reads at an offset.
pub fn read_at(handle: Handle, vectors: &mut [IoVector], offset: u64) -> Result<usize> {
    transfer_at(handle, vectors, offset, |vector, count, place| {
        // SAFETY: checked to lie in the program's memory.
        unsafe { ReadFile(sys::native(handle), vector.start, most(vector), count, place.cast()) }
    })
}

/// Writes at an offset. A file in append mode is appended to.
pub fn write_at(handle: Handle, vectors: &[IoVector], offset: u64) -> Result<usize> {
    transfer_at(handle, vectors, offset, |vector, count, place| {
        // SAFETY: as above.
        unsafe { WriteFile(sys::native(handle), vector.start, most(vector), count, place.cast()) }
    })
}

fn most(vector: &IoVector) -> u32 {
    vector.length.min(1 << 30) as u32
}

/// Moves a file's position: `set`, `cur` or `end` as WASI's `whence` (0, 1, 2).
pub fn seek(handle: Handle, offset: i64, whence: u8) -> Result<u64> {
    if whence > 2 || whence == 0 && offset < 0 {
        return Err(Errno::INVAL);
    }
    if kind(handle) != FILE_TYPE_DISK {
        return Err(Errno::SPIPE);
    }
    let mut position = 0;
    // SAFETY: writes a number.
    check(unsafe { SetFilePointerEx(sys::native(handle), offset, &raw mut position, whence.into()) })?;
    Ok(position as u64)
}

/// Windows takes no advice on open files.
pub fn advise(handle: Handle, _offset: u64, _length: u64, advice: u8) -> Result<()> {
    match kind(handle) {
        _ if advice > 5 => Err(Errno::INVAL),
        FILE_TYPE_DISK => Ok(()),
        _ => Err(Errno::SPIPE),
    }
}

/// Makes a file as long as it takes.
pub fn allocate(handle: Handle, offset: u64, length: u64) -> Result<()> {
    let end = offset.checked_add(length).filter(|&end| end <= i64::MAX as u64).ok_or(Errno::FBIG)?;
    if kind(handle) != FILE_TYPE_DISK {
        return Err(Errno::SPIPE);
    }
    if status(handle)?.size < end { set_size(handle, end) } else { Ok(()) }
}

/// Has contents and attributes stored.
pub fn synchronize(handle: Handle) -> Result<()> {
    // SAFETY: asks for it.
    match check(unsafe { FlushFileBuffers(sys::native(handle)) }) {
        // It is open for reading only: there is nothing to store.
        Err(Errno::ACCES) => Ok(()),
        // A console.
        Err(Errno::BADF | Errno::NOTSUP) => Err(Errno::INVAL),
        result => result,
    }
}

/// Has contents stored, and attributes too.
pub fn synchronize_data(handle: Handle) -> Result<()> {
    synchronize(handle)
}

/// Cuts a file off, or has it grow.
pub fn set_size(handle: Handle, size: u64) -> Result<()> {
    let size = i64::try_from(size).map_err(|_| Errno::INVAL)?;
    // SAFETY: reads a number.
    check(unsafe {
        SetFileInformationByHandle(sys::native(handle), FILE_END_OF_FILE_INFORMATION, (&raw const size).cast(), 8)
    })
}

/// What `class` says of an open file: a number.
fn query(handle: Handle, class: u32) -> Result<u32> {
    let (mut completion, mut answer) = (Completion::default(), 0u32);
    // SAFETY: writes both.
    check_status(unsafe {
        NtQueryInformationFile(sys::native(handle), &raw mut completion, (&raw mut answer).cast(), 4, class)
    })?;
    Ok(answer)
}

/// The flags of an open file, as far as it remembers them: it appends where it may do nothing but that.
pub fn status_flags(handle: Handle) -> Result<StatusFlags> {
    const ACCESS: u32 = 8;
    const MODE: u32 = 16;
    if kind(handle) != FILE_TYPE_DISK {
        return Ok(StatusFlags::default());
    }
    let access = query(handle, ACCESS)?;
    let append = access & (FILE_APPEND_DATA | FILE_WRITE_DATA) == FILE_APPEND_DATA;
    let sync = query(handle, MODE)? & FILE_WRITE_THROUGH != 0;
    Ok(StatusFlags { append, sync, ..StatusFlags::default() })
}

/// Fails with `notsup` where that would change whether a file is appended to. Whether calls wait is the descriptor's matter.
pub fn set_status_flags(handle: Handle, wanted: StatusFlags) -> Result<()> {
    if status_flags(handle)?.append == wanted.append { Ok(()) } else { Err(Errno::NOTSUP) }
}

/// What there is to know of a file.
pub fn status(handle: Handle) -> Result<FileStatus> {
    let mut status = FileStatus {
        device: 0,
        inode: 0,
        file_type: file_type::UNKNOWN,
        links: 1,
        size: 0,
        accessed: 0,
        modified: 0,
        changed: 0,
    };
    match kind(handle) {
        FILE_TYPE_DISK => {}
        FILE_TYPE_CHAR => {
            status.file_type = file_type::CHARACTER_DEVICE;
            return Ok(status);
        }
        0 if sys::native(handle).is_null() => return Err(Errno::BADF),
        _ => return Ok(status),
    }
    let handle = sys::native(handle);
    let (mut found, mut basic) = (FileInformation::default(), BasicInformation::default());
    // SAFETY: write the structures.
    unsafe {
        check(GetFileInformationByHandle(handle, &raw mut found))?;
        let size = size_of::<BasicInformation>() as u32;
        check(GetFileInformationByHandleEx(handle, FILE_BASIC_INFORMATION, (&raw mut basic).cast(), size))?;
    }
    status.device = found.volume.into();
    status.inode = u64::from(found.index[0]) << 32 | u64::from(found.index[1]);
    status.links = found.links.into();
    status.file_type = type_of(found.attributes);
    if status.file_type == file_type::REGULAR_FILE {
        status.size = u64::from(found.size[0]) << 32 | u64::from(found.size[1]);
    }
    status.accessed = from_windows(basic.accessed);
    status.modified = from_windows(basic.written);
    status.changed = from_windows(basic.changed);
    Ok(status)
}

/// The type of a file with these attributes.
pub(super) fn type_of(attributes: u32) -> u8 {
    if attributes & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        file_type::SYMBOLIC_LINK
    } else if attributes & FILE_ATTRIBUTE_DIRECTORY != 0 {
        file_type::DIRECTORY
    } else {
        file_type::REGULAR_FILE
    }
}

/// Whether a handle is a console's.
pub fn is_terminal(handle: Handle) -> bool {
    sys::is_console(sys::native(handle))
}

/// Changes a file's times.
pub fn set_times(handle: Handle, times: NewTimes) -> Result<()> {
    let convert = |time| match time {
        // 0 leaves the time as it is.
        NewTime::Keep => 0,
        NewTime::Now => now(),
        NewTime::At(time) => to_windows(time),
    };
    let basic = BasicInformation {
        accessed: convert(times.accessed),
        written: convert(times.modified),
        ..BasicInformation::default()
    };
    let size = size_of::<BasicInformation>() as u32;
    // SAFETY: reads the structure.
    check(unsafe {
        SetFileInformationByHandle(sys::native(handle), FILE_BASIC_INFORMATION, (&raw const basic).cast(), size)
    })
}

/// Bytes that can be read at once, as far as the system can tell.
pub fn available(handle: Handle) -> Result<u64> {
    if kind(handle) == FILE_TYPE_DISK {
        return Ok(status(handle)?.size.saturating_sub(seek(handle, 0, 1)?));
    }
    let mut available = 0;
    let nothing = core::ptr::null_mut();
    // SAFETY: writes a number.
    check(unsafe {
        PeekNamedPipe(sys::native(handle), core::ptr::null_mut(), 0, nothing, &raw mut available, nothing)
    })?;
    Ok(available.into())
}
