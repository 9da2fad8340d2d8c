//! What the kernel numbers in another way on some processors than on most.

/// Flags of mmap(2).
pub(super) mod map {
    pub const PRIVATE: usize = 0x02;
    pub const ANONYMOUS: usize = 0x20;
    pub const FIXED_NOREPLACE: usize = 0x10_0000;
    /// `arch/powerpc/include/uapi/asm/mman.h`
    pub const NORESERVE: usize = if cfg!(target_arch = "powerpc64") { 0x40 } else { 0x4000 };
}
