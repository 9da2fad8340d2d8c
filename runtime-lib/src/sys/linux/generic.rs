//! What Linux has in common on the processors that it came to last: `include/uapi/asm-generic/unistd.h`.

/// System call numbers.
pub mod number {
    pub const FCNTL: usize = 25;
    pub const OPENAT: usize = 56;
    pub const UNLINKAT: usize = 35;
    pub const READ: usize = 63;
    pub const WRITE: usize = 64;
    pub const PPOLL: usize = 73;
    pub const EXIT: usize = 93;
    pub const EXIT_GROUP: usize = 94;
    pub const FUTEX: usize = 98;
    pub const CLOCK_GETTIME: usize = 113;
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
    flags: u64,
    link: u64,
    stack: [u64; 3],
    mask: [u64; 16],
}
