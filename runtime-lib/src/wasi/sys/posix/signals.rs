//! Signals: the one that closed pipes send, and those that the program sends to itself.

use super::system;
use crate::wasi::errno::{Errno, Result};
use rustix::process::Signal;

/// Lets writes to a pipe or socket whose other end is closed fail instead of ending the process. signal(7), SIGPIPE.
pub fn ignore_broken_pipes() {
    crate::sys::ignore_signal(Signal::PIPE.as_raw());
}

/// Sends this process one of WASI's signals (witx `$signal`). Those that the runtime library listens to, in
/// order to find traps, get back their default meaning first.
pub fn raise(signal: u8) -> Result<()> {
    let signal = match signal {
        1 => Signal::HUP,
        2 => Signal::INT,
        3 => Signal::QUIT,
        4 => Signal::ILL,
        5 => Signal::TRAP,
        6 => Signal::ABORT,
        7 => Signal::BUS,
        8 => Signal::FPE,
        9 => Signal::KILL,
        10 => Signal::USR1,
        11 => Signal::SEGV,
        12 => Signal::USR2,
        13 => Signal::PIPE,
        14 => Signal::ALARM,
        15 => Signal::TERM,
        16 => Signal::CHILD,
        17 => Signal::CONT,
        18 => Signal::STOP,
        19 => Signal::TSTP,
        20 => Signal::TTIN,
        21 => Signal::TTOU,
        22 => Signal::URG,
        23 => Signal::XCPU,
        24 => Signal::XFSZ,
        25 => Signal::VTALARM,
        26 => Signal::PROF,
        27 => Signal::WINCH,
        28 => Signal::IO,
        29 => system::POWER.ok_or(Errno::NOTSUP)?,
        30 => Signal::SYS,
        _ => return Err(Errno::INVAL),
    };
    if matches!(signal, Signal::ILL | Signal::TRAP | Signal::BUS | Signal::FPE | Signal::SEGV) {
        crate::sys::restore_signal(signal.as_raw());
    }
    crate::sys::send_signal(signal.as_raw()).map_err(super::errors::of_system)
}
