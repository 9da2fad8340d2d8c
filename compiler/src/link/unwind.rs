//! Takes `.eh_frame` sections apart into records, so that those of functions that are not linked can be left out.
//!
//! LSB Core 10.6 "Exception Frames"; DWARF 5 §6.4.1 for the records.

use super::input::{Rela, Role};
use super::program::{Program, SectionId, Target};
use crate::error::Result;
use object::Endianness;
use std::ops::Range;

/// A common information entry or a frame description entry.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// The `.eh_frame` section it stands in.
    pub section: SectionId,
    /// Its bytes in that section, the length field included.
    pub bytes: Range<usize>,
    /// Its relocations among the section's.
    pub relocations: Range<usize>,
}

/// A frame description entry: how to unwind one function.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub record: Record,
    /// Index in [`Unwind::commons`].
    pub common: u32,
    /// Where the function is.
    pub function: SectionId,
    /// Offset of the function in its section.
    pub offset: u64,
}

/// The unwind tables of all objects.
#[derive(Debug, Default)]
pub(super) struct Unwind {
    /// Common information entries.
    pub commons: Vec<Record>,
    /// Frame description entries, sorted by the section that holds their function, otherwise in input order.
    /// Entries whose function is in no linked section are not among them.
    pub frames: Vec<Frame>,
}

impl Unwind {
    /// The positions of the frames that belong to a section of code.
    pub fn frames_of(&self, function: SectionId) -> Range<usize> {
        let start = self.frames.partition_point(|frame| frame.function < function);
        let length = self.frames[start..].partition_point(|frame| frame.function == function);
        start..start + length
    }
}

/// Bytes of the length field and the identifier that follows it.
const PREFIX: usize = 8;

/// Reads the records of every `.eh_frame` section.
pub(super) fn parse(program: &Program<'_>) -> Result<Unwind> {
    let mut unwind = Unwind::default();
    for id in program.section_ids() {
        let section = program.section(id);
        if section.role == Role::Unwind && !section.discarded {
            parse_section(program, id, &mut unwind)?;
        }
    }
    // Stable: frames of one section of code stay in input order.
    unwind.frames.sort_by_key(|frame| frame.function);
    Ok(unwind)
}

fn parse_section(program: &Program<'_>, id: SectionId, unwind: &mut Unwind) -> Result<()> {
    let section = program.section(id);
    let object = program.object_of(id);
    let data = section.data;
    // Offsets of the common entries of this section, ascending, with their indices.
    let mut commons: Vec<(usize, u32)> = Vec::new();
    let mut relocation = 0;
    let mut start = 0;
    while start < data.len() {
        let Some(length) = read_u32(data, start, program.endian) else {
            return Err(object.damaged("the last record of .eh_frame is cut off"));
        };
        if length == 0 {
            // An end mark; what follows it is read all the same, as other linkers do when they concatenate.
            start += 4;
            continue;
        }
        if length == u32::MAX {
            return Err(object.damaged("a record of .eh_frame is in the 64-bit format, which is not supported"));
        }
        let end = start.checked_add(4 + length as usize).filter(|end| *end <= data.len());
        let (Some(end), Some(identifier)) = (end, read_u32(data, start + 4, program.endian)) else {
            return Err(object.damaged("a record of .eh_frame reaches beyond its end"));
        };
        if length < 4 {
            return Err(object.damaged("a record of .eh_frame is too short"));
        }
        let offset_of = |r: &Rela| r.r_offset.get(program.endian);
        let first = relocation;
        while section.relocations.get(relocation).is_some_and(|r| offset_of(r) < end as u64) {
            relocation += 1;
        }
        let record = Record { section: id, bytes: start..end, relocations: first..relocation };
        if identifier == 0 {
            commons.push((start, unwind.commons.len() as u32));
            unwind.commons.push(record);
        } else {
            // The identifier is the distance from itself back to the common entry.
            let common = (start + 4).checked_sub(identifier as usize);
            let position = common.and_then(|common| commons.binary_search_by_key(&common, |c| c.0).ok());
            let Some(position) = position else {
                return Err(object.damaged("a record of .eh_frame refers to a common entry that does not exist"));
            };
            let begin = section.relocations[first..relocation].iter().find(|r| offset_of(r) == (start + PREFIX) as u64);
            if let Some(begin) = begin {
                let (_, symbol, _, addend) = program.relocation(begin);
                if let Target::Section { section: function, offset } = program.target(section.object, symbol)? {
                    let offset = offset.wrapping_add_signed(addend);
                    unwind.frames.push(Frame { record, common: commons[position].1, function, offset });
                }
            }
        }
        start = end;
    }
    Ok(())
}

fn read_u32(data: &[u8], at: usize, endian: Endianness) -> Option<u32> {
    let bytes = data.get(at..)?.first_chunk::<4>()?;
    Some(match endian {
        Endianness::Little => u32::from_le_bytes(*bytes),
        Endianness::Big => u32::from_be_bytes(*bytes),
    })
}
