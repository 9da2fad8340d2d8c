//! Waiting, in the one thread that there is.

use core::sync::atomic::{AtomicU32, Ordering};

use super::monotonic_time;

/// Waits as long as the word has a value, at most until [`monotonic_time`] is `deadline`. Whether the deadline has passed.
pub fn wait_while(word: &AtomicU32, value: u32, deadline: Option<u64>) -> bool {
    while word.load(Ordering::Acquire) == value {
        if deadline.is_some_and(|deadline| monotonic_time() >= deadline) {
            return true;
        }
        core::hint::spin_loop();
    }
    false
}

/// There is no other thread.
pub fn wake_one(_word: *const AtomicU32) {}

/// Waits.
pub fn pause() {
    core::hint::spin_loop();
}
