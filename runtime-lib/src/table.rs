//! Tables: grown on demand, filled.

use wasmc_abi::instance::TableDescriptor;

use crate::sys::{self, PAGE_SIZE};

/// Bytes of an element.
const ELEMENT: u64 = size_of::<u64>() as u64;

/// `table.grow`: see [`wasmc_abi::symbols::TABLE_GROW`]. (wasm spec 4.4.6, table.grow)
///
/// Where the elements must move, the room they leave is not unmapped, for it may be part of the executable; but its pages
/// are given back. Capacity at least doubles, so that what remains is no more than address space of the table's own size.
///
/// # Safety
/// `table` must be the address of a descriptor of this program.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_table_grow(table: *mut TableDescriptor, initial: u64, delta: u64) -> u64 {
    // SAFETY: the caller's promise; compiled code does not touch the descriptor during the call.
    let table = unsafe { &mut *table };
    let length = match table.length.checked_add(delta) {
        Some(length) if length <= table.maximum => length,
        _ => return u64::MAX,
    };
    if length > table.capacity {
        let capacity = table.capacity.saturating_mul(2).clamp(length, table.maximum.max(length));
        let Some(size) = bytes(capacity) else { return u64::MAX };
        let Ok(base) = sys::allocate(size) else { return u64::MAX };
        // SAFETY: the new room is larger, and apart from the old one, whose pages nobody reads from now on.
        unsafe {
            core::ptr::copy_nonoverlapping(
                core::ptr::with_exposed_provenance::<u64>(table.base as usize),
                core::ptr::with_exposed_provenance_mut::<u64>(base),
                table.length as usize,
            );
            give_back(table.base as usize, (table.capacity * ELEMENT) as usize);
        }
        table.base = base as u64;
        table.capacity = size as u64 / ELEMENT;
    }
    let old = table.length;
    // SAFETY: there is room for `length` elements.
    unsafe {
        let end: *mut u64 = core::ptr::with_exposed_provenance_mut((table.base + old * ELEMENT) as usize);
        wasmc_table_fill(end, initial, delta);
    }
    table.length = length;
    old
}

/// Bytes of whole pages that hold `count` elements.
fn bytes(count: u64) -> Option<usize> {
    usize::try_from(count.checked_mul(ELEMENT)?).ok()?.checked_next_multiple_of(PAGE_SIZE)
}

/// Gives the memory of the whole pages inside a range back.
///
/// # Safety
/// Nobody may read the range again.
unsafe fn give_back(start: usize, length: usize) {
    let first = start.next_multiple_of(PAGE_SIZE);
    let end = (start + length) & !(PAGE_SIZE - 1);
    if first < end {
        // SAFETY: the caller's promise.
        unsafe { sys::discard(first, end - first) };
    }
}

/// `table.fill`: see [`wasmc_abi::symbols::TABLE_FILL`].
///
/// # Safety
/// There must be `length` elements at `start`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_table_fill(start: *mut u64, value: u64, length: u64) {
    for index in 0..length as usize {
        // SAFETY: the caller's promise.
        unsafe { *start.add(index) = value };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_out_of_its_first_storage() {
        let mut storage = [11u64, 12, 0];
        let base = storage.as_mut_ptr().expose_provenance() as u64;
        let mut table = TableDescriptor { base, length: 2, maximum: 100_000, capacity: 3 };
        // SAFETY: a descriptor of this test's.
        let mut grow = |initial, delta| unsafe { wasmc_table_grow(&mut table, initial, delta) };
        assert_eq!(grow(0, 0), 2);
        assert_eq!(grow(13, 1), 2);
        assert_eq!(grow(14, 5000), 3);
        assert_eq!(grow(15, u64::MAX), u64::MAX);
        assert_eq!(grow(15, 100_000), u64::MAX);
        assert_eq!(grow(15, 94_997), 5003);
        assert_eq!(grow(16, 1), u64::MAX);
        assert_eq!(grow(16, 0), 100_000);
        assert_eq!(storage, [11, 12, 13]);
        assert_eq!(table.length, 100_000);
        assert!(table.capacity >= 100_000);
        // SAFETY: the table's own elements.
        let elements = unsafe {
            core::slice::from_raw_parts(core::ptr::with_exposed_provenance::<u64>(table.base as usize), 100_000)
        };
        assert_eq!(elements[..3], [11, 12, 13]);
        assert!(elements[3..5003].iter().all(|&element| element == 14));
        assert!(elements[5003..].iter().all(|&element| element == 15));
    }

    #[test]
    fn no_address_space_is_no_growth() {
        let mut table = TableDescriptor { base: 8, length: 0, maximum: u64::MAX, capacity: 0 };
        // SAFETY: a descriptor of this test's.
        assert_eq!(unsafe { wasmc_table_grow(&mut table, 0, 1 << 60) }, u64::MAX);
        // SAFETY: as above.
        assert_eq!(unsafe { wasmc_table_grow(&mut table, 0, u64::MAX) }, u64::MAX);
    }
}
