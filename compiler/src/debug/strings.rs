//! Names by number (DWARF 5, 7.26): a table leads from numbers to strings, so that what refers to one, hundreds of thousands
//! of attributes in large modules, has no address for linkers to fill in.

use super::writer::{Buffer, Part};

/// A module's strings, numbered in order.
pub(super) struct Strings {
    /// Where each begins in the module's `.debug_str`.
    starts: Vec<u32>,
}

/// Bytes of a table's header: its length, the version, padding.
const HEADER: u32 = 8;

impl Strings {
    /// The strings of a `.debug_str`: each ends with a zero byte.
    pub fn of(section: &[u8]) -> Strings {
        let ends = section.iter().enumerate().filter(|(_, byte)| **byte == 0);
        let mut starts = vec![0];
        starts.extend(ends.map(|(end, _)| end as u32 + 1));
        Strings { starts }
    }

    /// The number of the string at an offset; `None` where that is inside one, as those that end alike may share bytes.
    pub fn number(&self, offset: usize) -> Option<u64> {
        let offset = u32::try_from(offset).ok()?;
        self.starts.binary_search(&offset).ok().map(|number| number as u64)
    }

    /// Appends the table, for strings that stand from `start` on in the output. Returns what units know it by.
    pub fn write(&self, start: u32, table: &mut Buffer) -> u32 {
        let base = table.position() + HEADER;
        // The length counts what follows it.
        table.u32(self.starts.len() as u32 * 4 + 4);
        table.u16(5);
        table.u16(0);
        for offset in &self.starts {
            table.offset(Part::Strings, start + offset);
        }
        base
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_numbered_by_where_they_begin() {
        let strings = Strings::of(b"int\0\0char\0");
        let numbers = [0, 1, 4, 5, 7, 10, 11].map(|offset| strings.number(offset));
        assert_eq!(numbers, [Some(0), None, Some(1), Some(2), None, Some(3), None]);
    }

    #[test]
    fn tables_stand_behind_one_another() {
        let mut table = Buffer::new(false);
        assert_eq!(Strings::of(b"a\0").write(0, &mut table), 8);
        assert_eq!(Strings::of(b"").write(3, &mut table), 24);
        assert_eq!(table.bytes, [12, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
        let addends: Vec<u64> = table.relocations.iter().map(|relocation| relocation.addend).collect();
        assert_eq!(addends, [0, 2, 3]);
    }
}
