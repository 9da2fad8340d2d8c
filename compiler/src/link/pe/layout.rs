//! Gives each section an address and a place in the file.

use std::collections::HashMap;

use object::pe;

use super::imports::{Import, Imports};
use super::input::Role;
use super::reachable::{FUNCTION_ENTRY, Reachable};
use super::symbols::{Place, Program, SectionId, Target};
use super::{error, relocate};
use crate::error::{Error, Result};

/// Where the executable would like to be.
pub(super) const IMAGE_BASE: u64 = 0x1_4000_0000;
/// Alignment of sections in memory.
pub(super) const PAGE: u64 = 4096;
/// Alignment of sections in the file.
pub(super) const FILE_ALIGN: u64 = 512;
/// Bytes of the code that jumps to a function of Windows.
pub(super) const THUNK: u64 = 8;

/// What a section of the executable is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Code, then the jumps to functions of Windows.
    Code,
    /// The tables of imports first.
    ReadOnly,
    /// What the file holds first, then what is zero.
    Writable,
    Functions,
    Note,
    Relocations,
}

/// A section of the executable.
pub(super) struct OutputSection {
    pub name: &'static str,
    pub content: Content,
    pub characteristics: u32,
    /// Of the first byte, from the start of the image.
    pub address: u64,
    /// Bytes in memory.
    pub size: u64,
    /// Bytes that the file holds, without padding.
    pub file_size: u64,
    /// In the file.
    pub offset: u64,
    /// Input sections, each with its offset in this one.
    pub inputs: Vec<(SectionId, u64)>,
}

/// The executable, arranged.
pub(super) struct Layout {
    pub sections: Vec<OutputSection>,
    /// From the start of the image.
    addresses: HashMap<SectionId, u64>,
    thunks: HashMap<Import, u64>,
    /// Of the tables of imports.
    pub imports: u64,
    /// The contents of `.reloc`.
    pub relocations: Vec<u8>,
    /// Bytes of the headers, and the image's in memory.
    pub headers_size: u64,
    pub image_size: u64,
}

impl Layout {
    /// The address of a place that is linked, from the start of the image.
    pub fn address(&self, place: Place) -> Result<u64> {
        let section = self.addresses.get(&place.section);
        let section = section.ok_or_else(|| error("a symbol has no address, which is a defect of wasmc"))?;
        Ok(section.wrapping_add(place.offset))
    }

    /// The address of what a symbol stands for, from the start of the image; a number as it is.
    pub fn target(&self, target: Target, imports: &Imports) -> Result<u64> {
        let lost = || error("an import has no address, which is a defect of wasmc");
        match target {
            Target::Place(place) => self.address(place),
            Target::Absolute(value) => Ok(value),
            Target::Import(import) => self.thunks.get(&import).copied().ok_or_else(lost),
            Target::ImportSlot(import) => {
                imports.slot(import).map(|slot| self.imports + u64::from(slot)).ok_or_else(lost)
            }
        }
    }

    /// The section of this kind.
    pub fn section(&self, content: Content) -> Option<&OutputSection> {
        self.sections.iter().find(|section| section.content == content)
    }
}

const READ: u32 = pe::IMAGE_SCN_MEM_READ.0;

/// The sections of executables, in order: those without contents are left out.
const SECTIONS: [(&str, Content, u32); 6] = [
    (".text", Content::Code, pe::IMAGE_SCN_CNT_CODE.0 | pe::IMAGE_SCN_MEM_EXECUTE.0 | READ),
    (".rdata", Content::ReadOnly, pe::IMAGE_SCN_CNT_INITIALIZED_DATA.0 | READ),
    (".data", Content::Writable, pe::IMAGE_SCN_CNT_INITIALIZED_DATA.0 | READ | pe::IMAGE_SCN_MEM_WRITE.0),
    (".pdata", Content::Functions, pe::IMAGE_SCN_CNT_INITIALIZED_DATA.0 | READ),
    (crate::manifest::SHORT_SECTION, Content::Note, pe::IMAGE_SCN_CNT_INITIALIZED_DATA.0 | READ),
    (".reloc", Content::Relocations, pe::IMAGE_SCN_CNT_INITIALIZED_DATA.0 | READ | pe::IMAGE_SCN_MEM_DISCARDABLE.0),
];

fn content_of(role: Role) -> Option<Content> {
    match role {
        Role::Code => Some(Content::Code),
        Role::ReadOnly => Some(Content::ReadOnly),
        Role::Writable | Role::Zero => Some(Content::Writable),
        Role::Note => Some(Content::Note),
        Role::Functions | Role::None => None,
    }
}

fn too_large() -> Error {
    error("the executable would have more than 2 GiB, which Windows does not load")
}

/// Arranges what is linked.
pub(super) fn arrange(program: &Program<'_>, reachable: &Reachable, imports: &Imports) -> Result<Layout> {
    let headers_size = super::write::headers_size(SECTIONS.len()).next_multiple_of(FILE_ALIGN);
    let mut layout = Layout {
        sections: Vec::new(),
        addresses: HashMap::new(),
        thunks: HashMap::new(),
        imports: 0,
        relocations: Vec::new(),
        headers_size,
        image_size: 0,
    };
    let (mut address, mut offset) = (headers_size.next_multiple_of(PAGE), headers_size);
    for (name, content, characteristics) in SECTIONS {
        let mut section = OutputSection {
            name,
            content,
            characteristics,
            address,
            size: 0,
            file_size: 0,
            offset,
            inputs: Vec::new(),
        };
        match content {
            Content::ReadOnly => {
                layout.imports = address;
                section.size = imports.bytes.len() as u64;
            }
            Content::Functions => section.size = (reachable.functions.len() * FUNCTION_ENTRY) as u64,
            Content::Relocations => {
                layout.relocations = relocate::base_relocations(program, reachable, &layout)?;
                section.size = layout.relocations.len() as u64;
            }
            _ => {}
        }
        section.file_size = section.size;
        let linked = |zero: bool| {
            let sections = program.sections().filter(|(id, _)| reachable.contains(*id));
            sections
                .filter(move |(_, input)| content_of(input.role) == Some(content) && (input.role == Role::Zero) == zero)
        };
        for (id, input) in linked(false).chain(linked(true)) {
            if input.align > PAGE {
                return Err(error("a section wants to be aligned to more than a page"));
            }
            let start = section.size.next_multiple_of(input.align);
            section.size = start.checked_add(input.size).ok_or_else(too_large)?;
            if input.role != Role::Zero {
                section.file_size = section.size;
            }
            section.inputs.push((id, start));
            layout.addresses.insert(id, address + start);
        }
        if content == Content::Code {
            section.size = section.size.next_multiple_of(THUNK);
            for (import, _) in &imports.functions {
                layout.thunks.insert(*import, address + section.size);
                section.size += THUNK;
            }
            section.file_size = section.size;
        }
        if section.size == 0 {
            continue;
        }
        address = (address + section.size).next_multiple_of(PAGE);
        offset += section.file_size.next_multiple_of(FILE_ALIGN);
        if address > 1 << 31 {
            return Err(too_large());
        }
        layout.sections.push(section);
    }
    layout.image_size = address;
    Ok(layout)
}
