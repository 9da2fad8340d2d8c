//! What stands for each function of libSystem.

use crate::{calls, directories, signals};

/// The address of what stands for the function of this name.
pub fn find(name: &[u8]) -> Option<usize> {
    let names = std::str::from_utf8(name).ok()?.strip_prefix('_')?;
    macro_rules! table {
        ($($name:literal => $function:path,)*) => {
            match names {
                $($name => Some($function as *const () as usize),)*
                _ => None,
            }
        };
    }
    table! {
        "__bzero" => calls::bzero,
        "__error" => calls::error,
        "_exit" => calls::exit,
        "accept" => calls::accept,
        "bzero" => calls::bzero,
        "clock_getres" => calls::clock_getres,
        "clock_gettime" => calls::clock_gettime,
        "close" => calls::close,
        "close$NOCANCEL" => calls::close,
        "closedir" => directories::close,
        "fcntl" => calls::fcntl,
        "fdopendir$INODE64" => directories::open,
        "fstat$INODE64" => calls::fstat,
        "fstatat$INODE64" => calls::fstatat,
        "fsync" => calls::fsync,
        "ftruncate" => calls::ftruncate,
        "futimens" => calls::futimens,
        "getentropy" => calls::getentropy,
        "getpid" => calls::getpid,
        "getsockopt" => calls::getsockopt,
        "ioctl" => calls::ioctl,
        "isatty" => calls::isatty,
        "kill" => calls::kill,
        "linkat" => calls::linkat,
        "lseek" => calls::lseek,
        "madvise" => calls::madvise,
        "mkdirat" => calls::mkdirat,
        "mmap" => calls::mmap,
        "mprotect" => calls::mprotect,
        "munmap" => calls::munmap,
        "nanosleep" => calls::nanosleep,
        "open" => calls::open,
        "openat" => calls::openat,
        "pause" => calls::pause,
        "poll" => calls::poll,
        "preadv" => calls::preadv,
        "pwritev" => calls::pwritev,
        "read" => calls::read,
        "readdir$INODE64" => directories::read,
        "readlinkat" => calls::readlinkat,
        "readv" => calls::readv,
        "recvmsg" => calls::recvmsg,
        "renameat" => calls::renameat,
        "sched_yield" => calls::sched_yield,
        "sendmsg" => calls::sendmsg,
        "shutdown" => calls::shutdown,
        "sigaction" => signals::action,
        "sigaltstack" => signals::alternate_stack,
        "symlinkat" => calls::symlinkat,
        "unlink" => calls::unlink,
        "unlinkat" => calls::unlinkat,
        "utimensat" => calls::utimensat,
        "write" => calls::write,
        "writev" => calls::writev,
    }
}
