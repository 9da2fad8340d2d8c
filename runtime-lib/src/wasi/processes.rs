//! The process: its end, its signals, its place in the queue.

use super::errno::{Errno, code};
use super::sys;

/// Ends the process.
#[unsafe(export_name = "wasi_snapshot_preview1.proc_exit")]
pub extern "C" fn proc_exit(rval: i32) -> ! {
    crate::process::exit(rval)
}

/// Sends the process a signal.
#[unsafe(export_name = "wasi_snapshot_preview1.proc_raise")]
pub extern "C" fn proc_raise(sig: i32) -> i32 {
    code(u8::try_from(sig).map_err(|_| Errno::INVAL).and_then(sys::raise))
}

/// Lets others use the processor.
#[unsafe(export_name = "wasi_snapshot_preview1.sched_yield")]
pub extern "C" fn sched_yield() -> i32 {
    sys::yield_processor();
    0
}
