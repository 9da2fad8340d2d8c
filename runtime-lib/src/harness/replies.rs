//! The harness's replies, in one buffer for the process, so that whoever ends the process can write them out.

use core::cell::UnsafeCell;

use wasmc_abi::value::{ANYREF, EXTERNREF, Value};

use crate::heap::{self, Kind};
use crate::output::Output;
use crate::sys;
use crate::values::size_of_type;

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

/// A value of this type as 32 hexadecimal digits. The upper half of a reference to an object tells what the object is.
pub(super) fn value(output: &mut Output<'_>, value: Value, value_type: u8) {
    if matches!(value_type, ANYREF | EXTERNREF) {
        let (low, _) = value.0.split_at(8);
        let reference = u64::from_le_bytes(low.try_into().unwrap_or_default());
        // SAFETY: compiled code handed the reference out just now.
        let kind = match unsafe { heap::kind_of(reference) } {
            None => 0,
            Some(Kind::Structure) => 1,
            Some(Kind::Array) => 2,
        };
        output.hexadecimal(kind, 16);
        return output.hexadecimal(reference, 16);
    }
    let unused = 128 - 8 * size_of_type(value_type).min(16) as u32;
    let number = u128::from_le_bytes(value.0).checked_shl(unused).unwrap_or(0).checked_shr(unused).unwrap_or(0);
    output.hexadecimal((number >> 64) as u64, 16);
    output.hexadecimal(number as u64, 16);
}
