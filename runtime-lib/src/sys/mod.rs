//! The operating system: one folder each, with the same function names.

#[cfg(target_os = "none")]
mod freestanding;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "none")]
pub use freestanding::*;
#[cfg(target_os = "linux")]
pub use linux::*;

#[cfg(not(any(target_os = "linux", target_os = "none")))]
compile_error!("the runtime library does not know this operating system yet: add a folder beside sys/linux");
