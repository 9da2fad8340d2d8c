//! What Linux has in common on 32-bit x86 and Arm: `arch/x86/entry/syscalls/syscall_32.tbl`, `arch/arm/tools/syscall.tbl`.

use core::sync::atomic::AtomicU32;

use super::architecture::{number as present, system_call};
use super::constants::error::NOT_IMPLEMENTED;
use super::futex::TimeSpec;

/// System call numbers. Where there are several for different widths of offsets and times, those of 64 bits.
#[cfg(not(target_arch = "mips"))]
pub mod number {
    const IS_ARM: bool = cfg!(target_arch = "arm");
    const fn either(x86: usize, arm: usize) -> usize {
        if IS_ARM { arm } else { x86 }
    }

    pub const READ: usize = 3;
    pub const WRITE: usize = 4;
    pub const MUNMAP: usize = 91;
    pub const MPROTECT: usize = 125;
    pub const SCHED_YIELD: usize = 158;
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
    /// The same with 32 bits of seconds.
    pub const CLOCK_GETTIME_NARROW: usize = either(265, 263);
    /// futex_time64, of Linux 5.1.
    pub const FUTEX: usize = 422;
    /// The same with 32 bits of seconds.
    pub const FUTEX_NARROW: usize = 240;
}

/// `struct old_timespec32`.
#[repr(C)]
struct NarrowTime {
    seconds: i32,
    nanoseconds: i32,
}

/// Whether a kernel before Linux 5.1 returned this, which has times of 32 bits only.
fn is_unknown(returned: usize) -> bool {
    returned == NOT_IMPLEMENTED.wrapping_neg()
}

/// clock_gettime(2).
pub(super) fn get_time(clock: usize, time: &mut TimeSpec) {
    // SAFETY: the kernel writes the structure.
    let returned = unsafe {
        let time = core::ptr::from_mut(time).expose_provenance();
        system_call(present::CLOCK_GETTIME, [clock, time, 0, 0, 0, 0])
    };
    if is_unknown(returned) {
        let mut narrow = NarrowTime { seconds: 0, nanoseconds: 0 };
        // SAFETY: as above.
        unsafe {
            let narrow = (&raw mut narrow).expose_provenance();
            system_call(present::CLOCK_GETTIME_NARROW, [clock, narrow, 0, 0, 0, 0]);
        }
        *time = TimeSpec { seconds: narrow.seconds.into(), nanoseconds: narrow.nanoseconds.into() };
    }
}

/// FUTEX_WAIT_BITSET and its like; futex(2). Returns what the kernel returns.
pub(super) fn wait(word: &AtomicU32, operation: usize, value: u32, time: Option<&TimeSpec>, mask: usize) -> usize {
    let word = word.as_ptr().expose_provenance();
    let pointer = time.map_or(core::ptr::null(), core::ptr::from_ref).expose_provenance();
    // SAFETY: the kernel reads the word and the time.
    let returned = unsafe { system_call(present::FUTEX, [word, operation, value as usize, pointer, 0, mask]) };
    if !is_unknown(returned) {
        return returned;
    }
    let narrow = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    let time = time.map(|time| NarrowTime { seconds: narrow(time.seconds), nanoseconds: narrow(time.nanoseconds) });
    let pointer = time.as_ref().map_or(core::ptr::null(), core::ptr::from_ref).expose_provenance();
    // SAFETY: as above.
    unsafe { system_call(present::FUTEX_NARROW, [word, operation, value as usize, pointer, 0, mask]) }
}
