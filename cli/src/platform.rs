//! What each operating system does in its own way: one file a system, with the same functions in each.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::*;

#[cfg(not(target_os = "linux"))]
compile_error!("wasmc runs on Linux only, so far: other systems want a file beside platform/linux.rs");
