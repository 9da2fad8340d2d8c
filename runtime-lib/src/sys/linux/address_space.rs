//! Reserving, committing and moving pages of the process's address space.

use super::architecture::{number, system_call};
use super::constants::map;
use super::error::{Error, check};

const PROT_NONE: usize = 0;
const PROT_READ_WRITE: usize = 1 | 2;
const MREMAP_MAYMOVE: usize = 1;
const MREMAP_FIXED: usize = 2;
const MADV_DONTNEED: usize = 4;
const MADV_HUGEPAGE: usize = 14;

/// mmap(2) of anonymous private pages.
fn map_pages(address: usize, size: usize, protection: usize, flags: usize) -> Result<usize, Error> {
    // SAFETY: without MAP_FIXED, the kernel only chooses addresses where nothing is mapped.
    check(unsafe {
        system_call(number::MMAP, [address, size, protection, map::PRIVATE | map::ANONYMOUS | flags, usize::MAX, 0])
    })
}

/// Reserves `size` bytes of inaccessible address space, at `address` exactly if that is not 0. Nothing that is
/// mapped already is replaced.
pub fn reserve(address: usize, size: usize) -> Result<usize, Error> {
    let flags = if address == 0 { 0 } else { map::FIXED_NOREPLACE };
    let mapped = map_pages(address, size, PROT_NONE, map::NORESERVE | flags)?;
    if address != 0 && mapped != address {
        // A kernel before 4.17 takes the address for a hint.
        // SAFETY: the mapping was made just above.
        unsafe { release(mapped, size) };
        return Err(Error::EXISTS);
    }
    Ok(mapped)
}

/// Maps `size` bytes of zeros, wherever there is room.
pub fn allocate(size: usize) -> Result<usize, Error> {
    map_pages(0, size, PROT_READ_WRITE, 0)
}

/// mprotect(2).
///
/// # Safety
/// Nobody may rely on the pages' present accessibility.
unsafe fn protect(address: usize, size: usize, protection: usize) -> Result<(), Error> {
    // SAFETY: the caller's promise.
    check(unsafe { system_call(number::MPROTECT, [address, size, protection, 0, 0, 0]) }).map(drop)
}

/// Makes reserved pages readable and writable; they hold zeros when they never were before.
///
/// # Safety
/// The pages must lie in a reservation of the caller's.
pub unsafe fn commit(address: usize, size: usize) -> Result<(), Error> {
    // SAFETY: the caller owns the pages.
    unsafe { protect(address, size, PROT_READ_WRITE) }
}

/// Makes pages inaccessible.
///
/// # Safety
/// Nobody may access the pages again.
pub unsafe fn forbid(address: usize, size: usize) -> Result<(), Error> {
    // SAFETY: the caller's promise.
    unsafe { protect(address, size, PROT_NONE) }
}

/// Makes pages read-only.
///
/// # Safety
/// Nobody may write to the pages again.
#[cfg(not(test))]
pub(super) unsafe fn seal(address: usize, size: usize) -> Result<(), Error> {
    // SAFETY: the caller's promise.
    unsafe { protect(address, size, 1) }
}

/// Gives pages back; munmap(2).
///
/// # Safety
/// Nobody may access the pages again.
pub unsafe fn release(address: usize, size: usize) {
    // SAFETY: the caller's promise. There is no way to fail that would matter: the pages just stay.
    unsafe { system_call(number::MUNMAP, [address, size, 0, 0, 0, 0]) };
}

/// Drops the contents of pages, and with them the memory behind them; madvise(2). The addresses stay mapped.
///
/// # Safety
/// Nobody may read the pages' contents again.
pub unsafe fn discard(address: usize, size: usize) {
    // SAFETY: the caller's promise. Where the kernel refuses, the contents just stay.
    unsafe { system_call(number::MADVISE, [address, size, MADV_DONTNEED, 0, 0, 0]) };
}

/// Asks for large pages where the program will touch these addresses; madvise(2).
pub fn prefer_large_pages(address: usize, size: usize) {
    // SAFETY: a hint about pages changes nothing that a program can see. Where the kernel has no large pages, it refuses.
    unsafe { system_call(number::MADVISE, [address, size, MADV_HUGEPAGE, 0, 0, 0]) };
}

/// Moves pages, contents and all, over what is mapped at `to`, and makes them readable and writable; mremap(2).
///
/// # Safety
/// The pages at `from` must be private to the caller, who never touches them there again, and those at `to` must be
/// the caller's too.
pub unsafe fn move_pages(from: usize, to: usize, size: usize) -> Result<(), Error> {
    // SAFETY: the caller's promise.
    check(unsafe { system_call(number::MREMAP, [from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to, 0]) })?;
    // SAFETY: the caller owns the pages at `to`.
    unsafe { commit(to, size) }
}
