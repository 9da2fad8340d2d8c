//! Arranges the output: which sections it has, in which segments they are, and the address and file offset of each.
//!
//! Segments with different permissions share no page of memory, but may share a page of the file, which is then
//! mapped into both: addresses and file offsets are equal modulo the page size, and no byte of padding is written.

mod addresses;
mod packed;
mod sections;
mod unwind;

use super::dynamic::Dynamic;
use super::program::{GlobalId, LinkerSymbol, Program, SectionId, Target};
use super::reachable::Reachable;
use super::relocate::{GLOBAL_POINTER, TABLE_OF_CONTENTS};
use super::symtab::Symtab;
use super::unwind::Unwind;
use super::width::Width;
use super::{LinkOptions, error};
use crate::error::Result;
use object::elf;
use std::collections::BTreeMap;
use unwind::UnwindLayout;

/// The section whose pages the runtime library may move away (`IMAGE_MOVABLE` in `wasmc-abi`).
const IMAGE_SECTION: &[u8] = b".wasmc.image";
/// Its pages: it shares none of them.
const IMAGE_PAGE: u64 = 4096;

/// What an output section is, in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Class {
    Note,
    /// Relocations and strings of the dynamic section.
    Relocations,
    ReadOnly,
    UnwindIndex,
    Unwind,
    Code,
    /// Read-only once the start code has relocated it.
    Relocated,
    Dynamic,
    Table,
    Data,
    /// [`IMAGE_SECTION`].
    Image,
    /// Zero, not in the file.
    Zero,
    /// Not loaded.
    Debug,
    Symbols,
    Strings,
}

/// How a segment may be accessed; sections of one kind share a `PT_LOAD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Execute,
    /// Writable until it is relocated.
    Relocated,
    Write,
}

impl Access {
    /// What may be done in the segment where read-only sections are in that of the code.
    fn joined(self, is_joined: bool) -> Access {
        if is_joined && self == Access::Read { Access::Execute } else { self }
    }
}

impl Class {
    /// The segment it belongs to, unless that is joined with another.
    fn access(self) -> Option<Access> {
        match self {
            Class::Note | Class::Relocations | Class::ReadOnly | Class::UnwindIndex | Class::Unwind => {
                Some(Access::Read)
            }
            Class::Code => Some(Access::Execute),
            Class::Relocated | Class::Dynamic | Class::Table => Some(Access::Relocated),
            Class::Data | Class::Image | Class::Zero => Some(Access::Write),
            Class::Debug | Class::Symbols | Class::Strings => None,
        }
    }
}

/// What an output section is made of.
#[derive(Debug)]
pub(super) enum Content {
    /// Input sections, at `offset` from the section's start; then tentative definitions, where it is `.bss`.
    Inputs(Vec<(SectionId, u64)>),
    BuildId,
    /// The relocations that the packed form cannot name.
    Plain,
    Relr,
    UnwindIndex,
    Unwind,
    Dynamic,
    /// The strings of the dynamic section: none, but tools want the table to be there.
    DynamicNames,
    Table,
    SymbolTable,
    SymbolNames,
    SectionNames,
}

/// A section of the output.
#[derive(Debug)]
pub(super) struct OutputSection<'a> {
    pub name: &'a [u8],
    pub class: Class,
    pub kind: elf::SectionType,
    pub flags: u64,
    pub alignment: u64,
    pub entry_size: u64,
    pub content: Content,
    /// Bytes in memory, and in the file unless `kind` is `SHT_NOBITS`.
    pub size: u64,
    pub address: u64,
    pub offset: u64,
    /// `sh_link`.
    pub link: u32,
    /// `sh_info`.
    pub info: u32,
}

impl OutputSection<'_> {
    /// Bytes in the file.
    pub fn file_size(&self) -> u64 {
        if self.kind == elf::SHT_NOBITS { 0 } else { self.size }
    }
}

/// A program header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub kind: elf::ProgramType,
    pub flags: elf::ProgramFlags,
    pub offset: u64,
    pub address: u64,
    pub file_size: u64,
    pub memory_size: u64,
    pub alignment: u64,
}

