//! The functions that wasmc inlined somewhere: their entries and lines, wherever they are inlined.

use std::ops::Range;

use gimli::{AttributeValue, UnitOffset};
use rustc_hash::{FxHashMap, FxHashSet};

use super::addresses::{Addresses, address_range};
use super::lines::{Row, read_rows, rows_of};
use super::outline::{FunctionEntry, Outlines};
use super::record::Record;
use super::units::{OpenUnit, Unit, Units};
use crate::plan::{self, Plan};
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
        outlines: &Outlines,
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
                let functions = &outlines.of_unit(module, number).functions;
                let mut functions = functions.iter().filter(|function| wanted.contains(&function.position)).peekable();
                if functions.peek().is_some()
                    && let Ok(open) = units.open(number)
                {
                    let _ = search.unit(&open, addresses, functions);
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
            Some(&plan::Unit::Wasm { module, position }) if module == self.module => {
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
    fn unit<'f>(
        &mut self,
        open: &OpenUnit<'_, '_>,
        addresses: &Addresses<'_>,
        functions: impl Iterator<Item = &'f FunctionEntry>,
    ) -> gimli::Result<()> {
        let unit = &open.unit;
        let rows = read_rows(unit);
        for function in functions {
            let Some(body) = addresses.function_of(function.position) else { continue };
            let (unit, is_in_module) = (self.number, open.file.is_none());
            let rows = rows_of(&rows, &body.wasm);
            self.callees.push((function.position, Callee { unit, entry: function.offset, rows, is_in_module }));
            if is_in_module {
                self.references(&open.unit, function.offset)?;
            }
        }
        Ok(())
    }

    /// Finds what a function's entry and those in it refer to.
    fn references(&mut self, unit: &Unit<'_>, function: UnitOffset) -> gimli::Result<()> {
        let start = unit.header.debug_info_offset().map_or(0, |start| start.0 as u32);
        let mut reader = unit.entries_raw(Some(function))?;
        loop {
            if let Some(abbreviation) = reader.read_abbreviation()? {
                for specification in abbreviation.attributes() {
                    match reader.read_attribute(*specification)?.value() {
                        AttributeValue::UnitRef(target) => self.referenced.push(start + target.0 as u32),
                        AttributeValue::DebugInfoRef(target) => self.referenced.push(target.0 as u32),
                        _ => {}
                    }
                }
            }
            if reader.next_depth() <= 0 || reader.is_empty() {
                return Ok(());
            }
        }
    }
}
