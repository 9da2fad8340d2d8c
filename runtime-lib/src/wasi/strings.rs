//! How lists of strings reach the program: an array of addresses, and a buffer with the strings, zero bytes between.

use super::errno::{Errno, Result};
use super::memory::{GuestMemory, address, element};

/// The pieces of a string.
pub type Pieces = [&'static [u8]; 3];

/// A list of strings. Every program has two of them: code that walks either is there once.
pub type Strings<'a> = &'a mut dyn FnMut() -> Option<Pieces>;

/// Stores the number of strings, and the bytes that they take.
#[inline(never)]
pub fn write_sizes(strings: Strings<'_>, count_result: i32, size_result: i32) -> Result<()> {
    let (mut count, mut size) = (0u64, 0u64);
    while let Some(pieces) = strings() {
        count += 1;
        size += 1 + pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
    }
    let memory = GuestMemory::of_program()?;
    memory.bytes(address(size_result), 4)?;
    memory.write_u32(count_result, u32::try_from(count).map_err(|_| Errno::OVERFLOW)?)?;
    memory.write_u32(size_result, u32::try_from(size).map_err(|_| Errno::OVERFLOW)?)
}

/// Stores the strings, and their addresses.
#[inline(never)]
pub fn write_strings(strings: Strings<'_>, array: i32, buffer: i32) -> Result<()> {
    let memory = GuestMemory::of_program()?;
    let (mut index, mut at) = (0, address(buffer));
    while let Some(pieces) = strings() {
        // Where this is cut off, the string does not lie in the memory, and the writes below fail.
        memory.write(element(array, index, 4), &(at as u32).to_le_bytes())?;
        index += 1;
        for piece in pieces.into_iter().chain([&b"\0"[..]]) {
            memory.write(at, piece)?;
            at += piece.len() as u64;
        }
    }
    Ok(())
}
