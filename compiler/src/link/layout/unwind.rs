//! Arranges the unwind records that are linked into one `.eh_frame`.

use super::too_large;
use crate::error::Result;
use crate::link::program::{Program, Target};
use crate::link::reachable::Reachable;
use crate::link::unwind::{Record, Unwind};
use object::elf::RelocationType;
use std::collections::HashMap;

/// Where each record goes.
#[derive(Debug, Default)]
pub(in crate::link) struct UnwindLayout {
    /// The common entries to write, and where: positions in `Unwind::commons`, ascending offsets.
    pub commons: Vec<(u32, u64)>,
    /// The offset of every common entry that is linked, by position in `Unwind::commons`: that of its first equal.
    pub common_offsets: Vec<u64>,
    /// The frames to write, and where: positions in `Unwind::frames`, ascending offsets.
    pub frames: Vec<(u32, u64)>,
    /// Size of `.eh_frame` in bytes, the mark at its end included.
    pub size: u64,
}

impl UnwindLayout {
    /// Whether there is nothing to unwind.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Size of `.eh_frame_hdr`: four bytes, two numbers, and a pair of numbers for each frame.
    pub fn index_size(&self) -> u64 {
        12 + 8 * self.frames.len() as u64
    }
}

/// A common entry's bytes and what its relocations put into them: equal entries are written once.
type CommonKey<'a> = (&'a [u8], Vec<(u64, RelocationType, Target<'a>, i64)>);

pub(super) fn arrange(program: &Program<'_>, unwind: &Unwind, reachable: &Reachable) -> Result<UnwindLayout> {
    let mut layout = UnwindLayout { common_offsets: vec![0; unwind.commons.len()], ..UnwindLayout::default() };
    let mut offset = 0_u64;
    let mut written: HashMap<CommonKey<'_>, u64> = HashMap::new();
    for (position, common) in unwind.commons.iter().enumerate() {
        if !reachable.commons[position] {
            continue;
        }
        let key = common_key(program, common)?;
        layout.common_offsets[position] = *written.entry(key).or_insert_with(|| {
            layout.commons.push((position as u32, offset));
            offset += common.bytes.len() as u64;
            layout.commons[layout.commons.len() - 1].1
        });
    }
    for (position, frame) in unwind.frames.iter().enumerate() {
        if reachable.frames[position] {
            layout.frames.push((position as u32, offset));
            offset = offset.checked_add(frame.record.bytes.len() as u64).ok_or_else(too_large)?;
        }
    }
    layout.size = offset.checked_add(4).ok_or_else(too_large)?;
    Ok(layout)
}

fn common_key<'a>(program: &Program<'a>, common: &Record) -> Result<CommonKey<'a>> {
    let section = program.section(common.section);
    let mut relocations = Vec::new();
    // In bounds: records are parts of their section.
    for relocation in &section.relocations[common.relocations.clone()] {
        let (offset, symbol, kind, addend) = program.relocation(relocation);
        let target = program.target(section.object, symbol)?;
        relocations.push((offset.wrapping_sub(common.bytes.start as u64), kind, target, addend));
    }
    Ok((&section.data[common.bytes.clone()], relocations))
}
