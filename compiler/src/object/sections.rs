//! Lays code and data out in the sections of the object file, with symbols and relocations.

use std::collections::HashMap;

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::LibCall;
use cranelift_codegen::isa::TargetIsa;
use object::write::{Object, Relocation, SectionId, StandardSection, Symbol, SymbolId, SymbolSection};
use object::{AddressSize, BinaryFormat, RelocationFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope};

use super::DebugContents;
use super::format::section_name;
use super::relocation::{self, absolute, section_offset};
use super::text::{Text, TextRelocation};
use super::unwind;
use wasmc_abi::source_map;

use crate::codegen::UnitTarget;
use crate::debug::{Buffer, DebugInfo, Target as DebugTarget};
use crate::plan::{DataId, DataObject, Placement, Plan, Target, UnitId};
use crate::{Error, Result};

/// Bytes between two symbols that relocations count from.
const ANCHOR_DISTANCE: u64 = 4 << 20;

/// The object file while it is filled.
pub(super) struct Sections<'o, 'a> {
    object: &'o mut Object<'a>,
    text: SectionId,
    /// Where each data object is.
    data: Vec<(SectionId, u64)>,
    /// Symbols that the runtime library defines.
    outside: HashMap<String, SymbolId>,
    /// Instructions that relocations refer to, by their offset in the text.
    labels: HashMap<u64, SymbolId>,
    /// Symbols in sections that relocations count from, where they cannot from the section itself.
    anchors: HashMap<(SectionId, u64), SymbolId>,
}

impl<'o, 'a> Sections<'o, 'a> {
    pub fn new(object: &'o mut Object<'a>) -> Self {
        let text = object.section_id(StandardSection::Text);
        let (outside, labels, anchors) = (HashMap::new(), HashMap::new(), HashMap::new());
        Sections { object, text, data: Vec::new(), outside, labels, anchors }
    }

    /// Writes everything; `root` is the data object that the runtime library looks for.
    pub fn write(&mut self, plan: Plan<'a>, root: DataId, mut text: Text, isa: &dyn TargetIsa) -> Result<()> {
        let code = text.finish();
        let align = u64::from(isa.function_alignment().preferred.max(16));
        self.object.set_section_data(self.text, code, align);
        for (number, placed) in text.units.iter().enumerate() {
            let name = plan.unit_name(UnitId(number as u32));
            let start = placed.start.into();
            let symbol = self.define(&name, SymbolKind::Text, self.text, start, placed.size.into(), false);
            if self.object.format() != BinaryFormat::Elf {
                self.anchors.insert((self.text, start), symbol);
            }
        }
        let big_endian = plan.big_endian;
        let addresses = self.place_data(plan.data.0, root);
        let units: Vec<u64> = text.units.iter().map(|placed| u64::from(placed.start)).collect();
        for (object, address) in addresses {
            let (section, start) = self.data[object];
            let (symbol, offset) = match address.target {
                Target::Unit(unit) => self.place(self.text, units[unit.0 as usize]),
                Target::Data(data) => {
                    let (section, offset) = self.data[data.0 as usize];
                    self.place(section, offset)
                }
                Target::Text => self.place(self.text, 0),
                Target::Runtime(name) => (self.outside(name), 0),
                // Other formats have none without a default.
                Target::Weak(_) if self.object.format() != BinaryFormat::Elf => continue,
                Target::Weak(name) => {
                    let symbol = self.outside(name);
                    self.object.symbol_mut(symbol).weak = true;
                    (symbol, 0)
                }
            };
            let addend = offset + address.addend;
            let (place, flags) = self.address_in(start + address.offset, big_endian);
            self.relocate(section, place, symbol, addend, flags)?;
        }
        for relocation in std::mem::take(&mut text.relocations) {
            self.relocate_text(&plan.definitions, &units, &relocation)?;
        }
        self.write_unwind(&mut text)
    }

    /// Adds data objects to their sections; returns the addresses in them, with the number of the object.
    fn place_data(&mut self, objects: Vec<DataObject<'a>>, root: DataId) -> Vec<(usize, crate::plan::Address)> {
        let mut addresses = Vec::new();
        for (number, object) in objects.into_iter().enumerate() {
            let section = self.section(object.placement);
            let offset = match object.placement {
                Placement::Zero => self.object.append_section_bss(section, object.size, object.align),
                Placement::Image if self.object.format() == BinaryFormat::Elf => {
                    self.object.set_section_data(section, object.contents, object.align);
                    0
                }
                _ => self.object.append_section_data(section, &object.contents, object.align),
            };
            self.data.push((section, offset));
            let global = number == root.0 as usize;
            if !object.symbol.is_empty() {
                self.define(&object.symbol, SymbolKind::Data, section, offset, object.size, global);
            }
            addresses.extend(object.addresses.into_iter().map(|address| (number, address)));
        }
        addresses
    }

