//! Waiting for a word in memory to change; futex(2).

use core::sync::atomic::AtomicU32;

use super::architecture::{number, system_call};
use super::constants::error::TIMED_OUT;
#[cfg(any(target_arch = "arm", target_arch = "mips", target_arch = "x86"))]
use super::narrow::{get_time, wait};

const FUTEX_WAKE: usize = 1;
const FUTEX_WAIT_BITSET: usize = 9;
const FUTEX_PRIVATE: usize = 128;
const ANY: usize = u32::MAX as usize;
const CLOCK_MONOTONIC: usize = 1;

/// `struct timespec`.
#[repr(C)]
pub(super) struct TimeSpec {
    pub seconds: i64,
    pub nanoseconds: i64,
}

/// clock_gettime(2).
#[cfg(not(any(target_arch = "arm", target_arch = "mips", target_arch = "x86")))]
fn get_time(clock: usize, time: &mut TimeSpec) {
    let time = core::ptr::from_mut(time).expose_provenance();
    // SAFETY: the kernel writes the structure.
    unsafe { system_call(number::CLOCK_GETTIME, [clock, time, 0, 0, 0, 0]) };
}

/// FUTEX_WAIT_BITSET and its like; futex(2). Returns what the kernel returns.
#[cfg(not(any(target_arch = "arm", target_arch = "mips", target_arch = "x86")))]
fn wait(word: &AtomicU32, operation: usize, value: u32, time: Option<&TimeSpec>, mask: usize) -> usize {
    let time = time.map_or(core::ptr::null(), core::ptr::from_ref).expose_provenance();
    let word = word.as_ptr().expose_provenance();
    // SAFETY: the kernel reads the word and the time.
    unsafe { system_call(number::FUTEX, [word, operation, value as usize, time, 0, mask]) }
}

/// Nanoseconds since some moment in the past.
pub fn monotonic_time() -> u64 {
    clock_time(CLOCK_MONOTONIC)
}

/// What a clock shows, in nanoseconds, by the system call; clock_gettime(2).
pub fn clock_time(clock: usize) -> u64 {
    let mut time = TimeSpec { seconds: 0, nanoseconds: 0 };
    get_time(clock, &mut time);
    (time.seconds as u64).saturating_mul(1_000_000_000).saturating_add(time.nanoseconds as u64)
}

/// Waits as long as the word has a value, at most until [`monotonic_time`] is `deadline`; may also return for no
/// reason. Whether the deadline has passed.
pub fn wait_while(word: &AtomicU32, value: u32, deadline: Option<u64>) -> bool {
    let time = deadline.map(|deadline| TimeSpec {
        seconds: (deadline / 1_000_000_000) as i64,
        nanoseconds: (deadline % 1_000_000_000) as i64,
    });
    let returned = wait(word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE, value, time.as_ref(), ANY);
    returned == TIMED_OUT.wrapping_neg()
}

/// Wakes a thread that waits for the word, if any.
pub fn wake_one(word: *const AtomicU32) {
    // SAFETY: the kernel does not access the word: it may be gone.
    unsafe { system_call(number::FUTEX, [word.expose_provenance(), FUTEX_WAKE | FUTEX_PRIVATE, 1, 0, 0, 0]) };
}
