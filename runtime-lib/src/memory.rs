//! Linear memories: laid out at the start, grown on demand.
//!
//! **Sandbox invariant:** see [`MemoryDescriptor`]. A guarded memory's reservation is never made smaller than the
//! compiler asked for; what lies behind the current size is inaccessible, to the byte where the page size is a multiple
//! of the operating system's (otherwise the memory has explicit bounds). Where explicit bounds rely on a tail guard,
//! the memory never grows into the last [`TAIL_GUARD`] bytes of its reservation.

use core::sync::atomic::Ordering;

use wasmc_abi::instance::{MEMORY_EXPLICIT_BOUNDS, MEMORY_FIXED_BASE, MEMORY_TAIL_GUARD, MemoryDescriptor, TAIL_GUARD};
use wasmc_abi::program::Program;

use crate::atomic::AtomicU64;
use crate::process;
use crate::sync::Lock;
use crate::sys::{self, Error, PAGE_SIZE};

/// Address space that a memory with explicit bounds leaves to the rest of the program where space is short; a memory that is
/// smaller leaves as much as it takes, so that the next one does not get less than could be had.
const SPARED: usize = if cfg!(target_os = "none") {
    256 << 10
} else if cfg!(target_pointer_width = "32") {
    // The heap of objects comes after the memories.
    512 << 20
} else {
    32 << 20
};

/// Bytes of addresses that memories with explicit bounds may reserve in all, beyond what they have to begin with: where there
/// are few, the first would leave none for the next.
const ADDRESSES: u64 = if cfg!(target_pointer_width = "32") { 3 << 29 } else { u64::MAX };

/// Size in bytes from which a memory asks for large pages: fewer faults and fewer misses of the address
/// translation cache, for at most one large page more than the program touches in each place.
const LARGE_PAGES_FROM: usize = 8 << 20;

/// Maps every memory of the program, each limited to `limit` bytes.
///
/// # Safety
/// To be called once, before anything uses a memory, with the compiler's description of the program.
pub unsafe fn map_all(program: &Program, limit: Option<u64>) {
    // SAFETY: the compiler's description.
    let memories = unsafe { program.memories.as_slice::<u64>() };
    let share = ADDRESSES / memories.len().max(1) as u64;
    for &address in memories {
        // SAFETY: as above; nobody else uses the descriptor yet.
        let memory = unsafe { &mut *core::ptr::with_exposed_provenance_mut::<MemoryDescriptor>(address as usize) };
        if let Some(limit) = limit {
            lower_maximum(memory, limit);
        }
        if memory.flags & MEMORY_EXPLICIT_BOUNDS != 0 {
            memory.reservation = memory.reservation.min(share).max(memory.length + tail_guard(memory));
        }
        if let Err(error) = map(memory) {
            refused(memory, error);
        }
        // SAFETY: the pages were reserved just now.
        if let Err(error) = unsafe { commit(memory, 0, memory.length) } {
            refused(memory, error);
        }
    }
}

/// Lowers the size that a memory may reach.
fn lower_maximum(memory: &mut MemoryDescriptor, limit: u64) {
    if limit < memory.length {
        process::fatal_message(&|output| {
            output.bytes(b"the program's memory has ");
            output.decimal(memory.length);
            output.bytes(b" bytes to begin with, but WASMC_MAX_MEMORY allows only ");
            output.decimal(limit);
        });
    }
    let limit = limit >> memory.page_size_log2 << memory.page_size_log2;
    if limit < memory.maximum {
        memory.maximum = limit;
        if memory.flags & MEMORY_EXPLICIT_BOUNDS != 0 {
            memory.reservation = memory.reservation.min(limit + tail_guard(memory));
        }
    }
}

/// Bytes at the end of a memory's reservation that never belong to it.
fn tail_guard(memory: &MemoryDescriptor) -> u64 {
    if memory.flags & MEMORY_TAIL_GUARD != 0 { TAIL_GUARD } else { 0 }
}

/// `size` in whole pages of the operating system; an unreachable number where there are none so many.
fn whole_pages(size: u64) -> usize {
    usize::try_from(size).ok().and_then(|size| size.checked_next_multiple_of(PAGE_SIZE)).unwrap_or(!(PAGE_SIZE - 1))
}

/// Reserves a memory's address space.
fn map(memory: &mut MemoryDescriptor) -> Result<(), Error> {
    let is_explicit = memory.flags & MEMORY_EXPLICIT_BOUNDS != 0;
    let address = if memory.flags & MEMORY_FIXED_BASE != 0 { memory.base as usize } else { 0 };
    let guard = tail_guard(memory);
    let mut size = whole_pages(if cfg!(target_pointer_width = "32") {
        memory.reservation
    } else {
        memory.reservation.max(memory.maximum.saturating_add(guard))
    });
    if size == 0 {
        // Explicit bounds, and no byte to access.
        return Ok(());
    }
    let base = if is_explicit {
        let smallest = whole_pages(memory.length.saturating_add(guard)).max(PAGE_SIZE);
        loop {
            let spared = SPARED.min(size);
            match sys::reserve(address, size.saturating_add(spared)) {
                Ok(base) => {
                    // SAFETY: the end of what was reserved just now.
                    unsafe { sys::release(base + size, spared) };
                    break base;
                }
                // It fits, if only just.
                Err(_) if size <= smallest => break sys::reserve(address, size)?,
                Err(_) => size = ((size / 2) & !(PAGE_SIZE - 1)).max(smallest),
            }
        }
    } else {
        sys::reserve(address, size)?
    };
    memory.base = base as u64;
    memory.reservation = size as u64;
    let room = memory.reservation - guard;
    if memory.maximum > room {
        memory.maximum = room >> memory.page_size_log2 << memory.page_size_log2;
    }
    Ok(())
}

