//! The harness's replies, in one buffer for the process, so that whoever ends the process can write them out.

use core::cell::UnsafeCell;

use wasmc_abi::value::Value;

use crate::output::Output;
use crate::sys;

const CAPACITY: usize = 1 << 16;

struct Replies {
    storage: UnsafeCell<[u8; CAPACITY]>,
    length: UnsafeCell<usize>,
}

// SAFETY: the harness is the program's only thread. A signal handler that flushes interrupts compiled code, not
// `with_replies`, which runs none and does not fault.
unsafe impl Sync for Replies {}

static REPLIES: Replies = Replies { storage: UnsafeCell::new([0; CAPACITY]), length: UnsafeCell::new(0) };

/// Lets `write` append to the replies.
pub(super) fn with_replies(write: impl FnOnce(&mut Output<'_>)) {
    // SAFETY: one thread, and `write` does not come back here.
    let (storage, length) = unsafe { (&mut *REPLIES.storage.get(), &mut *REPLIES.length.get()) };
    let mut output = Output::resume(sys::STANDARD_OUTPUT, storage, *length);
    write(&mut output);
    *length = output.pending();
}

/// Writes the replies out.
pub(super) fn flush() {
    with_replies(|output| output.flush());
}

/// A value's low `size` bytes as 32 hexadecimal digits.
pub(super) fn value(output: &mut Output<'_>, value: Value, size: usize) {
    let unused = 128 - 8 * size.min(16) as u32;
    let number = u128::from_le_bytes(value.0).checked_shl(unused).unwrap_or(0).checked_shr(unused).unwrap_or(0);
    output.hexadecimal((number >> 64) as u64, 16);
    output.hexadecimal(number as u64, 16);
}
