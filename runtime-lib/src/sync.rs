//! A lock for programs with threads, on the operating system's wait for a changed word.

use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use crate::sys;

const FREE: u32 = 0;
const TAKEN: u32 = 1;
/// Taken, and somebody may be waiting.
const WAITED_FOR: u32 = 2;

/// A mutual exclusion lock. Not to be taken in signal handlers, nor twice by a thread.
pub struct Lock(AtomicU32);

impl Lock {
    /// A lock that nobody has.
    pub const fn new() -> Lock {
        Lock(AtomicU32::new(FREE))
    }

    /// Calls `work` while no other thread does so under this lock. A trap in `work` would leave the lock taken for ever.
    pub fn with<R>(&self, work: impl FnOnce() -> R) -> R {
        self.acquire();
        let result = work();
        self.release();
        result
    }

    /// Waits until nobody has the lock, and takes it.
    pub fn acquire(&self) {
        if self.0.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_err() {
            while self.0.swap(WAITED_FOR, Ordering::Acquire) != FREE {
                sys::wait_while(&self.0, WAITED_FOR, None);
            }
        }
    }

    /// Lets the next one have the lock, which the caller has.
    pub fn release(&self) {
        if self.0.swap(FREE, Ordering::Release) == WAITED_FOR {
            sys::wake_one(&self.0);
        }
    }
}

impl Default for Lock {
    fn default() -> Self {
        Lock::new()
    }
}

/// What the runtime library itself keeps for all threads is under one lock: it is never held for long.
struct Sharing {
    acquire: fn(&Lock),
    release: fn(&Lock),
    lock: Lock,
}

static SHARING: Sharing = Sharing { acquire: Lock::acquire, release: Lock::release, lock: Lock::new() };

/// [`SHARING`], or null as long as the program has one thread: programs that start none carry no code for locks.
static SHARED: AtomicPtr<Sharing> = AtomicPtr::new(core::ptr::null_mut());

/// From now on, there is more than one thread. To be called before there is.
pub fn share() {
    SHARED.store((&raw const SHARING).cast_mut(), Ordering::Release);
}

/// Calls `work` while no other thread does so here. `work` must not come back here, nor wait for anything, nor trap.
pub fn exclusively<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: only `share` stores here.
    let sharing = unsafe { SHARED.load(Ordering::Acquire).as_ref() };
    if let Some(Sharing { acquire, lock, .. }) = sharing {
        acquire(lock);
    }
    let result = work();
    if let Some(Sharing { release, lock, .. }) = sharing {
        release(lock);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::AtomicU64;

    #[test]
    fn one_at_a_time() {
        let (lock, counter) = (Lock::new(), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        // Not one operation: only the lock makes it so.
                        lock.with(|| counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed));
                    }
                });
            }
        });
        assert_eq!(counter.into_inner(), 80_000);
    }
}
