//! How to unwind from the functions that are linked: `__unwind_info`, which debuggers and profilers look into first
//! (`mach-o/compact_unwind_encoding.h`), and `__eh_frame`, to which that leads where there is more to say.

use std::collections::{HashMap, HashSet};

use super::error;
use super::frames::Description;
use super::input::{Processor, Role};
use super::layout::{Content, IMAGE_BASE, Layout};
use super::reachable::Reachable;
use super::symbols::{Place, Program};
use crate::error::Result;

/// Everything that is said.
pub(super) struct Unwind<'a> {
    /// Common parts, each once.
    common: Vec<&'a [u8]>,
    /// Descriptions, each with the number of its common part.
    descriptions: Vec<(Place, usize, Description<'a>)>,
    /// Functions for which a number says enough.
    compact: Vec<(Place, u32)>,
}

/// Bytes of a second-level page of `__unwind_info` before its entries; of an entry; how many entries there are at most.
const PAGE_HEADER: usize = 8;
const ENTRY: usize = 8;
const MOST: usize = (4096 - PAGE_HEADER) / ENTRY;
/// Bytes before the index; of an entry of the index.
const HEADER: usize = 28;
const INDEX: usize = 12;

/// The part of a number that says of which kind it is; in that for `__eh_frame`, the offset there.
const KIND: u32 = 0x0f00_0000;
const OFFSET: u32 = 0x00ff_ffff;

/// The kind that means: see `__eh_frame`.
fn dwarf(processor: Processor) -> u32 {
    match processor {
        Processor::X86_64 => 0x0400_0000,
        Processor::Aarch64 => 0x0300_0000,
    }
}

/// Collects what is said of functions that are linked. A number is preferred to a description.
pub(super) fn collect<'a>(program: &Program<'a>, reachable: &Reachable) -> Result<Unwind<'a>> {
    let mut unwind = Unwind { common: Vec::new(), descriptions: Vec::new(), compact: Vec::new() };
    let mut known = HashMap::new();
    for (number, object) in program.objects.iter().enumerate() {
        let place = |(reference, addend)| {
            let place = program.place(number as u32, reference)?;
            let place = Place { offset: place.offset.wrapping_add_signed(addend), ..place };
            let is_linked = reachable.contains(place.atom) && program.atom(place.atom).role == Role::Code;
            crate::Result::Ok(is_linked.then_some(place))
        };
        let mut compact = HashSet::new();
        for own in object.compact.iter().filter(|own| own.encoding & KIND != dwarf(program.processor)) {
            if let Some(place) = place(own.function)? {
                compact.insert((place.atom, place.offset));
                unwind.compact.push((place, own.encoding));
            }
        }
        for own in &object.descriptions {
            let Some(place) = place(own.function)? else { continue };
            if compact.contains(&(place.atom, place.offset)) {
                continue;
            }
            let common = *known.entry(own.common).or_insert_with(|| {
                unwind.common.push(own.common);
                unwind.common.len() - 1
            });
            unwind.descriptions.push((place, common, *own));
        }
    }
    Ok(unwind)
}

impl Unwind<'_> {
    /// Bytes of `__eh_frame`.
    pub fn frames_size(&self) -> u64 {
        let common = self.common.iter().map(|common| 4 + common.len());
        let own = self.descriptions.iter().map(|(_, _, own)| 8 + own.width + own.rest.len());
        common.chain(own).sum::<usize>() as u64
    }

    /// Bytes of `__unwind_info`.
    pub fn info_size(&self) -> u64 {
        let entries = self.descriptions.len() + self.compact.len();
        if entries == 0 {
            return 0;
        }
        let pages = entries.div_ceil(MOST);
        (HEADER + (pages + 1) * INDEX + pages * PAGE_HEADER + entries * ENTRY) as u64
    }

    /// The contents of `__eh_frame`, and the offset of each description in it.
    fn frames(&self, layout: &Layout) -> Result<(Vec<u8>, Vec<u32>)> {
        let address = layout.section(Content::Frames).map_or(0, |section| section.address);
        let (mut bytes, mut offsets) = (Vec::new(), Vec::new());
        let mut common_at = Vec::new();
        for common in &self.common {
            common_at.push(bytes.len());
            bytes.extend((common.len() as u32).to_le_bytes());
            bytes.extend(*common);
        }
        for (function, common, own) in &self.descriptions {
            offsets.push(bytes.len() as u32);
            bytes.extend((4 + own.width as u32 + own.rest.len() as u32).to_le_bytes());
            bytes.extend(((bytes.len() - common_at[*common]) as u32).to_le_bytes());
            let distance = layout.address(*function)?.wrapping_sub(address + bytes.len() as u64) as i64;
            match own.width {
                4 => {
                    let near = i32::try_from(distance).map_err(|_| error("a function is far from its description"))?;
                    bytes.extend(near.to_le_bytes());
                }
                _ => bytes.extend(distance.to_le_bytes()),
            }
            bytes.extend(own.rest);
        }
        Ok((bytes, offsets))
    }

    /// The contents of `__eh_frame`.
    pub fn frames_bytes(&self, layout: &Layout) -> Result<Vec<u8>> {
        Ok(self.frames(layout)?.0)
    }

    /// The contents of `__unwind_info`.
    pub fn info_bytes(&self, processor: Processor, layout: &Layout) -> Result<Vec<u8>> {
        let (_, offsets) = self.frames(layout)?;
        let distance = |place: Place| crate::Result::Ok((layout.address(place)? - IMAGE_BASE) as u32);
        let mut entries: Vec<[u32; 2]> = Vec::new();
        for &(function, encoding) in &self.compact {
            entries.push([distance(function)?, encoding]);
        }
        for (&(function, ..), &offset) in self.descriptions.iter().zip(&offsets) {
            // What is further away than the number can say is looked for.
            let hint = if offset <= OFFSET { offset } else { 0 };
            entries.push([distance(function)?, dwarf(processor) | hint]);
        }
        entries.sort_unstable();
        let end = layout.section(Content::Atoms(Role::Code)).map_or(0, |code| code.address + code.size - IMAGE_BASE);
        let pages = entries.len().div_ceil(MOST);
        // Nobody shares encodings, nobody has a personality or data for one: their tables end where they begin.
        let index_at = HEADER as u32;
        let pages_at = (HEADER + (pages + 1) * INDEX) as u32;
        let mut words = vec![1, index_at, 0, index_at, 0, index_at, pages as u32 + 1];
        let mut page_at = pages_at;
        for page in entries.chunks(MOST) {
            words.extend([page[0][0], page_at, pages_at]);
            page_at += (PAGE_HEADER + page.len() * ENTRY) as u32;
        }
        words.extend([end as u32, 0, pages_at]);
        for page in entries.chunks(MOST) {
            // A plain page: where its entries begin, and how many they are, in halves of a word.
            words.extend([2, PAGE_HEADER as u32 | (page.len() as u32) << 16]);
            words.extend(page.as_flattened());
        }
        Ok(words.iter().flat_map(|word| word.to_le_bytes()).collect())
    }
}
