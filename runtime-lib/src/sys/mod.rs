//! The operating system: one folder each, with the same function names.

#[cfg(target_os = "none")]
mod freestanding;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "none")]
pub use freestanding::*;
#[cfg(target_os = "linux")]
pub use linux::*;
#[cfg(target_os = "macos")]
pub use macos::*;
#[cfg(windows)]
pub use windows::*;

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "none", windows)))]
compile_error!("the runtime library does not know this operating system yet: add a folder beside sys/linux");
