//! Applies relocations to the bytes that are being written.

use super::Writer;
use crate::error::Result;
use crate::link::dynamic::refuse;
use crate::link::error;
use crate::link::input::{Rela, Role};
use crate::link::program::{Program, SectionId, Target};
use crate::link::relocate::{Fault, Need, Place, Values};
use object::read::elf::Sym as _;
use std::io::Write;

impl<W: Write> Writer<'_, '_, W> {
    /// Applies one relocation of a section to the bytes in `site`, which begin at offset `start` of the section;
    /// the byte at that offset is at address `base + start`.
    pub(super) fn relocate(
        &self,
        id: SectionId,
        relocation: &Rela,
        site: &mut [u8],
        start: usize,
        base: u64,
    ) -> Result<()> {
        let program = self.program;
        let (offset, _, kind, _) = program.relocation(relocation);
        let fail = |fault: Fault| refuse(program, id, relocation, fault);
        let at = usize::try_from(offset).ok().and_then(|offset| offset.checked_sub(start));
        let at = at.filter(|at| *at <= site.len()).ok_or_else(|| fail(Fault::OutsideSection))?;
        let values = if program.machine.is_second_half(kind) {
            let first = first_half(program, id, relocation)?.ok_or_else(|| fail(Fault::NoFirstHalf))?;
            self.values(id, first, site, at, base)?
        } else {
            self.values(id, relocation, site, at, base)?
        };
        let mut place = Place { section: site, at, endian: program.endian };
        program.machine.apply(kind, &mut place, &values).map_err(fail)
    }

    /// What a relocation of a section computes with; `at` is its place in `site`.
    fn values(&self, id: SectionId, relocation: &Rela, site: &[u8], at: usize, base: u64) -> Result<Values> {
        let program = self.program;
        let section = program.section(id);
        let (offset, symbol, kind, addend) = program.relocation(relocation);
        let target = program.target(section.object, symbol)?;
        let mut values = Values {
            symbol: 0,
            addend,
            place: base.wrapping_add(offset),
            size: 0,
            other: 0,
            slot: None,
            table: self.layout.table_address(),
        };
        if let Some(symbol) = program.definition(section.object, symbol)? {
            (values.size, values.other) = (symbol.st_size(program.endian), symbol.st_other().0);
        }
        if section.role == Role::Debug {
            match self.layout.value(target) {
                Some(value) => values.symbol = value,
                // It describes code that is not linked. Readers of debug information take these numbers for "none":
                // 1 in the lists that 0 would end.
                None => (values.symbol, values.addend) = (0, tombstone(section.name)),
            }
            return Ok(values);
        }
        let need = program.machine.need(kind, site, at, target.kind());
        let need = need.map_err(|fault| refuse(program, id, relocation, fault))?;
        if need == Need::Slot {
            let slot = self.dynamic.slot(program, section.object, symbol);
            values.slot =
                slot.map(|slot| self.layout.table_address() + u64::from(slot) * program.machine.width().word());
        }
        values.symbol = self.value(target)?;
        Ok(values)
    }

    /// The value of something that is linked.
    pub(super) fn value(&self, target: Target<'_>) -> Result<u64> {
        self.layout.value(target).ok_or_else(|| error("a symbol has no address, which is a defect of wasmc"))
    }
}

/// The relocation, in the same section, at the instruction that a second half refers to.
fn first_half<'p>(program: &'p Program<'_>, id: SectionId, second: &Rela) -> Result<Option<&'p Rela>> {
    let section = program.section(id);
    let (_, symbol, _, _) = program.relocation(second);
    let Target::Section { section: target, offset } = program.target(section.object, symbol)? else { return Ok(None) };
    if target != id {
        return Ok(None);
    }
    let relocations = &section.relocations;
    let position = relocations.partition_point(|relocation| program.relocation(relocation).0 < offset);
    let there = relocations[position..].iter().take_while(|relocation| program.relocation(relocation).0 == offset);
    Ok({ there }.find(|relocation| program.machine.is_first_half(program.relocation(relocation).2)))
}

/// What stands for the address of code that is not linked, in a section of debug information.
fn tombstone(section: &[u8]) -> i64 {
    if matches!(section, b".debug_ranges" | b".debug_loc") { 1 } else { 0 }
}
