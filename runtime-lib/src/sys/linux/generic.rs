//! What Linux has in common on the processors that it came to last: `include/uapi/asm-generic/unistd.h`.

/// The first where words have 64 bits; the second where they have 32.
pub const fn either(wide: usize, narrow: usize) -> usize {
    if cfg!(target_pointer_width = "64") { wide } else { narrow }
}

/// System call numbers. With 32 bits there are only those for times of 64.
pub mod number {
    use super::either;

    pub const FCNTL: usize = 25;
    pub const OPENAT: usize = 56;
    pub const UNLINKAT: usize = 35;
    pub const READ: usize = 63;
    pub const WRITE: usize = 64;
    pub const PPOLL: usize = either(73, 414);
    pub const EXIT: usize = 93;
    pub const EXIT_GROUP: usize = 94;
    pub const FUTEX: usize = either(98, 422);
    pub const CLOCK_GETTIME: usize = either(113, 403);
    pub const SCHED_YIELD: usize = 124;
    pub const TGKILL: usize = 131;
    pub const SIGALTSTACK: usize = 132;
    pub const RT_SIGACTION: usize = 134;
    pub const GETSOCKOPT: usize = 209;
    pub const MUNMAP: usize = 215;
    pub const MREMAP: usize = 216;
    pub const MMAP: usize = 222;
    pub const MPROTECT: usize = 226;
    pub const MADVISE: usize = 233;
    pub const PRLIMIT64: usize = 261;
}

/// `ucontext_t` before the registers: flags, link, `stack_t`, and 1024 bits of signal mask.
#[repr(C, align(16))]
pub struct ContextHead {
    flags: usize,
    link: usize,
    stack: [usize; 3],
    mask: [usize; 1024 / usize::BITS as usize],
}
