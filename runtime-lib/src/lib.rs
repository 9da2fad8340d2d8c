//! The static library that wasmc links into every executable.
//!
//! Read it in the order in which a program meets it: `start` (from the operating system to the compiled code),
//! `memory`, `image` and `stack` (what it lays out on the way), `trap` (when compiled code faults), then what compiled
//! code calls: `memory`, `table`, `bytes`, `libcalls`, `exception`, and the entry points `invoke` and `harness`. Processors
//! differ in `arch`, operating systems in `sys`; nothing else is conditional.
//!
//! Code that every executable carries (start, memory, trap) neither formats through `core::fmt` nor indexes with
//! checks that can panic: that keeps a small program's runtime at a few kilobytes.
#![cfg_attr(not(test), no_std)]
// Rust has inline assembly for MIPS, but has not declared it stable.
#![cfg_attr(target_arch = "mips", feature(asm_experimental_arch))]

pub mod arch;
pub mod atomic;
pub mod bytes;
pub mod exception;
pub mod harness;
pub mod heap;
pub mod image;
pub mod invoke;
pub mod libcalls;
pub mod memory;
pub mod options;
pub mod output;
// Where panics unwind (checks of the whole workspace), `std` may be linked by a dependency, with its own handler.
#[cfg(all(not(test), panic = "abort"))]
mod panic;
pub mod process;
mod program;
pub mod room;
pub mod stack;
pub mod start;
pub mod sync;
pub mod sys;
pub mod table;
// Programs with threads are built for Linux only, and not for an interpreter.
#[cfg(any(windows, all(target_os = "linux", not(interpreted))))]
pub mod thread;
pub mod trap;
pub mod values;
pub mod wait;
pub mod wasi;
#[cfg(any(windows, test))]
pub mod wide;

pub use program::program;
#[cfg(test)]
pub use program::set_test_program;
