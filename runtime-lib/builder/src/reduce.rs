//! Reduces an archive to the members, sections and symbols that linking programs needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;

use object::read::archive::ArchiveFile;
use object::read::coff::Symbol as _;
use object::{
    Architecture, BinaryFormat, Object, ObjectComdat, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget,
    SectionFlags, SymbolFlags, SymbolIndex, SymbolKind, SymbolSection, elf, pe, write,
};

use crate::archive;

/// An object file of the archive.
pub(crate) struct Member {
    pub name: String,
    pub bytes: Vec<u8>,
    /// Global symbols.
    pub defined: Vec<String>,
    undefined: Vec<String>,
}

/// The archive without debug information and members that the library itself does not need.
pub(crate) fn reduce(archive: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut members = Vec::new();
    let file = ArchiveFile::parse(archive)?;
    for member in file.members() {
        let member = member?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        // The linker wants no metadata of Rust's.
        if object::FileKind::parse(member.data(archive)?).is_err() {
            continue;
        }
        let bytes = reduced(member.data(archive)?)?;
        let object = object::File::parse(&*bytes)?;
        let names = |is_wanted: &dyn Fn(&object::Symbol<'_, '_>) -> bool| -> Vec<String> {
            let symbols = object.symbols().filter(|symbol| symbol.is_global() && is_wanted(symbol));
            symbols.filter_map(|symbol| symbol.name().ok().map(str::to_owned)).filter(|name| !name.is_empty()).collect()
        };
        let defined = names(&|symbol| symbol.is_definition());
        let undefined = names(&|symbol| symbol.is_undefined());
        members.push(Member { name, bytes, defined, undefined });
    }

    let definitions: BTreeMap<&str, usize> = members
        .iter()
        .enumerate()
        .rev()
        .flat_map(|(index, member)| member.defined.iter().map(move |name| (name.as_str(), index)))
        .collect();
    // Everything that compiled code refers to stands in the member that defines the entry point.
    // In Mach-O, names of C have an underscore in front.
    let entry = ["_start", "__start", "wasmc_run"].iter().find_map(|name| definitions.get(name));
    let first = *entry.ok_or("the runtime library defines neither _start nor wasmc_run")?;
    let mut needed = BTreeSet::from([first]);
    let mut pending = vec![first];
    while let Some(index) = pending.pop() {
        for name in &members[index].undefined {
            if let Some(&provider) = definitions.get(name.as_str())
                && needed.insert(provider)
            {
                pending.push(provider);
            }
        }
    }
    let kept: Vec<&Member> =
        members.iter().enumerate().filter(|(index, _)| needed.contains(index)).map(|(_, member)| member).collect();
    Ok(archive::write(&kept))
}

/// An object file as the archive is to have it.
fn reduced(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    match object::FileKind::parse(bytes)? {
        // Debug information would be all to leave out; there is none.
        object::FileKind::MachO64 => Ok(bytes.to_vec()),
        _ => strip(bytes),
    }
}

/// Whether the linker has a use for a section: code, data, unwind tables. Where code is interpreted, nobody reads those.
fn is_kept(section: &object::Section<'_, '_>, architecture: Architecture) -> bool {
    if let SectionFlags::Coff { characteristics } = section.flags() {
        let left_out = pe::IMAGE_SCN_MEM_DISCARDABLE | pe::IMAGE_SCN_LNK_REMOVE | pe::IMAGE_SCN_LNK_INFO;
        return !characteristics.intersects(left_out);
    }
    let is_loaded = matches!(section.flags(), SectionFlags::Elf { sh_flags, .. } if sh_flags.contains(elf::SHF_ALLOC));
    let name = section.name().unwrap_or_default();
    // The empty note says that the code needs no executable stack: linkers assume the worst where it is missing.
    let is_interpreted = !matches!(
        architecture,
        Architecture::X86_64 | Architecture::Aarch64 | Architecture::Riscv64 | Architecture::S390x
    );
    let is_unwind_table = name.starts_with(".eh_frame") || name.starts_with(".ARM.ex");
    name == ".note.GNU-stack" || is_loaded && !name.starts_with(".note") && !(is_interpreted && is_unwind_table)
}

/// The weak names of a COFF object, which are references with a symbol to take where nobody else defines them (PE Format,
/// "Auxiliary Format 3: Weak Externals"): each with that symbol. `compiler_builtins` names its functions so, since Rust 1.96.
/// Nobody else defines them here, or defines the same function: they become names of those symbols' places.
fn weak_names(input: &object::File<'_>) -> object::read::Result<HashMap<SymbolIndex, SymbolIndex>> {
    let mut names = HashMap::new();
    if let object::File::Coff(file) = input {
        let table = file.coff_symbol_table();
        for (index, _) in table.iter().filter(|(_, symbol)| symbol.has_aux_weak_external()) {
            names.insert(index, table.aux_weak_external(index)?.default_symbol());
        }
    }
    Ok(names)
}

