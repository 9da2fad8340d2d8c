//! What Linux has in common on 32-bit x86 and Arm: `arch/x86/entry/syscalls/syscall_32.tbl`, `arch/arm/tools/syscall.tbl`.

/// System call numbers. Where there are several for different widths of offsets and times, those of 64 bits.
pub mod number {
    const IS_ARM: bool = cfg!(target_arch = "arm");
    const fn either(x86: usize, arm: usize) -> usize {
        if IS_ARM { arm } else { x86 }
    }

    pub const READ: usize = 3;
    pub const WRITE: usize = 4;
    pub const MUNMAP: usize = 91;
    pub const MPROTECT: usize = 125;
    pub const MREMAP: usize = 163;
    pub const RT_SIGACTION: usize = 174;
    pub const SIGALTSTACK: usize = 186;
    /// mmap2: the offset counts pages.
    pub const MMAP: usize = 192;
    pub const MADVISE: usize = either(219, 220);
    pub const FCNTL: usize = 221;
    pub const EXIT_GROUP: usize = either(252, 248);
    pub const TGKILL: usize = either(270, 268);
    pub const OPENAT: usize = either(295, 322);
    pub const UNLINKAT: usize = either(301, 328);
    /// Only ever called without a time.
    pub const PPOLL: usize = either(309, 336);
    pub const PRLIMIT64: usize = either(340, 369);
    pub const GETSOCKOPT: usize = either(365, 295);
    /// clock_gettime64, of Linux 5.1.
    pub const CLOCK_GETTIME: usize = 403;
    /// futex_time64, of Linux 5.1.
    pub const FUTEX: usize = 422;
}
