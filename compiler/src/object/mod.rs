//! Writes a program as a relocatable object file: code, data, symbols, unwind tables, and the description that the
//! runtime library reads.
//!
//! Calls within the program are resolved here, by Cranelift's text section builder, so that an object with
//! 50,000 functions carries relocations only for the runtime library and for data.

mod code_map;
mod core_dump;
mod exceptions;
mod heap;
mod note;
mod program;
mod relocation;
mod sections;
mod sources;
mod stack_maps;
mod text;
mod unwind;

use cranelift_codegen::isa::TargetIsa;
use object::write::Object;
use object::{Architecture, BinaryFormat, Endianness, FileFlags, elf};

pub(crate) use code_map::module_number;
pub(crate) use text::Text;

use crate::debug::DebugInfo;
use crate::plan::Plan;
use crate::{Error, Options, Result, targets};

/// Writes the object file of a program.
pub(crate) fn write(
    mut plan: Plan<'_>,
    isa: &dyn TargetIsa,
    mut text: Text,
    debug: Option<DebugInfo>,
    sources: Option<Vec<u8>>,
    options: &Options,
) -> Result<Vec<u8>> {
    let code = code_map::describe(&mut plan, &mut text);
    exceptions::describe(&mut plan, &text);
    let manifest = note::describe(&plan, options);
    let heap = heap::describe(&mut plan, &text, options);
    let (detached, sources) = if options.split_debug { (sources, None) } else { (None, sources) };
    let sources = sources.map(|map| sources::describe(&mut plan, map));
    let core_dump = core_dump::describe(&mut plan, options);
    let root = program::describe(&mut plan, &code, heap, sources, core_dump, options);
    let (format, architecture, endianness) = container(isa)?;
    let mut object = Object::new(format, architecture, endianness);
    if architecture == Architecture::Riscv64 {
        // RISC-V ABIs Specification, "File Header": compressed instructions, doubles in registers.
        let e_flags = elf::EF_RISCV_RVC | elf::EF_RISCV_FLOAT_ABI_DOUBLE;
        object.flags = FileFlags::Elf { os_abi: elf::ELFOSABI_NONE, abi_version: 0, e_flags };
    }
    note::write(&mut object, &manifest, endianness);
    let mut sections = sections::Sections::new(&mut object);
    sections.write(plan, root, text, isa)?;
    if let Some(debug) = debug {
        sections.write_debug(debug)?;
    }
    if let Some(map) = detached {
        sources::detach(&mut object, map);
    }
    object.write().map_err(|error| Error::Limit(format!("the object file: {error}")))
}

/// Format and architecture of the object file for a target.
fn container(isa: &dyn TargetIsa) -> Result<(BinaryFormat, Architecture, Endianness)> {
    use target_lexicon::Architecture as Target;
    let triple = isa.triple();
    let unsupported = || Error::Unsupported {
        what: format!("object files for the target {triple}; `wasmc targets` lists what there is"),
        offset: None,
    };
    if !targets::has_objects(triple) {
        return Err(unsupported());
    }
    let architecture = match triple.architecture {
        Target::X86_64 => Architecture::X86_64,
        Target::Aarch64(_) => Architecture::Aarch64,
        Target::Riscv64(_) => Architecture::Riscv64,
        Target::S390x => Architecture::S390x,
        _ => return Err(unsupported()),
    };
    let endianness = match isa.endianness() {
        cranelift_codegen::ir::Endianness::Little => Endianness::Little,
        cranelift_codegen::ir::Endianness::Big => Endianness::Big,
    };
    Ok((BinaryFormat::Elf, architecture, endianness))
}
