//! Reads relocatable Mach-O objects, and cuts their sections into atoms: what is linked, or left out, as a whole.

use std::borrow::Cow;

use object::macho::{self, RelocationInfo};
use object::read::macho::{MachHeader as _, MachOFile64, Nlist as _, Section as _};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

use super::frames::{self, Compact, Description};
use super::relocate::{self, Kind};
use super::{LE, display, error};
use crate::error::{Error, Result};

/// An input object.
pub(super) struct Object<'a> {
    /// For messages.
    pub name: Cow<'a, str>,
    pub processor: Processor,
    pub atoms: Vec<Atom<'a>>,
    /// By the index in the symbol table; `None` for what is no symbol that relocations refer to.
    pub symbols: Vec<Option<Symbol<'a>>>,
    /// How to unwind from functions.
    pub descriptions: Vec<Description<'a>>,
    pub compact: Vec<Compact>,
    /// All of it.
    pub bytes: &'a [u8],
}

/// What code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Processor {
    X86_64,
    Aarch64,
}

/// A piece of a section: from a symbol as far as the next one, or all of it.
pub(super) struct Atom<'a> {
    pub role: Role,
    pub align: u64,
    /// Bytes in memory.
    pub size: u64,
    /// Empty where it is all zero.
    pub data: &'a [u8],
    /// In the order of offsets.
    pub relocations: Vec<Relocation>,
}

/// What becomes of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Code,
    ReadOnly,
    /// `__eh_frame`, `__compact_unwind`: what they say is collected, and written anew.
    Frames,
    CompactUnwind,
    /// The note for `wasmc inspect`.
    Note,
    /// Not written to, once dyld has put addresses in.
    RelocatedReadOnly,
    Writable,
    Zero,
    /// Debug information of the program: which of [`DEBUG_SECTIONS`].
    Debug(u8),
    /// That of the runtime library, which is left out.
    None,
}

/// Sections of debug information, by the names that Mach-O has for them.
pub(super) const DEBUG_SECTIONS: [&str; 7] = [
    "__debug_info",
    "__debug_abbrev",
    "__debug_line",
    "__debug_loclists",
    "__debug_rnglists",
    "__debug_str",
    "__debug_str_offs",
];

/// A place in an atom to be filled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relocation {
    pub offset: u32,
    pub kind: Kind,
    pub target: Reference,
    /// Added to the target's address.
    pub addend: i64,
    /// Its address is subtracted.
    pub minus: Option<Reference>,
}

/// What a relocation refers to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reference {
    /// Index of the symbol.
    Symbol(u32),
    /// A place in the same object: number of the atom, offset.
    Atom(u32, u64),
}

/// A symbol of an object.
pub(super) enum Symbol<'a> {
    Defined {
        atom: u32,
        offset: u64,
        name: &'a [u8],
        /// Other objects know it.
        is_global: bool,
    },
    Absolute(u64),
    /// Another object's, or libSystem's.
    Undefined(&'a [u8]),
}

impl Object<'_> {
    /// The error for an object that makes no sense.
    pub fn damaged(&self, what: impl std::fmt::Display) -> Error {
        error(format!("{}: {what}", self.name))
    }
}

/// A section, and where its atoms are.
struct Section<'a> {
    name: &'a [u8],
    role: Role,
    address: u64,
    size: u64,
    data: &'a [u8],
    /// Where atoms begin, in order; the first one at 0.
    starts: Vec<u64>,
    /// Number of the first atom.
    first: u32,
}

impl Section<'_> {
    /// The atom of a place, and the offset in it.
    fn locate(&self, offset: u64) -> (u32, u64) {
        let position = self.starts.partition_point(|&start| start <= offset).saturating_sub(1);
        (self.first + position as u32, offset - self.starts[position])
    }
}

