//! Functions of a C library, as far as rustix calls them: for some processors it has no system calls of its own, and takes
//! a C library's. These enter the kernel at once.
//!
//! The variable arguments of `fcntl` and its like are in the registers that others would be in: a function with fixed ones
//! receives the same (LoongArch and RISC-V Calling Conventions, "Integer Calling
//! Convention"; the same goes for MIPS).

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::mem::zeroed;
use core::ptr::null_mut;

use libc::{iovec, msghdr, stat64, statx, timespec};

use super::architecture::system_call;
use super::constants::signal::SET_SIZE;

struct ErrorNumber(UnsafeCell<i32>);

// SAFETY: programs that are interpreted have one thread.
unsafe impl Sync for ErrorNumber {}

static ERROR_NUMBER: ErrorNumber = ErrorNumber(UnsafeCell::new(0));

/// errno(3)
#[unsafe(no_mangle)]
extern "C" fn __errno_location() -> *mut i32 {
    ERROR_NUMBER.0.get()
}

/// What a function of a C library returns for what the kernel returned.
fn result(returned: usize) -> isize {
    match super::error::check(returned) {
        Ok(value) => value as isize,
        Err(error) => {
            // SAFETY: there is one thread.
            unsafe { *__errno_location() = error.0 };
            -1
        }
    }
}

/// A system call, with zeros for the arguments that it does not have.
///
/// # Safety
/// What it does must be sound.
unsafe fn call<const N: usize>(number: usize, arguments: [usize; N]) -> isize {
    let mut all = [0; 6];
    for (place, argument) in all.iter_mut().zip(arguments) {
        *place = argument;
    }
    // SAFETY: the caller's promise.
    result(unsafe { system_call(number, all) })
}

/// Defines functions that are a system call with the same arguments, in words.
macro_rules! same {
    ($($name:ident($($argument:ident: $type:ty),*) -> $returned:ty = $number:expr;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $type),*) -> $returned {
            // SAFETY: rustix calls it with what the function of this name wants.
            unsafe { call($number, [$($argument as usize),*]) as $returned }
        }
    )*};
}

same! {
    accept4(socket: i32, address: *mut c_void, size: *mut u32, flags: i32) -> i32 = number::ACCEPT4;
    clock_getres(clock: i32, time: *mut timespec) -> i32 = number::CLOCK_GETRES;
    clock_gettime(clock: i32, time: *mut timespec) -> i32 = number::CLOCK_GETTIME;
    close(handle: i32) -> i32 = number::CLOSE;
    fcntl(handle: i32, command: i32, argument: usize) -> i32 = number::FCNTL;
    fdatasync(handle: i32) -> i32 = number::FDATASYNC;
    fsync(handle: i32) -> i32 = number::FSYNC;
    getpid() -> i32 = number::GETPID;
    ioctl(handle: i32, request: usize, argument: usize) -> i32 = number::IOCTL;
    linkat(old: i32, path: *const u8, new: i32, to: *const u8, flags: i32) -> i32 = number::LINKAT;
    mkdirat(folder: i32, path: *const u8, mode: u32) -> i32 = number::MKDIRAT;
    openat64(folder: i32, path: *const u8, flags: i32, mode: u32) -> i32 = number::OPENAT;
    readlinkat(folder: i32, path: *const u8, buffer: *mut u8, size: usize) -> isize = number::READLINKAT;
    readv(handle: i32, vectors: *const iovec, count: i32) -> isize = number::READV;
    recvmsg(socket: i32, message: *mut msghdr, flags: i32) -> isize = number::RECVMSG;
    sendmsg(socket: i32, message: *const msghdr, flags: i32) -> isize = number::SENDMSG;
    shutdown(socket: i32, how: i32) -> i32 = number::SHUTDOWN;
    symlinkat(target: *const u8, folder: i32, path: *const u8) -> i32 = number::SYMLINKAT;
    unlinkat(folder: i32, path: *const u8, flags: i32) -> i32 = number::UNLINKAT;
    utimensat(folder: i32, path: *const u8, times: *const timespec, flags: i32) -> i32 = number::UTIMENSAT;
    writev(handle: i32, vectors: *const iovec, count: i32) -> isize = number::WRITEV;
}

