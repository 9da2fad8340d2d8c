//! Signals, which Windows does not have: those that end a process do that.

use crate::wasi::errno::{Errno, Result};

/// Writes to a pipe whose other end is closed fail anyway.
pub fn ignore_broken_pipes() {}

/// What one of WASI's signals (witx `$signal`) does to a process on its own account: ends it, with the exit code that a
/// shell would report for the signal, or nothing. Fails with `notsup` for those that stop a process.
pub fn raise(signal: u8) -> Result<()> {
    match signal {
        // CHLD, CONT, URG, WINCH.
        16 | 17 | 22 | 27 => Ok(()),
        // STOP, TSTP, TTIN, TTOU.
        18..=21 => Err(Errno::NOTSUP),
        1..=30 => crate::process::exit(128 + i32::from(signal)),
        _ => Err(Errno::INVAL),
    }
}