/// Reads an object, with its debug information if asked to.
pub(super) fn parse<'a>(name: Cow<'a, str>, bytes: &'a [u8], with_debug: bool) -> Result<Object<'a>> {
    let fail = |error: object::Error| super::error(format!("{name}: {error}"));
    let file: MachOFile64<'a> =
        MachOFile64::parse(bytes).map_err(|_| error(format!("{name} is no Mach-O object with 64 bits")))?;
    let header = file.macho_header();
    let processor = match header.cputype(LE) {
        macho::CPU_TYPE_X86_64 => Processor::X86_64,
        macho::CPU_TYPE_ARM64 => Processor::Aarch64,
        _ => return Err(error(format!("{name}: the processor is none that wasmc links for macOS"))),
    };
    let by_symbols = header.flags(LE).contains(macho::MH_SUBSECTIONS_VIA_SYMBOLS);
    let mut sections = Vec::new();
    for section in file.sections() {
        let own = section.macho_section();
        let segment = section.segment_name_bytes().map_err(fail)?.unwrap_or(b"");
        let role = role(segment, own.name(), own.flags(LE))
            .ok_or_else(|| error(format!("{name}: the section {} is not supported", display(own.name()))))?;
        let role = if matches!(role, Role::Debug(_)) && !with_debug { Role::None } else { role };
        let data = if role == Role::Zero { &[][..] } else { section.data().map_err(fail)? };
        let address = section.address();
        sections.push(Section {
            name: own.name(),
            role,
            address,
            size: section.size(),
            data,
            starts: vec![0],
            first: 0,
        });
    }
    if by_symbols {
        for symbol in file.symbols() {
            let Some(section) = section_of(&symbol, &mut sections) else { continue };
            if matches!(section.role, Role::Frames | Role::CompactUnwind) {
                continue;
            }
            if let Some(offset) = symbol.address().checked_sub(section.address).filter(|&offset| offset < section.size)
            {
                section.starts.push(offset);
            }
        }
    }
    let mut object = Object {
        name: name.clone(),
        processor,
        atoms: Vec::new(),
        symbols: Vec::new(),
        descriptions: Vec::new(),
        compact: Vec::new(),
        bytes,
    };
    for (section, input) in sections.iter_mut().zip(file.sections()) {
        section.starts.sort_unstable();
        section.starts.dedup();
        section.first = object.atoms.len() as u32;
        for (position, &start) in section.starts.iter().enumerate() {
            let end = section.starts.get(position + 1).copied().unwrap_or(section.size);
            // What is no more aligned than this has no need to be.
            let align = input.align().max(1).min(if start == 0 { u64::MAX } else { start & start.wrapping_neg() });
            let data = section.data.get(start as usize..end as usize).unwrap_or(&[]);
            object.atoms.push(Atom { role: section.role, align, size: end - start, data, relocations: Vec::new() });
        }
    }
    for symbol in file.symbols() {
        let own_name = symbol.name_bytes().map_err(fail)?;
        let entry = match symbol.section() {
            _ if symbol.macho_symbol().is_stab() => None,
            object::SymbolSection::Section(index) => {
                let section = index.0.checked_sub(1).and_then(|position| sections.get(position));
                let offset = section.and_then(|section| symbol.address().checked_sub(section.address));
                let place = section.zip(offset).filter(|(section, offset)| *offset <= section.size);
                let (section, offset) = place.ok_or_else(|| object.damaged("a symbol is in no section"))?;
                let (atom, offset) = section.locate(offset);
                Some(Symbol::Defined { atom, offset, name: own_name, is_global: symbol.is_global() })
            }
            object::SymbolSection::Absolute => Some(Symbol::Absolute(symbol.address())),
            object::SymbolSection::Undefined => Some(Symbol::Undefined(own_name)),
            object::SymbolSection::Common => {
                return Err(
                    object.damaged(format_args!("the tentative definition {} is not supported", display(own_name)))
                );
            }
            _ => None,
        };
        let index = symbol.index().0;
        object.symbols.resize_with(object.symbols.len().max(index + 1), || None);
        object.symbols[index] = entry;
    }
    for (position, section) in file.sections().enumerate() {
        let role = sections[position].role;
        if role == Role::None {
            continue;
        }
        let found = read_relocations(&object, &sections, position, section.macho_relocations().map_err(fail)?)?;
        match role {
            Role::Frames | Role::CompactUnwind => unwinding(&mut object, &sections, position, &found)?,
            _ => give_out(&mut object, &sections[position], found)?,
        }
    }
    Ok(object)
}