    /// Where in 64 bits an address of the target's width stands, the rest of which is zero, and how it is written.
    fn address_in(&self, offset: u64, big_endian: bool) -> (u64, RelocationFlags) {
        match self.object.architecture().address_size() {
            Some(AddressSize::U32) if big_endian => (offset + 4, absolute(32)),
            Some(AddressSize::U32) => (offset, absolute(32)),
            _ => (offset, absolute(64)),
        }
    }

    fn section(&mut self, placement: Placement) -> SectionId {
        match placement {
            Placement::ReadOnly => self.object.section_id(StandardSection::ReadOnlyData),
            Placement::RelocatedReadOnly => self.object.section_id(StandardSection::ReadOnlyDataWithRel),
            Placement::Writable => self.object.section_id(StandardSection::Data),
            Placement::Zero => self.object.section_id(StandardSection::UninitializedData),
            Placement::Sources => self.named_section(source_map::SECTION, SectionKind::ReadOnlyData),
            // Each image has a section of its own: whole pages that may be moved away.
            // Only Linux moves pages, to where they are copied elsewhere.
            Placement::Image if self.object.format() != BinaryFormat::Elf => {
                self.object.section_id(StandardSection::ReadOnlyData)
            }
            Placement::Image => self.object.add_section(Vec::new(), b".wasmc.image".to_vec(), SectionKind::Data),
        }
    }

    fn named_section(&mut self, name: &str, kind: SectionKind) -> SectionId {
        let (segment, name) = section_name(self.object.format(), name, kind);
        self.object.add_section(segment, name, kind)
    }

    /// A symbol in a section and the distance from there, for a place in it.
    ///
    /// Instructions of AArch64 need a symbol in Mach-O, which is no section's, and have 24 bits for the distance, with its
    /// sign: there are such symbols all along. In COFF, they have none but symbols of their own ([`Sections::place_for_code`]).
    fn place(&mut self, section: SectionId, offset: u64) -> (SymbolId, i64) {
        if self.object.format() != BinaryFormat::MachO {
            return (self.object.section_symbol(section), offset as i64);
        }
        // Linkers know a function in an unwind table by its own symbol.
        let exact = self.anchors.contains_key(&(section, offset));
        let start = if exact { offset } else { offset - offset % ANCHOR_DISTANCE };
        let object = &mut *self.object;
        let anchor = *self.anchors.entry((section, start)).or_insert_with_key(|key| {
            let name = format!("ltmp.{}.{start:x}", object.section(key.0).name().unwrap_or_default()).into_bytes();
            object.add_symbol(anchor_symbol(name, SymbolKind::Unknown, section, start))
        });
        (anchor, (offset - start) as i64)
    }

    /// The same for instructions of the text. In COFF for AArch64 they hold the distance, and have little room: each place that
    /// they refer to has a symbol.
    fn place_for_code(&mut self, section: SectionId, offset: u64) -> (SymbolId, i64) {
        let is_coff = self.object.format() == BinaryFormat::Coff;
        if !is_coff || self.object.architecture() != object::Architecture::Aarch64 {
            return self.place(section, offset);
        }
        let object = &mut *self.object;
        let anchor = *self.anchors.entry((section, offset)).or_insert_with(|| {
            let of = object.section(section).name().unwrap_or_default();
            let name = format!("$d{of}.{offset:x}").into_bytes();
            object.add_symbol(anchor_symbol(name, SymbolKind::Data, section, offset))
        });
        (anchor, 0)
    }

    fn define(
        &mut self,
        name: &str,
        kind: SymbolKind,
        section: SectionId,
        value: u64,
        size: u64,
        global: bool,
    ) -> SymbolId {
        let name = if global { name.to_owned().into_bytes() } else { local_name(name) };
        let scope = if global { SymbolScope::Linkage } else { SymbolScope::Compilation };
        let section = SymbolSection::Section(section);
        self.object.add_symbol(Symbol {
            name,
            value,
            size,
            kind,
            scope,
            weak: false,
            section,
            flags: SymbolFlags::None,
        })
    }

    /// Makes an instruction of the text one that relocations can refer to.
    fn define_label(&mut self, offset: u64) {
        let label = self.object.add_symbol(Symbol {
            name: format!(".L{offset:x}").into_bytes(),
            value: offset,
            size: 0,
            kind: SymbolKind::Label,
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Section(self.text),
            flags: SymbolFlags::None,
        });
        self.labels.insert(offset, label);
    }

