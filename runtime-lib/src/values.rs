//! Arguments and results of calls that come from outside.

use wasmc_abi::value::{F32, I32, V128, Value};

use crate::room::Room;

/// Size in bytes of a value of this type.
pub fn size_of_type(value_type: u8) -> usize {
    match value_type {
        I32 | F32 => 4,
        V128 => 16,
        _ => 8,
    }
}

/// Room for the arguments and results of a call.
pub struct Values {
    room: Room,
}

impl Values {
    /// No room yet.
    pub const fn new() -> Self {
        Values { room: Room::new() }
    }

    /// Room for `count` values, whatever is in it.
    pub fn of_length(&mut self, count: usize) -> Option<&mut [Value]> {
        self.room.ensure(count.checked_mul(size_of::<Value>())?)?;
        let start = self.room.bytes().as_mut_ptr().cast::<Value>();
        // SAFETY: there are that many bytes, in whole pages, and every bit pattern is a value.
        Some(unsafe { core::slice::from_raw_parts_mut(start, count) })
    }
}

impl Default for Values {
    fn default() -> Self {
        Values::new()
    }
}
