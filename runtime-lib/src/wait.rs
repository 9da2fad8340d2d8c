//! `memory.atomic.wait32`, `wait64` and `notify`: threads that wait for a change of linear memory (threads proposal).
//!
//! A futex compares 32 bits, `wait64` twice as many, and one `notify` wakes those that either put to sleep, in the
//! order in which they came. So the threads that wait are listed here, by the address that they wait for, and each sleeps
//! on a word of its own. An address is looked at and its list changed under one lock: a `notify` that comes
//! after a change is seen either by the comparison or by the list.

use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::atomic::AtomicU64;
use crate::sync::Lock;
use crate::sys;

/// Lists of threads that wait; addresses are spread over them.
const LISTS: usize = 64;

const OK: u32 = 0;
const NOT_EQUAL: u32 = 1;
const TIMED_OUT: u32 = 2;

/// A thread that waits: on its stack, and in a list as long as `notified` is 0.
struct Waiter {
    address: usize,
    notified: AtomicU32,
    next: *mut Waiter,
}

/// Threads that wait, the first to come at the front.
struct List {
    lock: Lock,
    first: UnsafeCell<*mut Waiter>,
}

// SAFETY: the list is only touched under its lock, and a waiter is in it only as long as its thread waits.
unsafe impl Sync for List {}

static WAITING: [List; LISTS] = [const { List { lock: Lock::new(), first: UnsafeCell::new(ptr::null_mut()) } }; LISTS];

fn list_of(address: usize) -> &'static List {
    // Neighbouring words are independent; multiplication by a large odd number spreads them.
    let hash = (address as u64 >> 2).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58;
    &WAITING[hash as usize % LISTS]
}

impl List {
    /// Appends a waiter.
    ///
    /// # Safety
    /// Under the lock; the waiter must stay where it is until it is out of the list.
    unsafe fn append(&self, waiter: *mut Waiter) {
        let mut link = self.first.get();
        // SAFETY: every waiter in the list is alive.
        unsafe {
            while !(*link).is_null() {
                link = &raw mut (**link).next;
            }
            *link = waiter;
        }
    }

    /// Takes waiters out for which `wanted` holds, as long as it does not say to stop.
    ///
    /// # Safety
    /// Under the lock.
    unsafe fn take(&self, mut wanted: impl FnMut(&Waiter) -> bool, mut count: u32) -> u32 {
        let limit = count;
        let mut link = self.first.get();
        // SAFETY: every waiter in the list is alive, until it is notified.
        unsafe {
            while count > 0 && !(*link).is_null() {
                let waiter = *link;
                if wanted(&*waiter) {
                    *link = (*waiter).next;
                    count -= 1;
                    // The waiter may be gone as soon as it reads this.
                    let word = &raw const (*waiter).notified;
                    (*word).store(1, Ordering::Release);
                    sys::wake_one(&*word);
                } else {
                    link = &raw mut (*waiter).next;
                }
            }
        }
        limit - count
    }
}

/// Waits until notified, for at most `timeout` nanoseconds unless that is negative. `is_equal` is asked under the lock.
fn wait(address: usize, is_equal: impl FnOnce() -> bool, timeout: i64) -> u32 {
    let deadline = u64::try_from(timeout).ok().and_then(|timeout| sys::monotonic_time().checked_add(timeout));
    let list = list_of(address);
    let mut waiter = Waiter { address, notified: AtomicU32::new(0), next: ptr::null_mut() };
    let waiter: *mut Waiter = &raw mut waiter;
    let entered = list.lock.with(|| {
        let equal = is_equal();
        if equal {
            // SAFETY: under the lock, and this function does not return before the waiter is out of the list.
            unsafe { list.append(waiter) };
        }
        equal
    });
    if !entered {
        return NOT_EQUAL;
    }
    // SAFETY: of this function's own frame; others only store to it.
    let notified = unsafe { AtomicU32::from_ptr((*waiter).notified.as_ptr()) };
    while notified.load(Ordering::Acquire) == 0 {
        if sys::wait_while(notified, 0, deadline) {
            // Timed out, unless a notification came before the lock.
            // SAFETY: under the lock.
            let removed = list.lock.with(|| unsafe { list.take(|other| ptr::eq(other, waiter), 1) });
            return if removed == 1 { TIMED_OUT } else { OK };
        }
    }
    OK
}

