//! The note by which `wasmc inspect` knows an artefact.

use object::write::Object;
use object::{BinaryFormat, Endianness, SectionFlags, SectionKind, elf};

use super::format::section_name;
use crate::manifest::{self, Manifest, MemoryLimits};
use crate::plan::{BaseStrategy, Plan};
use crate::{Bounds, Options};

/// Describes a program.
pub(super) fn describe(plan: &Plan<'_>, options: &Options) -> Manifest {
    let mut manifest = Manifest::new(options);
    let owned = |(number, places): (usize, &Vec<_>)| {
        let imported = plan.modules[number].imported.memories as usize;
        places[imported..].to_vec()
    };
    let memories: Vec<crate::plan::MemoryPlace> = plan.places.memories.iter().enumerate().flat_map(owned).collect();
    // What came of the wishes in the options.
    if let Some(first) = memories.first() {
        let has_fixed = memories.iter().any(|memory| matches!(memory.base, BaseStrategy::Fixed(_)));
        manifest.memory_base = if has_fixed { "fixed" } else { "relocatable" }.to_owned();
        manifest.bounds = if first.bounds == Bounds::Explicit { "explicit" } else { "guard" }.to_owned();
    }
    manifest.memories =
        memories.iter().map(|memory| MemoryLimits { initial: memory.initial, maximum: memory.maximum }).collect();
    let host = plan.definitions.host.iter().map(|function| function.symbol.clone());
    let unknown = plan.definitions.unknown.iter().map(|function| function.name.clone());
    manifest.imports = host.chain(unknown).collect();
    if let Some(main) = plan.modules.last() {
        manifest.exports = main.exports.iter().map(|export| export.name.to_owned()).collect();
    }
    manifest
}

/// Adds the note to the object.
pub(super) fn write(object: &mut Object<'_>, manifest: &Manifest, endianness: Endianness) {
    let note = manifest.to_note(endianness);
    let (name, kind) = match object.format() {
        BinaryFormat::Elf => (manifest::SECTION, SectionKind::Note),
        _ => (manifest::SHORT_SECTION, SectionKind::ReadOnlyData),
    };
    let (segment, name) = section_name(object.format(), name, kind);
    let section = object.add_section(segment, name, kind);
    if kind == SectionKind::Note {
        // Loaded, like the notes of other tools: what is not loaded gets lost where an executable is stripped.
        object.section_mut(section).flags = SectionFlags::Elf { sh_type: elf::SHT_NOTE, sh_flags: elf::SHF_ALLOC };
    }
    object.append_section_data(section, &note, 4);
}
