//! The functions that wasmc inlined somewhere: their entries and lines, wherever they are inlined.

use std::ops::Range;

use gimli::{AttributeValue, UnitOffset, constants as dw};
use rustc_hash::{FxHashMap, FxHashSet};

use super::addresses::{Addresses, address_range};
use super::lines::{Row, read_rows, rows_of};
use super::record::Record;
use super::units::{OpenUnit, Units};
use crate::plan::{Plan, Unit};
use crate::translate::InlinedBody;
use crate::{Result, parallel};

/// A function that is inlined somewhere.
pub(super) struct Callee {
    /// The number of its unit.
    pub unit: usize,
    /// Its entry, with code of its own.
    pub entry: UnitOffset,
    /// The lines of its body, with the numbers that files have in its unit.
    pub rows: Vec<Row>,
    /// Its unit is in the module itself, where other units can refer to it.
    is_in_module: bool,
}

/// All of them in a module.
pub(super) struct Callees<'p, 'a> {
    plan: &'p Plan<'a>,
    module: usize,
    /// By their position in the code section.
    callees: FxHashMap<usize, Callee>,
    /// Sorted: their units and entries.
    entries: Vec<(usize, u32)>,
    /// Sorted: entries that they refer to, by offset in `.debug_info`.
    referenced: Vec<u32>,
}

impl<'p, 'a> Callees<'p, 'a> {
    /// Finds them. What is damaged is not searched further.
    pub fn of(
        plan: &'p Plan<'a>,
        module: usize,
        units: &Units<'a>,
        addresses: &Addresses<'_>,
        jobs: usize,
    ) -> Result<Callees<'p, 'a>> {
        let mut found =
            Callees { plan, module, callees: FxHashMap::default(), entries: Vec::new(), referenced: Vec::new() };
        let inlined = addresses.functions().iter().flat_map(|function| &function.record.inlined);
        let wanted: FxHashSet<usize> = inlined.filter_map(|body| Some(found.position_of(body)?.0)).collect();
        if wanted.is_empty() {
            return Ok(found);
        }
        parallel::in_order(
            units.len(),
            jobs,
            || (),
            |(), number| {
                let mut search = Search { number, callees: Vec::new(), referenced: Vec::new() };
                if let Ok(open) = units.open(number)
                    && !open.is_copy
                {
                    let _ = search.unit(&open, addresses, &wanted);
                }
                Ok(search)
            },
            |_, search| {
                found.entries.extend(search.callees.iter().map(|(_, callee)| (callee.unit, callee.entry.0 as u32)));
                found.callees.extend(search.callees);
                found.referenced.extend(search.referenced);
                Ok(())
            },
        )?;
        found.entries.sort_unstable();
        found.referenced.sort_unstable();
        Ok(found)
    }

    /// The position in the module's code section of an inlined body, and its addresses.
    pub fn position_of(&self, inlined: &InlinedBody) -> Option<(usize, Range<u32>)> {
        match self.plan.units.list.get(inlined.function.0 as usize) {
            Some(&Unit::Wasm { module, position }) if module == self.module => {
                Some((position, address_range(self.plan, module, position)))
            }
            _ => None,
        }
    }

    /// The function at a position in the code section.
    pub fn at(&self, position: usize) -> Option<&Callee> {
        self.callees.get(&position)
    }

    /// The function whose body stands in another, by its number there.
    pub fn of_body(&self, record: &Record, body: u32) -> Option<&Callee> {
        let inlined = record.inlined.get(body.checked_sub(1)? as usize)?;
        self.at(self.position_of(inlined)?.0)
    }

    /// Whether a unit's entry is that of such a function.
    pub fn has_entry(&self, unit: usize, entry: UnitOffset) -> bool {
        self.entries.binary_search(&(unit, entry.0 as u32)).is_ok()
    }

    /// Whether one of them refers to the entry at an offset in `.debug_info`.
    pub fn refer_to(&self, entry: u32) -> bool {
        self.referenced.binary_search(&entry).is_ok()
    }

    /// The numbers of the other units whose functions are inlined into those of a unit.
    pub fn others(&self, number: usize, open: &OpenUnit<'_, 'a>, addresses: &Addresses<'_>) -> Vec<usize> {
        let mut others = Vec::new();
        if self.callees.is_empty() || open.file.is_some() {
            return others;
        }
        let Ok(mut ranges) = open.dwarf.unit_ranges(&open.unit) else { return others };
        while let Ok(Some(range)) = ranges.next() {
            for function in addresses.functions_in(&(range.begin..range.end)) {
                let callees =
                    (1..=function.record.inlined.len() as u32).filter_map(|body| self.of_body(function.record, body));
                others.extend(callees.filter(|callee| callee.is_in_module).map(|callee| callee.unit));
            }
        }
        others.sort_unstable();
        others.dedup();
        others.retain(|other| *other != number);
        others
    }
}

/// What is found in one unit.
struct Search {
    number: usize,
    callees: Vec<(usize, Callee)>,
    referenced: Vec<u32>,
}

impl Search {
    fn unit(
        &mut self,
        open: &OpenUnit<'_, '_>,
        addresses: &Addresses<'_>,
        wanted: &FxHashSet<usize>,
    ) -> gimli::Result<()> {
        let unit = &open.unit;
        let start = unit.header.debug_info_offset().map_or(0, |start| start.0 as u32);
        let mut reader = unit.entries_raw(None)?;
        let mut rows = None;
        // Inside the entry of such a function, at this depth.
        let mut inside: Option<isize> = None;
        while !reader.is_empty() {
            let (offset, depth) = (reader.next_offset(), reader.next_depth());
            let Some(abbreviation) = reader.read_abbreviation()? else { continue };
            inside = inside.filter(|around| depth > *around);
            let is_function = abbreviation.tag() == dw::DW_TAG_subprogram;
            if !is_function && inside.is_none() {
                reader.skip_attributes(abbreviation.attributes())?;
                continue;
            }
            let mut referenced = Vec::new();
            for specification in abbreviation.attributes() {
                let attribute = reader.read_attribute(*specification)?;
                match attribute.value() {
                    AttributeValue::UnitRef(target) => referenced.push(start + target.0 as u32),
                    AttributeValue::DebugInfoRef(target) => referenced.push(target.0 as u32),
                    value if is_function && attribute.name() == dw::DW_AT_low_pc => {
                        if let Some(low) = open.dwarf.attr_address(unit, value)?
                            && let Some(function) = addresses.function_from(low)
                            && wanted.contains(&function.position)
                        {
                            let rows = rows_of(rows.get_or_insert_with(|| read_rows(unit)), &function.wasm);
                            let (unit, is_in_module) = (self.number, open.file.is_none());
                            self.callees.push((function.position, Callee { unit, entry: offset, rows, is_in_module }));
                            inside = Some(depth);
                        }
                    }
                    _ => {}
                }
            }
            if inside.is_some() && open.file.is_none() {
                self.referenced.extend(referenced);
            }
        }
        Ok(())
    }
}
