//! Random bytes.

use super::errno::{Result, code};
use super::memory::{GuestMemory, address};
use super::sys;

fn fill(buffer: i32, length: i32) -> Result<()> {
    sys::fill_random(GuestMemory::of_program()?.bytes(address(buffer), u64::from(length as u32))?)
}

/// Fills a buffer with random bytes, fit for keys.
#[unsafe(export_name = "wasi_snapshot_preview1.random_get")]
pub extern "C" fn random_get(buf: i32, buf_len: i32) -> i32 {
    code(fill(buf, buf_len))
}
