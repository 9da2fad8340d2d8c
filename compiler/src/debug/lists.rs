//! Lists of ranges and of locations (DWARF 5, 2.17.3 and 2.6.2) while they are written.

use std::ops::Range;

use super::writer::Buffer;

/// Bytes of the header of a unit's lists (DWARF 5, 7.28 and 7.29), which has no table of their offsets: lists are referred
/// to by offset, since valgrind (3.19) does not survive references by number.
const LISTS_HEADER: u32 = 12;

// Entries of lists (DWARF 5, 7.7.3 and 7.25).
const END_OF_LIST: u8 = 0;
const OFFSET_PAIR: u8 = 4;

/// The lists of a unit while they are written.
#[derive(Default)]
pub(super) struct Lists {
    lists: Buffer,
}

impl Lists {
    /// Adds a list of ranges of the text section; returns its offset.
    pub fn add(&mut self, ranges: &[Range<u32>]) -> u32 {
        let start = self.begin();
        ranges.iter().for_each(|range| self.range(range));
        self.end();
        start
    }

    /// Begins a list; returns its offset.
    pub fn begin(&self) -> u32 {
        LISTS_HEADER + self.lists.position()
    }

    /// Adds a range of the text section to the list.
    pub fn range(&mut self, range: &Range<u32>) {
        self.lists.u8(OFFSET_PAIR);
        self.lists.unsigned(range.start.into());
        self.lists.unsigned(range.end.into());
    }

    /// Adds what a location list says of the range.
    pub fn data(&mut self, data: &Buffer) {
        self.lists.unsigned(data.bytes.len() as u64);
        self.lists.append(data);
    }

    /// Ends the list.
    pub fn end(&mut self) {
        self.lists.u8(END_OF_LIST);
    }

    pub fn finish(self, big_endian: bool) -> Buffer {
        let mut output = Buffer::new(big_endian);
        output.u32(0);
        output.u16(5);
        output.u8(8);
        output.u8(0);
        output.u32(0);
        output.append(&self.lists);
        output.finish_length();
        output
    }
}
