//! The operating system: one folder each, with the same function names.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
pub use linux::*;

#[cfg(not(target_os = "linux"))]
compile_error!("the runtime library does not know this operating system yet: add a folder beside sys/linux");
