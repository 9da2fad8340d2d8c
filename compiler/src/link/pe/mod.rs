//! Links the program's object with the runtime library into an executable for Windows (PE32+).
//!
//! Phases in order, one file each, as for ELF: [`input`] (parse COFF objects) → [`symbols`] (resolve names, choose archive
//! members) → [`reachable`] (what the entry point needs) → [`imports`] (functions of Windows' libraries) → [`layout`] (sections
//! and addresses) → [`symtab`] (symbols for debuggers) → [`write`] (relocate, and write the file). What differs between processors is in [`machine`].
//!
//! Reference: Microsoft, "PE Format".

mod imports;
mod input;
mod layout;
mod machine;
mod reachable;
mod relocate;
mod symbols;
mod symtab;
mod write;

#[cfg(test)]
mod tests;

use std::io::Write;

use super::{Inputs, archives, display, error};
use crate::error::Result;

/// How to link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeOptions<'a> {
    /// The symbol where Windows enters.
    pub entry: &'a str,
    /// Bytes that the program may use of the first thread's stack.
    pub stack_size: u64,
    /// Leave symbols and debug information out.
    pub strip: bool,
}

/// Links `inputs` and writes the executable to `output`, front to back, without seeking.
///
/// The same inputs and options give the same bytes. On an error, what was written so far is to be thrown away.
pub(crate) fn link_executable(inputs: &Inputs<'_>, options: &PeOptions<'_>, output: &mut dyn Write) -> Result<()> {
    let program = symbols::resolve(inputs, options)?;
    let reachable = reachable::find(&program)?;
    let imports = imports::collect(&program, &reachable);
    let layout = layout::arrange(&program, &reachable, &imports, options)?;
    let symtab = symtab::collect(&program, &layout, options)?;
    write::executable(&program, &reachable, &imports, &layout, &symtab, options, output)
}
