//! Reserving and committing pages of the process's address space.

use core::ffi::c_void;

use libc::{MADV_FREE, MAP_ANON, MAP_FAILED, MAP_NORESERVE, MAP_PRIVATE, PROT_NONE, PROT_READ, PROT_WRITE};

use wasmc_abi::heap::HEAP_BASE;

use super::error::{Error, check};

fn pointer(address: usize) -> *mut c_void {
    core::ptr::with_exposed_provenance_mut(address)
}

/// mmap(2) of anonymous private pages.
fn map(address: usize, size: usize, protection: i32) -> Result<usize, Error> {
    let flags = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE;
    // SAFETY: without MAP_FIXED, the kernel only chooses addresses where nothing is mapped.
    let mapped = unsafe { libc::mmap(pointer(address), size, protection, flags, -1, 0) };
    if mapped == MAP_FAILED { Err(Error::last()) } else { Ok(mapped.expose_provenance()) }
}

/// Reserves `size` bytes of inaccessible address space, at `address` exactly if that is not 0. Nothing that is
/// mapped already is replaced.
pub fn reserve(address: usize, size: usize) -> Result<usize, Error> {
    let mapped = map(address, size, PROT_NONE)?;
    if address != 0 && mapped != address {
        // SAFETY: the mapping was made just above.
        unsafe { release(mapped, size) };
        return Err(Error::EXISTS);
    }
    Ok(mapped)
}

/// Reserves two halves of at most `maximum` bytes each for the heap of objects: the address, and how many bytes they have. Nothing can
/// be mapped below 4 GiB, which is the executable's page zero: they are where addresses have the same upper half, and lower halves that
/// are not null.
pub fn reserve_low(maximum: u64) -> Result<(usize, u64), Error> {
    // From a multiple of a power of two that is not smaller, they do not cross one of 4 GiB. Twice as many bytes have one.
    let size = 2 * maximum as usize;
    let room = (HEAP_BASE as usize + size).next_power_of_two();
    let start = reserve(0, 2 * room)?;
    let base = start.next_multiple_of(room) + HEAP_BASE as usize;
    for (unused, end) in [(start, base), (base + size, start + 2 * room)] {
        if unused < end {
            // SAFETY: reserved just now.
            unsafe { release(unused, end - unused) };
        }
    }
    Ok((base, maximum))
}

/// The stack that the kernel made for the process stays the host's: wasm code has one of its own.
pub fn limit_initial_stack(_size: usize) -> Option<(usize, usize)> {
    None
}

/// Maps `size` bytes of zeros, wherever there is room.
pub fn allocate(size: usize) -> Result<usize, Error> {
    map(0, size, PROT_READ | PROT_WRITE)
}

/// Makes reserved pages readable and writable; they hold zeros when they never were before. mprotect(2).
///
/// # Safety
/// The pages must lie in a reservation of the caller's.
pub unsafe fn commit(address: usize, size: usize) -> Result<(), Error> {
    // SAFETY: the caller owns the pages.
    check(unsafe { libc::mprotect(pointer(address), size, PROT_READ | PROT_WRITE) }).map(drop)
}

/// Makes pages inaccessible. mprotect(2).
///
/// # Safety
/// Nobody may access the pages again.
pub unsafe fn forbid(address: usize, size: usize) -> Result<(), Error> {
    // SAFETY: the caller's promise.
    check(unsafe { libc::mprotect(pointer(address), size, PROT_NONE) }).map(drop)
}

/// Gives pages back; munmap(2).
///
/// # Safety
/// Nobody may access the pages again.
pub unsafe fn release(address: usize, size: usize) {
    // SAFETY: the caller's promise. There is no way to fail that would matter: the pages just stay.
    unsafe { libc::munmap(pointer(address), size) };
}

/// Lets the kernel drop the contents of pages, and with them the memory behind them; madvise(2). The addresses stay mapped.
///
/// # Safety
/// Nobody may read the pages' contents again.
pub unsafe fn discard(address: usize, size: usize) {
    // SAFETY: the caller's promise. Where the kernel refuses, the contents just stay.
    unsafe { libc::madvise(pointer(address), size, MADV_FREE) };
}

/// The kernel chooses.
pub fn prefer_large_pages(_address: usize, _size: usize) {}

/// Pages cannot be moved.
///
/// # Safety
/// None is needed.
pub unsafe fn move_pages(_from: usize, _to: usize, _size: usize) -> Result<(), Error> {
    Err(Error::EXISTS)
}
