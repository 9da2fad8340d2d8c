//! WASI without an operating system: arguments and environment (empty), clocks, random bytes, output, the end. There are no files,
//! no input and no sockets: those functions say that they are not supported.

use super::errno::{Errno, Result, code};
use super::memory::{GuestMemory, address, element, put, u32_at};
use crate::sys;

/// Bytes of an `iovec`: address and length.
const VECTOR: u32 = 8;
/// Bytes of `fdstat`.
const STATUS: usize = 24;
const CHARACTER_DEVICE: u8 = 2;
const RIGHT_TO_WRITE: u64 = 1 << 6;

/// There is nothing to open.
#[unsafe(export_name = "wasmc_wasi_initialize")]
extern "C" fn initialize() {}

/// Ends the program.
#[unsafe(export_name = "wasi_snapshot_preview1.proc_exit")]
extern "C" fn proc_exit(rval: i32) -> ! {
    crate::process::exit(rval)
}

/// There is nobody else.
#[unsafe(export_name = "wasi_snapshot_preview1.sched_yield")]
extern "C" fn sched_yield() -> i32 {
    0
}

/// Tells a clock's resolution in nanoseconds: what the platform counts in.
#[unsafe(export_name = "wasi_snapshot_preview1.clock_res_get")]
extern "C" fn clock_res_get(_id: i32, result: i32) -> i32 {
    code(GuestMemory::of_program().and_then(|memory| memory.write_u64(result, 1)))
}

/// Tells the time in nanoseconds.
#[unsafe(export_name = "wasi_snapshot_preview1.clock_time_get")]
extern "C" fn clock_time_get(_id: i32, _precision: i64, result: i32) -> i32 {
    code(GuestMemory::of_program().and_then(|memory| memory.write_u64(result, sys::monotonic_time())))
}

/// Fills a buffer with random bytes, where the platform has a source of them.
#[unsafe(export_name = "wasi_snapshot_preview1.random_get")]
extern "C" fn random_get(buffer: i32, length: i32) -> i32 {
    let fill = || {
        let bytes = GuestMemory::of_program()?.bytes(address(buffer), u64::from(length as u32))?;
        // SAFETY: the bytes are in the program's memory.
        let filled = unsafe { sys::fill_random(bytes.start(), bytes.length()) };
        if filled { Ok(()) } else { Err(Errno::NOSYS) }
    };
    code(fill())
}

fn is_output(descriptor: i32) -> Result<()> {
    if matches!(descriptor, sys::STANDARD_OUTPUT | sys::STANDARD_ERROR) { Ok(()) } else { Err(Errno::BADF) }
}

fn is_standard(descriptor: i32) -> Result<()> {
    if descriptor == sys::STANDARD_INPUT { Ok(()) } else { is_output(descriptor) }
}

fn write(descriptor: i32, vectors: i32, count: i32, written: i32) -> Result<()> {
    is_output(descriptor)?;
    let memory = GuestMemory::of_program()?;
    let mut sum = 0u32;
    for index in 0..count as u32 {
        let vector: [u8; VECTOR as usize] = memory.read(element(vectors, index, VECTOR))?;
        let bytes = memory.bytes(u64::from(u32_at(&vector, 0)), u64::from(u32_at(&vector, 4)))?;
        sum = sum.checked_add(bytes.length() as u32).ok_or(Errno::OVERFLOW)?;
        // SAFETY: the bytes are in the program's memory.
        unsafe { sys::write_memory(descriptor, bytes.start().expose_provenance(), bytes.length()) }
            .map_err(|_| Errno::IO)?;
    }
    memory.write_u32(written, sum)
}

/// Writes to standard output or standard error.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_write")]
extern "C" fn fd_write(descriptor: i32, vectors: i32, count: i32, written: i32) -> i32 {
    code(write(descriptor, vectors, count, written))
}

/// Reads nothing from standard input: it is at its end.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_read")]
extern "C" fn fd_read(descriptor: i32, _vectors: i32, _count: i32, read: i32) -> i32 {
    if descriptor != sys::STANDARD_INPUT {
        return code(Err(Errno::BADF));
    }
    code(GuestMemory::of_program().and_then(|memory| memory.write_u32(read, 0)))
}

/// The standard streams stay open.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_close")]
extern "C" fn fd_close(descriptor: i32) -> i32 {
    code(is_standard(descriptor))
}

/// The standard streams have no position.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_seek")]
extern "C" fn fd_seek(descriptor: i32, _offset: i64, _whence: i32, _position: i32) -> i32 {
    code(is_standard(descriptor).and(Err(Errno::SPIPE)))
}

/// The standard streams are character devices, the one for output writable.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_fdstat_get")]
extern "C" fn fd_fdstat_get(descriptor: i32, status: i32) -> i32 {
    let tell = || {
        is_standard(descriptor)?;
        let mut structure = [0; STATUS];
        structure[0] = CHARACTER_DEVICE;
        let rights = if descriptor == sys::STANDARD_INPUT { 0 } else { RIGHT_TO_WRITE };
        put(&mut structure, 8, &rights.to_le_bytes());
        GuestMemory::of_program()?.write(address(status), &structure)
    };
    code(tell())
}

/// No directory is open.
#[unsafe(export_name = "wasi_snapshot_preview1.fd_prestat_get")]
extern "C" fn fd_prestat_get(_descriptor: i32, _result: i32) -> i32 {
    code(Err(Errno::BADF))
}

/// Functions that do nothing, with any parameters: in both calling conventions, the caller has them to take away.
macro_rules! not_supported {
    ($($function:ident)*) => {
        $(
            #[doc = "Not supported."]
            #[unsafe(export_name = concat!("wasi_snapshot_preview1.", stringify!($function)))]
            extern "C" fn $function() -> i32 {
                code(Err(Errno::NOTSUP))
            }
        )*
    };
}

not_supported! {
    fd_advise fd_allocate fd_datasync fd_fdstat_set_flags fd_fdstat_set_rights fd_filestat_get fd_filestat_set_size
    fd_filestat_set_times fd_pread fd_prestat_dir_name fd_pwrite fd_readdir fd_renumber fd_sync fd_tell
    path_create_directory path_filestat_get path_filestat_set_times path_link path_open path_readlink
    path_remove_directory path_rename path_symlink path_unlink_file poll_oneoff proc_raise
    sock_accept sock_recv sock_send sock_shutdown
}
