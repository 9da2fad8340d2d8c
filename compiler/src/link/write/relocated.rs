//! Applies relocations to the bytes that are being written.

use super::Writer;
use crate::error::Result;
use crate::link::dynamic::refuse;
use crate::link::error;
use crate::link::input::{Rela, Role};
use crate::link::layout::WORD_SIZE;
use crate::link::program::{SectionId, Target};
use crate::link::relocate::{Fault, Need, Place, Values};
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
        let section = program.section(id);
        let (offset, symbol, kind, addend) = program.relocation(relocation);
        let target = program.target(section.object, symbol)?;
        let fail = |fault: Fault| refuse(program, id, relocation, fault);
        let at = usize::try_from(offset).ok().and_then(|offset| offset.checked_sub(start));
        let at = at.filter(|at| *at <= site.len()).ok_or_else(|| fail(Fault::OutsideSection))?;
        let mut values = Values {
            symbol: 0,
            addend,
            place: base.wrapping_add(offset),
            size: program.symbol_size(section.object, symbol)?,
            slot: None,
            table: self.layout.table_address(),
        };
        if section.role == Role::Debug {
            match self.layout.value(target) {
                Some(value) => values.symbol = value,
                // It describes code that is not linked. Readers of debug information take these numbers for "none":
                // 1 in the lists that 0 would end.
                None => (values.symbol, values.addend) = (0, tombstone(section.name)),
            }
        } else {
            let need = program.machine.need(kind, site, at, target.kind()).map_err(fail)?;
            if need == Need::Slot {
                let slot = self.dynamic.slot(program, section.object, symbol);
                values.slot = slot.map(|slot| self.layout.table_address() + u64::from(slot) * WORD_SIZE);
            }
            values.symbol = self.value(target)?;
        }
        let mut place = Place { section: site, at, endian: program.endian };
        program.machine.apply(kind, &mut place, &values).map_err(fail)
    }

    /// The value of something that is linked.
    pub(super) fn value(&self, target: Target<'_>) -> Result<u64> {
        self.layout.value(target).ok_or_else(|| error("a symbol has no address, which is a defect of wasmc"))
    }
}

/// What stands for the address of code that is not linked, in a section of debug information.
fn tombstone(section: &[u8]) -> i64 {
    if matches!(section, b".debug_ranges" | b".debug_loc") { 1 } else { 0 }
}