/// syscall(2)
#[unsafe(no_mangle)]
unsafe extern "C" fn syscall(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> isize {
    // SAFETY: the caller's promise.
    unsafe { call(number, [a, b, c, d, e, f]) }
}

/// dlsym(3): rustix looks for newer functions, and has system calls where there are none.
#[unsafe(no_mangle)]
extern "C" fn dlsym(_library: *mut c_void, _name: *const u8) -> *mut c_void {
    null_mut()
}

/// renameat(2): new processors have the newer call only.
#[unsafe(no_mangle)]
unsafe extern "C" fn renameat(old: i32, path: *const u8, new: i32, to: *const u8) -> i32 {
    // SAFETY: the caller passes two paths.
    unsafe { call(number::RENAMEAT2, [old as usize, path as usize, new as usize, to as usize]) as i32 }
}

/// futimens(3)
#[unsafe(no_mangle)]
unsafe extern "C" fn futimens(handle: i32, times: *const timespec) -> i32 {
    // SAFETY: the caller passes two times.
    unsafe { call(number::UTIMENSAT, [handle as usize, 0, times as usize]) as i32 }
}

/// ppoll(2). The kernel writes what is left of the time, which the function does not.
#[unsafe(no_mangle)]
unsafe extern "C" fn ppoll(entries: *mut c_void, count: usize, time: *const timespec, signals: *const c_void) -> i32 {
    // SAFETY: the caller passes a time, or none; the entries are as many as it says.
    unsafe {
        let mut left = time.as_ref().copied();
        let time = left.as_mut().map_or(null_mut(), |time| &raw mut *time);
        call(number::PPOLL, [entries as usize, count, time as usize, signals as usize, SET_SIZE]) as i32
    }
}

/// isatty(3)
#[unsafe(no_mangle)]
extern "C" fn isatty(handle: i32) -> i32 {
    const TCGETS: usize = if cfg!(target_arch = "mips") { 0x540d } else { 0x5401 };
    // The kernel's structure is shorter.
    let mut settings = [0u32; 16];
    // SAFETY: the kernel writes the settings of a terminal.
    let returned = unsafe { call(number::IOCTL, [handle as usize, TCGETS, (&raw mut settings).expose_provenance()]) };
    (returned == 0).into()
}

/// A number in two words, as they are in registers.
#[cfg(target_pointer_width = "32")]
fn halves(value: i64) -> [usize; 2] {
    let (low, high) = (value as usize, (value >> 32) as usize);
    if cfg!(target_endian = "big") { [high, low] } else { [low, high] }
}

/// A number in the word that it fits.
#[cfg(target_pointer_width = "64")]
fn halves(value: i64) -> [usize; 1] {
    [value as usize]
}

/// A system call with arguments of 64 bits behind the others; on MIPS they begin at an even word.
///
/// # Safety
/// What it does must be sound.
unsafe fn call_wide(number: usize, first: &[usize], wide: &[i64], last: &[usize]) -> usize {
    let is_even = !cfg!(target_arch = "mips") || first.len().is_multiple_of(2);
    let gap = if is_even { None } else { Some(0) };
    let arguments = first.iter().copied().chain(gap).chain(wide.iter().flat_map(|&number| halves(number)));
    let mut all = [0; 6];
    for (place, argument) in all.iter_mut().zip(arguments.chain(last.iter().copied())) {
        *place = argument;
    }
    // SAFETY: the caller's promise.
    unsafe { system_call(number, all) }
}

/// fallocate(2)
#[unsafe(no_mangle)]
unsafe extern "C" fn fallocate64(handle: i32, mode: i32, offset: i64, length: i64) -> i32 {
    // SAFETY: no memory is involved.
    result(unsafe { call_wide(number::FALLOCATE, &[handle as usize, mode as usize], &[offset, length], &[]) }) as i32
}

/// ftruncate(2)
#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate64(handle: i32, length: i64) -> i32 {
    // SAFETY: no memory is involved.
    result(unsafe { call_wide(number::FTRUNCATE, &[handle as usize], &[length], &[]) }) as i32
}

