//! Reads relocatable ELF objects and `ar` archives; nothing is copied, everything borrows the files' bytes.

use super::{display, error};
use crate::error::Result;
use object::read::elf::{FileHeader as _, SectionHeader as _, SymbolTable};
use object::read::{SectionIndex, SymbolIndex};
use object::{Endianness, elf};
use std::borrow::Cow;

/// The ELF class and encoding that this linker reads: 64 bits, either byte order.
pub(super) type Header = elf::FileHeader64<Endianness>;
/// A symbol table entry.
pub(super) type Sym = elf::Sym64<Endianness>;
/// A relocation.
pub(super) type Rela = elf::Rela64<Endianness>;

/// What the linker does with an input section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Becomes part of the process's memory.
    Memory,
    /// Unwind tables (`.eh_frame`), which are taken apart and put together again.
    Unwind,
    /// Not loaded: debug information, comments, notes to tools.
    Debug,
    /// Symbol tables, relocations and all else that ends here.
    None,
}

/// A section of an input object.
#[derive(Debug)]
pub(super) struct Section<'a> {
    /// Index of the object in [`Program::objects`](super::program::Program::objects).
    pub object: u32,
    pub name: &'a [u8],
    pub role: Role,
    pub kind: elf::SectionType,
    /// `SHF_…` bits.
    pub flags: elf::SectionFlags,
    /// A power of two.
    pub alignment: u64,
    pub entry_size: u64,
    /// Bytes in memory.
    pub size: u64,
    /// Bytes in the file: `size` of them, or none where the section is all zero (`SHT_NOBITS`).
    pub data: &'a [u8],
    /// Sorted by offset.
    pub relocations: Cow<'a, [Rela]>,
    /// Index, in its object, of the section that this one describes (`SHF_LINK_ORDER`).
    pub linked_to: Option<u32>,
    /// Index in [`Object::groups`].
    pub group: Option<u32>,
    /// Belongs to a COMDAT group that another object has provided already.
    pub discarded: bool,
}

impl Section<'_> {
    pub fn has_flag(&self, flag: elf::SectionFlags) -> bool {
        self.flags.0 & flag.0 != 0
    }
}

/// Sections that are kept or dropped together (gABI 4, "Section Groups").
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub signature: &'a [u8],
    /// Only one group of this signature is linked.
    pub comdat: bool,
    /// Section indices in the object.
    pub members: Vec<u32>,
}

/// A relocatable object.
#[derive(Debug)]
pub(super) struct Object<'a> {
    /// The file's name, or `archive(member)`.
    pub name: String,
    pub from_archive: bool,
    /// The whole file.
    pub bytes: &'a [u8],
    pub machine: elf::Machine,
    pub flags: elf::FileFlags,
    pub symbols: SymbolTable<'a, Header>,
    pub groups: Vec<Group<'a>>,
    /// Index of the object's section 0 in [`Program::sections`](super::program::Program::sections).
    pub first_section: u32,
    /// Number of sections.
    pub section_count: u32,
    pub endian: Endianness,
}

impl<'a> Object<'a> {
    /// The name of a symbol.
    pub fn symbol_name(&self, symbol: &Sym) -> Result<&'a [u8]> {
        self.symbols.symbol_name(self.endian, symbol).map_err(|e| self.damaged(e))
    }

    /// The symbol of this index. Index 0 is no symbol's, and an error.
    pub fn symbol(&self, index: u32) -> Result<&'a Sym> {
        self.symbols.symbol(SymbolIndex(index as usize)).map_err(|e| self.damaged(e))
    }

    /// The index of the section that defines a symbol; none for undefined, common and absolute symbols.
    pub fn symbol_section(&self, symbol: &Sym, index: u32) -> Result<Option<u32>> {
        let section = self
            .symbols
            .symbol_section(self.endian, symbol, SymbolIndex(index as usize))
            .map_err(|e| self.damaged(e))?;
        match section {
            None => Ok(None),
            Some(SectionIndex(section)) if section < self.section_count as usize => Ok(Some(section as u32)),
            Some(_) => Err(self.damaged("a symbol names a section that does not exist")),
        }
    }

    /// The error for an object whose bytes contradict the format.
    pub fn damaged(&self, what: impl std::fmt::Display) -> crate::error::Error {
        damaged(&self.name, what)
    }
}

fn damaged(name: &str, what: impl std::fmt::Display) -> crate::error::Error {
    error(format!("{name} is damaged: {what}"))
}

