//! Functions of libSystem that Linux's C library has too, but with other constants, structures and error numbers.

use std::ffi::{c_char, c_int, c_uint, c_void};

use libc::{iovec, mode_t, off_t, pollfd, size_t, ssize_t, timespec};

use crate::convert::{self, Message, Stat, directory, single};
use crate::errno::{self, check};

/// Functions that are called as they are, but for the numbers of errors.
macro_rules! same {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {
        $(pub unsafe extern "C" fn $name($($argument: $kind),*) -> $result {
            // SAFETY: the caller's promises are those of the function.
            check(unsafe { libc::$name($($argument),*) })
        })*
    };
}

same! {
    close(handle: c_int) -> c_int;
    fsync(handle: c_int) -> c_int;
    ftruncate(handle: c_int, size: off_t) -> c_int;
    getentropy(bytes: *mut c_void, length: size_t) -> c_int;
    lseek(handle: c_int, offset: off_t, whence: c_int) -> off_t;
    mprotect(address: *mut c_void, size: size_t, protection: c_int) -> c_int;
    munmap(address: *mut c_void, size: size_t) -> c_int;
    nanosleep(time: *const timespec, rest: *mut timespec) -> c_int;
    pause() -> c_int;
    preadv(handle: c_int, vectors: *const iovec, count: c_int, offset: off_t) -> ssize_t;
    pwritev(handle: c_int, vectors: *const iovec, count: c_int, offset: off_t) -> ssize_t;
    read(handle: c_int, bytes: *mut c_void, length: size_t) -> ssize_t;
    readv(handle: c_int, vectors: *const iovec, count: c_int) -> ssize_t;
    sched_yield() -> c_int;
    shutdown(handle: c_int, how: c_int) -> c_int;
    unlink(path: *const c_char) -> c_int;
    write(handle: c_int, bytes: *const c_void, length: size_t) -> ssize_t;
    writev(handle: c_int, vectors: *const iovec, count: c_int) -> ssize_t;
}

/// Functions that need more than that.
macro_rules! different {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $result:ty $body:block)*) => {
        $(pub unsafe extern "C" fn $name($($argument: $kind),*) -> $result {
            // SAFETY: the caller's promises are those of the function of macOS, which are those of Linux's.
            unsafe { check($body) }
        })*
    };
}