/// The section that a symbol is in.
fn section_of<'s, 'a>(
    symbol: &object::read::macho::MachOSymbol64<'_, '_>,
    sections: &'s mut [Section<'a>],
) -> Option<&'s mut Section<'a>> {
    if symbol.macho_symbol().is_stab() {
        return None;
    }
    sections.get_mut(symbol.section_index()?.0.checked_sub(1)?)
}

/// `None` for what the runtime library has no use for.
fn role(segment: &[u8], name: &[u8], flags: macho::SectionFlags) -> Option<Role> {
    if segment == b"__LD" && name == b"__compact_unwind" {
        return Some(Role::CompactUnwind);
    }
    if segment == b"__DWARF" || flags.contains(macho::S_ATTR_DEBUG) {
        let known = DEBUG_SECTIONS.iter().position(|known| known.as_bytes() == name);
        return Some(known.map_or(Role::None, |number| Role::Debug(number as u8)));
    }
    let is_code = flags.contains(macho::S_ATTR_SOME_INSTRUCTIONS) || flags.contains(macho::S_ATTR_PURE_INSTRUCTIONS);
    Some(match flags.typ() {
        macho::S_ZEROFILL => Role::Zero,
        macho::S_COALESCED if name == b"__eh_frame" => Role::Frames,
        macho::S_REGULAR | macho::S_CSTRING_LITERALS => match segment {
            _ if name == b"__eh_frame" => Role::Frames,
            b"__TEXT" if is_code => Role::Code,
            b"__TEXT" if name == crate::manifest::MACHO_SECTION.as_bytes() => Role::Note,
            b"__TEXT" => Role::ReadOnly,
            b"__DATA_CONST" => Role::RelocatedReadOnly,
            b"__DATA" if name == b"__const" => Role::RelocatedReadOnly,
            b"__DATA" => Role::Writable,
            _ => return None,
        },
        macho::S_4BYTE_LITERALS | macho::S_8BYTE_LITERALS | macho::S_16BYTE_LITERALS => Role::ReadOnly,
        _ => return None,
    })
}