/// The output, arranged.
pub(super) struct Layout<'a> {
    /// In the order of the file. Their section header indices are their positions + 1.
    pub sections: Vec<OutputSection<'a>>,
    pub segments: Vec<Segment>,
    pub unwind: UnwindLayout,
    /// Words to relocate in packed form (`DT_RELR`).
    pub relr: Vec<u64>,
    /// Offset of the section headers in the file.
    pub section_headers: u64,
    /// Address of the entry point.
    pub entry: u64,
    /// `.dynamic`: tags and values.
    pub dynamic_entries: Vec<(elf::DynamicTag, u64)>,
    /// Addresses of input sections; `u64::MAX` for those that are not linked. Offsets in their output section for
    /// those that are not loaded.
    addresses: Vec<u64>,
    /// Positions in `sections` of input sections.
    positions: Vec<u32>,
    common_addresses: BTreeMap<GlobalId, u64>,
    landmarks: Landmarks,
    /// Read-only sections are in the segment of the code, as the program is small.
    is_joined: bool,
}

/// The places that the linker's own symbols name.
#[derive(Clone, Copy, Debug, Default)]
struct Landmarks {
    dynamic: u64,
    table: u64,
    unwind_index: u64,
    text_end: u64,
    data_end: u64,
    zero_start: u64,
    end: u64,
    build_id: u64,
}

impl<'a> Layout<'a> {
    /// The segment in which sections of a class are.
    fn access(&self, class: Class) -> Option<Access> {
        Some(class.access()?.joined(self.is_joined))
    }

    /// The address of an input section, if it is linked.
    pub fn address(&self, section: SectionId) -> Option<u64> {
        self.addresses.get(section.0 as usize).copied().filter(|address| *address != u64::MAX)
    }

    /// The address, or number, that a target is.
    pub fn value(&self, target: Target<'_>) -> Option<u64> {
        match target {
            Target::Section { section, offset } => Some(self.address(section)?.wrapping_add(offset)),
            Target::Absolute(value) => Some(value),
            Target::Common(id) => self.common_addresses.get(&id).copied(),
            Target::Linker(symbol) => Some(self.linker_symbol(symbol)),
            Target::WeakUndefined => Some(0),
            Target::Undefined(_) | Target::Discarded => None,
        }
    }

    /// The address of the global offset table, on which some relocations build even where it has no slot.
    pub fn table_address(&self) -> u64 {
        self.landmarks.table
    }

    fn linker_symbol(&self, symbol: LinkerSymbol<'_>) -> u64 {
        let named = |name: &[u8]| self.sections.iter().find(|s| s.name == name && s.class.access().is_some());
        match symbol {
            LinkerSymbol::FileHeader => 0,
            LinkerSymbol::Dynamic => self.landmarks.dynamic,
            LinkerSymbol::GlobalOffsetTable => self.landmarks.table,
            LinkerSymbol::GlobalPointer => self.landmarks.table.wrapping_add(GLOBAL_POINTER),
            LinkerSymbol::TableOfContents => self.landmarks.table.wrapping_add(TABLE_OF_CONTENTS),
            LinkerSymbol::UnwindIndex => self.landmarks.unwind_index,
            LinkerSymbol::TextEnd => self.landmarks.text_end,
            LinkerSymbol::DataEnd => self.landmarks.data_end,
            LinkerSymbol::ZeroStart => self.landmarks.zero_start,
            LinkerSymbol::End => self.landmarks.end,
            LinkerSymbol::BuildId => self.landmarks.build_id,
            LinkerSymbol::Start(name) => named(name).map_or(0, |section| section.address),
            LinkerSymbol::Stop(name) => named(name).map_or(0, |section| section.address.wrapping_add(section.size)),
        }
    }

    /// The section header index for a symbol, with its value.
    pub fn symbol_place(&self, target: Target<'_>) -> Option<(elf::SymbolSection, u64)> {
        let value = self.value(target)?;
        let position = match target {
            Target::Section { section, .. } => *self.positions.get(section.0 as usize)?,
            Target::Absolute(_) => return Some((elf::SHN_ABS, value)),
            // The last section that begins no later; the first one for the ELF header, which is in none.
            Target::Common(_) | Target::Linker(_) => {
                let loaded = |s: &OutputSection<'_>| s.class.access().is_some() && s.address <= value;
                self.sections.iter().rposition(loaded).unwrap_or(0) as u32
            }
            Target::WeakUndefined | Target::Undefined(_) | Target::Discarded => return None,
        };
        Some((elf::SymbolSection::new(position + 1), value))
    }

    /// The section of this content.
    pub fn section_of(&self, wanted: impl Fn(&Content) -> bool) -> Option<&OutputSection<'a>> {
        self.sections.iter().find(|section| wanted(&section.content))
    }
}

