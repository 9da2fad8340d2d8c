//! What WASI needs of the operating system: one folder each, with the same function names.
//!
//! Handles are the operating system's, errors are WASI's. Paths are resolved beneath the directory they are given
//! with, whatever symbolic links say and whoever changes the tree meanwhile: that is the sandbox.

#[cfg(any(target_os = "linux", target_os = "macos"))]
mod posix;
#[cfg(windows)]
mod windows;

#[cfg(any(target_os = "linux", target_os = "macos"))]
pub use posix::*;
#[cfg(windows)]
pub use windows::*;

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
compile_error!("WASI does not know this operating system yet: add a folder beside wasi/sys/posix");
