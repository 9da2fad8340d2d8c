//! Finds what is left for the start code to relocate, and which symbols need a slot in the global offset table.

use super::input::Role;
use super::program::{GlobalId, Program, SectionId, Target};
use super::reachable::{self, Reachable};
use super::relocate::{Fault, Need};
use super::unwind::Unwind;
use super::{display, error};
use crate::error::{Error, Result};
use object::elf;
use std::collections::HashMap;
use std::ops::Range;

/// A symbol as key of the global offset table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum SlotKey {
    Global(GlobalId),
    Local { object: u32, symbol: u32 },
}

/// What the program's addresses need at run time.
#[derive(Debug, Default)]
pub(super) struct Dynamic<'a> {
    /// What each slot of the global offset table holds the address of.
    pub slots: Vec<Target<'a>>,
    slot_of: HashMap<SlotKey, u32>,
    /// 64-bit words that hold addresses, at even addresses: section, and position among its relocations.
    pub packed: Vec<(SectionId, u32)>,
    /// The other such words, which the packed form cannot name.
    pub plain: Vec<(SectionId, u32)>,
}

impl Dynamic<'_> {
    /// The slot of a symbol.
    pub fn slot(&self, program: &Program<'_>, object: u32, symbol: u32) -> Option<u32> {
        self.slot_of.get(&key(program, object, symbol)).copied()
    }
}

fn key(program: &Program<'_>, object: u32, symbol: u32) -> SlotKey {
    match program.global_of(object, symbol) {
        Some(id) => SlotKey::Global(id),
        None => SlotKey::Local { object, symbol },
    }
}

/// The error for a relocation that cannot be done.
pub(super) fn refuse(
    program: &Program<'_>,
    id: SectionId,
    relocation: &super::input::Rela,
    why: impl std::fmt::Display,
) -> Error {
    let (offset, symbol, kind, _) = program.relocation(relocation);
    let place = program.place_display(id, offset);
    let name = program.symbol_display(program.section(id).object, symbol);
    error(format!("{place}: relocation of type {} against {name}: {why}", kind.0))
}

/// Goes through the relocations of everything that is linked and loaded.
pub(super) fn collect<'a>(program: &Program<'a>, unwind: &Unwind, reachable: &Reachable) -> Result<Dynamic<'a>> {
    let mut dynamic = Dynamic::default();
    for id in program.section_ids().filter(|id| reachable.contains(*id)) {
        let section = program.section(id);
        if section.role == Role::Memory {
            collect_from(&mut dynamic, program, id, 0..section.relocations.len())?;
        }
    }
    let commons = unwind.commons.iter().zip(&reachable.commons);
    let frames = unwind.frames.iter().map(|frame| &frame.record).zip(&reachable.frames);
    for (record, _) in commons.chain(frames).filter(|(_, live)| **live) {
        collect_from(&mut dynamic, program, record.section, record.relocations.clone())?;
    }
    Ok(dynamic)
}

fn collect_from<'a>(
    dynamic: &mut Dynamic<'a>,
    program: &Program<'a>,
    id: SectionId,
    relocations: Range<usize>,
) -> Result<()> {
    let section = program.section(id);
    let first = relocations.start;
    // In bounds: the ranges come from the section itself or from its records.
    for (position, relocation) in section.relocations[relocations].iter().enumerate() {
        let (offset, symbol, kind, _) = program.relocation(relocation);
        let target = program.target(section.object, symbol)?;
        if let Some(why) = reachable::refused_symbol(program, section.object, symbol)? {
            return Err(refuse(program, id, relocation, why));
        }
        // The fields' ends are checked where they are written; sections without bytes are not written.
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        if at > section.data.len() || section.kind == elf::SHT_NOBITS {
            return Err(refuse(program, id, relocation, Fault::OutsideSection));
        }
        let need = program
            .machine
            .need(kind, section.data, at, target.kind())
            .map_err(|fault| refuse(program, id, relocation, fault))?;
        match need {
            Need::Nothing => {}
            Need::Slot => {
                let slots = &mut dynamic.slots;
                dynamic.slot_of.entry(key(program, section.object, symbol)).or_insert_with(|| {
                    slots.push(target);
                    (slots.len() - 1) as u32
                });
            }
            Need::Word if !target.moves() => {}
            // Unwind tables are read-only in the output, whatever they were in the object.
            Need::Word if !section.has_flag(elf::SHF_WRITE) || section.role == Role::Unwind => {
                let name = display(section.name);
                let why = format!("section {name} is read-only, but the address must be relocated at start-up");
                return Err(refuse(program, id, relocation, why));
            }
            Need::Word => {
                let even = section.alignment >= 2 && offset % 2 == 0;
                let words = if even { &mut dynamic.packed } else { &mut dynamic.plain };
                words.push((id, (first + position) as u32));
            }
        }
    }
    Ok(())
}
