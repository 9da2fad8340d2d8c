//! Links the program's object with the runtime library into an executable for macOS (Mach-O).
//!
//! Phases in order, one file each, as for ELF: [`input`] (parse objects, cut their sections into atoms) → [`symbols`] (resolve names,
//! choose archive members) → [`reachable`] (what the entry point needs, and which functions of libSystem) → [`unwind`] (what
//! is said of those functions, as [`frames`] read it) → [`layout`] (sections,
//! segments, addresses) → [`fixups`], [`symtab`], [`linkedit`] (the tables at the end of the file) → [`write`] (relocate, and write the
//! file) → [`signature`] (sign it on the way). [`relocate`] has what the processors decide.
//!
//! The program's debug information is kept, in a segment `__DWARF` in front of the tables.
//!
//! References: `mach-o/loader.h`, `mach-o/reloc.h`, `mach-o/fixup-chains.h`, `mach-o/compact_unwind_encoding.h` and
//! `kern/cs_blobs.h`, as Apple publishes them.

mod fixups;
mod frames;
mod imports;
mod input;
mod layout;
mod linkedit;
mod reachable;
mod relocate;
mod signature;
mod symbols;
mod symtab;
mod unwind;
mod write;

#[cfg(test)]
mod tests;

use std::io::Write;

use object::Endianness;

use super::{Inputs, archives, build_id, display, error};
use crate::error::Result;

/// How to link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MachoOptions<'a> {
    /// The function that dyld calls, by its name in C.
    pub entry: &'a str,
    /// Leave the names of functions out.
    pub strip: bool,
}

/// Mach-O files of both processors.
const LE: Endianness = Endianness::Little;

/// Links `inputs` and writes the executable to `output`, front to back, without seeking.
///
/// The same inputs and options give the same bytes. On an error, what was written so far is to be thrown away.
pub(crate) fn link_executable(inputs: &Inputs<'_>, options: &MachoOptions<'_>, output: &mut dyn Write) -> Result<()> {
    let program = symbols::resolve(inputs, options)?;
    let reachable = reachable::find(&program)?;
    let unwind = unwind::collect(&program, &reachable)?;
    let layout = layout::arrange(&program, &reachable, &unwind)?;
    let fixups = fixups::collect(&program, &layout)?;
    let uuid = uuid(&program, options);
    // Signed programs are told apart by a name.
    let identity = format!("wasmc-{:032x}", u128::from_be_bytes(uuid));
    let linkedit = linkedit::collect(&program, &layout, &fixups, &identity, options)?;
    write::executable(&program, &layout, &unwind, &fixups, &linkedit, uuid, output)
}

/// Identifies what was linked, whether stripped or not: a hash of the inputs, which determine the output. (RFC 9562, version 8.)
fn uuid(program: &symbols::Program<'_>, options: &MachoOptions<'_>) -> [u8; 16] {
    let half = |seed| {
        // Another version of the linker may lay the program out in another way.
        let start = build_id::xxh64(env!("CARGO_PKG_VERSION").as_bytes(), seed);
        let start = build_id::xxh64(options.entry.as_bytes(), start);
        program.objects.iter().fold(start, |hash, object| build_id::xxh64(object.bytes, hash))
    };
    let number = u128::from(half(0)) << 64 | u128::from(half(1));
    let fixed = 0xf << 76 | 3 << 62;
    (number & !fixed | 8 << 76 | 2 << 62).to_be_bytes()
}
