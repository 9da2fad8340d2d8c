//! Writes `.eh_frame` and `.eh_frame_hdr` (LSB Core 10.6).

use super::Writer;
use crate::error::Result;
use crate::link::error;
use crate::link::layout::{Content, OutputSection};
use crate::link::unwind::Record;
use object::pod;
use std::io::Write;

impl<W: Write> Writer<'_, '_, W> {
    /// Writes `.eh_frame`.
    pub(super) fn unwind_records(&mut self, section: &OutputSection<'_>) -> Result<()> {
        let (unwind, layout) = (self.unwind, self.layout);
        for (position, offset) in &layout.unwind.commons {
            self.unwind_record(&unwind.commons[*position as usize], section.address + offset, None)?;
        }
        for (position, offset) in &layout.unwind.frames {
            let frame = &unwind.frames[*position as usize];
            let common = layout.unwind.common_offsets[frame.common as usize];
            // The distance from the field, after the length, back to the common entry.
            let distance = u32::try_from(offset + 4 - common).map_err(|_| error(".eh_frame is larger than 4 GiB"))?;
            self.unwind_record(&frame.record, section.address + offset, Some(distance))?;
        }
        self.put(&[0; 4])
    }

    fn unwind_record(&mut self, record: &Record, address: u64, common_distance: Option<u32>) -> Result<()> {
        let section = self.program.section(record.section);
        let mut bytes = std::mem::take(&mut self.chunk);
        bytes.clear();
        // In bounds, here and below: records are parts of their section, and of at least eight bytes.
        bytes.extend_from_slice(&section.data[record.bytes.clone()]);
        if let Some(distance) = common_distance {
            bytes[4..8].copy_from_slice(pod::bytes_of(&object::U32::new(self.program.endian, distance)));
        }
        let start = record.bytes.start;
        let base = address.wrapping_sub(start as u64);
        for relocation in &section.relocations[record.relocations.clone()] {
            self.relocate(record.section, relocation, &mut bytes, start, base)?;
        }
        self.put(&bytes)?;
        self.chunk = bytes;
        Ok(())
    }

    /// Writes `.eh_frame_hdr`: a table of functions and frames for binary search (LSB Core 10.6.2).
    pub(super) fn unwind_index(&mut self, address: u64) -> Result<()> {
        const PCREL_SDATA4: u8 = 0x1b;
        const UDATA4: u8 = 0x03;
        const DATAREL_SDATA4: u8 = 0x3b;
        let (program, unwind, layout) = (self.program, self.unwind, self.layout);
        let frames = layout.section_of(|content| matches!(content, Content::Unwind)).map_or(0, |s| s.address);
        let relative = |value: u64, base: u64| {
            let distance = i32::try_from(value.wrapping_sub(base) as i64);
            distance.map_err(|_| error("code is further than 2 GiB from its unwind tables"))
        };
        let mut table = Vec::with_capacity(layout.unwind.frames.len());
        for (position, offset) in &layout.unwind.frames {
            let frame = &unwind.frames[*position as usize];
            let function = layout.address(frame.function).unwrap_or(0).wrapping_add(frame.offset);
            table.push((relative(function, address)?, relative(frames + offset, address)?));
        }
        table.sort_unstable();
        let count = u32::try_from(table.len()).map_err(|_| error("too many functions to unwind"))?;
        self.put(&[1, PCREL_SDATA4, UDATA4, DATAREL_SDATA4])?;
        let first = [relative(frames, address + 4)? as u32, count];
        self.put(pod::bytes_of_slice(&first.map(|word| object::U32::new(program.endian, word))))?;
        for (function, frame) in table {
            let pair = [function as u32, frame as u32].map(|word| object::U32::new(program.endian, word));
            self.put(pod::bytes_of_slice(&pair))?;
        }
        Ok(())
    }
}
