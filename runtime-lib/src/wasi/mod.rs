//! WASI 0.1 (`wasi_snapshot_preview1`): the functions that programs import, one file a family.
//!
//! An import is a symbol of its own name, and every function stands in a section of its own: a program carries the
//! ones it imports, and what those need. So functions call each other's platform layer (`sys`), never a common
//! dispatcher, and nothing here formats text or panics.
//!
//! `errno`, `memory`, `rights`, `table` and `path` are what the families share; `preopens` sets the stage before the
//! program starts.

pub mod arguments;
pub mod clocks;
pub mod descriptors;
pub mod directories;
pub mod environment;
pub mod errno;
pub mod file_type;
pub mod files;
pub mod filestat;
pub mod host;
pub mod memory;
pub mod path;
pub mod path_open;
pub mod paths;
pub mod poll;
pub mod preopens;
pub mod processes;
pub mod random;
pub mod rights;
pub mod scratch;
pub mod sockets;
pub mod strings;
pub mod sys;
pub mod table;
pub mod unstable;
pub mod vectors;

#[cfg(test)]
mod tests;
