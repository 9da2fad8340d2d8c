//! Chooses the output's sections and what goes into each.

use super::unwind::UnwindLayout;
use super::{Class, Content, IMAGE_SECTION, OutputSection, align, dynamic_entry_count, too_large};
use crate::error::Result;
use crate::link::dynamic::Dynamic;
use crate::link::input::{Role, Section};
use crate::link::program::{Definition, GlobalId, Program, SectionId};
use crate::link::reachable::Reachable;
use crate::link::symtab::Symtab;
use crate::link::width::Width;
use crate::link::{LinkOptions, build_id, display, error};
use object::elf;
use std::collections::HashMap;

/// Tentative definitions and their offsets in `.bss`.
pub(super) type Commons = Vec<(GlobalId, u64)>;

/// The sections in the order of the file, without addresses; and where tentative definitions go.
pub(super) fn collect<'a>(
    program: &Program<'a>,
    reachable: &Reachable,
    dynamic: &Dynamic<'a>,
    unwind: &UnwindLayout,
    symtab: &Symtab,
    options: &LinkOptions<'_>,
) -> Result<(Vec<OutputSection<'a>>, Commons)> {
    let mut sections = gather(program, reachable)?;
    let commons = place_commons(program, reachable, &mut sections)?;
    add_synthetic(&mut sections, program.machine.width(), unwind, dynamic, symtab, options);
    // Stable: sections of one class stay in the order of their first input.
    sections.sort_by_key(|section| section.class);
    if sections.len() >= usize::from(elf::SHN_LORESERVE) - 1 {
        return Err(error("the output has too many sections"));
    }
    let names: u64 = sections.iter().map(|section| section.name.len() as u64 + 1).sum();
    if u32::try_from(names).is_err() {
        return Err(error("the names of the sections are longer than 4 GiB"));
    }
    // Positions fit 16 bits, as was just checked; section header 0 is the null one.
    let dynamic_names = sections.iter().position(|section| matches!(section.content, Content::DynamicNames));
    let symbol_names = sections.iter().position(|section| matches!(section.content, Content::SymbolNames));
    for section in &mut sections {
        match section.content {
            Content::SymbolTable => {
                section.link = symbol_names.map_or(0, |position| position as u32 + 1);
                section.info = symtab.local_count as u32 + 1;
            }
            Content::Dynamic => section.link = dynamic_names.map_or(0, |position| position as u32 + 1),
            Content::SectionNames => section.size = names + 1,
            _ => {}
        }
    }
    Ok((sections, commons))
}

/// The class of a section that is linked.
fn class(section: &Section<'_>) -> Class {
    let zero = section.kind == elf::SHT_NOBITS;
    if section.role == Role::Debug {
        Class::Debug
    } else if section.has_flag(elf::SHF_EXECINSTR) {
        Class::Code
    } else if zero {
        Class::Zero
    } else if !section.has_flag(elf::SHF_WRITE) {
        if section.kind == elf::SHT_NOTE { Class::Note } else { Class::ReadOnly }
    } else if section.name == IMAGE_SECTION {
        Class::Image
    } else if output_name(section.name) == b".data.rel.ro" {
        Class::Relocated
    } else {
        Class::Data
    }
}

