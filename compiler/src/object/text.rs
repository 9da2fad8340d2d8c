//! Collects machine code into the text section and resolves calls within the program.

use std::mem::take;
use std::ops::Range;

use cranelift_codegen::TextSectionBuilder;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::TargetIsa;

use super::exceptions::HandlerTable;
use super::stack_maps::StackMaps;
use super::unwind::UnwindTable;
use crate::codegen::{CompiledUnit, UnitTarget};
use crate::debug::Record;
use crate::plan::UnitId;
use crate::{Error, Result};

/// Where a unit is in the text section, and what is known about it.
pub(super) struct PlacedUnit {
    /// In bytes from the start of the section.
    pub start: u32,
    /// In bytes.
    pub size: u32,
    pub frameless: bool,
    /// Bodies of other functions are in it.
    pub has_inlined: bool,
    /// Where its site stream begins, in bytes from the start of all streams.
    pub sites: u32,
    /// Where its part of `Text::locals` begins.
    pub locals: u32,
    /// For debug information.
    record: Option<Record>,
}

/// A place in the text section that the linker fills.
pub(super) struct TextRelocation {
    pub offset: u64,
    pub kind: Reloc,
    pub target: UnitTarget,
    pub addend: i64,
}

/// The text section, as far as it is filled.
pub(crate) struct Text {
    builder: Box<dyn TextSectionBuilder>,
    pub(super) units: Vec<PlacedUnit>,
    pub(super) sites: Vec<u8>,
    /// See `wasmc_abi::core_dump::CoreDump::locals`.
    pub(super) locals: Vec<u8>,
    pub(super) relocations: Vec<TextRelocation>,
    pub(super) stack_maps: StackMaps,
    pub(super) unwind: UnwindTable,
    pub(super) handlers: HandlerTable,
    control_plane: ControlPlane,
}

impl Text {
    pub fn new(isa: &dyn TargetIsa, units: usize) -> Text {
        Text {
            builder: isa.text_section_builder(units),
            units: Vec::with_capacity(units),
            sites: Vec::new(),
            locals: Vec::new(),
            relocations: Vec::new(),
            stack_maps: StackMaps::default(),
            unwind: UnwindTable::new(isa),
            handlers: HandlerTable::default(),
            control_plane: ControlPlane::default(),
        }
    }

    /// Appends the next unit; units come in the order of their ids.
    pub fn append(&mut self, unit: CompiledUnit) -> Result<()> {
        debug_assert_eq!(unit.id.0 as usize, self.units.len());
        let start = self.builder.append(true, &unit.code, unit.align, &mut self.control_plane);
        let too_large = || Error::Limit("the machine code has more than 4 GiB".to_owned());
        let size = unit.code.len() as u32;
        let start32 =
            u32::try_from(start).ok().filter(|start| start.checked_add(size).is_some()).ok_or_else(too_large)?;
        for relocation in unit.relocations {
            let offset = start + u64::from(relocation.offset);
            let (kind, addend) = (relocation.kind, relocation.addend);
            match relocation.target {
                UnitTarget::Unit(id) if self.builder.resolve_reloc(offset, kind, addend, id.0 as usize) => {}
                target => {
                    let target = match target {
                        UnitTarget::Own(position) => UnitTarget::Own(start32 + position),
                        other => other,
                    };
                    let addend = addend + in_place(kind, &unit.code, relocation.offset as usize);
                    self.relocations.push(TextRelocation { offset, kind, target, addend });
                }
            }
        }
        self.stack_maps.add(start32, &unit.stack_maps);
        if let Some(unwind) = &unit.unwind {
            self.unwind.add(unwind, start32);
        }
        self.handlers.add(&unit.handlers, start32);
        let sites = u32::try_from(self.sites.len()).map_err(|_| too_large())?;
        let locals = u32::try_from(self.locals.len()).map_err(|_| too_large())?;
        let has_inlined = !unit.inlined.is_empty();
        let (frameless, record) = (unit.frameless, unit.record);
        self.units.push(PlacedUnit { start: start32, size, frameless, has_inlined, sites, locals, record });
        self.sites.extend_from_slice(&unit.sites);
        self.locals.extend_from_slice(&unit.locals);
        Ok(())
    }

    /// Where in the text section the code of a unit is, and what is recorded of it for debug information.
    pub fn recorded(&self, unit: UnitId) -> Option<(Range<u32>, &Record)> {
        let placed = self.units.get(unit.0 as usize)?;
        Some((placed.start..placed.start + placed.size, placed.record.as_ref()?))
    }

    /// The machine code.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        self.builder.finish(&mut self.control_plane)
    }

    /// All site streams, one after the other.
    pub(super) fn take_sites(&mut self) -> Vec<u8> {
        take(&mut self.sites)
    }
}

/// What stands at the place of a relocation already, to be added: in Pulley's instructions, how far their distance is from
/// their start.
fn in_place(kind: Reloc, code: &[u8], offset: usize) -> i64 {
    let bytes = code.get(offset..).and_then(|code| code.first_chunk());
    match (kind, bytes) {
        (Reloc::PulleyPcRel, Some(&bytes)) => i32::from_le_bytes(bytes).into(),
        _ => 0,
    }
}
