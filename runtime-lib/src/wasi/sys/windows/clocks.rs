//! Clocks, random bytes, the processor.

use crate::sys;
use crate::sys::api::{
    self, GetProcAddress, GetProcessTimes, GetSystemTimePreciseAsFileTime, GetThreadTimes, LoadLibraryExW,
    QueryPerformanceFrequency, SwitchToThread,
};
use crate::wasi::errno::{Errno, Result};
use crate::wasi::memory::GuestBytes;
use crate::wide;
use core::ffi::c_void;
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::Relaxed;

const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const PROCESS: u32 = 2;
const THREAD: u32 = 3;

/// Nanoseconds in a unit of Windows' times.
const UNIT: u64 = 100;
/// From 1601, where those begin, to 1970, in units.
const TO_1970: u64 = 11_644_473_600 * 10_000_000;

/// Nanoseconds since 1970 of a time of Windows'; 0 for earlier ones.
pub(super) fn from_windows(time: u64) -> u64 {
    time.saturating_sub(TO_1970).saturating_mul(UNIT)
}

/// The other way round.
pub(super) fn to_windows(nanoseconds: u64) -> u64 {
    nanoseconds / UNIT + TO_1970
}

/// The present time as Windows has it.
pub(super) fn now() -> u64 {
    let mut time = 0;
    // SAFETY: writes a number.
    unsafe { GetSystemTimePreciseAsFileTime(&raw mut time) };
    time
}

/// In nanoseconds.
pub fn clock_time(id: u32) -> Result<u64> {
    // Creation, exit, kernel, user.
    let mut times = [0u64; 4];
    let [creation, exit, kernel, user] = times.each_mut().map(core::ptr::from_mut);
    match id {
        REALTIME => return Ok(from_windows(now())),
        MONOTONIC => return Ok(sys::monotonic_time()),
        // SAFETY: write numbers; the handles are pseudo handles, of this process and this thread.
        PROCESS => unsafe { GetProcessTimes(api::THIS_PROCESS, creation, exit, kernel, user) },
        // SAFETY: as above.
        THREAD => unsafe { GetThreadTimes(api::THIS_THREAD, creation, exit, kernel, user) },
        _ => return Err(Errno::INVAL),
    };
    let [_, _, kernel, user] = times;
    Ok((kernel + user).saturating_mul(UNIT))
}

/// In nanoseconds, never 0.
pub fn clock_resolution(id: u32) -> Result<u64> {
    match id {
        MONOTONIC => {
            let mut frequency = 1;
            // SAFETY: writes a number.
            unsafe { QueryPerformanceFrequency(&raw mut frequency) };
            Ok((1_000_000_000 / (frequency as u64).max(1)).max(1))
        }
        REALTIME | PROCESS | THREAD => Ok(UNIT),
        _ => Err(Errno::INVAL),
    }
}

/// RtlGenRandom.
type GenerateRandom = unsafe extern "system" fn(bytes: *mut u8, length: u32) -> u8;

/// RtlGenRandom, which every Windows has, by its other name in a library of the system's own folder. Programs that want no random
/// bytes do not load that library.
fn generator() -> Option<GenerateRandom> {
    static FOUND: AtomicPtr<c_void> = AtomicPtr::new(core::ptr::null_mut());
    const SEARCH_SYSTEM_FOLDER: u32 = 0x800;
    let mut found = FOUND.load(Relaxed);
    if found.is_null() {
        // Zeros stay behind the name.
        let mut name = [0; 16];
        wide::from_utf8(b"advapi32.dll", &mut name);
        // SAFETY: both names end in zeros.
        found = unsafe {
            let library = LoadLibraryExW(name.as_ptr(), core::ptr::null_mut(), SEARCH_SYSTEM_FOLDER);
            if library.is_null() {
                return None;
            }
            GetProcAddress(library, c"SystemFunction036".as_ptr().cast())
        };
        FOUND.store(found, Relaxed);
    }
    // SAFETY: null is `None`, and the function of that name has this type (ntsecapi.h).
    unsafe { core::mem::transmute::<*mut c_void, Option<GenerateRandom>>(found) }
}

/// Fills memory with random bytes.
pub fn fill_random(bytes: GuestBytes) -> Result<()> {
    let generate = generator().ok_or(Errno::NOSYS)?;
    let mut done = 0;
    while done < bytes.length() {
        let part = (bytes.length() - done).min(1 << 30);
        // SAFETY: what is left of the stretch lies in the program's memory.
        if unsafe { generate(bytes.start().add(done), part as u32) } == 0 {
            return Err(Errno::IO);
        }
        done += part;
    }
    Ok(())
}

/// Lets other threads run.
pub fn yield_processor() {
    // SAFETY: waits, if at all.
    unsafe { SwitchToThread() };
}