/// The output section's name for an input section's.
fn output_name(name: &[u8]) -> &[u8] {
    const PREFIXES: [&[u8]; 6] = [b".text", b".rodata", b".data.rel.ro", b".data", b".bss", b".gcc_except_table"];
    let matches =
        |prefix: &&&[u8]| name.strip_prefix(**prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."));
    PREFIXES.iter().find(matches).copied().unwrap_or(name)
}

/// Puts linked input sections into output sections.
fn gather<'a>(program: &Program<'a>, reachable: &Reachable) -> Result<Vec<OutputSection<'a>>> {
    let mut sections: Vec<OutputSection<'a>> = Vec::new();
    let mut by_name: HashMap<(&[u8], Class), usize> = HashMap::new();
    let mut linked: Vec<SectionId> = program.section_ids().filter(|id| reachable.contains(*id)).collect();
    // Small variables of `.bss` first: with luck they stand in the last page of `.data`, which is there anyway.
    linked.sort_by_key(|id| if class(program.section(*id)) == Class::Zero { program.section(*id).size } else { 0 });
    for id in linked {
        let input = program.section(id);
        let class = class(input);
        let name = output_name(input.name);
        let dropped = elf::SHF_GROUP.0 | elf::SHF_LINK_ORDER.0 | elf::SHF_GNU_RETAIN.0 | elf::SHF_INFO_LINK.0;
        let mut flags = input.flags.0 & !dropped;
        if class == Class::Zero {
            flags |= elf::SHF_WRITE.0;
        }
        let position = *by_name.entry((name, class)).or_insert_with(|| {
            sections.push(OutputSection {
                name,
                class,
                kind: if class == Class::Code { elf::SHT_PROGBITS } else { input.kind },
                flags,
                alignment: 1,
                entry_size: input.entry_size,
                content: Content::Inputs(Vec::new()),
                size: 0,
                address: 0,
                offset: 0,
                link: 0,
                info: 0,
            });
            sections.len() - 1
        });
        let output = &mut sections[position];
        // A section is mergeable only as a whole.
        let merge = elf::SHF_MERGE.0 | elf::SHF_STRINGS.0;
        if output.flags & merge != flags & merge || output.entry_size != input.entry_size {
            output.flags &= !merge;
            flags &= !merge;
            output.entry_size = 0;
        }
        output.flags |= flags;
        if output.kind != input.kind {
            output.kind = elf::SHT_PROGBITS;
        }
        let start = place(&mut output.size, &mut output.alignment, input.alignment, input.size)?;
        if let Content::Inputs(inputs) = &mut output.content {
            inputs.push((id, start));
        }
    }
    Ok(sections)
}

/// Appends a piece to a section of `size` bytes: returns its offset.
fn place(size: &mut u64, alignment: &mut u64, piece_alignment: u64, piece_size: u64) -> Result<u64> {
    let start = align(*size, piece_alignment)?;
    *size = start.checked_add(piece_size).ok_or_else(too_large)?;
    *alignment = (*alignment).max(piece_alignment);
    Ok(start)
}

/// Gives tentative definitions room behind `.bss`: their offsets in that section.
fn place_commons(
    program: &Program<'_>,
    reachable: &Reachable,
    sections: &mut Vec<OutputSection<'_>>,
) -> Result<Commons> {
    if reachable.common_symbols.is_empty() {
        return Ok(Vec::new());
    }
    let position = sections.iter().position(|s| s.name == b".bss" && s.class == Class::Zero).unwrap_or_else(|| {
        let flags = elf::SHF_ALLOC.0 | elf::SHF_WRITE.0;
        let mut bss = synthetic(b".bss", Class::Zero, elf::SHT_NOBITS, flags, Content::Inputs(Vec::new()));
        bss.alignment = 1;
        sections.push(bss);
        sections.len() - 1
    });
    let bss = &mut sections[position];
    let mut placed = Vec::new();
    for &id in &reachable.common_symbols {
        let Definition::Object { object, symbol, .. } = program.globals[id.0 as usize].definition else { continue };
        let object = &program.objects[object as usize];
        let symbol = object.symbol(symbol)?;
        // The value of a tentative definition is its alignment (gABI 4, "Symbol Table").
        let alignment = symbol.st_value.get(program.endian).max(1);
        if !alignment.is_power_of_two() || alignment > program.machine.page_size() {
            let name = display(program.globals[id.0 as usize].name);
            return Err(error(format!("{}: {name} is aligned to {alignment:#x}", object.name)));
        }
        let start = place(&mut bss.size, &mut bss.alignment, alignment, symbol.st_size.get(program.endian))?;
        placed.push((id, start));
    }
    Ok(placed)
}

