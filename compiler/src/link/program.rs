//! The program being linked: objects, sections and global symbols, and what each symbol stands for.

use super::display;
use super::input::{self, Object, Rela, Role, Section, Sym};
use super::relocate::{Machine, TargetKind};
use crate::error::Result;
use object::read::elf::Sym as _;
use object::{Endianness, elf};
use std::collections::HashMap;

/// An input section: index in [`Program::sections`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SectionId(pub u32);

/// A global symbol: index in [`Program::globals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct GlobalId(pub u32);

/// Everything that is linked, with every name resolved.
pub(super) struct Program<'a> {
    pub machine: &'static dyn Machine,
    pub endian: Endianness,
    /// `e_flags` of the output.
    pub flags: u32,
    pub objects: Vec<Object<'a>>,
    /// The sections of all objects, object by object.
    pub sections: Vec<Section<'a>>,
    pub globals: Vec<Global<'a>>,
    /// Of each object, its symbols' entries in `globals`; `u32::MAX` for local symbols.
    pub global_of_symbol: Vec<Vec<u32>>,
    pub by_name: HashMap<&'a [u8], GlobalId>,
}

/// A global symbol.
#[derive(Debug)]
pub(super) struct Global<'a> {
    pub name: &'a [u8],
    pub definition: Definition<'a>,
    /// Somebody declared it hidden or internal: it becomes a local symbol of the output.
    pub hidden: bool,
    /// Somebody refers to it other than weakly.
    pub required: bool,
}

/// Where a global symbol is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Definition<'a> {
    Undefined,
    /// By this symbol of an object.
    Object {
        object: u32,
        symbol: u32,
        strength: Strength,
    },
    /// By the linker.
    Linker(LinkerSymbol<'a>),
}

/// Which of two definitions wins (gABI 4, "Symbol Table").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    Weak,
    /// A tentative definition: the largest one of a name is given zeroed memory.
    Common,
    Strong,
}

/// Symbols that the linker defines where nobody else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum LinkerSymbol<'a> {
    /// `_DYNAMIC`: the dynamic section.
    Dynamic,
    /// `__ehdr_start`, `__executable_start`: the ELF header, the lowest address.
    FileHeader,
    /// `_GLOBAL_OFFSET_TABLE_`.
    GlobalOffsetTable,
    /// `_gp_disp`, whose distance leads to what addresses on MIPS are counted from.
    GlobalPointer,
    /// `.TOC.`: what addresses on PowerPC are counted from.
    TableOfContents,
    /// `__GNU_EH_FRAME_HDR`.
    UnwindIndex,
    /// `_etext`, `etext`: end of the code.
    TextEnd,
    /// `_edata`, `edata`: end of the data that the file holds.
    DataEnd,
    /// `__bss_start`.
    ZeroStart,
    /// `_end`, `end`: end of everything.
    End,
    /// `wasmc_build_id`: the identifier in `.note.gnu.build-id`.
    BuildId,
    /// `__start_NAME`: start of the output section NAME.
    Start(&'a [u8]),
    /// `__stop_NAME`: its end.
    Stop(&'a [u8]),
}

/// What a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Target<'a> {
    /// A place in an input section.
    Section {
        section: SectionId,
        offset: u64,
    },
    /// A number, which does not move with the program.
    Absolute(u64),
    /// A tentative definition.
    Common(GlobalId),
    Linker(LinkerSymbol<'a>),
    /// Nobody defines it and only weak references exist: address 0.
    WeakUndefined,
    Undefined(GlobalId),
    /// In a section that is not linked.
    Discarded,
}

impl Target<'_> {
    /// Whether it is an address, a number or nothing.
    pub fn kind(self) -> TargetKind {
        match self {
            Target::Absolute(_) => TargetKind::Absolute,
            Target::WeakUndefined | Target::Undefined(_) | Target::Discarded => TargetKind::WeakUndefined,
            Target::Section { .. } | Target::Common(_) | Target::Linker(_) => TargetKind::Address,
        }
    }

    /// Whether it moves with the program, so that its address must be relocated at start-up.
    pub fn moves(self) -> bool {
        self.kind() == TargetKind::Address
    }
}

