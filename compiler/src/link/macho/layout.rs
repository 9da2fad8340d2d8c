//! Gives each section an address and a place in the file.

use std::collections::{BTreeSet, HashMap};

use object::macho::{self, SectionFlags};

use super::imports::Import;
use super::input::{DEBUG_SECTIONS, Processor, Role};
use super::reachable::Reachable;
use super::symbols::{AtomId, Place, Program};
use super::unwind::Unwind;
use super::{error, write};
use crate::error::{Error, Result};

/// Where the executable would like to be: behind a page zero of 4 GiB.
pub(super) const IMAGE_BASE: u64 = 1 << 32;

/// Bytes of a place for an address.
pub(super) const SLOT: u64 = 8;

/// What a section of the executable is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Atoms of this role.
    Atoms(Role),
    /// The jumps to functions of libSystem.
    Stubs,
    /// Their addresses.
    Slots,
    /// How to unwind from functions: the table, and what it leads to.
    UnwindInfo,
    Frames,
}

/// Segments that hold sections, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SegmentKind {
    Text,
    DataConst,
    Data,
    Dwarf,
}

/// A section of the executable.
pub(super) struct OutputSection {
    pub name: &'static str,
    pub segment: SegmentKind,
    pub content: Content,
    pub flags: SectionFlags,
    pub address: u64,
    pub align: u64,
    /// Bytes in memory.
    pub size: u64,
    /// In the file, unless it holds nothing but zeros.
    pub offset: u64,
    /// Atoms, each with its offset in this section.
    pub atoms: Vec<(AtomId, u64)>,
}

impl OutputSection {
    /// Whether the file holds nothing of it.
    pub fn is_zero(&self) -> bool {
        self.content == Content::Atoms(Role::Zero)
    }
}

/// A segment: what is mapped as a whole.
pub(super) struct Segment {
    pub kind: SegmentKind,
    pub address: u64,
    /// Bytes in memory, in the file.
    pub size: u64,
    pub offset: u64,
    pub file_size: u64,
}

/// The executable, arranged, as far as its tables at the end.
pub(super) struct Layout {
    /// Alignment of segments.
    pub page: u64,
    pub sections: Vec<OutputSection>,
    pub segments: Vec<Segment>,
    /// Functions of libSystem, by their ordinals.
    pub imports: Vec<Import>,
    pub stubs: Vec<Import>,
    pub slots: Vec<Import>,
    addresses: HashMap<AtomId, u64>,
}

fn defect() -> Error {
    error("a symbol has no address, which is a defect of wasmc")
}

impl Layout {
    /// The address of a place that is linked.
    pub fn address(&self, place: Place) -> Result<u64> {
        Ok(self.addresses.get(&place.atom).ok_or_else(defect)?.wrapping_add(place.offset))
    }

    /// The address of an atom, if it is linked.
    pub fn atom(&self, atom: AtomId) -> Option<u64> {
        self.addresses.get(&atom).copied()
    }

    /// The section of this kind.
    pub fn section(&self, content: Content) -> Option<&OutputSection> {
        self.sections.iter().find(|section| section.content == content)
    }

    /// The address of a function's stub.
    pub fn stub(&self, import: Import) -> Result<u64> {
        self.entry(Content::Stubs, &self.stubs, import, stub_size(self))
    }

    /// The address of the place where a function's address is.
    pub fn slot(&self, import: Import) -> Result<u64> {
        self.entry(Content::Slots, &self.slots, import, SLOT)
    }

    fn entry(&self, content: Content, list: &[Import], import: Import, size: u64) -> Result<u64> {
        let section = self.section(content).ok_or_else(defect)?;
        let position = list.binary_search(&import).map_err(|_| defect())?;
        Ok(section.address + position as u64 * size)
    }

    /// Where the tables at the end begin: their address, their offset in the file.
    pub fn end(&self) -> (u64, u64) {
        self.segments.last().map_or((IMAGE_BASE, 0), |last| (last.address + last.size, last.offset + last.file_size))
    }
}

/// Bytes of a stub.
pub(super) fn stub_size(layout: &Layout) -> u64 {
    // The larger page is that of AArch64.
    if layout.page == PAGE_X86_64 { 6 } else { 12 }
}

const PAGE_X86_64: u64 = 4 << 10;
const PAGE_AARCH64: u64 = 16 << 10;

const PLAIN: SectionFlags = SectionFlags(0);
const CODE: SectionFlags = SectionFlags(macho::S_ATTR_PURE_INSTRUCTIONS.0 | macho::S_ATTR_SOME_INSTRUCTIONS.0);

