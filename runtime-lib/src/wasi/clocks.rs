//! Clocks.

use super::errno::{Result, code};
use super::memory::GuestMemory;
use super::sys;

fn resolution(id: i32, result: i32) -> Result<()> {
    GuestMemory::of_program()?.write_u64(result, sys::clock_resolution(id as u32)?)
}

fn time(id: i32, result: i32) -> Result<()> {
    GuestMemory::of_program()?.write_u64(result, sys::clock_time(id as u32)?)
}

/// Tells a clock's resolution in nanoseconds.
#[unsafe(export_name = "wasi_snapshot_preview1.clock_res_get")]
pub extern "C" fn clock_res_get(id: i32, resolution_result: i32) -> i32 {
    code(resolution(id, resolution_result))
}

/// Tells a clock's time in nanoseconds. The precision asked for makes no difference.
#[unsafe(export_name = "wasi_snapshot_preview1.clock_time_get")]
pub extern "C" fn clock_time_get(id: i32, _precision: i64, time_result: i32) -> i32 {
    code(time(id, time_result))
}