/// Reads an object. Returns it with its sections, section 0 included, so that indices stay those of the file.
pub(super) fn parse<'a>(
    name: String,
    from_archive: bool,
    bytes: &'a [u8],
    index: u32,
    first_section: u32,
) -> Result<(Object<'a>, Vec<Section<'a>>)> {
    let bad = |e: object::read::Error| damaged(&name, e);
    let header = Header::parse(bytes)
        .map_err(|e| error(format!("{name} is not a 64-bit ELF object for linking, or is damaged: {e}")))?;
    let endian = header.endian().map_err(bad)?;
    if header.e_type.get(endian) != elf::ET_REL {
        return Err(error(format!("{name} is an ELF file, but not a relocatable object")));
    }
    let table = header.sections(endian, bytes).map_err(bad)?;
    let symbols = table.symbols(endian, bytes, elf::SHT_SYMTAB).map_err(bad)?;

    let mut sections = Vec::with_capacity(table.len());
    for header in table.iter() {
        let section_name = table.section_name(endian, header).map_err(bad)?;
        let kind = header.sh_type(endian);
        let flags = header.sh_flags(endian);
        let role = role(section_name, kind, flags);
        let alignment = header.sh_addralign(endian).max(1);
        if role != Role::None && !alignment.is_power_of_two() {
            let section_name = display(section_name);
            return Err(damaged(&name, format_args!("section {section_name} has the alignment {alignment:#x}")));
        }
        sections.push(Section {
            object: index,
            name: section_name,
            role,
            kind,
            flags,
            alignment,
            entry_size: header.sh_entsize(endian),
            size: header.sh_size(endian),
            data: if role == Role::None { &[] } else { header.data(endian, bytes).map_err(bad)? },
            relocations: Cow::Borrowed(&[]),
            linked_to: (flags.0 & elf::SHF_LINK_ORDER.0 != 0).then(|| header.sh_link(endian)),
            group: None,
            discarded: false,
        });
    }

    let mut groups = Vec::new();
    for header in table.iter() {
        match header.sh_type(endian) {
            elf::SHT_RELA => {
                // A relocation section without a target belongs to no section that is linked.
                let Some(target) = sections.get_mut(header.sh_info(endian) as usize) else {
                    return Err(damaged(&name, "relocations for a section that does not exist"));
                };
                if target.role == Role::None {
                    continue;
                }
                if header.link(endian) != symbols.section() {
                    return Err(damaged(&name, "relocations refer to another symbol table"));
                }
                if !target.relocations.is_empty() {
                    return Err(damaged(&name, "two relocation sections for one section"));
                }
                let relocations: &[Rela] = header.data_as_array(endian, bytes).map_err(bad)?;
                target.relocations = sorted(relocations, endian);
            }
            elf::SHT_REL | elf::SHT_CREL => {
                let target = sections.get(header.sh_info(endian) as usize);
                if target.is_some_and(|section| section.role != Role::None) {
                    return Err(error(format!("{name} has relocations without addends, which are not supported")));
                }
            }
            elf::SHT_GROUP => {
                let Some((group_flags, members)) = header.group(endian, bytes).map_err(bad)? else { continue };
                let signature = SymbolIndex(header.sh_info(endian) as usize);
                let signature = symbols.symbol(signature).map_err(bad)?;
                let mut group = Group {
                    signature: symbols.symbol_name(endian, signature).map_err(bad)?,
                    comdat: group_flags.0 & elf::GRP_COMDAT.0 != 0,
                    members: Vec::with_capacity(members.len()),
                };
                for member in members {
                    let member = member.get(endian);
                    let Some(section) = sections.get_mut(member as usize) else {
                        return Err(damaged(&name, "a group names a section that does not exist"));
                    };
                    section.group = Some(groups.len() as u32);
                    group.members.push(member);
                }
                groups.push(group);
            }
            _ => {}
        }
    }

    let object = Object {
        from_archive,
        bytes,
        machine: header.e_machine(endian),
        flags: header.e_flags(endian),
        symbols,
        groups,
        first_section,
        section_count: sections.len() as u32,
        endian,
        name,
    };
    Ok((object, sections))
}

/// What becomes of a section with this name, type and these flags.
fn role(name: &[u8], kind: elf::SectionType, flags: elf::SectionFlags) -> Role {
    let loaded = flags.0 & elf::SHF_ALLOC.0 != 0;
    if flags.0 & elf::SHF_EXCLUDE.0 != 0 {
        return Role::None;
    }
    match kind {
        elf::SHT_NULL | elf::SHT_SYMTAB | elf::SHT_STRTAB | elf::SHT_RELA | elf::SHT_REL | elf::SHT_CREL => Role::None,
        elf::SHT_GROUP | elf::SHT_SYMTAB_SHNDX | elf::SHT_HASH | elf::SHT_DYNAMIC | elf::SHT_DYNSYM => Role::None,
        // It states what every input must state for the whole to have it; leaving it out promises nothing.
        _ if name == b".note.gnu.property" => Role::None,
        _ if loaded && name == b".eh_frame" => Role::Unwind,
        _ if loaded => Role::Memory,
        elf::SHT_NOTE => Role::Debug,
        elf::SHT_PROGBITS if name != b".note.GNU-stack" => Role::Debug,
        _ => Role::None,
    }
}

/// The relocations in order of offset. Those at one offset keep their order: on some architectures they build on
/// one another.
fn sorted(relocations: &[Rela], endian: Endianness) -> Cow<'_, [Rela]> {
    if relocations.is_sorted_by_key(|r| r.r_offset.get(endian)) {
        return Cow::Borrowed(relocations);
    }
    let mut relocations = relocations.to_vec();
    relocations.sort_by_key(|r| r.r_offset.get(endian));
    Cow::Owned(relocations)
}