/// See [`wasmc_abi::symbols::ATOMIC_WAIT32`].
///
/// # Safety
/// `address` must be a multiple of 4 inside a linear memory.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_atomic_wait32(address: *const u32, expected: u32, timeout: i64) -> u32 {
    // SAFETY: the caller's promise; a memory neither shrinks nor moves.
    let word = unsafe { &*address.cast::<AtomicU32>() };
    wait(address.addr(), || word.load(Ordering::SeqCst) == expected.to_le(), timeout)
}

/// See [`wasmc_abi::symbols::ATOMIC_WAIT64`].
///
/// # Safety
/// `address` must be a multiple of 8 inside a linear memory.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_atomic_wait64(address: *const u64, expected: u64, timeout: i64) -> u32 {
    // SAFETY: as above.
    let word = unsafe { &*address.cast::<AtomicU64>() };
    wait(address.addr(), || word.load(Ordering::SeqCst) == expected.to_le(), timeout)
}

/// See [`wasmc_abi::symbols::ATOMIC_NOTIFY`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn wasmc_atomic_notify(address: *const u8, count: u32) -> u32 {
    let address = address.addr();
    let list = list_of(address);
    // SAFETY: under the lock.
    list.lock.with(|| unsafe { list.take(|waiter| waiter.address == address, count) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn unequal_values_and_timeouts() {
        let (narrow, wide) = (7u32, 1u64 << 40);
        // SAFETY: words of this test's.
        unsafe {
            assert_eq!(wasmc_atomic_wait32(&narrow, 8, -1), NOT_EQUAL);
            assert_eq!(wasmc_atomic_wait32(&narrow, 7, 0), TIMED_OUT);
            assert_eq!(wasmc_atomic_wait64(&wide, 0, -1), NOT_EQUAL);
            let start = Instant::now();
            assert_eq!(wasmc_atomic_wait64(&wide, 1 << 40, 20_000_000), TIMED_OUT);
            assert!(start.elapsed() >= Duration::from_millis(20));
            // Too far away to be a time at all.
            let thread = thread::spawn(move || {
                let word = AtomicU32::new(0);
                NOTIFIED.store(&raw const word as usize as u64, Ordering::SeqCst);
                wasmc_atomic_wait32(word.as_ptr(), 0, i64::MAX)
            });
            loop {
                let address = NOTIFIED.load(Ordering::SeqCst) as usize;
                if address != 0 && wasmc_atomic_notify(ptr::with_exposed_provenance(address), 1) == 1 {
                    break;
                }
                thread::yield_now();
            }
            assert_eq!(thread.join().unwrap(), OK);
        }
    }

    static NOTIFIED: AtomicU64 = AtomicU64::new(0);

    #[test]
    fn a_notification_wakes_as_many_as_it_says_of_either_width() {
        let word = AtomicU64::new(5);
        let address = word.as_ptr().cast::<u8>().cast_const();
        thread::scope(|scope| {
            let word = &word;
            let threads: Vec<_> = (0..6)
                .map(|number| {
                    // SAFETY: words of this test's.
                    scope.spawn(move || unsafe {
                        match number % 2 {
                            0 => wasmc_atomic_wait32(word.as_ptr().cast(), 5, -1),
                            _ => wasmc_atomic_wait64(word.as_ptr(), 5, -1),
                        }
                    })
                })
                .collect();
            let mut woken = 0;
            while woken < 2 {
                woken += wasmc_atomic_notify(address, 2 - woken);
            }
            assert_eq!(woken, 2);
            assert_eq!(wasmc_atomic_notify(address.wrapping_add(4), 9), 0);
            assert_eq!(wasmc_atomic_notify(address, 0), 0);
            while woken < 6 {
                woken += wasmc_atomic_notify(address, u32::MAX);
            }
            assert!(threads.into_iter().all(|thread| thread.join().unwrap() == OK));
        });
        assert_eq!(wasmc_atomic_notify(address, u32::MAX), 0);
    }
}
