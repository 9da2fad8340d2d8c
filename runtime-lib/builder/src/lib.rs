//! Builds the runtime library for a target, and reduces it to what linking needs.
//!
//! The build script of the compiler embeds the library for the machine that wasmc runs on; the command (`main.rs`) makes
//! those for other targets, which wasmc looks for in folders.

mod archive;
mod cargo;
mod reduce;

use std::error::Error;
use std::path::Path;

pub use cargo::Toolchain;

/// Builds the runtime library for a target that Rust knows by this name: an `ar` archive.
///
/// `workspace` is this project's folder; cargo keeps what it makes in `target_directory`.
///
/// # Errors
/// Cargo's, in words: where Rust has no `core` for the target, the message says how to come by it.
pub fn build(
    workspace: &Path,
    target_directory: &Path,
    target: &str,
    toolchain: &Toolchain,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let archive = cargo::build(workspace, target_directory, target, toolchain)?;
    reduce::reduce(&std::fs::read(archive)?)
}
