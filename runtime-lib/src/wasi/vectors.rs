//! Lists of buffers (witx `$iovec_array`, `$ciovec_array`).

use super::errno::{Errno, Result};
use super::memory::{GuestMemory, address, element, u32_at};
use super::scratch::with_array;
use super::sys::IoVector;

/// Bytes of an `iovec`: address and length.
const SIZE: u32 = 8;

/// Most bytes that a transfer is asked for: macOS refuses more than INT_MAX (readv(2)), Linux stops here (read(2)).
const MOST_BYTES: usize = 0x7fff_f000;

/// Calls `transfer` with the buffers that a program lists, all of which lie in its memory. Empty buffers are left out,
/// and what is beyond that which the operating system takes in one call: a transfer may always be shorter than asked for.
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
        let (mut used, mut room) = (0, MOST_BYTES);
        for index in 0..count {
            let vector: [u8; SIZE as usize] = memory.read(element(vectors, index, SIZE))?;
            let bytes = memory.bytes(u64::from(u32_at(&vector, 0)), u64::from(u32_at(&vector, 4)))?;
            let bytes = bytes.front(room);
            if bytes.length() != 0
                && let Some(place) = list.get_mut(used)
            {
                *place = IoVector::new(bytes);
                used += 1;
                room -= bytes.length();
            }
        }
        transfer(list.get_mut(..used).unwrap_or(&mut []))
    })?;
    u32::try_from(transferred).map_err(|_| Errno::OVERFLOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_asked_for_than_systems_take() {
        let size = 1u64 << 32;
        let base = crate::sys::reserve(0, size as usize).unwrap();
        // SAFETY: pages of this test's.
        unsafe { crate::sys::commit(base, 1 << 16) }.unwrap();
        let memory = GuestMemory::for_test(base, size);
        let lengths = |vectors: &[(u32, u32)]| {
            for (number, (address, length)) in vectors.iter().enumerate() {
                let vector = [address.to_le_bytes(), length.to_le_bytes()].concat();
                memory.write(number as u64 * 8, &vector).unwrap();
            }
            let mut asked = Vec::new();
            let sum = |list: &mut [IoVector]| {
                asked = list.iter().map(IoVector::length).collect();
                Ok(0)
            };
            with_vectors(memory, 0, vectors.len() as i32, sum).unwrap();
            asked
        };
        assert_eq!(lengths(&[(64, 3), (80, 0), (96, 5)]), [3, 5]);
        assert_eq!(lengths(&[(64, 0xf000_0000)]), [MOST_BYTES]);
        assert_eq!(lengths(&[(64, 16), (0, 0x7fff_0000), (0, 0x7fff_0000), (64, 1)]), [16, 0x7fff_0000, 0xeff0]);
        // SAFETY: nobody else knows of the mapping.
        unsafe { crate::sys::release(base, size as usize) };
    }
}
