//! Addresses that dyld puts in: where the executable came to be, and where functions of libSystem are (`mach-o/fixup-chains.h`).
//!
//! The places of a page are a chain: each says how far it is to the next one.

use object::macho;

use super::error;
use super::imports::Import;
use super::input::Role;
use super::layout::{Content, IMAGE_BASE, Layout, SLOT, SegmentKind};
use super::relocate::Kind;
use super::symbols::{Program, Target};
use crate::error::Result;

/// What is put in.
#[derive(Clone, Copy, Debug)]
enum Value {
    /// An address in the executable.
    Rebase(u64),
    /// That of a function of libSystem: its ordinal, and what is added.
    Bind(u32, u8),
}

/// All places, in chains.
pub(super) struct Fixups {
    /// Addresses and what the file holds there, in order.
    pub words: Vec<(u64, u64)>,
    /// The table that leads to the chains.
    pub table: Vec<u8>,
}

impl Fixups {
    /// Those from one address to another.
    pub fn within(&self, start: u64, end: u64) -> &[(u64, u64)] {
        let position = |address| self.words.partition_point(|(place, _)| *place < address);
        &self.words[position(start)..position(end)]
    }
}

/// What a distance in a chain is counted in.
const STRIDE: u64 = 4;

/// Lists the places, and chains them.
pub(super) fn collect(program: &Program<'_>, layout: &Layout) -> Result<Fixups> {
    let mut places = places(program, layout)?;
    places.sort_unstable_by_key(|(address, _)| *address);
    let mut words = Vec::with_capacity(places.len());
    for (position, &(address, value)) in places.iter().enumerate() {
        if address % STRIDE != 0 || address % layout.page > layout.page - SLOT {
            return Err(error("an address is at a place that is not aligned"));
        }
        let next = places.get(position + 1).filter(|(next, _)| next / layout.page == address / layout.page);
        let next = next.map_or(0, |(next, _)| (next - address) / STRIDE);
        if next == 1 {
            return Err(error("two addresses are at one place"));
        }
        let word = match value {
            // DYLD_CHAINED_PTR_64: 36 bits of the address, which is below 8 GiB.
            Value::Rebase(target) => target | next << 51,
            Value::Bind(ordinal, addend) => 1 << 63 | next << 51 | u64::from(addend) << 24 | u64::from(ordinal),
        };
        words.push((address, word));
    }
    let table = table(layout, &words)?;
    Ok(Fixups { words, table })
}

fn places(program: &Program<'_>, layout: &Layout) -> Result<Vec<(u64, Value)>> {
    let ordinal = |import: Import| {
        let lost = || error("an import has no ordinal, which is a defect of wasmc");
        layout.imports.binary_search(&import).map(|position| position as u32).map_err(|_| lost())
    };
    let mut places = Vec::new();
    for &import in &layout.slots {
        places.push((layout.slot(import)?, Value::Bind(ordinal(import)?, 0)));
    }
    // What debuggers read has the addresses that the executable would like to have.
    for section in layout.sections.iter().filter(|section| section.segment != SegmentKind::Dwarf) {
        for &(id, offset) in &section.atoms {
            for relocation in program.atom(id).relocations.iter().filter(|own| own.kind == Kind::Absolute) {
                let damaged = |what: &str| program.objects[id.object as usize].damaged(what);
                let value = match program.target(id.object, relocation.target)? {
                    Target::Absolute(_) => continue,
                    Target::Place(place) => {
                        let target = layout.address(place)?.wrapping_add_signed(relocation.addend);
                        if target >> 36 != 0 {
                            return Err(damaged("an address is far outside of the program"));
                        }
                        Value::Rebase(target)
                    }
                    Target::Import(import) => {
                        let addend = u8::try_from(relocation.addend);
                        Value::Bind(ordinal(import)?, addend.map_err(|_| damaged("an address is far from a function"))?)
                    }
                };
                if !matches!(section.content, Content::Atoms(Role::RelocatedReadOnly | Role::Writable)) {
                    return Err(damaged("an address is where dyld cannot write"));
                }
                places.push((section.address + offset + u64::from(relocation.offset), value));
            }
        }
    }
    Ok(places)
}

/// `dyld_chained_fixups_header` and what it leads to.
fn table(layout: &Layout, words: &[(u64, u64)]) -> Result<Vec<u8>> {
    const HEADER: usize = 28;
    // __PAGEZERO is the first segment, the tables' own the last.
    let segments = layout.segments.len() + 2;
    let mut starts = vec![0; 4 + 4 * segments];
    put(&mut starts, 0, segments as u32);
    for (number, segment) in layout.segments.iter().enumerate() {
        let end = segment.address + segment.size;
        let own: Vec<u64> = words
            .iter()
            .map(|(address, _)| *address)
            .filter(|address| (segment.address..end).contains(address))
            .collect();
        let Some(last) = own.last() else { continue };
        let pages = (last - segment.address) / layout.page + 1;
        let pages = u16::try_from(pages).map_err(|_| error("the program has too much data with addresses in it"))?;
        starts.resize(starts.len().next_multiple_of(8), 0);
        // From the start of this structure, `dyld_chained_starts_in_image`.
        let place = starts.len() as u32;
        put(&mut starts, 4 + 4 * (number + 1), place);
        starts.extend((22 + 2 * u32::from(pages)).to_le_bytes());
        starts.extend((layout.page as u16).to_le_bytes());
        starts.extend(macho::DYLD_CHAINED_PTR_64.0.to_le_bytes());
        starts.extend((segment.address - IMAGE_BASE).to_le_bytes());
        starts.extend(0u32.to_le_bytes());
        starts.extend(pages.to_le_bytes());
        for page in 0..u64::from(pages) {
            let page = segment.address + page * layout.page;
            let first = own[own.partition_point(|&address| address < page)..].first();
            let first = first.filter(|&&address| address < page + layout.page);
            let start = first.map_or(macho::DYLD_CHAINED_PTR_START_NONE, |address| (address - page) as u16);
            starts.extend(start.to_le_bytes());
        }
    }
    let mut imports = Vec::new();
    let mut names = vec![0];
    for import in &layout.imports {
        // DYLD_CHAINED_IMPORT: the library's ordinal, whether it may be missing, where the name is.
        imports.extend((1 | (names.len() as u32) << 9).to_le_bytes());
        names.extend(import.name().as_bytes());
        names.push(0);
    }
    let starts_at = HEADER.next_multiple_of(8);
    let imports_at = (starts_at + starts.len()).next_multiple_of(4);
    let names_at = imports_at + imports.len();
    let header = [
        0,
        starts_at as u32,
        imports_at as u32,
        names_at as u32,
        layout.imports.len() as u32,
        macho::DYLD_CHAINED_IMPORT.0,
        0,
    ];
    let mut table: Vec<u8> = header.iter().flat_map(|word| word.to_le_bytes()).collect();
    table.resize(starts_at, 0);
    table.extend(starts);
    table.resize(imports_at, 0);
    table.extend(imports);
    table.extend(names);
    Ok(table)
}

fn put(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}