    /// A symbol that the runtime library defines.
    fn outside(&mut self, name: &str) -> SymbolId {
        if let Some(&known) = self.outside.get(name) {
            return known;
        }
        let symbol = self.object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind: SymbolKind::Text,
            scope: SymbolScope::Unknown,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        });
        self.outside.insert(name.to_owned(), symbol);
        symbol
    }

    fn relocate_text(
        &mut self,
        definitions: &crate::plan::Definitions,
        units: &[u64],
        relocation: &TextRelocation,
    ) -> Result<()> {
        let (symbol, addend) = match relocation.target {
            // The second half of a distance refers to the instruction with the first (RISC-V ABIs Specification, "PC-Relative
            // Symbol Addresses"), which comes before it.
            UnitTarget::Own(position) if relocation.kind == Reloc::RiscvPCRelLo12I => {
                let label = self.labels.get(&u64::from(position)).copied();
                (label.ok_or_else(|| Error::Limit("a relocation without its first half".to_owned()))?, 0)
            }
            UnitTarget::Unit(unit) => self.place_for_code(self.text, units[unit.0 as usize]),
            UnitTarget::Own(position) => self.place_for_code(self.text, position.into()),
            UnitTarget::Data(data) => {
                let (section, offset) = self.data[data.0 as usize];
                self.place_for_code(section, offset)
            }
            UnitTarget::Host(host) => (self.outside(&definitions.host[host as usize].symbol), 0),
            UnitTarget::Runtime(symbol) => (self.outside(symbol.name()), 0),
            UnitTarget::LibCall(call) => (self.outside(libcall(call)?), 0),
        };
        if relocation.kind == Reloc::RiscvPCRelHi20 {
            self.define_label(relocation.offset);
        }
        // Cranelift has one relocation for all near addresses of x86-64: Mach-O's is for branches only.
        let kind = match (self.object.format(), relocation.kind, relocation.target) {
            (BinaryFormat::MachO, Reloc::X86CallPCRel4, UnitTarget::Data(_)) => Reloc::X86PCRel4,
            (_, kind, _) => kind,
        };
        let flags = relocation::flags(kind, self.object.format(), self.object.architecture())?;
        let mut addend = addend + relocation.addend;
        if self.object.architecture() == object::Architecture::Mips {
            // It stands at the place, which `object` does not know of this relocation.
            let at = relocation.offset as usize;
            if let Some(field) = self.object.section_mut(self.text).data_mut().get_mut(at..at + 4) {
                field.copy_from_slice(&(addend as i32).to_le_bytes());
                addend = 0;
            }
        }
        self.relocate(self.text, relocation.offset, symbol, addend, flags)
    }

    fn relocate(
        &mut self,
        section: SectionId,
        offset: u64,
        symbol: SymbolId,
        addend: i64,
        flags: RelocationFlags,
    ) -> Result<()> {
        self.object
            .add_relocation(section, Relocation { offset, symbol, addend, flags })
            .map_err(|error| Error::Limit(format!("the object file: {error}")))
    }

    /// Adds debug information, which refers to code and data by their sections. With `detach`, the sections' contents are
    /// returned instead of being put into the object.
    pub fn write_debug(&mut self, debug: DebugInfo, detach: bool) -> Result<DebugContents> {
        let mut detached = Vec::new();
        let mut ids = HashMap::new();
        for (part, _) in debug.sections() {
            let id = self.named_section(part.name(), SectionKind::Debug);
            ids.insert(part, id);
        }
        for (part, mut section) in debug.into_sections() {
            let id = ids[&part];
            if self.object.format() == BinaryFormat::MachO {
                offsets_within(&mut section);
            }
            let contents = std::mem::take(&mut section.bytes);
            if detach {
                detached.push((part.name(), contents));
            } else {
                self.object.set_section_data(id, contents, 1);
            }
            for relocation in &section.relocations {
                let (target, start) = match relocation.target {
                    DebugTarget::Text => (self.text, 0),
                    DebugTarget::Data(data) => self.data[data.0 as usize],
                    // The parts that are referred to are never left out.
                    DebugTarget::Part(part) => (ids[&part], 0),
                };
                let (symbol, addend) = self.place(target, relocation.addend + start);
                let flags = match (self.object.format(), relocation.target) {
                    (BinaryFormat::Coff, DebugTarget::Part(_)) => section_offset(),
                    _ => absolute(relocation.size * 8),
                };
                self.relocate(id, relocation.offset.into(), symbol, addend, flags)?;
            }
        }
        Ok(detached)
    }

    fn write_unwind(&mut self, text: &mut Text) -> Result<()> {
        let parts = text.unwind.finish().map_err(|error| Error::Limit(format!("the unwind table: {error}")))?;
        let place = |part: &unwind::Part| match part.place {
            unwind::Place::Standard(section) => self.object.section_id(section),
            unwind::Place::Named(name, kind) => self.named_section(name, kind),
        };
        let sections: Vec<SectionId> = parts.iter().map(place).collect();
        for (part, &section) in parts.into_iter().zip(&sections) {
            self.object.set_section_data(section, part.bytes, part.align);
            let (order, format) = (part.addresses.len(), self.object.format());
            for (offset, referent, addend, flags) in part.addresses {
                let target = match referent {
                    unwind::Referent::Text => self.text,
                    unwind::Referent::Part(number) => sections[number],
                };
                let (symbol, addend) = self.place(target, addend as u64);
                if format != BinaryFormat::MachO {
                    self.relocate(section, offset, symbol, addend, flags)?;
                    continue;
                }
                // In Mach-O, the difference of two symbols: what is taken away stands first. Several relocations are written
                // backwards.
                let (base, _) = self.place(section, 0);
                let mut pair = [(base, relocation::minus(self.object.architecture())), (symbol, absolute(64))];
                if order > 1 {
                    pair.reverse();
                }
                for (symbol, flags) in pair {
                    self.relocate(section, offset, symbol, addend - offset as i64, flags)?;
                }
            }
        }
        Ok(())
    }
}

