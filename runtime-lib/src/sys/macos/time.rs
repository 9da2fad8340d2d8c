//! Time, and waiting for it. Programs have one thread: a word that it waits for is changed by nobody.

use core::sync::atomic::AtomicU32;

use libc::{CLOCK_MONOTONIC, clockid_t, timespec};

/// Nanoseconds since some moment in the past.
pub fn monotonic_time() -> u64 {
    clock_time(CLOCK_MONOTONIC)
}

/// What a clock shows, in nanoseconds; clock_gettime(3).
pub fn clock_time(clock: clockid_t) -> u64 {
    let mut time = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes the structure.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    (time.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64)
}

/// Waits until [`monotonic_time`] is `deadline`, or for a signal. Whether the deadline has passed.
pub fn wait_while(_word: &AtomicU32, _value: u32, deadline: Option<u64>) -> bool {
    let Some(deadline) = deadline else {
        pause();
        return false;
    };
    let left = deadline.saturating_sub(monotonic_time());
    let left = timespec { tv_sec: (left / 1_000_000_000) as i64, tv_nsec: (left % 1_000_000_000) as i64 };
    // SAFETY: waits. One that a signal ends is found out by the clock.
    unsafe { libc::nanosleep(&raw const left, core::ptr::null_mut()) };
    monotonic_time() >= deadline
}

/// Nobody waits.
pub fn wake_one(_word: *const AtomicU32) {}

/// Waits for a signal. pause(3)
pub fn pause() {
    // SAFETY: waits.
    unsafe { libc::pause() };
}
