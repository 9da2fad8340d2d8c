//! The program's linear memory, as WASI functions see it: every access is checked, numbers are little-endian.
//!
//! The memory belongs to the program, which may change it at any time once it has threads. So nothing here hands out
//! a Rust reference into it: values are copied out once and then judged, and what the operating system fills or
//! empties it gets as [`GuestBytes`].

use super::errno::{Errno, Result};
use wasmc_abi::instance::MemoryDescriptor;

/// A linear memory at the time of a call. It may grow meanwhile, but neither shrinks nor moves.
#[derive(Clone, Copy)]
pub struct GuestMemory {
    base: *mut u8,
    length: u64,
}

/// A stretch of linear memory that was found to lie inside.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct GuestBytes {
    start: *mut u8,
    length: usize,
}

/// The address that a parameter of type `i32` means.
pub fn address(pointer: i32) -> u64 {
    u64::from(pointer as u32)
}

/// The address of an element of an array. Neither sum nor product can exceed 64 bits.
pub fn element(array: i32, index: u32, size: u32) -> u64 {
    address(array) + u64::from(index) * u64::from(size)
}

impl GuestMemory {
    /// The memory that the program gave to WASI. Fails with `fault` if there is none.
    pub fn of_program() -> Result<GuestMemory> {
        let descriptor = crate::program().wasi_memory;
        if descriptor == 0 {
            return Err(Errno::FAULT);
        }
        let descriptor: *const MemoryDescriptor = core::ptr::with_exposed_provenance(descriptor as usize);
        // SAFETY: the program description holds the address of a descriptor that lives as long as the program. Its
        // length may be growing in another thread, hence no reference and one volatile read.
        let (base, length) = unsafe {
            ((&raw const (*descriptor).base).read_volatile(), (&raw const (*descriptor).length).read_volatile())
        };
        Ok(GuestMemory { base: core::ptr::with_exposed_provenance_mut(base as usize), length })
    }

    /// A memory of so many bytes.
    #[cfg(test)]
    pub(super) fn for_test(base: usize, length: u64) -> GuestMemory {
        GuestMemory { base: core::ptr::with_exposed_provenance_mut(base), length }
    }

    /// Checks a stretch of memory. Fails with `fault` where it does not lie inside entirely.
    pub fn bytes(self, address: u64, length: u64) -> Result<GuestBytes> {
        if length > self.length || address > self.length - length {
            return Err(Errno::FAULT);
        }
        // Both fit `usize`: they are within a memory that is mapped.
        Ok(GuestBytes { start: self.base.wrapping_add(address as usize), length: length as usize })
    }

    /// Copies a structure out.
    pub fn read<const SIZE: usize>(self, address: u64) -> Result<[u8; SIZE]> {
        let source = self.bytes(address, SIZE as u64)?;
        let mut copy = [0; SIZE];
        // SAFETY: the source lies in the linear memory, all of which is readable; the copy is as large.
        unsafe { core::ptr::copy_nonoverlapping(source.start, copy.as_mut_ptr(), SIZE) };
        Ok(copy)
    }

    /// Copies bytes in.
    pub fn write(self, address: u64, bytes: &[u8]) -> Result<()> {
        self.bytes(address, bytes.len() as u64)?.fill_from(bytes);
        Ok(())
    }

    /// Stores a 32-bit number where a parameter points.
    pub fn write_u32(self, pointer: i32, value: u32) -> Result<()> {
        self.write(address(pointer), &value.to_le_bytes())
    }

    /// Stores a 64-bit number where a parameter points.
    pub fn write_u64(self, pointer: i32, value: u64) -> Result<()> {
        self.write(address(pointer), &value.to_le_bytes())
    }
}

impl GuestBytes {
    /// First byte, for the operating system to read or write.
    pub fn start(self) -> *mut u8 {
        self.start
    }

    /// Number of bytes.
    pub fn length(self) -> usize {
        self.length
    }

    /// The front of it, of at most so many bytes.
    pub fn front(self, length: usize) -> GuestBytes {
        GuestBytes { start: self.start, length: self.length.min(length) }
    }

    /// Copies `bytes` to the start, as far as there is room.
    pub fn fill_from(self, bytes: &[u8]) {
        // SAFETY: the destination lies in the linear memory, all of which is writable, and is not overrun; `bytes` is
        // memory of the runtime library's own.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), self.start, bytes.len().min(self.length)) };
    }

    /// Copies everything out to the start of `bytes`, as far as there is room.
    pub fn copy_to(self, bytes: &mut [u8]) {
        // SAFETY: the source lies in the linear memory, all of which is readable; `bytes` is not overrun.
        unsafe { core::ptr::copy_nonoverlapping(self.start, bytes.as_mut_ptr(), bytes.len().min(self.length)) };
    }
}

/// A field of a structure that was copied out. `OFFSET` plus the width is within the structure, which is what the
/// callers' constants guarantee; a byte beyond would read as zero.
fn field<const WIDTH: usize>(structure: &[u8], offset: usize) -> [u8; WIDTH] {
    structure.get(offset..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; WIDTH])
}

/// A 16-bit field of a structure that was copied out.
pub fn u16_at(structure: &[u8], offset: usize) -> u16 {
    u16::from_le_bytes(field(structure, offset))
}

/// A 32-bit field of a structure that was copied out.
pub fn u32_at(structure: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(field(structure, offset))
}

/// A 64-bit field of a structure that was copied out.
pub fn u64_at(structure: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(field(structure, offset))
}

/// Lays down a field of a structure that is to be copied in.
pub fn put(structure: &mut [u8], offset: usize, field: &[u8]) {
    if let Some(place) = structure.get_mut(offset..offset + field.len()) {
        place.copy_from_slice(field);
    }
}
