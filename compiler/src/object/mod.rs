//! Writes a program as a relocatable object file: code, data, symbols, unwind tables, and the description that the
//! runtime library reads.
//!
//! Formats differ in `format` (which one a target has), `relocation`, `unwind` and `note`.
//!
//! Calls within the program are resolved here, by Cranelift's text section builder, so that an object with
//! 50,000 functions carries relocations only for the runtime library and for data.

mod code_map;
mod core_dump;
mod exceptions;
mod format;
mod heap;
mod note;
mod processor;
mod program;
mod relocation;
mod sections;
mod sources;
mod stack_maps;
mod text;
mod unwind;

pub(crate) use code_map::module_number;
use cranelift_codegen::isa::TargetIsa;
pub(crate) use format::binary_format;
use object::BinaryFormat;
pub(crate) use relocation::MIPS_INTERPRETED;
use target_lexicon::{PointerWidth, Triple};
pub(crate) use text::Text;

use crate::debug::DebugInfo;
use crate::plan::Plan;
use crate::{Error, Options, Result};

/// The contents of sections of debug information, by name.
pub(crate) type DebugContents = Vec<(&'static str, Vec<u8>)>;

/// Whether a target's objects can be without the contents of their debug information: nothing but relocations with addends
/// of their own refers to places in it.
pub(crate) fn can_detach_debug(target: &Triple) -> bool {
    let is_wide = target.pointer_width().is_ok_and(|width| width == PointerWidth::U64);
    is_wide && binary_format(target) == Some(BinaryFormat::Elf)
}

/// Writes the object file of a program. With `detach_debug`, its sections of debug information are empty, and what they
/// should hold is returned beside it.
pub(crate) fn write(
    mut plan: Plan<'_>,
    isa: &dyn TargetIsa,
    mut text: Text,
    debug: Option<DebugInfo>,
    detach_debug: bool,
    sources: Option<Vec<u8>>,
    options: &Options,
) -> Result<(Vec<u8>, DebugContents)> {
    let code = code_map::describe(&mut plan, &mut text);
    exceptions::describe(&mut plan, &text);
    let manifest = note::describe(&plan, options);
    let heap = heap::describe(&mut plan, &text, options);
    let (detached, sources) = if options.split_debug { (sources, None) } else { (None, sources) };
    let sources = sources.map(|map| sources::describe(&mut plan, map));
    let core_dump = core_dump::describe(&mut plan, &mut text, options);
    let processor = processor::describe(&mut plan, isa, options);
    let parts = program::Parts { heap, sources, core_dump, processor };
    let root = program::describe(&mut plan, &code, parts, options);
    let mut object = format::new_object(isa, &options.target)?;
    note::write(&mut object, &manifest, format::endianness(isa));
    let mut sections = sections::Sections::new(&mut object);
    sections.write(plan, root, text, isa)?;
    let debug = debug.map(|debug| sections.write_debug(debug, detach_debug)).transpose()?.unwrap_or_default();
    if let Some(map) = detached {
        sources::detach(&mut object, map);
    }
    let bytes = object.write().map_err(|error| Error::Limit(format!("the object file: {error}")))?;
    Ok((bytes, debug))
}