impl<'a> Program<'a> {
    /// Gives sections of debug information that are empty in the first object what they hold, by name.
    pub fn attach_debug(&mut self, debug: &'a [(&'static str, Vec<u8>)]) {
        for section in self.sections.iter_mut().filter(|section| section.object == 0 && section.role == Role::Debug) {
            if let Some((_, contents)) = debug.iter().find(|(name, _)| name.as_bytes() == section.name) {
                section.data = contents;
                section.size = contents.len() as u64;
            }
        }
    }

    /// The object that a section is of.
    pub fn object_of(&self, section: SectionId) -> &Object<'a> {
        // In bounds: `SectionId`s are made from sections' positions, and each section knows its object's.
        &self.objects[self.section(section).object as usize]
    }

    /// The section.
    pub fn section(&self, section: SectionId) -> &Section<'a> {
        // In bounds: `SectionId`s are made from sections' positions.
        &self.sections[section.0 as usize]
    }

    /// All sections.
    pub fn section_ids(&self) -> impl Iterator<Item = SectionId> + use<> {
        (0..self.sections.len() as u32).map(SectionId)
    }

    /// The entry in `globals` of a symbol of an object, unless it is local.
    pub fn global_of(&self, object: u32, symbol: u32) -> Option<GlobalId> {
        let id = *self.global_of_symbol.get(object as usize)?.get(symbol as usize)?;
        (id != u32::MAX).then_some(GlobalId(id))
    }

    /// The global symbol of this name.
    pub fn global_named(&self, name: &[u8]) -> Option<GlobalId> {
        self.by_name.get(name).copied()
    }

    /// What a symbol of an object stands for, wherever it is defined.
    pub fn target(&self, object: u32, symbol: u32) -> Result<Target<'a>> {
        if symbol == 0 {
            return Ok(Target::Absolute(0));
        }
        match self.global_of(object, symbol) {
            Some(id) => self.global_target(id),
            None => self.own_target(object, symbol),
        }
    }

    /// What a global symbol stands for.
    pub fn global_target(&self, id: GlobalId) -> Result<Target<'a>> {
        let global = &self.globals[id.0 as usize];
        match global.definition {
            Definition::Undefined if global.required => Ok(Target::Undefined(id)),
            Definition::Undefined => Ok(Target::WeakUndefined),
            Definition::Object { strength: Strength::Common, .. } => Ok(Target::Common(id)),
            Definition::Object { object, symbol, .. } => self.own_target(object, symbol),
            Definition::Linker(symbol) => Ok(Target::Linker(symbol)),
        }
    }

    /// What a symbol stands for that its own object defines.
    fn own_target(&self, object: u32, index: u32) -> Result<Target<'a>> {
        let object = &self.objects[object as usize];
        let symbol = object.symbol(index)?;
        let value = symbol.st_value(self.endian);
        if let Some(section) = object.symbol_section(symbol, index)? {
            let section = SectionId(object.first_section + section);
            let input = self.section(section);
            return Ok(match input.role {
                _ if input.discarded => Target::Discarded,
                Role::None => Target::Discarded,
                Role::Memory | Role::Unwind | Role::Debug => Target::Section { section, offset: value },
            });
        }
        match symbol.st_shndx(self.endian) {
            elf::SHN_ABS => Ok(Target::Absolute(value)),
            _ => Err(object
                .damaged(format_args!("the local symbol {} is not defined", display(object.symbol_name(symbol)?)))),
        }
    }

    /// The name of what a relocation refers to, for a message.
    pub fn symbol_display(&self, object: u32, symbol: u32) -> String {
        if symbol == 0 {
            return "no symbol".into();
        }
        let object = &self.objects[object as usize];
        let Ok(entry) = object.symbol(symbol) else { return format!("symbol {symbol}") };
        if entry.st_type() == elf::STT_SECTION
            && let Ok(Some(section)) = object.symbol_section(entry, symbol)
        {
            return display(self.section(SectionId(object.first_section + section)).name).into_owned();
        }
        object.symbol_name(entry).map_or_else(|_| format!("symbol {symbol}"), |name| display(name).into_owned())
    }

    /// A place in an input section, for a message: the object, the function if it is in one, section and offset.
    pub fn place_display(&self, section: SectionId, offset: u64) -> String {
        let object = self.object_of(section);
        let input = self.section(section);
        let own_index = section.0 - object.first_section;
        let inside = |index: usize, symbol: &input::Sym| {
            symbol.st_type() == elf::STT_FUNC
                && object.symbol_section(symbol, index as u32).is_ok_and(|s| s == Some(own_index))
                && offset
                    .checked_sub(symbol.st_value(self.endian))
                    .is_some_and(|distance| distance < symbol.st_size(self.endian))
        };
        let function = object.symbols.iter().enumerate().find(|(index, symbol)| inside(*index, symbol));
        let section_name = display(input.name);
        match function.and_then(|(_, symbol)| object.symbol_name(symbol).ok()) {
            Some(name) => format!("{}: function {} ({section_name}+{offset:#x})", object.name, display(name)),
            None => format!("{}: {section_name}+{offset:#x}", object.name),
        }
    }

    /// The entry of a symbol in the table of the object that defines it.
    pub fn definition(&self, object: u32, symbol: u32) -> Result<Option<&'a Sym>> {
        if symbol == 0 {
            return Ok(None);
        }
        let defined = self.global_of(object, symbol).map(|id| self.globals[id.0 as usize].definition);
        let (object, symbol) = match defined {
            Some(Definition::Object { object, symbol, .. }) => (object, symbol),
            _ => (object, symbol),
        };
        self.objects[object as usize].symbol(symbol).map(Some)
    }

    /// Splits a relocation into offset, symbol, type and addend.
    pub fn relocation(&self, relocation: &Rela) -> (u64, u32, elf::RelocationType, i64) {
        (
            relocation.r_offset.get(self.endian),
            relocation.r_sym(self.endian, false),
            relocation.r_type(self.endian, false),
            relocation.r_addend.get(self.endian),
        )
    }
}
