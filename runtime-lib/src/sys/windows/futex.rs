//! Time, and waiting for a word in memory to change.

use core::sync::atomic::AtomicU32;

use super::api::{QueryPerformanceCounter, QueryPerformanceFrequency, RtlWaitOnAddress, RtlWakeAddressSingle, Sleep};

/// STATUS_TIMEOUT.
const TIMEOUT: i32 = 0x102;

/// Nanoseconds since some moment in the past.
pub fn monotonic_time() -> u64 {
    let (mut count, mut frequency) = (0, 1);
    // SAFETY: write a number each; both always succeed (since Windows XP).
    unsafe {
        QueryPerformanceCounter(&raw mut count);
        QueryPerformanceFrequency(&raw mut frequency);
    }
    // No 128-bit division: whole seconds first.
    let (count, frequency) = (count as u64, (frequency as u64).max(1));
    let (seconds, rest) = (count / frequency, count % frequency);
    seconds.wrapping_mul(1_000_000_000).wrapping_add(rest.wrapping_mul(1_000_000_000) / frequency)
}

/// Waits as long as the word has a value, at most until [`monotonic_time`] is `deadline`; may also return for no
/// reason. Whether the deadline has passed.
pub fn wait_while(word: &AtomicU32, value: u32, deadline: Option<u64>) -> bool {
    // Negative: from now on, in units of 100 ns.
    let timeout = deadline
        .map(|deadline| -i64::try_from(deadline.saturating_sub(monotonic_time()).div_ceil(100)).unwrap_or(i64::MAX));
    let timeout = timeout.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    // SAFETY: reads the word, the value and the time.
    let status = unsafe { RtlWaitOnAddress(word.as_ptr().cast(), (&raw const value).cast(), 4, timeout) };
    status == TIMEOUT
}

/// Wakes a thread that waits for the word, if any.
pub fn wake_one(word: *const AtomicU32) {
    // SAFETY: the word is not accessed: it may be gone.
    unsafe { RtlWakeAddressSingle(word.cast()) };
}

/// Waits for the end of the process.
pub fn pause() {
    // SAFETY: waits.
    unsafe { Sleep(u32::MAX) };
}
