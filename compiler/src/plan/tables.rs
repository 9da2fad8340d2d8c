//! Finds the tables whose contents never change: their elements stand in read-only data, code and type side by side.

use std::collections::HashSet;

use super::definitions::{Definition, Definitions, Owner};
use super::places::Context;
use super::reach::{Unit, Units};
use super::values::ConstantValue;
use crate::module::{BodyFacts, Module, SegmentMode};

/// A larger table is not laid out at build time.
const LARGEST_STATIC: u64 = 1 << 22;

/// For each table of each module (by table index), its elements if they never change; `None` for imported tables too.
pub(super) fn static_contents(context: &Context<'_, '_>) -> Vec<Vec<Option<Vec<Option<Definition>>>>> {
    let Context { modules, definitions, values, types, .. } = *context;
    let changing = changing_tables(modules, context.facts, definitions, context.units);
    let contents = |number: usize, index: u32| {
        let module = &modules[number];
        let table = &module.tables[index as usize];
        let owner = Owner { module: number, index };
        let eligible = definitions.table(number, index) == owner
            && !changing.contains(&owner)
            && types.is_function(types.heap(number, table.ty.element_type.heap_type()))
            && table.ty.initial <= LARGEST_STATIC;
        if !eligible {
            return None;
        }
        let function = |value| match value {
            ConstantValue::Function(definition) => Some(definition),
            _ => None,
        };
        let first = table.init.as_ref().and_then(|init| function(values.of(number, init, definitions)));
        let mut elements = vec![first; table.ty.initial as usize];
        for segment in &module.elements {
            if let SegmentMode::Active { index: target, offset } = &segment.mode
                && *target == index
            {
                let start = values.of(number, offset, definitions).unsigned();
                let end = start.checked_add(segment.items.len() as u64)?;
                // A segment that does not fit traps when the module is instantiated.
                let room = elements.get_mut(usize::try_from(start).ok()?..usize::try_from(end).ok()?)?;
                for (element, item) in room.iter_mut().zip(&segment.items) {
                    *element = function(values.of(number, item, definitions));
                }
            }
        }
        Some(elements)
    };
    (0..modules.len())
        .map(|number| (0..modules[number].tables.len() as u32).map(|index| contents(number, index)).collect())
        .collect()
}

/// Tables that code changes, or reads as references, or that another module's segments fill.
fn changing_tables(
    modules: &[Module<'_>],
    facts: &[Vec<BodyFacts>],
    definitions: &Definitions,
    units: &Units,
) -> HashSet<Owner> {
    let mut changing = HashSet::new();
    for (number, module) in modules.iter().enumerate() {
        for (position, facts) in facts[number].iter().enumerate() {
            if units.id(Unit::Wasm { module: number, position }).is_some() {
                let used = facts.tables_written.iter().chain(&facts.tables_read);
                changing.extend(used.map(|&table| definitions.table(number, table)));
            }
        }
        for segment in &module.elements {
            if let SegmentMode::Active { index, .. } = segment.mode {
                let owner = definitions.table(number, index);
                if owner.module != number {
                    changing.insert(owner);
                }
            }
        }
    }
    changing
}
