//! What the process does about a signal: nothing, or what the system does by default.

use rustix::process::getpid;
/// One thread has the number of its process.
#[cfg(interpreted)]
use rustix::process::getpid as gettid;
#[cfg(not(interpreted))]
use rustix::thread::gettid;

use super::architecture::{number, system_call};
use super::constants::signal::SET_SIZE;
use super::error::{Error, check};

/// SIG_DFL.
const DEFAULT: usize = 0;
/// SIG_IGN.
const IGNORE: usize = 1;

/// rt_sigaction(2) with an action that calls no handler: everything but the disposition is zero, and the disposition
/// is the first word of the kernel's structure on every processor but MIPS, which has the flags before it.
fn set_disposition(signal: i32, disposition: usize) {
    // As large as the structure is with words of 32 bits, whose mask has two.
    let action = if cfg!(target_arch = "mips") { [0, disposition, 0, 0, 0, 0] } else { [disposition, 0, 0, 0, 0, 0] };
    // SAFETY: the kernel reads the action; no code of this process is called because of it. Signals that cannot be
    // caught are refused, which leaves them as they are.
    unsafe {
        system_call(number::RT_SIGACTION, [signal as usize, action.as_ptr().expose_provenance(), 0, SET_SIZE, 0, 0]);
    }
}

/// Lets the process live on when this signal arrives.
pub fn ignore_signal(signal: i32) {
    set_disposition(signal, IGNORE);
}

/// Gives the signal back its default meaning, also where a handler was installed.
pub fn restore_signal(signal: i32) {
    set_disposition(signal, DEFAULT);
}

/// Sends the calling thread a signal, which arrives before this returns: tgkill(2). One sent to the process (kill(2)) may
/// take another of its threads, and its time.
pub fn send_signal(signal: i32) -> Result<(), Error> {
    let (process, thread) = (getpid().as_raw_nonzero().get(), gettid().as_raw_nonzero().get());
    // SAFETY: the thread is this one. What the signal does is what the caller asks for.
    check(unsafe { system_call(number::TGKILL, [process as usize, thread as usize, signal as usize, 0, 0, 0]) })
        .map(drop)
}

/// sched_yield(2)
#[cfg(interpreted)]
pub fn yield_processor() {
    // SAFETY: no memory is involved.
    unsafe { system_call(number::SCHED_YIELD, [0; 6]) };
}

/// Waits for a signal, or for the end of the process. ppoll(2) of nothing, without end
pub fn pause() {
    // SAFETY: waits.
    unsafe { system_call(number::PPOLL, [0; 6]) };
}
