//! WASI 0.1 (`wasi_snapshot_preview1`): the functions that programs import, one file a family.
//!
//! An import is a symbol of its own name, and every function stands in a section of its own: a program carries the
//! ones it imports, and what those need. So functions call each other's platform layer (`sys`), never a common
//! dispatcher, and nothing here formats text or panics.
//!
//! `errno`, `memory`, `rights`, `table` and `path` are what the families share; `preopens` sets the stage before the
//! program starts.

pub mod arguments;
pub mod environment;
pub mod errno;
pub mod host;
pub mod memory;
pub mod scratch;
pub mod strings;

#[cfg(target_os = "none")]
mod freestanding;

#[cfg(not(target_os = "none"))]
pub mod clocks;
#[cfg(not(target_os = "none"))]
pub mod descriptors;
#[cfg(not(target_os = "none"))]
pub mod directories;
#[cfg(not(target_os = "none"))]
pub mod file_type;
#[cfg(not(target_os = "none"))]
pub mod files;
#[cfg(not(target_os = "none"))]
pub mod filestat;
#[cfg(not(target_os = "none"))]
pub mod path;
#[cfg(not(target_os = "none"))]
pub mod path_open;
#[cfg(not(target_os = "none"))]
pub mod paths;
#[cfg(not(target_os = "none"))]
pub mod poll;
#[cfg(not(target_os = "none"))]
pub mod preopens;
#[cfg(not(target_os = "none"))]
pub mod processes;
#[cfg(not(target_os = "none"))]
pub mod random;
#[cfg(not(target_os = "none"))]
pub mod rights;
#[cfg(not(target_os = "none"))]
pub mod sockets;
#[cfg(not(target_os = "none"))]
pub mod sys;
#[cfg(not(target_os = "none"))]
pub mod table;
#[cfg(not(target_os = "none"))]
pub mod unstable;
#[cfg(not(target_os = "none"))]
pub mod vectors;

#[cfg(test)]
mod tests;