/// Makes the bytes from `from` to `to` accessible, in whole pages.
///
/// # Safety
/// The memory must be reserved beyond `to`.
unsafe fn commit(memory: &MemoryDescriptor, from: u64, to: u64) -> Result<(), Error> {
    let (from, to) = (whole_pages(from), whole_pages(to));
    if from >= to {
        return Ok(());
    }
    if from < LARGE_PAGES_FROM && to >= LARGE_PAGES_FROM {
        sys::prefer_large_pages(memory.base as usize, memory.reservation as usize);
    }
    // SAFETY: the caller's promise.
    unsafe { sys::commit(memory.base as usize + from, to - from) }
}

/// Ends the process because the operating system refused a memory.
#[cold]
fn refused(memory: &MemoryDescriptor, error: Error) -> ! {
    process::fatal_message(&|output| {
        let is_explicit = memory.flags & MEMORY_EXPLICIT_BOUNDS != 0;
        output.bytes(b"cannot reserve ");
        output.decimal(if is_explicit { memory.length } else { memory.reservation });
        output.bytes(b" bytes of address space for a linear memory");
        if memory.flags & MEMORY_FIXED_BASE != 0 {
            output.bytes(b" at address 0x");
            output.hexadecimal(memory.base, 0);
        }
        output.bytes(b": ");
        output.bytes(error.explanation().as_bytes());
        output.bytes(b" (error ");
        output.decimal(error.0.unsigned_abs().into());
        output.bytes(b")\n  ");
        output.bytes(if is_explicit {
            b"lift the limit on address space (`ulimit -v`, or the container's)"
        } else {
            b"lift the limit on address space (`ulimit -v`, or the container's), or build with `--bounds explicit`, \
              which takes no more than the memory's size"
        });
    })
}

/// `memory.grow`: see [`wasmc_abi::symbols::MEMORY_GROW`]. (wasm spec 4.4.7, memory.grow)
///
/// # Safety
/// `memory` must be the address of a descriptor of this program.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_memory_grow(memory: *mut MemoryDescriptor, delta_pages: u64) -> u64 {
    // SAFETY: the caller's promise; nobody else grows the memory during the call, and its other fields stay.
    unsafe { grow(memory, delta_pages) }
}

/// Held while a memory that several threads may grow does so.
static GROWING: Lock = Lock::new();

/// See [`wasmc_abi::symbols::SHARED_MEMORY_GROW`].
///
/// # Safety
/// `memory` must be the address of a descriptor of this program.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_shared_memory_grow(memory: *mut MemoryDescriptor, delta_pages: u64) -> u64 {
    // SAFETY: the caller's promise; the lock keeps other threads that grow away.
    GROWING.with(|| unsafe { grow(memory, delta_pages) })
}

