//! Functions of libSystem, the one library that every program of macOS has.

/// Where it is.
pub(super) const LIBRARY: &str = "/usr/lib/libSystem.B.dylib";

/// Its functions that the runtime library uses, in order. Those of C have an underscore in front; what comes behind `$` is a variant,
/// which x86-64 has for history's sake.
const NAMES: &[&str] = &[
    "___bzero",
    "___error",
    "__exit",
    "_accept",
    "_bzero",
    "_clock_getres",
    "_clock_gettime",
    "_close",
    "_close$NOCANCEL",
    "_closedir",
    "_fcntl",
    "_fdopendir",
    "_fdopendir$INODE64",
    "_fstat",
    "_fstat$INODE64",
    "_fstatat",
    "_fstatat$INODE64",
    "_fsync",
    "_ftruncate",
    "_futimens",
    "_getentropy",
    "_getpid",
    "_getsockopt",
    "_ioctl",
    "_isatty",
    "_kill",
    "_linkat",
    "_lseek",
    "_madvise",
    "_mkdirat",
    "_mmap",
    "_mprotect",
    "_munmap",
    "_nanosleep",
    "_open",
    "_openat",
    "_pause",
    "_poll",
    "_preadv",
    "_pwritev",
    "_read",
    "_readdir",
    "_readdir$INODE64",
    "_readlinkat",
    "_readv",
    "_recvmsg",
    "_renameat",
    "_sched_yield",
    "_sendmsg",
    "_shutdown",
    "_sigaction",
    "_sigaltstack",
    "_symlinkat",
    "_unlink",
    "_unlinkat",
    "_utimensat",
    "_write",
    "_writev",
];

/// A function: its position in [`NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Import(u16);

impl Import {
    /// As libSystem has it.
    pub fn name(self) -> &'static str {
        // In bounds: made by `find` alone.
        NAMES[usize::from(self.0)]
    }
}

/// The function of this name.
pub(super) fn find(name: &[u8]) -> Option<Import> {
    NAMES.binary_search_by(|known| known.as_bytes().cmp(name)).ok().map(|position| Import(position as u16))
}

/// Whether names can be looked up.
#[cfg(test)]
pub(super) fn is_sorted() -> bool {
    NAMES.is_sorted()
}
