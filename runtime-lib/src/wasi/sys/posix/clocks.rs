//! Clocks, random bytes, the processor.

use super::errors::retry;
use super::system;
use crate::wasi::errno::{Errno, Result};
use crate::wasi::memory::GuestBytes;
use rustix::fs::Timespec;
use rustix::time::ClockId;

/// WASI's numbers for clocks.
fn clock(id: u32) -> Result<ClockId> {
    match id {
        0 => Ok(ClockId::Realtime),
        1 => Ok(ClockId::Monotonic),
        2 => Ok(ClockId::ProcessCPUTime),
        3 => Ok(ClockId::ThreadCPUTime),
        _ => Err(Errno::INVAL),
    }
}

/// Nanoseconds, as far as 64 bits go (until 2554 for the real time).
fn nanoseconds(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64)
}

/// clock_gettime(2), in nanoseconds.
pub fn clock_time(id: u32) -> Result<u64> {
    let clock = clock(id)?;
    Ok(system::clock_time(clock).unwrap_or_else(|| nanoseconds(rustix::time::clock_gettime(clock))))
}

/// clock_getres(2), in nanoseconds, never 0.
pub fn clock_resolution(id: u32) -> Result<u64> {
    Ok(nanoseconds(rustix::time::clock_getres(clock(id)?)).max(1))
}

/// Fills memory with random bytes, in as many calls as it takes.
pub fn fill_random(bytes: GuestBytes) -> Result<()> {
    let mut done = 0;
    while done < bytes.length() {
        // SAFETY: what is left of the stretch lies in the program's memory, to which no Rust reference exists.
        let rest = unsafe { core::slice::from_raw_parts_mut(bytes.start().add(done), bytes.length() - done) };
        done += retry(|| system::random(&mut *rest))?;
    }
    Ok(())
}

/// sched_yield(2).
#[cfg(interpreted)]
pub use crate::sys::yield_processor;
#[cfg(not(interpreted))]
pub use rustix::thread::sched_yield as yield_processor;

/// A time as the kernel takes it.
pub(super) fn timespec(nanoseconds: u64) -> Timespec {
    // The quotient of a 64-bit number by 10^9 fits 35 bits.
    Timespec { tv_sec: (nanoseconds / 1_000_000_000) as i64, tv_nsec: (nanoseconds % 1_000_000_000) as _ }
}