/// An object file without debug information.
fn strip(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let input = object::File::parse(bytes)?;
    let mut output = write::Object::new(input.format(), input.architecture(), input.endianness());
    output.flags = input.flags();
    let mut sections = HashMap::new();
    for section in input.sections().filter(|section| is_kept(section, input.architecture())) {
        let id = output.add_section(Vec::new(), section.name_bytes()?.to_vec(), section.kind());
        output.section_mut(id).flags = section.flags();
        if section.kind().is_bss() {
            output.append_section_bss(id, section.size(), section.align());
        } else {
            output.append_section_data(id, section.data()?, section.align());
        }
        sections.insert(section.index(), id);
    }
    let mut symbols = HashMap::new();
    let weak_names = weak_names(&input)?;
    for symbol in input.symbols() {
        // Where the name is another symbol's, it says where, and what there is.
        let place = input.symbol_by_index(*weak_names.get(&symbol.index()).unwrap_or(&symbol.index()))?;
        let section = match place.section() {
            SymbolSection::Section(index) => match sections.get(&index) {
                Some(&id) => write::SymbolSection::Section(id),
                None => continue,
            },
            SymbolSection::Undefined => write::SymbolSection::Undefined,
            SymbolSection::Absolute => write::SymbolSection::Absolute,
            _ => continue,
        };
        let id = match (place.kind(), section) {
            (SymbolKind::Section, write::SymbolSection::Section(id)) => output.section_symbol(id),
            (SymbolKind::File, _) => continue,
            // Names of features for the linker, such as `@feat.00`.
            (_, write::SymbolSection::Absolute) if input.format() == BinaryFormat::Coff => continue,
            (kind, section) => output.add_symbol(write::Symbol {
                name: symbol.name_bytes()?.to_vec(),
                value: place.address(),
                size: place.size(),
                kind,
                scope: symbol.scope(),
                weak: symbol.is_weak() && input.format() != BinaryFormat::Coff,
                section,
                flags: match symbol.flags() {
                    SymbolFlags::Elf { st_info, st_other } => SymbolFlags::Elf { st_info, st_other },
                    _ => SymbolFlags::None,
                },
            }),
        };
        symbols.insert(symbol.index(), id);
    }
    for comdat in input.comdats() {
        let Some(&symbol) = symbols.get(&comdat.symbol()) else { continue };
        let sections = comdat.sections().filter_map(|section| sections.get(&section).copied()).collect();
        output.add_comdat(write::Comdat { kind: comdat.kind(), symbol, sections });
    }
    for section in input.sections() {
        let Some(&id) = sections.get(&section.index()) else { continue };
        for (offset, relocation) in section.relocations() {
            // It says that a linker may shorten the instruction, which wasmc's does not.
            if matches!(relocation.flags(), RelocationFlags::Elf { r_type: elf::R_RISCV_RELAX })
                && input.architecture() == Architecture::Riscv64
            {
                continue;
            }
            let RelocationTarget::Symbol(target) = relocation.target() else {
                return Err("a relocation without a symbol".into());
            };
            let symbol = *symbols.get(&target).ok_or("a relocation against a section that is left out")?;
            let flags = relocation.flags();
            output.add_relocation(id, write::Relocation { offset, symbol, addend: relocation.addend(), flags })?;
        }
    }
    Ok(output.write()?)
}

#[cfg(test)]
mod tests {
    use object::Endianness;

    use super::*;

    #[test]
    fn weak_names_of_coff_are_those_of_their_places() {
        let mut object = write::Object::new(BinaryFormat::Coff, Architecture::X86_64, Endianness::Little);
        let text = object.section_id(write::StandardSection::Text);
        object.append_section_data(text, &[0x90, 0xe8, 0, 0, 0, 0, 0xc3], 16);
        let symbol = object.add_symbol(write::Symbol {
            name: b"__udivti3".to_vec(),
            value: 1,
            size: 0,
            kind: SymbolKind::Text,
            scope: object::SymbolScope::Linkage,
            weak: true,
            section: write::SymbolSection::Section(text),
            flags: SymbolFlags::None,
        });
        let flags = RelocationFlags::Coff { typ: pe::IMAGE_REL_AMD64_REL32 };
        object.add_relocation(text, write::Relocation { offset: 2, symbol, addend: -4, flags }).unwrap();
        let bytes = strip(&object.write().unwrap()).unwrap();

        let file = object::File::parse(&*bytes).unwrap();
        let named = file.symbols().find(|symbol| symbol.name() == Ok("__udivti3")).unwrap();
        assert!(named.is_definition() && named.is_global() && !named.is_weak());
        let text = file.section_by_name(".text").unwrap();
        assert_eq!((named.section_index(), named.address()), (Some(text.index()), 1));
        let (_, relocation) = text.relocations().next().unwrap();
        assert_eq!(relocation.target(), RelocationTarget::Symbol(named.index()));
    }
}
