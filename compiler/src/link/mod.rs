//! Links the program's object with the runtime library into a static position-independent ELF executable.
//!
//! Phases in order, one file each; a phase borrows what the phases before it made and never changes it:
//! [`widen`] (objects of 32 bits, as if they had 64) → [`input`] (parse objects) → [`symbols`] (resolve names, choose archive members) → [`unwind`] (take `.eh_frame`
//! apart) → [`reachable`] (what the entry point needs) → [`dynamic`] (GOT slots, words to relocate at start-up) →
//! [`layout`] (output sections, addresses, file offsets) → [`symtab`] (symbol table) → [`write`] (stream the file,
//! relocating on the way). What an architecture decides stands in [`relocate`], one file each.
//!
//! [`pe`] does the same for Windows, from COFF objects to a PE executable, [`macho`] for macOS.
//!
//! [`separate`] works over what came out, where debug information is to be compressed or moved to a file of its own.
//!
//! References: System V gABI (ELF) chapters 4 and 5, and the processor supplement that each file of `relocate` names.

mod archives;
mod build_id;
mod dynamic;
mod input;
mod layout;
mod macho;
mod pe;
mod program;
mod reachable;
mod relocate;
mod separate;
mod symbols;
mod symtab;
mod unwind;
mod widen;
mod width;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use macho::{MachoOptions, link_executable as link_macho_executable};
pub(crate) use pe::{PeOptions, link_executable as link_pe_executable};
pub use separate::Separated;
pub(crate) use separate::separate;

use crate::error::{Error, Result};
use std::io::Write;

/// A file to link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File<'a> {
    /// For messages.
    pub name: &'a str,
    /// Its contents.
    pub bytes: &'a [u8],
}

/// What is linked. The order of files decides the order of sections in the output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a> {
    /// Relocatable objects, linked whether anybody refers to them or not.
    pub objects: &'a [File<'a>],
    /// Archives, whose members are linked where they define a symbol that is still undefined.
    pub archives: &'a [File<'a>],
    /// What sections of debug information hold that are empty in the first object, by name (ELF).
    pub debug: &'a [(&'static str, Vec<u8>)],
}

/// How to link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkOptions<'a> {
    /// The symbol where the operating system enters.
    pub entry: &'a str,
    /// Symbols to keep, with all they refer to, although nobody refers to them.
    pub keep: &'a [&'a str],
    /// Leave out the symbol table and the sections that are not loaded, but for notes.
    pub strip: bool,
    /// Write a `.note.gnu.build-id` that identifies the inputs. Stripping does not change it.
    pub build_id: bool,
}

/// Links `inputs` and writes the executable to `output`, front to back, without seeking.
///
/// The same inputs and options give the same bytes. On an error, what was written so far is to be thrown away.
pub(crate) fn link_executable(inputs: &Inputs<'_>, options: &LinkOptions<'_>, output: &mut dyn Write) -> Result<()> {
    let widened = widen::widen(inputs)?;
    let (objects, archives) = (widened.objects(), widened.archives());
    let inputs = &Inputs { objects: &objects, archives: &archives, debug: inputs.debug };
    let mut program = symbols::resolve(inputs, options, widened.width)?;
    program.attach_debug(inputs.debug);
    let unwind = unwind::parse(&program)?;
    let reachable = reachable::find(&program, &unwind, options)?;
    let dynamic = dynamic::collect(&program, &unwind, &reachable)?;
    let symtab = symtab::collect(&program, &reachable, options)?;
    let layout = layout::arrange(&program, &unwind, &reachable, &dynamic, &symtab, options)?;
    let build_id = options.build_id.then(|| build_id::compute(&program, inputs.debug, options));
    write::executable(&program, &unwind, &dynamic, &symtab, &layout, build_id, output)
}

/// An error of this phase.
fn error(message: impl Into<String>) -> Error {
    Error::Link(message.into())
}

/// A name from an object file, for a message.
fn display(name: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(name)
}