/// posix_fadvise(3), which returns the error's number.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_fadvise64(handle: i32, offset: i64, length: i64, advice: i32) -> i32 {
    // SAFETY: no memory is involved.
    #[cfg(not(target_arch = "mips"))]
    let returned = unsafe { call_wide(number::FADVISE, &[handle as usize], &[offset, length], &[advice as usize]) };
    #[cfg(target_arch = "mips")]
    let returned = {
        let ([a, b], [c, d]) = (halves(offset), halves(length));
        let arguments = [handle as usize, 0, a, b, c, d, advice as usize];
        // SAFETY: as above.
        unsafe { super::architecture::system_call_of_seven(number::FADVISE, arguments) }
    };
    super::error::check(returned).map_or_else(|error| error.0, |_| 0)
}

/// preadv(2)
#[unsafe(no_mangle)]
unsafe extern "C" fn preadv64(handle: i32, vectors: *const iovec, count: i32, offset: i64) -> isize {
    // SAFETY: the caller passes as many vectors as it says.
    // The lower half comes first on every processor; where a word has all, the other is not looked at.
    unsafe {
        call(
            number::PREADV,
            [handle as usize, vectors as usize, count as usize, offset as usize, (offset >> 32) as usize],
        )
    }
}

/// pwritev(2)
#[unsafe(no_mangle)]
unsafe extern "C" fn pwritev64(handle: i32, vectors: *const iovec, count: i32, offset: i64) -> isize {
    // SAFETY: as above.
    // The lower half comes first on every processor; where a word has all, the other is not looked at.
    unsafe {
        call(
            number::PWRITEV,
            [handle as usize, vectors as usize, count as usize, offset as usize, (offset >> 32) as usize],
        )
    }
}

/// lseek(2): where words have 32 bits, by _llseek(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn lseek64(handle: i32, offset: i64, whence: i32) -> i64 {
    let (handle, whence) = (handle as usize, whence as usize);
    if cfg!(target_pointer_width = "64") {
        // SAFETY: no memory is involved.
        return unsafe { call(number::LSEEK, [handle, offset as usize, whence]) as i64 };
    }
    let mut position = 0i64;
    let to = (&raw mut position).expose_provenance();
    // SAFETY: the kernel writes the position.
    let returned = unsafe { call(number::LSEEK, [handle, (offset >> 32) as usize, offset as usize, to, whence]) };
    if returned < 0 { -1 } else { position }
}

/// fstat(2)
#[unsafe(no_mangle)]
unsafe extern "C" fn fstat64(handle: i32, status: *mut stat64) -> i32 {
    // SAFETY: the caller passes room for the status; the path is empty.
    unsafe { fstatat64(handle, c"".as_ptr().cast(), status, libc::AT_EMPTY_PATH) }
}

/// fstatat(2), by statx(2): new processors have no other.
#[unsafe(no_mangle)]
unsafe extern "C" fn fstatat64(folder: i32, path: *const u8, status: *mut stat64, flags: i32) -> i32 {
    // SAFETY: both are numbers, for which zeros will do.
    let (mut found, mut filled) = unsafe { (zeroed::<statx>(), zeroed::<stat64>()) };
    let wanted = libc::STATX_BASIC_STATS as usize;
    let to = (&raw mut found).expose_provenance();
    // SAFETY: the caller passes a path; the kernel writes the structure.
    let returned = unsafe { call(number::STATX, [folder as usize, path as usize, flags as usize, wanted, to]) };
    if returned < 0 {
        return -1;
    }
    filled.st_dev = libc::makedev(found.stx_dev_major, found.stx_dev_minor) as _;
    filled.st_ino = found.stx_ino;
    filled.st_mode = found.stx_mode.into();
    filled.st_nlink = found.stx_nlink;
    filled.st_uid = found.stx_uid;
    filled.st_gid = found.stx_gid;
    filled.st_rdev = libc::makedev(found.stx_rdev_major, found.stx_rdev_minor) as _;
    filled.st_size = found.stx_size as i64;
    filled.st_blksize = found.stx_blksize as _;
    filled.st_blocks = found.stx_blocks as i64;
    (filled.st_atime, filled.st_atime_nsec) = (found.stx_atime.tv_sec as _, found.stx_atime.tv_nsec as _);
    (filled.st_mtime, filled.st_mtime_nsec) = (found.stx_mtime.tv_sec as _, found.stx_mtime.tv_nsec as _);
    (filled.st_ctime, filled.st_ctime_nsec) = (found.stx_ctime.tv_sec as _, found.stx_ctime.tv_nsec as _);
    // SAFETY: the caller passes room for the status.
    unsafe { status.write(filled) };
    0
}

