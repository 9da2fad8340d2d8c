//! Reads relocatable COFF objects.

use std::borrow::Cow;

use object::read::coff::{CoffFile, CoffHeader as _};
use object::{
    LittleEndian, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags, RelocationTarget, SymbolKind, pe,
};

use super::machine::{Kind, Machine};
use super::{display, error};
use crate::error::{Error, Result};

/// An input object.
pub(super) struct Object<'a> {
    /// For messages.
    pub name: Cow<'a, str>,
    pub machine: Machine,
    pub sections: Vec<Section<'a>>,
    /// By the index in the symbol table; `None` for what is no symbol that relocations refer to.
    pub symbols: Vec<Option<Symbol<'a>>>,
    /// Of functions and data, for the executable's symbol table.
    pub names: Vec<Name<'a>>,
}

/// The name of a place, which relocations may refer to or not.
pub(super) struct Name<'a> {
    pub name: &'a [u8],
    /// Position among the object's sections.
    pub section: u32,
    /// In the section.
    pub offset: u64,
    pub is_function: bool,
    /// It is known to other objects.
    pub is_global: bool,
}

/// A section of an object.
pub(super) struct Section<'a> {
    /// As far as a `$`, which only says in which order linkers put sections together.
    pub name: &'a [u8],
    pub role: Role,
    pub align: u64,
    /// Bytes in memory.
    pub size: u64,
    /// None where it is all zero.
    pub data: &'a [u8],
    /// In the order of offsets.
    pub relocations: Vec<Relocation>,
    /// Another object may have the same one.
    pub is_shared: bool,
}

/// What becomes of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Code,
    ReadOnly,
    Writable,
    Zero,
    /// `.pdata`: the function table, which is taken apart and sorted.
    Functions,
    /// The note for `wasmc inspect`.
    Note,
    /// Debug information: a section of the executable for each name.
    Debug,
    /// Directives, and unwind tables of other systems, which are left out.
    None,
}

/// A place in a section to be filled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relocation {
    pub offset: u32,
    /// Index of the symbol.
    pub symbol: u32,
    pub kind: Kind,
}

/// A symbol of an object.
pub(super) enum Symbol<'a> {
    /// Position of the section among the object's, offset in it; the name where it is known to other objects.
    Defined {
        section: u32,
        offset: u64,
        global: Option<&'a [u8]>,
    },
    Absolute(u64),
    /// Another object's, or a library's.
    Undefined(&'a [u8]),
}

impl Object<'_> {
    /// The error for an object that makes no sense.
    pub fn damaged(&self, what: impl std::fmt::Display) -> Error {
        error(format!("{}: {what}", self.name))
    }
}

