//! Compiles WebAssembly modules to native objects and links them into executables.
//!
//! Read the modules of this crate in the order of the pipeline; ARCHITECTURE.md shows it on one page.

mod error;
#[cfg_attr(not(test), expect(dead_code, reason = "`link` does not call it yet"))]
mod link;
mod options;

use std::collections::BTreeMap;
use std::io::Write;

pub use error::{Error, Result};
pub use options::{Bounds, Entry, MemoryBase, OptLevel, Options, Preopen, UnknownImports};

/// One module of a program.
#[derive(Clone, Debug, Default)]
pub struct Input<'a> {
    /// For messages and symbols: usually the file's name without its extension.
    pub name: String,
    /// The binary format. (`parse_text` makes it from the text format.)
    pub bytes: &'a [u8],
    /// Which earlier input provides an import's module name: import module name → index of that input.
    /// Other names are looked for in the runtime library.
    pub links: BTreeMap<String, usize>,
}

/// Told how far a build is.
pub trait Progress: Sync {
    /// A phase begins (`validate`, `compile`, `write object`, `link`); `total` steps of it will be counted.
    fn phase(&self, name: &'static str, total: usize);
    /// One step of the phase is done; called from any thread.
    fn step(&self);
}

/// Ignores all news.
impl Progress for () {
    fn phase(&self, _name: &'static str, _total: usize) {}
    fn step(&self) {}
}

/// What `compile` shall make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emit {
    /// A relocatable object file.
    Object,
    /// The machine code as text, function by function.
    Assembly,
    /// The optimised intermediate representation as text, function by function.
    Clif,
}

/// Converts the text format, or passes a binary through.
pub fn parse_text(bytes: &[u8], path: &std::path::Path) -> Result<Vec<u8>> {
    let _ = (bytes, path);
    Err(Error::Unsupported { what: "this step of the pipeline".into(), offset: None })
}

/// Validates, translates and compiles the modules of a program, in order of instantiation.
///
/// The program's main module is the last. Returns the object file, or text as `emit` asks.
pub fn compile(inputs: &[Input<'_>], options: &Options, emit: Emit, progress: &dyn Progress) -> Result<Vec<u8>> {
    let _ = (inputs, options, emit, progress);
    Err(Error::Unsupported { what: "this step of the pipeline".into(), offset: None })
}

/// Links an object made by [`compile`] with the runtime library into an executable, without any other tool.
pub fn link(object: &[u8], options: &Options, output: &mut dyn Write) -> Result<()> {
    let _ = (object, options, output);
    Err(Error::Unsupported { what: "this step of the pipeline".into(), offset: None })
}

/// The runtime library (an `ar` archive) for a target, for use with another linker.
pub fn runtime_archive(options: &Options) -> Result<&'static [u8]> {
    let _ = options;
    Err(Error::Unsupported { what: "this step of the pipeline".into(), offset: None })
}
