//! What the debug information of a unit tells of its functions: which are inlined into them, and the lines.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use gimli::{AttributeValue, DwAt, UnitOffset, constants as dw};
use rustc_hash::FxHashMap;

use crate::debug::addresses::{Bodies, is_dead};
use crate::debug::expression::Reader;
use crate::debug::lines::{Files, Row, rows_of};
use crate::debug::outline::FunctionEntry;
use crate::debug::unit::NAMES_OF_MAIN;
use crate::demangle::demangle;

type Unit<'a> = gimli::Unit<Reader<'a>>;
type Header<'a> = gimli::UnitHeader<Reader<'a>>;
type Dwarf<'a> = gimli::Dwarf<Reader<'a>>;

/// References from entry to entry that are followed for a name.
const LONGEST_CHAIN: usize = 16;

/// What is known of a unit's functions.
pub(super) struct UnitSources {
    /// Names of the files that lines and calls are in.
    pub files: Vec<String>,
    pub functions: Vec<FunctionSources>,
}

/// What is known of a function.
pub(super) struct FunctionSources {
    /// In the code section.
    pub position: usize,
    pub name: Arc<str>,
    pub inlined: Vec<Inlined>,
    pub places: Vec<Place>,
}

/// A function that is inlined into another.
pub(super) struct Inlined {
    pub name: Arc<str>,
    /// Number, counted from 1, of the inlined function that it is in; 0 for the function itself.
    pub parent: u32,
    /// File and line of the call.
    pub file: u32,
    pub line: u32,
}

/// Where in the source the offsets from `address` on are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// In the code section.
    pub address: u32,
    /// Number, counted from 1, of the inlined function; 0 for the function itself.
    pub inlined: u32,
    pub file: u32,
    pub line: u32,
}

/// A function while its entries are read.
struct Open {
    position: usize,
    body: Range<u32>,
    name: Arc<str>,
    inlined: Vec<Inlined>,
    /// Where the code of each is.
    ranges: Vec<(Range<u64>, u32)>,
}

/// What is around an entry: a function, by its number among the unit's, and an inlined one in it.
#[derive(Clone, Copy, Default)]
struct Scope {
    function: Option<usize>,
    inlined: u32,
}

/// Names as they are read, by those that linkers know: units have many in common.
pub(super) type Demangled<'a> = FxHashMap<&'a [u8], Arc<str>>;

struct UnitReader<'r, 'a> {
    dwarf: &'r Dwarf<'a>,
    /// Of all units, by offset.
    headers: &'r [Header<'a>],
    unit: &'r Unit<'a>,
    /// Other units that names were looked up in, by offset.
    others: FxHashMap<usize, Option<Unit<'a>>>,
    /// Names found so far, by the entry's offset in the section.
    names: FxHashMap<usize, Option<Arc<str>>>,
    demangled: &'r mut Demangled<'a>,
    functions: Vec<Open>,
}

/// Reads a unit. Damage hides what is behind it.
#[expect(clippy::too_many_arguments, reason = "the parts of one unit")]
pub(super) fn read<'a>(
    dwarf: &Dwarf<'a>,
    headers: &[Header<'a>],
    unit: &Unit<'a>,
    functions: &[FunctionEntry],
    bodies: &Bodies,
    files: Files,
    rows: &[Row],
    demangled: &mut Demangled<'a>,
) -> UnitSources {
    let mut reader = UnitReader {
        dwarf,
        headers,
        unit,
        others: FxHashMap::default(),
        names: FxHashMap::default(),
        demangled,
        functions: Vec::new(),
    };
    // What was read before the damage is kept.
    for function in functions {
        let _ = reader.entries(function.offset, bodies);
    }
    let functions = reader.functions.into_iter().map(|open| {
        let places = places(&rows_of(rows, &open.body), &open.body, &open.ranges);
        FunctionSources { position: open.position, name: open.name, inlined: open.inlined, places }
    });
    let functions = functions.collect();
    UnitSources { files: (0..files.files.len()).map(|number| files.path(number)).collect(), functions }
}