/// Reads an object.
pub(super) fn parse<'a>(name: Cow<'a, str>, bytes: &'a [u8]) -> Result<Object<'a>> {
    let damaged = |error: object::Error| super::error(format!("{name}: {error}"));
    let header = pe::ImageFileHeader::parse(bytes, &mut 0).ok();
    let machine = header.and_then(|header| Machine::of(header.machine.get(LittleEndian)));
    let machine = machine.ok_or_else(|| error(format!("{name} is no COFF object for x86-64 or AArch64")))?;
    let file: CoffFile<'a> = CoffFile::parse(bytes).map_err(damaged)?;
    let mut sections = Vec::new();
    for section in file.sections() {
        let full_name = section.name_bytes().map_err(damaged)?;
        let characteristics = section.coff_section().characteristics.get(LittleEndian);
        let role = role(full_name, characteristics);
        let mut relocations = Vec::new();
        if role != Role::None {
            for (offset, relocation) in section.relocations() {
                let (RelocationTarget::Symbol(symbol), RelocationFlags::Coff { typ }) =
                    (relocation.target(), relocation.flags())
                else {
                    return Err(error(format!("{name}: a relocation of {} has no symbol", display(full_name))));
                };
                let kind = machine.kind(typ).ok_or_else(|| {
                    error(format!("{name}: {}+{offset:#x}: relocation {} is not supported", display(full_name), typ.0))
                })?;
                let offset = u32::try_from(offset).unwrap_or(u32::MAX);
                relocations.push(Relocation { offset, symbol: symbol.0 as u32, kind });
            }
            relocations.sort_by_key(|relocation| relocation.offset);
        }
        let data = if role == Role::Zero { &[][..] } else { section.data().map_err(damaged)? };
        let end = full_name.iter().position(|&byte| byte == b'$').unwrap_or(full_name.len());
        sections.push(Section {
            name: &full_name[..end],
            role,
            align: section.align().max(1),
            size: if role == Role::Zero { section.size() } else { data.len() as u64 },
            data,
            relocations,
            is_shared: characteristics.contains(pe::IMAGE_SCN_LNK_COMDAT),
        });
    }
    let mut symbols = Vec::new();
    let mut names = Vec::new();
    for symbol in file.symbols() {
        let own_name = symbol.name_bytes().map_err(damaged)?;
        let entry = match symbol.section() {
            object::SymbolSection::Section(index) => {
                // Sections are counted from 1 on.
                let section = index.0.checked_sub(1).filter(|&at| at < sections.len());
                let section = section.ok_or_else(|| error(format!("{name}: a symbol is in no section")))? as u32;
                let (offset, is_global) = (symbol.address(), symbol.is_global());
                let is_function = symbol.kind() == SymbolKind::Text;
                let has_start = |start: &[u8]| own_name.starts_with(start);
                let is_name = match symbol.kind() {
                    // What other compilers call the place of a weak function, which has a name of its own.
                    SymbolKind::Text => !(is_global && has_start(b".weak.")),
                    // Places in the middle that relocations count from have such names.
                    SymbolKind::Data => !has_start(b".") && !has_start(b"$"),
                    // Of sections, files and labels.
                    _ => false,
                };
                if is_name && !own_name.is_empty() {
                    names.push(Name { name: own_name, section, offset, is_function, is_global });
                }
                Some(Symbol::Defined { section, offset, global: is_global.then_some(own_name) })
            }
            object::SymbolSection::Absolute => Some(Symbol::Absolute(symbol.address())),
            object::SymbolSection::Undefined if symbol.is_weak() => {
                return Err(error(format!("{name}: the weak symbol {} is not supported", display(own_name))));
            }
            object::SymbolSection::Undefined => Some(Symbol::Undefined(own_name)),
            _ => None,
        };
        let index = symbol.index().0;
        symbols.resize_with(symbols.len().max(index + 1), || None);
        symbols[index] = entry;
    }
    Ok(Object { name, machine, sections, symbols, names })
}

fn role(name: &[u8], characteristics: pe::SectionFlags) -> Role {
    let has = |flag| characteristics.contains(flag);
    if name.starts_with(b".debug_") {
        return Role::Debug;
    }
    if name.starts_with(b".eh_frame") {
        return Role::None;
    }
    if has(pe::IMAGE_SCN_LNK_REMOVE) || has(pe::IMAGE_SCN_LNK_INFO) || has(pe::IMAGE_SCN_MEM_DISCARDABLE) {
        return Role::None;
    }
    if name.starts_with(b".pdata") {
        return Role::Functions;
    }
    if name == crate::manifest::SHORT_SECTION.as_bytes() {
        return Role::Note;
    }
    if has(pe::IMAGE_SCN_CNT_CODE) || has(pe::IMAGE_SCN_MEM_EXECUTE) {
        Role::Code
    } else if has(pe::IMAGE_SCN_CNT_UNINITIALIZED_DATA) {
        Role::Zero
    } else if has(pe::IMAGE_SCN_MEM_WRITE) {
        Role::Writable
    } else {
        Role::ReadOnly
    }
}
