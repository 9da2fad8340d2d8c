//! What the process does about a signal: nothing, or what the system does by default.

use super::architecture::{number, system_call};

/// SIG_DFL.
const DEFAULT: usize = 0;
/// SIG_IGN.
const IGNORE: usize = 1;

/// rt_sigaction(2) with an action that calls no handler: everything but the disposition is zero, and the disposition
/// is the first word of the kernel's structure on every processor that the library supports.
fn set_disposition(signal: i32, disposition: usize) {
    let action = [disposition, 0, 0, 0];
    // SAFETY: the kernel reads the action; no code of this process is called because of it. Signals that cannot be
    // caught are refused, which leaves them as they are.
    unsafe {
        system_call(
            number::RT_SIGACTION,
            [signal as usize, action.as_ptr().expose_provenance(), 0, size_of::<u64>(), 0, 0],
        );
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
