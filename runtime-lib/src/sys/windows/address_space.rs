//! Reserving and committing pages of the process's address space.

use core::ffi::c_void;

use super::PAGE_SIZE;
use super::api::{
    ERROR_INVALID_ADDRESS, MEM_COMMIT, MEM_DECOMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_NOACCESS, PAGE_READWRITE,
    VirtualAlloc, VirtualFree, VirtualProtect,
};
use super::error::Error;

fn pointer(address: usize) -> *mut c_void {
    core::ptr::with_exposed_provenance_mut(address)
}

/// VirtualAlloc.
fn map(address: usize, size: usize, kind: u32, protection: u32) -> Result<usize, Error> {
    // SAFETY: only pages that nobody has are reserved; what committing does is the callers' promise.
    let mapped = unsafe { VirtualAlloc(pointer(address), size, kind, protection) };
    if mapped.is_null() { Err(Error::last()) } else { Ok(mapped.expose_provenance()) }
}

/// Reserves `size` bytes of inaccessible address space, at `address` exactly if that is not 0. Nothing that is
/// mapped already is replaced.
pub fn reserve(address: usize, size: usize) -> Result<usize, Error> {
    map(address, size, MEM_RESERVE, PAGE_NOACCESS)
}

/// Reserves two halves of at most `maximum` bytes each for the heap of objects, below 4 GiB: the address, and how many bytes they
/// have. Windows, or Wine, may have something at any of these addresses: where there is no room, halves are made smaller.
pub fn reserve_low(maximum: u64) -> Result<(usize, u64), Error> {
    const END: u64 = 1 << 32;
    const STEP: u64 = 64 << 20;
    const SMALLEST: u64 = 1 << 20;
    let mut maximum = maximum;
    loop {
        let size = 2 * maximum;
        let mut base = END - STEP;
        while base > 0 {
            if base + size <= END
                && let Ok(base) = reserve(base as usize, size as usize)
            {
                return Ok((base, maximum));
            }
            base -= STEP;
        }
        if maximum < 2 * SMALLEST {
            return Err(Error(ERROR_INVALID_ADDRESS as i32));
        }
        maximum = (maximum / 2) & !(PAGE_SIZE as u64 - 1);
    }
}

/// Maps `size` bytes of zeros, wherever there is room.
pub fn allocate(size: usize) -> Result<usize, Error> {
    map(0, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)
}

/// Makes reserved pages readable and writable; they hold zeros when they never were before.
///
/// # Safety
/// The pages must lie in a reservation of the caller's.
pub unsafe fn commit(address: usize, size: usize) -> Result<(), Error> {
    if size == 0 {
        return Ok(());
    }
    map(address, size, MEM_COMMIT, PAGE_READWRITE).map(drop)
}

/// Makes pages inaccessible.
///
/// # Safety
/// Nobody may access the pages again.
pub unsafe fn forbid(address: usize, size: usize) -> Result<(), Error> {
    let mut old = 0;
    // SAFETY: the caller's promise.
    let done = unsafe { VirtualProtect(pointer(address), size, PAGE_NOACCESS, &raw mut old) };
    if done == 0 { Err(Error::last()) } else { Ok(()) }
}

/// Gives pages back: a whole reservation, its addresses too; a part of one, the memory only.
///
/// # Safety
/// Nobody may access the pages again; where a reservation begins with them, nothing of it.
pub unsafe fn release(address: usize, size: usize) {
    // SAFETY: the caller's promise. Where an address is not the first of a reservation, it cannot be released.
    unsafe {
        if VirtualFree(pointer(address), 0, MEM_RELEASE) == 0 {
            VirtualFree(pointer(address), size, MEM_DECOMMIT);
        }
    }
}

/// Drops the contents of pages, and with them the memory behind them. They can be read and written as before.
///
/// # Safety
/// Nobody may read the pages' contents again.
pub unsafe fn discard(address: usize, size: usize) {
    let (start, end) = (address.next_multiple_of(PAGE_SIZE), (address + size) & !(PAGE_SIZE - 1));
    if start < end {
        // SAFETY: the caller's promise. There is room for what was there just now; were it taken by another process
        // meanwhile, the program would fault.
        unsafe { VirtualFree(pointer(start), end - start, MEM_DECOMMIT) };
        let _ = map(start, end - start, MEM_COMMIT, PAGE_READWRITE);
    }
}

/// Windows gives large pages to those that have a privilege for it only.
pub fn prefer_large_pages(_address: usize, _size: usize) {}

/// Pages cannot be moved.
///
/// # Safety
/// None is needed.
pub unsafe fn move_pages(_from: usize, _to: usize, _size: usize) -> Result<(), Error> {
    Err(Error(ERROR_INVALID_ADDRESS as i32))
}