/// Further system call numbers: `include/uapi/asm-generic/unistd.h`; for times, those of 64 bits.
#[cfg(not(target_arch = "mips"))]
mod number {
    use super::super::generic::either;
    pub use super::super::generic::number::{CLOCK_GETTIME, FCNTL, OPENAT, PPOLL, UNLINKAT};

    pub const IOCTL: usize = 29;
    pub const MKDIRAT: usize = 34;
    pub const SYMLINKAT: usize = 36;
    pub const LINKAT: usize = 37;
    pub const FTRUNCATE: usize = 46;
    pub const FALLOCATE: usize = 47;
    pub const CLOSE: usize = 57;
    pub const LSEEK: usize = 62;
    pub const READV: usize = 65;
    pub const WRITEV: usize = 66;
    pub const PREADV: usize = 69;
    pub const PWRITEV: usize = 70;
    pub const READLINKAT: usize = 78;
    pub const FSYNC: usize = 82;
    pub const FDATASYNC: usize = 83;
    pub const UTIMENSAT: usize = either(88, 412);
    pub const CLOCK_GETRES: usize = either(114, 406);
    pub const GETPID: usize = 172;
    pub const SHUTDOWN: usize = 210;
    pub const SENDMSG: usize = 211;
    pub const RECVMSG: usize = 212;
    pub const FADVISE: usize = 223;
    pub const ACCEPT4: usize = 242;
    pub const RENAMEAT2: usize = 276;
    pub const STATX: usize = 291;
}

/// Further system call numbers: `arch/mips/kernel/syscalls/syscall_o32.tbl`; for times, those of 32 bits, as the C library's
/// structure has them.
#[cfg(target_arch = "mips")]
mod number {
    pub use super::super::architecture::number::{
        CLOCK_GETTIME_NARROW as CLOCK_GETTIME, FCNTL, OPENAT, PPOLL, UNLINKAT,
    };

    pub const CLOSE: usize = 4006;
    pub const GETPID: usize = 4020;
    pub const IOCTL: usize = 4054;
    pub const FSYNC: usize = 4118;
    pub const LSEEK: usize = 4140;
    pub const READV: usize = 4145;
    pub const WRITEV: usize = 4146;
    pub const FDATASYNC: usize = 4152;
    pub const RECVMSG: usize = 4177;
    pub const SENDMSG: usize = 4179;
    pub const SHUTDOWN: usize = 4182;
    pub const FTRUNCATE: usize = 4212;
    pub const FADVISE: usize = 4254;
    pub const CLOCK_GETRES: usize = 4264;
    pub const MKDIRAT: usize = 4289;
    pub const LINKAT: usize = 4296;
    pub const SYMLINKAT: usize = 4297;
    pub const READLINKAT: usize = 4298;
    pub const UTIMENSAT: usize = 4316;
    pub const FALLOCATE: usize = 4320;
    pub const PREADV: usize = 4330;
    pub const PWRITEV: usize = 4331;
    pub const ACCEPT4: usize = 4334;
    pub const RENAMEAT2: usize = 4351;
    pub const STATX: usize = 4366;
}
