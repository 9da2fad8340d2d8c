//! What the kernel numbers in another way on some processors than on most: `arch/mips/include/uapi/asm/`,
//! `arch/powerpc/include/uapi/asm/mman.h`.

const IS_MIPS: bool = cfg!(target_arch = "mips");

const fn either(most: usize, mips: usize) -> usize {
    if IS_MIPS { mips } else { most }
}

/// Flags of mmap(2).
pub(super) mod map {
    use super::either;

    pub const PRIVATE: usize = 0x02;
    pub const ANONYMOUS: usize = either(0x20, 0x800);
    pub const FIXED_NOREPLACE: usize = 0x10_0000;
    pub const NORESERVE: usize = if cfg!(target_arch = "powerpc64") { 0x40 } else { either(0x4000, 0x400) };
}

/// Error numbers.
pub(super) mod error {
    use super::either;

    #[cfg(any(target_arch = "arm", target_arch = "mips", target_arch = "x86"))]
    pub const NOT_IMPLEMENTED: usize = either(38, 89);
    pub const NOT_A_SOCKET: usize = either(88, 95);
    pub const TIMED_OUT: usize = either(110, 145);
}

/// Signals, and how handlers are installed; sigaction(2).
pub(super) mod signal {
    use super::either;

    pub const BUS: usize = either(7, 10);
    pub const INFORMATION: usize = either(4, 8);
    /// Bytes of a set of signals.
    pub const SET_SIZE: usize = either(8, 16);
}

/// Options of sockets; socket(7).
pub(super) mod socket {
    use super::either;

    pub const LEVEL: usize = either(1, 0xffff);
    pub const TYPE: usize = either(3, 0x1008);
    pub const ACCEPTS: usize = either(30, 0x1009);
}

/// Flags of openat(2).
pub(super) mod open {
    use super::either;

    pub const CREATE: usize = either(0o100, 0x100);
    pub const EXCLUSIVE: usize = either(0o200, 0x400);
}
