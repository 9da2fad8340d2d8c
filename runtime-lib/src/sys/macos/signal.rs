//! What the process does about a signal: nothing, or what the system does by default.

use libc::{SIG_DFL, SIG_IGN};

use super::error::{Error, check};

/// sigaction(2) with an action that calls no handler.
fn set_disposition(signal: i32, disposition: usize) {
    let action = libc::sigaction { sa_sigaction: disposition, sa_mask: 0, sa_flags: 0 };
    // SAFETY: no code of this process is called because of it. Signals that cannot be caught are refused, which leaves them
    // as they are.
    unsafe { libc::sigaction(signal, &raw const action, core::ptr::null_mut()) };
}

/// Lets the process live on when this signal arrives.
pub fn ignore_signal(signal: i32) {
    set_disposition(signal, SIG_IGN);
}

/// Gives the signal back its default meaning, also where a handler was installed.
pub fn restore_signal(signal: i32) {
    set_disposition(signal, SIG_DFL);
}

/// Sends this process, which has one thread, a signal, which arrives before this returns; kill(2).
pub fn send_signal(signal: i32) -> Result<(), Error> {
    // SAFETY: what the signal does is what the caller asks for.
    check(unsafe { libc::kill(libc::getpid(), signal) }).map(drop)
}