impl<'a> UnitReader<'_, 'a> {
    /// Reads the entry of a function.
    fn entries(&mut self, function: UnitOffset, bodies: &Bodies) -> gimli::Result<()> {
        let mut raw = self.unit.entries_raw(Some(function))?;
        let mut scopes: Vec<Scope> = Vec::new();
        let mut attributes = Vec::new();
        while !raw.is_empty() {
            let Some(abbreviation) = raw.read_abbreviation()? else {
                scopes.pop();
                if scopes.is_empty() {
                    break;
                }
                continue;
            };
            let outer = scopes.last().copied().unwrap_or_default();
            let tag = abbreviation.tag();
            let has_children = abbreviation.has_children();
            let is_told = match tag {
                dw::DW_TAG_subprogram => true,
                // Those in functions that were thrown away are not.
                dw::DW_TAG_inlined_subroutine => outer.function.is_some(),
                _ => false,
            };
            let scope = if is_told {
                attributes.clear();
                for specification in abbreviation.attributes() {
                    attributes.push(raw.read_attribute(*specification)?);
                }
                self.function(tag == dw::DW_TAG_subprogram, &attributes, outer, bodies)
            } else {
                raw.skip_attributes(abbreviation.attributes())?;
                outer
            };
            if has_children {
                scopes.push(scope);
            } else if scopes.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Takes in a function, or one that is inlined into another; returns what is around its children.
    fn function(
        &mut self,
        is_subprogram: bool,
        attributes: &[gimli::Attribute<Reader<'a>>],
        outer: Scope,
        bodies: &Bodies,
    ) -> Scope {
        let value =
            |name: DwAt| attributes.iter().find(|attribute| attribute.name() == name).map(|found| found.value());
        let ranges = self.code_ranges(&value);
        let Some(first) = ranges.first() else { return if is_subprogram { Scope::default() } else { outer } };
        if is_subprogram {
            let Some((position, body)) = bodies.at(first.start) else { return Scope::default() };
            let name = self.name_in(self.unit, attributes, 0).unwrap_or_default();
            self.functions.push(Open { position, body, name, inlined: Vec::new(), ranges: Vec::new() });
            return Scope { function: Some(self.functions.len() - 1), inlined: 0 };
        }
        let Some(function) = outer.function else { return outer };
        let number = |name: DwAt| value(name).and_then(|value| value.udata_value()).map_or(0, |value| value as u32);
        let file = match value(dw::DW_AT_call_file) {
            Some(AttributeValue::FileIndex(file)) => file as u32,
            _ => number(dw::DW_AT_call_file),
        };
        let line = number(dw::DW_AT_call_line);
        let name = self.name_in(self.unit, attributes, 0).unwrap_or_default();
        // In bounds: scopes name functions that were added.
        let open = &mut self.functions[function];
        open.inlined.push(Inlined { name, parent: outer.inlined, file, line });
        let inlined = open.inlined.len() as u32;
        open.ranges.extend(ranges.into_iter().map(|range| (range, inlined)));
        Scope { function: Some(function), inlined }
    }

    /// Addresses of an entry's code.
    fn code_ranges(&self, value: &dyn Fn(DwAt) -> Option<AttributeValue<Reader<'a>>>) -> Vec<Range<u64>> {
        let address = |value| self.dwarf.attr_address(self.unit, value).ok().flatten();
        let mut found = Vec::new();
        if let Some(ranges) = value(dw::DW_AT_ranges) {
            if let Ok(Some(mut ranges)) = self.dwarf.attr_ranges(self.unit, ranges) {
                while let Ok(Some(range)) = ranges.next() {
                    found.push(range.begin..range.end);
                }
            }
        } else if let (Some(low), Some(high)) = (value(dw::DW_AT_low_pc).and_then(address), value(dw::DW_AT_high_pc)) {
            let size = high.udata_value().and_then(|size| low.checked_add(size));
            found.extend(address(high).or(size).map(|end| low..end));
        }
        found.retain(|range| !is_dead(range.start));
        found
    }

    /// The name of an entry, or of the one that it is a part or a copy of.
    fn name_of(&mut self, unit: &Unit<'a>, offset: UnitOffset, depth: usize) -> Option<Arc<str>> {
        let key = unit.header.debug_info_offset()?.0 + offset.0;
        if let Some(known) = self.names.get(&key) {
            return known.clone();
        }
        let name = self.find_name(unit, offset, depth);
        self.names.insert(key, name.clone());
        name
    }

    fn find_name(&mut self, unit: &Unit<'a>, offset: UnitOffset, depth: usize) -> Option<Arc<str>> {
        if depth == LONGEST_CHAIN {
            return None;
        }
        let mut reader = unit.entries_raw(Some(offset)).ok()?;
        let abbreviation = reader.read_abbreviation().ok()??;
        let attributes = abbreviation.attributes().iter().map(|specification| reader.read_attribute(*specification));
        let attributes: Vec<_> = attributes.collect::<gimli::Result<_>>().ok()?;
        self.name_in(unit, &attributes, depth)
    }

    /// The name of an entry with these attributes.
    fn name_in(
        &mut self,
        unit: &Unit<'a>,
        attributes: &[gimli::Attribute<Reader<'a>>],
        depth: usize,
    ) -> Option<Arc<str>> {
        let value =
            |name: DwAt| attributes.iter().find(|attribute| attribute.name() == name).map(|found| found.value());
        let text = |name: DwAt| {
            let text = self.dwarf.attr_string(unit, value(name)?).ok()?;
            let is_plain = name == dw::DW_AT_name || !NAMES_OF_MAIN.contains(&text.slice());
            is_plain.then(|| text.slice())
        };
        let linkage = text(dw::DW_AT_linkage_name).or_else(|| text(dw::DW_AT_MIPS_linkage_name));
        if let Some(linkage) = linkage {
            let demangled = || demangle(&String::from_utf8_lossy(linkage)).into();
            return Some(self.demangled.entry(linkage).or_insert_with(demangled).clone());
        }
        let plain = text(dw::DW_AT_name);
        let origin = value(dw::DW_AT_abstract_origin).or_else(|| value(dw::DW_AT_specification));
        let of_origin = match origin {
            Some(AttributeValue::UnitRef(offset)) => self.name_of(unit, offset, depth + 1),
            Some(AttributeValue::DebugInfoRef(offset)) => self.name_in_section(offset.0, depth + 1),
            _ => None,
        };
        of_origin.or_else(|| Some(String::from_utf8_lossy(plain?).into()))
    }

    /// The name of an entry of any unit, by its offset in the section.
    fn name_in_section(&mut self, offset: usize, depth: usize) -> Option<Arc<str>> {
        let start = |header: &Header<'_>| header.debug_info_offset().map(|start| start.0);
        let next = self.headers.partition_point(|header| start(header).is_some_and(|start| start <= offset));
        let header = *self.headers.get(next.checked_sub(1)?)?;
        let begin = start(&header)?;
        // Taken out while it is used, so that looking further is free to use the others.
        let unit = match self.others.remove(&begin) {
            Some(known) => known,
            None => self.dwarf.unit(header).ok(),
        };
        let name = unit.as_ref().and_then(|unit| self.name_of(unit, UnitOffset(offset - begin), depth));
        self.others.insert(begin, unit);
        name
    }
}

/// Puts lines and inlined functions together: what holds from each address of the body on.
fn places(rows: &[Row], body: &Range<u32>, ranges: &[(Range<u64>, u32)]) -> Vec<Place> {
    let inside = |address: u64| address.clamp(body.start.into(), body.end.into()) as u32;
    // Where an inlined function begins (true) and ends.
    let mut edges: Vec<(u32, bool, u32)> = Vec::new();
    for (range, inlined) in ranges {
        let (start, end) = (inside(range.start), inside(range.end));
        if start < end {
            edges.extend([(start, true, *inlined), (end, false, *inlined)]);
        }
    }
    edges.sort_unstable();
    let (mut rows, mut edges) = (rows.iter().peekable(), edges.iter().peekable());
    // Those around the address, with how many of their ranges are; an inner one's number is higher than an outer one's.
    let mut around: BTreeMap<u32, u32> = BTreeMap::new();
    let mut row: Option<&Row> = None;
    let mut places: Vec<Place> = Vec::new();
    // Both are sorted.
    while let Some(address) =
        rows.peek().map(|row| row.address).into_iter().chain(edges.peek().map(|edge| edge.0)).min()
    {
        while let Some((_, begins, inlined)) = edges.next_if(|edge| edge.0 <= address) {
            let count = around.entry(*inlined).or_default();
            *count = if *begins { *count + 1 } else { count.saturating_sub(1) };
            if *count == 0 {
                around.remove(inlined);
            }
        }
        while let Some(next) = rows.next_if(|row| row.address <= address) {
            row = Some(next);
        }
        let Some(row) = row else { continue };
        let inlined = around.last_key_value().map_or(0, |(inlined, _)| *inlined);
        let place = Place { address, inlined, file: row.file, line: row.line };
        if places.last().is_none_or(|last| Place { address, ..*last } != place) {
            places.push(place);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_inlined_function_holds() {
        let row = |address, line| Row {
            address,
            file: 1,
            line,
            column: 0,
            discriminator: 0,
            is_stmt: true,
            prologue_end: false,
            epilogue_begin: false,
            end_sequence: false,
        };
        let rows = [row(12, 3), row(20, 4), row(30, 4)];
        // The second is in the first; part of the first is outside of the body.
        let ranges = [(15..28, 1), (18..22, 2), (40..400, 1), (50..50, 2)];
        let found: Vec<_> = places(&rows, &(10..60), &ranges)
            .into_iter()
            .map(|place| (place.address, place.inlined, place.line))
            .collect();
        let expected = [(12, 0, 3), (15, 1, 3), (18, 2, 3), (20, 2, 4), (22, 1, 4), (28, 0, 4), (40, 1, 4), (60, 0, 4)];
        assert_eq!(found, expected);
        assert!(places(&[], &(10..60), &ranges).is_empty());
    }
}