/// Arranges everything that is linked.
pub(super) fn arrange<'a>(
    program: &Program<'a>,
    unwind: &Unwind,
    reachable: &Reachable,
    dynamic: &Dynamic<'a>,
    symtab: &Symtab,
    options: &LinkOptions<'_>,
) -> Result<Layout<'a>> {
    let width = program.machine.width();
    let unwind = unwind::arrange(program, unwind, reachable)?;
    let (sections, commons) = sections::collect(program, reachable, dynamic, &unwind, symtab, options)?;
    let mut layout = Layout {
        sections,
        segments: Vec::new(),
        unwind,
        relr: Vec::new(),
        section_headers: 0,
        entry: 0,
        dynamic_entries: Vec::new(),
        addresses: vec![u64::MAX; program.sections.len()],
        positions: vec![0; program.sections.len()],
        common_addresses: BTreeMap::new(),
        landmarks: Landmarks::default(),
        is_joined: false,
    };
    // The packed relocations depend on the addresses, and by their size the addresses on them. They are never made
    // shorter from one round to the next, so this ends.
    loop {
        addresses::assign(&mut layout, program, &commons)?;
        let mut packed = packed::encode(relocated_words(program, dynamic, &layout), width.word());
        packed::pad(&mut packed, layout.relr.len());
        let done = packed.len() == layout.relr.len();
        layout.relr = packed;
        if done {
            break;
        }
        for section in layout.sections.iter_mut().filter(|section| matches!(section.content, Content::Relr)) {
            section.size = layout.relr.len() as u64 * width.word();
        }
    }
    layout.segments = addresses::segments(&layout, program)?;
    let ends = layout.segments.iter().map(|segment| segment.address.saturating_add(segment.memory_size));
    if width == Width::Narrow && ends.chain([layout.section_headers]).any(|end| end > NARROW_END) {
        return Err(too_large());
    }
    layout.dynamic_entries = dynamic_entries(&layout, width);
    let entry = program.global_target(reachable.entry)?;
    layout.entry = layout.value(entry).ok_or_else(|| error("the entry point is in no section of the output"))?;
    Ok(layout)
}

/// Addresses of the words that the packed relocations name.
fn relocated_words(program: &Program<'_>, dynamic: &Dynamic<'_>, layout: &Layout<'_>) -> Vec<u64> {
    let words = dynamic.packed.iter().filter_map(|&(section, position)| {
        let relocation = program.section(section).relocations.get(position as usize)?;
        Some(layout.address(section)?.wrapping_add(relocation.r_offset.get(program.endian)))
    });
    let slots = dynamic.slots.iter().enumerate().filter(|(_, target)| target.moves());
    let table = layout.table_address();
    words.chain(slots.map(|(position, _)| table + position as u64 * program.machine.width().word())).collect()
}

/// How many entries `.dynamic` has, the mark at its end included.
fn dynamic_entry_count(has_rela: bool, has_relr: bool) -> u64 {
    4 + if has_rela { 4 } else { 0 } + if has_relr { 3 } else { 0 }
}

/// What the start code needs to relocate the program (gABI 5, "Dynamic Section").
fn dynamic_entries(layout: &Layout<'_>, width: Width) -> Vec<(elf::DynamicTag, u64)> {
    let mut entries = Vec::new();
    if let Some(plain) = layout.section_of(|content| matches!(content, Content::Plain)) {
        let tags = match width {
            Width::Narrow => [elf::DT_REL, elf::DT_RELSZ, elf::DT_RELENT, elf::DT_RELCOUNT],
            Width::Wide => [elf::DT_RELA, elf::DT_RELASZ, elf::DT_RELAENT, elf::DT_RELACOUNT],
        };
        let size = width.relocation();
        entries.extend(tags.into_iter().zip([plain.address, plain.size, size, plain.size / size]));
    }
    if let Some(relr) = layout.section_of(|content| matches!(content, Content::Relr)) {
        entries.push((elf::DT_RELR, relr.address));
        entries.push((elf::DT_RELRSZ, relr.size));
        entries.push((elf::DT_RELRENT, width.word()));
    }
    if let Some(strings) = layout.section_of(|content| matches!(content, Content::DynamicNames)) {
        entries.push((elf::DT_STRTAB, strings.address));
        entries.push((elf::DT_STRSZ, strings.size));
    }
    entries.push((elf::DT_FLAGS_1, elf::DF_1_PIE.0));
    entries.push((elf::DT_NULL, 0));
    entries
}

/// Where the addresses of 32-bit programs end, with room for the section headers behind, and for kernels above.
const NARROW_END: u64 = 0xf000_0000;

/// Rounds up to a power of two.
fn align(value: u64, alignment: u64) -> Result<u64> {
    value.checked_next_multiple_of(alignment).ok_or_else(too_large)
}

fn too_large() -> crate::error::Error {
    error("the program is larger than the address space")
}
