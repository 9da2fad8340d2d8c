//! Lists of buffers (witx `$iovec_array`, `$ciovec_array`).

use super::errno::{Errno, Result};
use super::memory::{GuestMemory, address, element, u32_at};
use super::scratch::with_array;
use super::sys::IoVector;

/// Bytes of an `iovec`: address and length.
const SIZE: u32 = 8;

/// Calls `transfer` with the buffers that a program lists, all of which lie in its memory. Empty buffers are left out,
/// and those beyond what the operating system takes in one call: a transfer may always be shorter than asked for.
/// Returns the number of bytes that `transfer` does.
pub fn with_vectors(
    memory: GuestMemory,
    vectors: i32,
    count: i32,
    transfer: impl FnOnce(&mut [IoVector]) -> Result<usize>,
) -> Result<u32> {
    let count = count as u32;
    memory.bytes(address(vectors), u64::from(count) * u64::from(SIZE))?;
    let most = IoVector::MOST.min(count as usize);
    let transferred = with_array(most, |list| {
        let mut used = 0;
        for index in 0..count {
            let vector: [u8; SIZE as usize] = memory.read(element(vectors, index, SIZE))?;
            let bytes = memory.bytes(u64::from(u32_at(&vector, 0)), u64::from(u32_at(&vector, 4)))?;
            if bytes.length() != 0
                && let Some(place) = list.get_mut(used)
            {
                *place = IoVector::new(bytes);
                used += 1;
            }
        }
        transfer(list.get_mut(..used).unwrap_or(&mut []))
    })?;
    u32::try_from(transferred).map_err(|_| Errno::OVERFLOW)
}