/// Grows a memory: the new pages are there before the length says so.
///
/// # Safety
/// `descriptor` must be the address of a descriptor of this program; nobody else may grow the memory, but other threads may
/// read its length.
unsafe fn grow(descriptor: *mut MemoryDescriptor, delta_pages: u64) -> u64 {
    // SAFETY: the caller's promise.
    let memory = unsafe { *descriptor };
    let log2 = memory.page_size_log2;
    let grown = match delta_pages.checked_mul(1 << log2) {
        Some(delta) => memory.length.checked_add(delta),
        None => None,
    };
    match grown {
        Some(grown) if grown <= memory.maximum => {
            // SAFETY: a memory is reserved at least up to its maximum.
            if unsafe { commit(&memory, memory.length, grown) }.is_err() {
                return u64::MAX;
            }
            // SAFETY: the field is aligned and lives as long as the program.
            unsafe { AtomicU64::from_ptr(&raw mut (*descriptor).length) }.store(grown, Ordering::Release);
            memory.length >> log2
        }
        _ => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(length: u64, maximum: u64, reservation: u64, page_size_log2: u32, flags: u32) -> MemoryDescriptor {
        let mut memory = MemoryDescriptor { base: 0, length, maximum, reservation, page_size_log2, flags };
        map(&mut memory).unwrap();
        // SAFETY: reserved just now.
        unsafe { commit(&memory, 0, length) }.unwrap();
        memory
    }

    fn grow(memory: &mut MemoryDescriptor, delta: u64) -> u64 {
        // SAFETY: a descriptor of this test's.
        unsafe { wasmc_memory_grow(memory, delta) }
    }

    fn bytes(memory: &mut MemoryDescriptor) -> &mut [u8] {
        // SAFETY: mapped by the test, for as long as it lives.
        unsafe {
            core::slice::from_raw_parts_mut(
                core::ptr::with_exposed_provenance_mut(memory.base as usize),
                memory.length as usize,
            )
        }
    }

    #[test]
    fn grows_to_the_maximum_and_no_further() {
        let mut memory = mapped(1 << 16, 5 << 16, 1 << 30, 16, 0);
        bytes(&mut memory)[65535] = 7;
        assert_eq!(grow(&mut memory, 0), 1);
        assert_eq!(grow(&mut memory, 5), u64::MAX);
        assert_eq!(grow(&mut memory, u64::MAX), u64::MAX);
        assert_eq!(grow(&mut memory, 1 << 48), u64::MAX);
        assert_eq!(grow(&mut memory, 3), 1);
        assert_eq!(grow(&mut memory, 1), 4);
        assert_eq!(grow(&mut memory, 1), u64::MAX);
        assert_eq!(grow(&mut memory, 0), 5);
        assert_eq!(bytes(&mut memory)[65535], 7);
        assert!(bytes(&mut memory)[65536..].iter().all(|&byte| byte == 0));
        bytes(&mut memory).fill(1);
    }

    #[test]
    fn pages_of_one_byte() {
        let mut memory = mapped(10, 10_000, 10_000, 0, MEMORY_EXPLICIT_BOUNDS);
        assert_eq!(memory.reservation, 12288);
        assert_eq!(grow(&mut memory, 4085), 10);
        assert_eq!(grow(&mut memory, 2), 4095);
        bytes(&mut memory).fill(1);
        assert_eq!(grow(&mut memory, 5904), u64::MAX);
        assert_eq!(grow(&mut memory, 5903), 4097);
        bytes(&mut memory).fill(2);
    }

    #[test]
    fn explicit_bounds_make_do_with_less() {
        let mut memory = mapped(1 << 16, 1 << 62, 1 << 62, 16, MEMORY_EXPLICIT_BOUNDS);
        assert!(memory.reservation < 1 << 48 && memory.reservation >= 1 << 16);
        assert_eq!(memory.maximum, memory.reservation >> 16 << 16);
        assert_eq!(grow(&mut memory, 1), 1);
        bytes(&mut memory).fill(3);
        // SAFETY: of this test's.
        unsafe { sys::release(memory.base as usize, memory.reservation as usize) };
    }

    #[test]
    fn the_tail_guard_stays_out_of_reach() {
        let guarded = MEMORY_EXPLICIT_BOUNDS | MEMORY_TAIL_GUARD;
        let mut memory = mapped(1 << 16, 3 << 16, (3 << 16) + TAIL_GUARD, 16, guarded);
        assert_eq!(memory.reservation, (3 << 16) + TAIL_GUARD);
        lower_maximum(&mut memory, 2 << 16);
        assert_eq!((memory.maximum, memory.reservation), (2 << 16, (2 << 16) + TAIL_GUARD));
        // Where the address space is short, the guard is not what gives way.
        let memory = mapped(1 << 16, 1 << 62, 1 << 62, 16, guarded);
        assert!(memory.reservation < 1 << 48);
        assert_eq!(memory.maximum, (memory.reservation - TAIL_GUARD) >> 16 << 16);
        // SAFETY: of this test's.
        unsafe { sys::release(memory.base as usize, memory.reservation as usize) };
    }

    #[test]
    fn no_bytes_at_all() {
        let mut memory = mapped(0, 0, 0, 16, MEMORY_EXPLICIT_BOUNDS);
        assert_eq!(grow(&mut memory, 0), 0);
        assert_eq!(grow(&mut memory, 1), u64::MAX);
    }

    #[test]
    fn a_fixed_base_is_kept_and_nothing_is_replaced() {
        let free = sys::reserve(0, 1 << 20).unwrap();
        let mut memory = MemoryDescriptor {
            base: free as u64,
            length: 0,
            maximum: 0,
            reservation: 1 << 20,
            page_size_log2: 16,
            flags: MEMORY_FIXED_BASE,
        };
        assert_eq!(map(&mut memory), Err(Error(17)));
        // SAFETY: of this test's.
        unsafe { sys::release(free, 1 << 20) };
        assert_eq!(map(&mut memory), Ok(()));
        assert_eq!(memory.base, free as u64);
        // SAFETY: of this test's.
        unsafe { sys::release(free, 1 << 20) };
    }

    #[test]
    fn limits_round_down_to_pages() {
        let mut memory = mapped(1 << 16, 100 << 16, 1 << 30, 16, 0);
        lower_maximum(&mut memory, 200 << 16);
        assert_eq!(memory.maximum, 100 << 16);
        lower_maximum(&mut memory, (3 << 16) - 1);
        assert_eq!((memory.maximum, memory.reservation), (2 << 16, 1 << 30));
    }
}
