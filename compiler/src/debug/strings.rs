//! Names by number (DWARF 5, 7.26): a table leads from numbers to strings, so that what refers to one, hundreds of thousands
//! of attributes in large modules, has no address for linkers to fill in. There is one table, for all units.

use gimli::{DwForm, constants as dw};
use rustc_hash::FxHashMap;

use super::writer::{Buffer, Part, Target};

/// How attributes refer to strings: by numbers of four bytes, which take the place of an offset.
pub(super) const STRING: DwForm = dw::DW_FORM_strx4;

/// What units know the table by: where it begins, behind its header (length, version, padding).
pub(super) const TABLE: u32 = 8;

/// The strings that units refer to.
#[derive(Default)]
pub(super) struct Strings {
    /// Their numbers, by offset in the output's `.debug_str`.
    numbers: FxHashMap<u32, u32>,
    /// Their offsets, by number.
    offsets: Vec<u32>,
}

impl Strings {
    /// Puts numbers in the place of all offsets of strings, which count from `start` in the output's `.debug_str`. A string
    /// that is the end of another, as linkers leave it, is copied: verifiers (LLVM 19) want each to begin behind a zero.
    pub fn number(&mut self, info: &mut Buffer, start: u32, strings: &mut Buffer) {
        let mut relocations = std::mem::take(&mut info.relocations);
        relocations.retain(|relocation| {
            if relocation.target != Target::Part(Part::Strings) {
                return true;
            }
            let offset = start + relocation.addend as u32;
            let number = *self.numbers.entry(offset).or_insert(self.offsets.len() as u32);
            if number as usize == self.offsets.len() {
                self.offsets.push(beginning(offset, strings));
            }
            info.patch(relocation.offset, number);
            false
        });
        info.relocations = relocations;
    }

    /// Writes the table, if there is anything in it.
    pub fn write(&self, table: &mut Buffer) {
        // The length counts what follows it.
        table.u32(self.offsets.len() as u32 * 4 + 4);
        table.u16(5);
        table.u16(0);
        for offset in &self.offsets {
            table.offset(Part::Strings, *offset);
        }
    }
}

/// The offset of a string that is at `offset`, and that is no end of another.
fn beginning(offset: u32, strings: &mut Buffer) -> u32 {
    let (before, from) = strings.bytes.split_at((offset as usize).min(strings.bytes.len()));
    if before.last().is_none_or(|last| *last == 0) {
        return offset;
    }
    let length = from.iter().position(|byte| *byte == 0).unwrap_or(from.len());
    let copy = strings.position();
    strings.bytes.extend_from_within(offset as usize..offset as usize + length);
    strings.u8(0);
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_offsets_have_equal_numbers() {
        let mut strings = Strings::default();
        let mut text = Buffer::new(false);
        text.bytes = b"on\0two\0seven\0".to_vec();
        for (start, offsets, numbers) in [(0, [7, 3, 7], [0, 1, 0]), (4, [0, 3, 0], [2, 0, 2])] {
            let mut info = Buffer::new(false);
            info.offset(Part::Lines, 0);
            offsets.iter().for_each(|offset| info.offset(Part::Strings, *offset));
            strings.number(&mut info, start, &mut text);
            assert_eq!(info.relocations.len(), 1);
            let written: Vec<u8> = info.bytes.chunks(4).map(|number| number[0]).collect();
            assert_eq!(written[1..], numbers);
        }
        let mut table = Buffer::new(false);
        strings.write(&mut table);
        assert_eq!(table.bytes, [16, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(table.relocations.iter().map(|relocation| relocation.addend).collect::<Vec<_>>(), [7, 3, 13]);
        // The end of `two`.
        assert_eq!(text.bytes[13..], *b"wo\0");
    }
}
