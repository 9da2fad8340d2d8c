//! What array instructions need for many elements at once. Bounds are already checked.

/// `array.fill` and `array.new`: see [`wasmc_abi::symbols::ARRAY_FILL`].
///
/// # Safety
/// There must be `length` elements of `1 << size_log2` bytes at `start`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_array_fill(start: *mut u8, low: u64, high: u64, length: u64, size_log2: u64) {
    // SAFETY: the caller's promise. Elements are aligned to their size, but to 8 at most.
    unsafe {
        match size_log2 {
            0 => fill(start, low as u8, length),
            1 => fill(start.cast(), low as u16, length),
            2 => fill(start.cast(), low as u32, length),
            3 => fill(start.cast(), low, length),
            // Vectors are little-endian everywhere.
            _ => fill(start.cast(), [low.to_le(), high.to_le()], length),
        }
    }
}

/// # Safety
/// There must be `length` elements at `start`.
unsafe fn fill<T: Copy>(start: *mut T, value: T, length: u64) {
    for position in 0..length as usize {
        // SAFETY: the caller's promise.
        unsafe { start.add(position).write(value) };
    }
}

/// `array.new_data` and `array.init_data`: see [`wasmc_abi::symbols::ARRAY_READ_DATA`].
///
/// # Safety
/// There must be as many bytes at both addresses.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_array_read_data(start: *mut u8, source: *const u8, length: u64, size_log2: u64) {
    let bytes = (length << size_log2) as usize;
    // SAFETY: the caller's promise.
    unsafe { core::ptr::copy_nonoverlapping(source, start, bytes) };
    let is_vector = size_log2 > 3;
    if cfg!(target_endian = "big") && !is_vector {
        // SAFETY: as above.
        let elements = unsafe { core::slice::from_raw_parts_mut(start, bytes) };
        elements.chunks_mut(1 << size_log2).for_each(<[u8]>::reverse);
    }
}

/// `array.new_elem` and `array.init_elem`: see [`wasmc_abi::symbols::ARRAY_READ_ELEMENTS`].
///
/// # Safety
/// There must be that many references at both addresses.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_array_read_elements(start: *mut u8, source: *const u64, length: u64, size_log2: u64) {
    for position in 0..length as usize {
        // SAFETY: the caller's promise.
        unsafe {
            let reference = source.add(position).read();
            match size_log2 {
                2 => start.cast::<u32>().add(position).write(reference as u32),
                _ => start.cast::<u64>().add(position).write(reference),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_elements_of_every_size() {
        let mut room = [0u64; 4];
        let start = room.as_mut_ptr().cast();
        // SAFETY: room of this test's.
        unsafe {
            wasmc_array_fill(start, 0x1ff, 0, 3, 0);
            assert_eq!(room[0], 0xff_ffff);
            wasmc_array_fill(start, 0x12345, 0, 3, 1);
            assert_eq!(room[0], 0x2345_2345_2345);
            wasmc_array_fill(start, 7 << 32 | 9, 0, 3, 2);
            assert_eq!(room[..2], [9 << 32 | 9, 9]);
            wasmc_array_fill(start, 5, 0, 2, 3);
            assert_eq!(room, [5, 5, 0, 0]);
            wasmc_array_fill(start, 1, 2, 2, 4);
            assert_eq!(room, [1, 2, 1, 2]);
        }
    }

    #[test]
    fn reads_segments() {
        let mut room = [0u32; 4];
        // SAFETY: room of this test's.
        unsafe {
            wasmc_array_read_data(room.as_mut_ptr().cast(), [1u8, 2, 3, 4].as_ptr(), 2, 1);
            assert_eq!(room[0].to_ne_bytes(), [[1, 2], [3, 4]].concat()[..]);
            wasmc_array_read_elements(room.as_mut_ptr().cast(), [8u64, 16, 0].as_ptr(), 3, 2);
            assert_eq!(room, [8, 16, 0, 0]);
        }
    }
}