/// A symbol for relocations to count from.
fn anchor_symbol(name: Vec<u8>, kind: SymbolKind, section: SectionId, value: u64) -> Symbol {
    Symbol {
        name,
        value,
        size: 0,
        kind,
        scope: SymbolScope::Compilation,
        weak: false,
        section: SymbolSection::Section(section),
        flags: SymbolFlags::None,
    }
}

/// Writes distances between sections of debug information as they are in this object. Linkers for Mach-O leave debug
/// information where it is, and its readers look there.
fn offsets_within(section: &mut Buffer) {
    section.relocations.retain(|relocation| {
        let DebugTarget::Part(_) = relocation.target else { return true };
        let (start, size) = (relocation.offset as usize, usize::from(relocation.size));
        section.bytes[start..start + size].copy_from_slice(&relocation.addend.to_le_bytes()[..size]);
        false
    });
}

/// The runtime library's name for an operation without an instruction (`wasmc_abi::symbols::LIBCALLS`).
fn libcall(call: LibCall) -> Result<&'static str> {
    Ok(match call {
        LibCall::CeilF32 => "wasmc_ceil_f32",
        LibCall::CeilF64 => "wasmc_ceil_f64",
        LibCall::FloorF32 => "wasmc_floor_f32",
        LibCall::FloorF64 => "wasmc_floor_f64",
        LibCall::TruncF32 => "wasmc_trunc_f32",
        LibCall::TruncF64 => "wasmc_trunc_f64",
        LibCall::NearestF32 => "wasmc_nearest_f32",
        LibCall::NearestF64 => "wasmc_nearest_f64",
        LibCall::FmaF32 => "wasmc_fma_f32",
        LibCall::FmaF64 => "wasmc_fma_f64",
        LibCall::X86Pshufb => "wasmc_x86_pshufb",
        other => return Err(Error::Limit(format!("the runtime library has no function for {other}"))),
    })
}

/// Bytes of a local symbol's name. Template arguments make names of C++ thousands of bytes long: whole, those of Yosys are
/// 15 % of its executable.
const LOCAL_NAME_LIMIT: usize = 1024;

/// A function's name, as the symbol table has it. Debug information has all of it.
fn local_name(name: &str) -> Vec<u8> {
    let end = name.floor_char_boundary(LOCAL_NAME_LIMIT);
    let ellipsis = if end < name.len() { "…" } else { "" };
    // Symbol tables end names at a zero byte, which wasm names may contain.
    (name[..end].replace('\0', "\u{fffd}") + ellipsis).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_local_symbols_have_no_zeros_and_an_end() {
        assert_eq!(local_name("a\0b"), "a\u{fffd}b".as_bytes());
        let longest = "x".repeat(LOCAL_NAME_LIMIT);
        assert_eq!(local_name(&longest), longest.as_bytes());
        assert_eq!(local_name(&"é".repeat(LOCAL_NAME_LIMIT)), ("é".repeat(LOCAL_NAME_LIMIT / 2) + "…").as_bytes());
    }
}