different! {
    accept(handle: c_int, address: *mut libc::sockaddr, length: *mut u32) -> c_int {
        assert!(address.is_null(), "addresses have another layout");
        libc::accept(handle, address, length)
    }
    clock_getres(clock: c_int, time: *mut timespec) -> c_int { libc::clock_getres(convert::clock(clock), time) }
    clock_gettime(clock: c_int, time: *mut timespec) -> c_int { libc::clock_gettime(convert::clock(clock), time) }
    // The argument behind is variable: in a register on x86-64, whatever its type.
    fcntl(handle: c_int, command: c_int, argument: usize) -> c_int {
        match command {
            1 => libc::fcntl(handle, libc::F_GETFD),
            2 => libc::fcntl(handle, libc::F_SETFD, argument as c_int),
            3 => {
                let flags = libc::fcntl(handle, libc::F_GETFL);
                if flags < 0 { flags } else { convert::status_flags(flags) }
            }
            4 => libc::fcntl(handle, libc::F_SETFL, convert::open_flags(argument as c_int)),
            // F_PREALLOCATE, which not every file system has.
            42 => {
                *libc::__errno_location() = libc::EOPNOTSUPP;
                -1
            }
            67 => libc::fcntl(handle, libc::F_DUPFD_CLOEXEC, argument as c_int),
            _ => panic!("fcntl {command}"),
        }
    }
    fstat(handle: c_int, stat: *mut Stat) -> c_int {
        let mut linux = std::mem::zeroed();
        let returned = libc::fstat(handle, &raw mut linux);
        stat.write(Stat::from(&linux));
        returned
    }
    fstatat(handle: c_int, name: *const c_char, stat: *mut Stat, flags: c_int) -> c_int {
        let mut linux = std::mem::zeroed();
        let returned = libc::fstatat(directory(handle), single(name), &raw mut linux, convert::at_flags(flags));
        stat.write(Stat::from(&linux));
        returned
    }
    futimens(handle: c_int, times: *const timespec) -> c_int {
        libc::futimens(handle, convert::times(times).as_ptr())
    }
    getsockopt(handle: c_int, level: c_int, option: c_int, value: *mut c_void, size: *mut u32) -> c_int {
        let option = match (level, option) {
            (0xffff, 0x1008) => libc::SO_TYPE,
            (0xffff, 2) => libc::SO_ACCEPTCONN,
            _ => panic!("getsockopt {level:#x} {option:#x}"),
        };
        libc::getsockopt(handle, libc::SOL_SOCKET, option, value, size)
    }
    ioctl(handle: c_int, request: c_uint, argument: *mut c_int) -> c_int {
        match request {
            0x4004_667f => libc::ioctl(handle, libc::FIONREAD, argument),
            0x8004_667e => libc::ioctl(handle, libc::FIONBIO, argument),
            _ => panic!("ioctl {request:#x}"),
        }
    }
    kill(process: c_int, signal: c_int) -> c_int { libc::kill(process, convert::signal(signal)) }
    linkat(old: c_int, name: *const c_char, new: c_int, new_name: *const c_char, flags: c_int) -> c_int {
        libc::linkat(directory(old), single(name), directory(new), single(new_name), convert::at_flags(flags))
    }
    madvise(address: *mut c_void, size: size_t, advice: c_int) -> c_int {
        assert_eq!(advice, 5, "MADV_FREE");
        libc::madvise(address, size, libc::MADV_FREE)
    }
    mkdirat(handle: c_int, name: *const c_char, mode: c_uint) -> c_int {
        libc::mkdirat(directory(handle), single(name), mode as mode_t)
    }
    // The mode is variable.
    open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int { libc::open(path, convert::open_flags(flags), mode) }
    openat(handle: c_int, name: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        libc::openat(directory(handle), single(name), convert::open_flags(flags), mode)
    }
    poll(entries: *mut pollfd, count: c_uint, timeout: c_int) -> c_int { libc::poll(entries, count.into(), timeout) }
    readlinkat(handle: c_int, name: *const c_char, target: *mut c_char, size: size_t) -> ssize_t {
        libc::readlinkat(directory(handle), single(name), target, size)
    }
    recvmsg(handle: c_int, message: *mut Message, flags: c_int) -> ssize_t {
        let mut linux = (*message).to_linux();
        let received = libc::recvmsg(handle, &raw mut linux, convert::message_flags(flags));
        (*message).flags = if linux.msg_flags & libc::MSG_TRUNC != 0 { 0x10 } else { 0 };
        received
    }
    renameat(old: c_int, name: *const c_char, new: c_int, new_name: *const c_char) -> c_int {
        libc::renameat(directory(old), single(name), directory(new), single(new_name))
    }
    sendmsg(handle: c_int, message: *const Message, flags: c_int) -> ssize_t {
        libc::sendmsg(handle, &(*message).to_linux(), convert::message_flags(flags))
    }
    symlinkat(target: *const c_char, handle: c_int, name: *const c_char) -> c_int {
        libc::symlinkat(target, directory(handle), single(name))
    }
    unlinkat(handle: c_int, name: *const c_char, flags: c_int) -> c_int {
        let returned = libc::unlinkat(directory(handle), single(name), convert::at_flags(flags));
        // macOS says of a directory that is no file that this is not permitted.
        if returned < 0 && flags == 0 && *libc::__errno_location() == libc::EISDIR {
            *libc::__errno_location() = libc::EPERM;
        }
        returned
    }
    utimensat(handle: c_int, name: *const c_char, times: *const timespec, flags: c_int) -> c_int {
        let flags = convert::at_flags(flags);
        libc::utimensat(directory(handle), single(name), convert::times(times).as_ptr(), flags)
    }
}

pub unsafe extern "C" fn mmap(
    address: *mut c_void,
    size: size_t,
    protection: c_int,
    flags: c_int,
    handle: c_int,
    offset: off_t,
) -> *mut c_void {
    // SAFETY: the caller's promises are those of the function.
    let mapped = unsafe { libc::mmap(address, size, protection, convert::map_flags(flags), handle, offset) };
    if mapped == libc::MAP_FAILED {
        check(-1);
    }
    mapped
}

pub unsafe extern "C" fn isatty(handle: c_int) -> c_int {
    // SAFETY: asks.
    let answer = unsafe { libc::isatty(handle) };
    if answer == 0 {
        check(-1);
    }
    answer
}

pub extern "C" fn getpid() -> c_int {
    // SAFETY: asks.
    unsafe { libc::getpid() }
}

pub extern "C" fn exit(code: c_int) -> ! {
    // SAFETY: nothing of this process runs afterwards.
    unsafe { libc::_exit(code) }
}

pub unsafe extern "C" fn bzero(start: *mut u8, length: size_t) {
    // SAFETY: the caller's promise.
    unsafe { start.write_bytes(0, length) };
}

pub use errno::place as error;
