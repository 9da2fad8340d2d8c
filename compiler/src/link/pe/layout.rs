//! Gives each section an address and a place in the file.

use std::borrow::Cow;
use std::collections::HashMap;

use object::pe;

use super::imports::{Import, Imports};
use super::input::{Role, Section};
use super::reachable::Reachable;
use super::symbols::{Place, Program, SectionId, Target};
use super::{PeOptions, error, relocate};
use crate::error::{Error, Result};

/// Where the executable would like to be.
pub(super) const IMAGE_BASE: u64 = 0x1_4000_0000;
/// Alignment of sections in memory.
pub(super) const PAGE: u64 = 4096;
/// Alignment of sections in the file.
pub(super) const FILE_ALIGN: u64 = 512;

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
    /// Nothing that the program reads.
    Debug,
}

/// A section of the executable.
pub(super) struct OutputSection<'a> {
    pub name: Cow<'a, str>,
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
pub(super) struct Layout<'a> {
    pub sections: Vec<OutputSection<'a>>,
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

impl<'a> Layout<'a> {
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

    /// Whether a place is linked.
    pub fn contains(&self, place: Place) -> bool {
        self.addresses.contains_key(&place.section)
    }

    /// The distance of a place from the start of the executable's section that it is in.
    pub fn section_offset(&self, place: Place) -> Result<u64> {
        let has_place = |output: &&OutputSection<'_>| output.inputs.iter().any(|(id, _)| *id == place.section);
        // Debug information is what has such offsets, and comes last.
        let output = self.sections.iter().rev().find(has_place);
        let output = output.ok_or_else(|| error("an offset is in no section, which is a defect of wasmc"))?;
        Ok(self.address(place)?.wrapping_sub(output.address))
    }

    /// The section of this kind.
    pub fn section(&self, content: Content) -> Option<&OutputSection<'a>> {
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
        Role::Functions | Role::Debug | Role::None => None,
    }
}

fn too_large() -> Error {
    error("the executable would have more than 2 GiB, which Windows does not load")
}

/// As tools of MinGW's have it: Windows maps these sections as well, and need not read them.
const DEBUG: u32 = pe::IMAGE_SCN_CNT_INITIALIZED_DATA.0 | READ | pe::IMAGE_SCN_MEM_DISCARDABLE.0;

/// The names of sections of debug information, in order.
fn debug_names<'a>(program: &Program<'a>) -> Vec<&'a [u8]> {
    let mut names = Vec::new();
    for (_, section) in program.sections().filter(|(_, section)| section.role == Role::Debug) {
        if !names.contains(&section.name) {
            names.push(section.name);
        }
    }
    names
}

/// Arranges what is linked.
pub(super) fn arrange<'a>(
    program: &Program<'a>,
    reachable: &Reachable,
    imports: &Imports,
    options: &PeOptions<'_>,
) -> Result<Layout<'a>> {
    let debug_names = if options.strip { Vec::new() } else { debug_names(program) };
    let headers_size = super::write::headers_size(SECTIONS.len() + debug_names.len()).next_multiple_of(FILE_ALIGN);
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
    let standard = SECTIONS.map(|(name, content, characteristics)| (Cow::Borrowed(name), content, characteristics));
    let debug = debug_names.into_iter().map(|name| (String::from_utf8_lossy(name), Content::Debug, DEBUG));
    for (name, content, characteristics) in standard.into_iter().chain(debug) {
        let is_linked = |id: SectionId, input: &Section<'_>| match content {
            Content::Debug => input.name == name.as_bytes(),
            _ => content_of(input.role) == Some(content) && reachable.contains(id),
        };
        let mut linked: Vec<_> = program.sections().filter(|(id, input)| is_linked(*id, input)).collect();
        linked.sort_by_key(|(_, input)| input.role == Role::Zero);
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
            Content::Functions => {
                section.size = (reachable.functions.len() * 4 * program.machine.function_words()) as u64
            }
            Content::Relocations => {
                layout.relocations = relocate::base_relocations(program, reachable, &layout)?;
                section.size = layout.relocations.len() as u64;
            }
            _ => {}
        }
        section.file_size = section.size;
        for (id, input) in linked {
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
            section.size = section.size.next_multiple_of(program.machine.thunk_size());
            for (import, _) in &imports.functions {
                layout.thunks.insert(*import, address + section.size);
                section.size += program.machine.thunk_size();
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