fn synthetic(
    name: &'static [u8],
    class: Class,
    kind: elf::SectionType,
    flags: u64,
    content: Content,
) -> OutputSection<'static> {
    OutputSection {
        name,
        class,
        kind,
        flags,
        alignment: 8,
        entry_size: 0,
        content,
        size: 0,
        address: 0,
        offset: 0,
        link: 0,
        info: 0,
    }
}

/// Adds the sections that the linker makes itself; those whose sizes depend on others are completed later.
fn add_synthetic(
    sections: &mut Vec<OutputSection<'_>>,
    width: Width,
    unwind: &UnwindLayout,
    dynamic: &Dynamic<'_>,
    symtab: &Symtab,
    options: &LinkOptions<'_>,
) {
    let loaded = elf::SHF_ALLOC.0;
    let writable = elf::SHF_ALLOC.0 | elf::SHF_WRITE.0;
    let mut add = |section: OutputSection<'static>, size: u64, alignment: u64, entry_size: u64| {
        sections.push(OutputSection { size, alignment, entry_size, ..section });
    };
    if options.build_id {
        let section = synthetic(b".note.gnu.build-id", Class::Note, elf::SHT_NOTE, loaded, Content::BuildId);
        add(section, build_id::HEADER_SIZE + build_id::SIZE as u64, 4, 0);
    }
    let section = synthetic(b".dynstr", Class::Relocations, elf::SHT_STRTAB, loaded, Content::DynamicNames);
    add(section, 1, 1, 0);
    let has_rela = !dynamic.plain.is_empty();
    let has_relr = !dynamic.packed.is_empty() || dynamic.slots.iter().any(|slot| slot.moves());
    if has_rela {
        let (name, kind): (&[u8], _) = match width {
            Width::Narrow => (b".rel.dyn", elf::SHT_REL),
            Width::Wide => (b".rela.dyn", elf::SHT_RELA),
        };
        let section = synthetic(name, Class::Relocations, kind, loaded, Content::Plain);
        add(section, dynamic.plain.len() as u64 * width.relocation(), 8, width.relocation());
    }
    if has_relr {
        let section = synthetic(b".relr.dyn", Class::Relocations, elf::SHT_RELR, loaded, Content::Relr);
        add(section, 0, 8, width.word());
    }
    if !unwind.is_empty() {
        let kind = elf::SHT_PROGBITS;
        let section = synthetic(b".eh_frame_hdr", Class::UnwindIndex, kind, loaded, Content::UnwindIndex);
        add(section, unwind.index_size(), 4, 0);
        add(synthetic(b".eh_frame", Class::Unwind, kind, loaded, Content::Unwind), unwind.size, 8, 0);
    }
    let size = dynamic_entry_count(has_rela, has_relr) * width.dynamic();
    let section = synthetic(b".dynamic", Class::Dynamic, elf::SHT_DYNAMIC, writable, Content::Dynamic);
    add(section, size, 8, width.dynamic());
    if !dynamic.slots.is_empty() {
        let section = synthetic(b".got", Class::Table, elf::SHT_PROGBITS, writable, Content::Table);
        add(section, dynamic.slots.len() as u64 * width.word(), 8, width.word());
    }
    if !options.strip {
        let size = (symtab.entries.len() as u64 + 1) * width.symbol();
        let section = synthetic(b".symtab", Class::Symbols, elf::SHT_SYMTAB, 0, Content::SymbolTable);
        add(section, size, 8, width.symbol());
        let section = synthetic(b".strtab", Class::Strings, elf::SHT_STRTAB, 0, Content::SymbolNames);
        add(section, symtab.strings_size, 1, 0);
    }
    add(synthetic(b".shstrtab", Class::Strings, elf::SHT_STRTAB, 0, Content::SectionNames), 0, 1, 0);
}
