//! The function table of Windows (PE format, "The .pdata Section"): where each function is, and its `UNWIND_INFO`.

use std::collections::HashMap;
use std::mem::take;

use object::SectionKind;

use super::{Part, Place, Referent};
use crate::object::relocation::image_offset;

/// The functions seen so far.
#[derive(Default)]
pub(in crate::object) struct Functions {
    /// First byte, the one behind the last where the entry says that, and the offset of the information.
    entries: Vec<(u32, Option<u32>, u32)>,
    information: Vec<u8>,
    /// Where each information is: most functions have one of a few.
    known: HashMap<Vec<u8>, u32>,
}

impl Functions {
    /// Adds the function of so many bytes that starts `start` bytes into the text section, later than those before it.
    pub fn add(&mut self, start: u32, length: u32, info: &[u8]) {
        if length == 0 {
            return;
        }
        let place = self.place_of(info);
        self.entries.push((start, Some(start + length), place));
    }

    /// The same, where the information says how long the function is.
    pub fn add_with_length(&mut self, start: u32, info: &[u8]) {
        let place = self.place_of(info);
        self.entries.push((start, None, place));
    }

    fn place_of(&mut self, info: &[u8]) -> u32 {
        *self.known.entry(info.to_vec()).or_insert_with(|| {
            let place = self.information.len() as u32;
            self.information.extend_from_slice(info);
            place
        })
    }

    /// `.pdata` and `.xdata`.
    pub fn finish(&mut self) -> Vec<Part> {
        let entries = take(&mut self.entries);
        if entries.is_empty() {
            return Vec::new();
        }
        let mut addresses = Vec::with_capacity(entries.len() * 3);
        let mut size = 0;
        let mut word = |referent, offset: u32| {
            addresses.push((size as u64, referent, i64::from(offset), image_offset()));
            size += 4;
        };
        for (start, end, place) in entries {
            word(Referent::Text, start);
            if let Some(end) = end {
                word(Referent::Text, end);
            }
            word(Referent::Part(1), place);
        }
        let part = |name, bytes, addresses| {
            let place = Place::Named(name, SectionKind::ReadOnlyData);
            Part { place, bytes, align: 4, addresses }
        };
        let functions = part(".pdata", vec![0; size], addresses);
        vec![functions, part(".xdata", take(&mut self.information), Vec::new())]
    }
}
