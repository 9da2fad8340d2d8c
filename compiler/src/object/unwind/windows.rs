//! The function table of Windows (PE format, "The .pdata Section"): where each function is, and its `UNWIND_INFO`.

use std::collections::HashMap;
use std::mem::take;

use object::SectionKind;

use super::{Part, Place, Referent};
use crate::object::relocation::image_offset;

/// The functions seen so far.
#[derive(Default)]
pub(in crate::object) struct Functions {
    /// First byte, the one behind the last, and the offset of the information.
    entries: Vec<[u32; 3]>,
    information: Vec<u8>,
    /// Where each information is: most functions have one of a few.
    known: HashMap<Vec<u8>, u32>,
}

/// Bytes of an entry.
const ENTRY: usize = 12;

impl Functions {
    /// Adds the function of so many bytes that starts `start` bytes into the text section, later than those before it.
    pub fn add(&mut self, start: u32, length: u32, info: &[u8]) {
        if length == 0 {
            return;
        }
        let place = *self.known.entry(info.to_vec()).or_insert_with(|| {
            let place = self.information.len() as u32;
            self.information.extend_from_slice(info);
            place
        });
        self.entries.push([start, start + length, place]);
    }

    /// `.pdata` and `.xdata`.
    pub fn finish(&mut self) -> Vec<Part> {
        let entries = take(&mut self.entries);
        if entries.is_empty() {
            return Vec::new();
        }
        let mut addresses = Vec::with_capacity(entries.len() * 3);
        for (number, [start, end, place]) in entries.iter().enumerate() {
            let at = (number * ENTRY) as u64;
            addresses.push((at, Referent::Text, i64::from(*start), image_offset()));
            addresses.push((at + 4, Referent::Text, i64::from(*end), image_offset()));
            addresses.push((at + 8, Referent::Part(1), i64::from(*place), image_offset()));
        }
        let part = |name, bytes, addresses| {
            let place = Place::Named(name, SectionKind::ReadOnlyData);
            Part { place, bytes, align: 4, addresses }
        };
        let functions = part(".pdata", vec![0; entries.len() * ENTRY], addresses);
        vec![functions, part(".xdata", take(&mut self.information), Vec::new())]
    }
}
