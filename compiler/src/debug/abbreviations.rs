//! The abbreviations of a unit while it is written (DWARF 5, 7.5.3): each combination of a kind of entry, its attributes and their
//! forms has a number.

use gimli::{DwTag, constants as dw};
use rustc_hash::FxHashMap;

use super::unit::Specification;
use super::writer::Buffer;
use crate::codegen::unsigned_leb128;

/// The abbreviations so far.
pub(super) struct Abbreviations {
    /// Their numbers, by their bytes behind the number.
    numbers: FxHashMap<Vec<u8>, u64>,
    /// Some that were wanted last: most entries are like one shortly before.
    recent: Vec<Recent>,
    /// Room for one, used again.
    scratch: Vec<u8>,
}

/// An abbreviation that was wanted.
struct Recent {
    tag: DwTag,
    has_children: bool,
    specifications: Vec<Specification>,
    /// 0 where there is none.
    number: u64,
}

impl Recent {
    const NONE: Recent = Recent { tag: dw::DW_TAG_null, has_children: false, specifications: Vec::new(), number: 0 };
}

/// How many are remembered.
const RECENT: usize = 64;

impl Abbreviations {
    pub fn new() -> Abbreviations {
        let recent = (0..RECENT).map(|_| Recent::NONE).collect();
        Abbreviations { numbers: FxHashMap::default(), recent, scratch: Vec::new() }
    }

    /// The number of an abbreviation, which is written to `output` the first time.
    pub fn number(
        &mut self,
        tag: DwTag,
        has_children: bool,
        specifications: &[Specification],
        output: &mut Buffer,
    ) -> u64 {
        let last = specifications.last().map_or(0, |(name, form)| usize::from(name.0 ^ form.0));
        // In bounds: there are `RECENT`.
        let place = (usize::from(tag.0) * 5 + specifications.len() * 3 + last) % RECENT;
        let recent = &self.recent[place];
        let is_it = recent.number != 0 && (recent.tag, recent.has_children) == (tag, has_children);
        if is_it && recent.specifications == specifications {
            return recent.number;
        }
        let number = self.find(tag, has_children, specifications, output);
        let recent = &mut self.recent[place];
        (recent.tag, recent.has_children, recent.number) = (tag, has_children, number);
        recent.specifications.clear();
        recent.specifications.extend_from_slice(specifications);
        number
    }

    fn find(&mut self, tag: DwTag, has_children: bool, specifications: &[Specification], output: &mut Buffer) -> u64 {
        let bytes = &mut self.scratch;
        bytes.clear();
        unsigned_leb128(bytes, tag.0.into());
        bytes.push(has_children.into());
        for (name, form) in specifications {
            unsigned_leb128(bytes, name.0.into());
            unsigned_leb128(bytes, form.0.into());
        }
        bytes.extend([0, 0]);
        if let Some(known) = self.numbers.get(bytes) {
            return *known;
        }
        let next = self.numbers.len() as u64 + 1;
        output.unsigned(next);
        output.bytes.extend_from_slice(bytes);
        self.numbers.insert(bytes.clone(), next);
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_abbreviation_is_written_once() {
        let mut abbreviations = Abbreviations::new();
        let mut output = Buffer::new(false);
        let mut number = |tag, has_children, specifications: &[Specification]| {
            abbreviations.number(tag, has_children, specifications, &mut output)
        };
        let name = [(dw::DW_AT_name, dw::DW_FORM_strx4)];
        let both = [(dw::DW_AT_type, dw::DW_FORM_ref4), name[0]];
        // More than are remembered, so that some take the places of others.
        for _ in 0..2 {
            for tag in 1..=2 * RECENT as u16 {
                let expected = u64::from(tag) * 4;
                assert_eq!(number(DwTag(tag), false, &[]), expected - 3);
                assert_eq!(number(DwTag(tag), true, &[]), expected - 2);
                assert_eq!(number(DwTag(tag), true, &name), expected - 1);
                assert_eq!(number(DwTag(tag), true, &both), expected);
            }
        }
        // The first: its number, the tag, no children, and two zeros at the end.
        assert_eq!(output.bytes[..5], [1, 1, 0, 0, 0]);
        assert_eq!(output.bytes[5..10], [2, 1, 1, 0, 0]);
    }
}