/// Reads a section's relocations: in the order of their offsets, which are counted from its start.
fn read_relocations(
    object: &Object<'_>,
    sections: &[Section<'_>],
    position: usize,
    list: &[macho::Relocation<object::Endianness>],
) -> Result<Vec<Relocation>> {
    let section = &sections[position];
    let fail = |what: &str| error(format!("{}: {}: {what}", object.name, display(section.name)));
    // What comes before the relocation that it is about.
    let (mut minus, mut ahead) = (None, None);
    let mut found = Vec::new();
    for relocation in list {
        if relocation.r_scattered(LE, macho::CPU_TYPE_X86_64) {
            return Err(fail("a scattered relocation is not supported"));
        }
        let info = relocation.info(LE);
        match relocate::prefix(object.processor, info.r_type) {
            Some(relocate::Prefix::Subtractor) if info.r_extern => {
                minus = Some(Reference::Symbol(info.r_symbolnum));
                continue;
            }
            Some(relocate::Prefix::Addend) => {
                // 24 bits with a sign.
                ahead = Some(i64::from((info.r_symbolnum << 8) as i32 >> 8));
                continue;
            }
            Some(_) => return Err(fail("a difference from a section is not supported")),
            None => {}
        }
        let offset = u64::from(info.r_address);
        let outside = || fail("a relocation is outside of its section");
        let place = section.data.get(offset as usize..).ok_or_else(outside)?;
        let width = 1usize << info.r_length;
        let stored = match *place.get(..width).ok_or_else(outside)? {
            [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
            [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => return Err(fail("a relocation has a width that is not supported")),
        };
        let (kind, behind) = relocate::kind(object.processor, &info, minus.is_some())
            .ok_or_else(|| fail(&format!("relocation {} is not supported", info.r_type.0)))?;
        let embedded = ahead.take().unwrap_or(if kind.is_in_instruction_of_aarch64() { 0 } else { stored });
        let (target, addend) = if info.r_extern {
            (Reference::Symbol(info.r_symbolnum), embedded)
        } else {
            let (target, addend) = within(sections, section, &info, embedded, behind)
                .ok_or_else(|| fail("a relocation refers to no place"))?;
            (target, addend)
        };
        found.push(Relocation { offset: info.r_address, kind, target, addend, minus: minus.take() });
    }
    found.sort_by_key(|relocation| relocation.offset);
    Ok(found)
}

/// Gives a section's relocations to its atoms.
fn give_out(object: &mut Object<'_>, section: &Section<'_>, found: Vec<Relocation>) -> Result<()> {
    for relocation in found {
        let (atom, offset) = section.locate(relocation.offset.into());
        let atom = &mut object.atoms[atom as usize];
        if offset + relocation.kind.width() > atom.size {
            return Err(error(format!("{}: a relocation is in two atoms", object.name)));
        }
        atom.relocations.push(Relocation { offset: offset as u32, ..relocation });
    }
    Ok(())
}

/// Collects what a section says of unwinding.
fn unwinding<'a>(
    object: &mut Object<'a>,
    sections: &[Section<'a>],
    position: usize,
    found: &[Relocation],
) -> Result<()> {
    let section = &sections[position];
    let is_compact = section.role == Role::CompactUnwind;
    let find = |offset: u64, stored: i64| {
        let position = found.binary_search_by_key(&offset, |relocation| relocation.offset.into());
        let Some(relocation) = position.ok().and_then(|position| found.get(position)) else {
            // A distance that the assembler knew.
            let address = section.address.wrapping_add(offset).wrapping_add_signed(stored);
            let inside = |other: &&Section<'_>| address.checked_sub(other.address).is_some_and(|at| at < other.size);
            let own = sections.iter().filter(|_| !is_compact).find(inside)?;
            let (atom, offset) = own.locate(address - own.address);
            return Some((Reference::Atom(atom, offset), 0));
        };
        match (relocation.kind, relocation.minus) {
            (Kind::Absolute, None) if is_compact => Some((relocation.target, relocation.addend)),
            (Kind::Difference(_), Some(Reference::Symbol(minus))) if !is_compact => {
                // From a symbol in this section; what is meant is from the field itself.
                match object.symbols.get(minus as usize) {
                    Some(&Some(Symbol::Defined { atom, offset: from, .. })) if atom == section.first => {
                        Some((relocation.target, relocation.addend.wrapping_add(offset as i64 - from as i64)))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    };
    let damaged = || object.damaged(format_args!("{}: it cannot be made sense of", display(section.name)));
    if is_compact {
        object.compact = frames::compact(section.data, &find).ok_or_else(damaged)?;
    } else {
        object.descriptions = frames::descriptions(section.data, &find).ok_or_else(damaged)?;
    }
    Ok(())
}

/// The place that a relocation without a symbol refers to by its address in the object, and what is to be added to the new one.
/// `behind` bytes of the instruction are behind the place that is filled.
fn within(
    sections: &[Section<'_>],
    from: &Section<'_>,
    info: &RelocationInfo,
    embedded: i64,
    behind: i64,
) -> Option<(Reference, i64)> {
    let section = sections.get((info.r_symbolnum as usize).checked_sub(1)?)?;
    let (address, addend) = if info.r_pcrel {
        let end = (from.address + u64::from(info.r_address) + 4) as i64;
        (end + behind + embedded, -behind)
    } else {
        (embedded, 0)
    };
    let offset = u64::try_from(address).ok()?.checked_sub(section.address).filter(|&offset| offset <= section.size)?;
    let (atom, offset) = section.locate(offset);
    Some((Reference::Atom(atom, offset), addend))
}