/// The sections of executables, in order: those without contents are left out.
const SECTIONS: [(SegmentKind, &str, Content, SectionFlags); 10 + DEBUG_SECTIONS.len()] = [
    (SegmentKind::Text, "__text", Content::Atoms(Role::Code), CODE),
    (SegmentKind::Text, "__stubs", Content::Stubs, SectionFlags(CODE.0 | macho::S_SYMBOL_STUBS.0 as u32)),
    (SegmentKind::Text, "__const", Content::Atoms(Role::ReadOnly), PLAIN),
    (SegmentKind::Text, crate::manifest::MACHO_SECTION, Content::Atoms(Role::Note), PLAIN),
    (SegmentKind::Text, "__unwind_info", Content::UnwindInfo, PLAIN),
    (SegmentKind::Text, "__eh_frame", Content::Frames, PLAIN),
    (SegmentKind::DataConst, "__got", Content::Slots, SectionFlags(macho::S_NON_LAZY_SYMBOL_POINTERS.0 as u32)),
    (SegmentKind::DataConst, "__const", Content::Atoms(Role::RelocatedReadOnly), PLAIN),
    (SegmentKind::Data, "__data", Content::Atoms(Role::Writable), PLAIN),
    (SegmentKind::Data, "__bss", Content::Atoms(Role::Zero), SectionFlags(macho::S_ZEROFILL.0 as u32)),
    debug_section(0),
    debug_section(1),
    debug_section(2),
    debug_section(3),
    debug_section(4),
    debug_section(5),
    debug_section(6),
];

const fn debug_section(number: u8) -> (SegmentKind, &'static str, Content, SectionFlags) {
    let content = Content::Atoms(Role::Debug(number));
    (SegmentKind::Dwarf, DEBUG_SECTIONS[number as usize], content, macho::S_ATTR_DEBUG)
}

fn too_large() -> Error {
    error("the executable would have more than 2 GiB, which macOS does not load")
}

/// Arranges what is linked.
pub(super) fn arrange(program: &Program<'_>, reachable: &Reachable, unwind: &Unwind<'_>) -> Result<Layout> {
    let page = if program.processor == Processor::X86_64 { PAGE_X86_64 } else { PAGE_AARCH64 };
    let list = |imports: &BTreeSet<Import>| imports.iter().copied().collect();
    let mut layout = Layout {
        page,
        sections: Vec::new(),
        segments: Vec::new(),
        imports: list(&reachable.imports),
        stubs: list(&reachable.stubs),
        slots: list(&reachable.slots),
        addresses: HashMap::new(),
    };
    for (segment, name, content, flags) in SECTIONS {
        let mut section = OutputSection {
            name,
            segment,
            content,
            flags,
            address: 0,
            align: 1,
            size: 0,
            offset: 0,
            atoms: Vec::new(),
        };
        (section.align, section.size) = match content {
            Content::Stubs => (4, layout.stubs.len() as u64 * stub_size(&layout)),
            Content::Slots => (SLOT, layout.slots.len() as u64 * SLOT),
            Content::UnwindInfo => (4, unwind.info_size()),
            Content::Frames => (8, unwind.frames_size()),
            Content::Atoms(role) => gather(program, reachable, page, role, &mut section.atoms)?,
        };
        if section.size != 0 {
            layout.sections.push(section);
        }
    }
    place(&mut layout)?;
    for section in &layout.sections {
        let absolute = |&(atom, offset): &(AtomId, u64)| (atom, section.address + offset);
        layout.addresses.extend(section.atoms.iter().map(absolute));
    }
    Ok(layout)
}

/// Puts the atoms of a section behind each other: its alignment, its size.
fn gather(
    program: &Program<'_>,
    reachable: &Reachable,
    page: u64,
    role: Role,
    atoms: &mut Vec<(AtomId, u64)>,
) -> Result<(u64, u64)> {
    let (mut align, mut size) = (1, 0u64);
    for (id, atom) in program.atoms(role).filter(|(id, _)| reachable.contains(*id)) {
        if atom.align > page {
            return Err(error("a section wants to be aligned to more than a page"));
        }
        let start = size.next_multiple_of(atom.align);
        size = start.checked_add(atom.size).ok_or_else(too_large)?;
        align = atom.align.max(align);
        atoms.push((id, start));
    }
    Ok((align, size))
}

/// Gives segments and their sections addresses and places.
fn place(layout: &mut Layout) -> Result<()> {
    let kinds = [SegmentKind::Text, SegmentKind::DataConst, SegmentKind::Data, SegmentKind::Dwarf];
    let kinds = kinds
        .into_iter()
        .filter(|&kind| kind == SegmentKind::Text || layout.sections.iter().any(|section| section.segment == kind));
    let kinds: Vec<SegmentKind> = kinds.collect();
    let headers = write::headers_size(kinds.len(), layout.sections.len());
    let (mut address, mut offset) = (IMAGE_BASE, 0);
    for kind in kinds {
        let mut segment = Segment { kind, address, size: 0, offset, file_size: 0 };
        if kind == SegmentKind::Text {
            segment.size = headers;
        }
        for section in layout.sections.iter_mut().filter(|section| section.segment == kind) {
            let start = segment.size.next_multiple_of(section.align);
            section.address = address + start;
            segment.size = start.checked_add(section.size).ok_or_else(too_large)?;
            if !section.is_zero() {
                section.offset = offset + start;
                segment.file_size = segment.size;
            }
        }
        segment.size = segment.size.next_multiple_of(layout.page);
        segment.file_size = segment.file_size.next_multiple_of(layout.page);
        address += segment.size;
        offset += segment.file_size;
        if address - IMAGE_BASE > 1 << 31 {
            return Err(too_large());
        }
        layout.segments.push(segment);
    }
    Ok(())
}
