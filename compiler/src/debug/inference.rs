//! Where a variable is although the input's location list does not say so.
//!
//! LLVM's back end for WebAssembly ends a variable's location where it knows less than the code shows: where blocks end,
//! at the heads of loops, and where a value leaves the operand stack. What is added here:
//! - A parameter has its first known value from the start of its scope on.
//! - A variable is in a local that it is known to be in at times wherever that holds a value which the variable is known to
//!   have, or one that control flow merges from such and others, as at the heads of loops.
//! - A value that was an operand is the variable's up to the end of its block.
//!
//! Where the list says that the variable is something else, that holds until the next of its entries.

use std::ops::Range;

use cranelift_codegen::ir::Value;
use rustc_hash::FxHashSet;

use super::wanted::{Binding, Home, WantedVariable};

/// What a local is at a source location.
fn at(values: &[(u32, Option<Value>)], location: u32) -> Option<Value> {
    let next = values.partition_point(|(from, _)| *from <= location);
    values[..next].last().and_then(|(_, value)| *value)
}

/// What a local is, from each of its changes to the next.
fn stretches(values: &[(u32, Option<Value>)]) -> impl Iterator<Item = (Range<u32>, Option<Value>)> {
    let ends = values.iter().skip(1).map(|(from, _)| *from).chain([u32::MAX]);
    values.iter().zip(ends).map(|((from, value), to)| (*from..to, *value))
}

/// What is asked of the body's values.
pub(super) trait Values {
    /// What a local of the body is from each of these source locations on.
    fn local(&self, local: u32) -> Option<&[(u32, Option<Value>)]>;
    /// An operand at a source location.
    fn operand(&self, location: u32, height: u32) -> Option<Value>;
    /// Values that control flow merges into a parameter of a block.
    fn merged(&self, value: Value) -> &[Value];
    /// Whether a value is always the same, and none of these integers, of which the lower bits count if it has fewer.
    fn is_none_of(&self, value: Value, constants: &[i64]) -> bool;
    /// Whether a value is always the same.
    fn is_constant(&self, value: Value) -> bool;
    /// The first source location at which control flow merges a value with others into something that is not among `own`.
    fn mixed_from(&self, value: Value, own: &FxHashSet<Value>) -> Option<u32>;
    /// The source location at which the block ends that a source location is in.
    fn block_end(&self, location: u32) -> u32;
}

/// What a variable is from each of these source locations on; the variable's addresses are source locations too.
pub(super) fn infer(variable: &WantedVariable, values: &dyn Values) -> Vec<(u32, Option<Value>)> {
    let mut parts: Vec<(Range<u32>, Value)> = Vec::new();
    let value_of = |binding: &Binding| match binding.home {
        Home::Local(local) => at(values.local(local)?, binding.range.start),
        Home::Operand(height) => values.operand(binding.range.start, height),
        Home::Constant(_) | Home::Other => None,
    };
    for scope in &variable.scope {
        let inside = |binding: &&Binding| scope.contains(&binding.range.start);
        let first = variable.bindings.iter().find(inside);
        if let Some(first) = first.filter(|first| variable.is_parameter && first.range.start > scope.start)
            && let Some(value) = value_of(first)
            && !is_inside_binding(variable, scope.start)
        {
            parts.push((scope.start..first.range.start, value));
        }
    }
    for (number, binding) in variable.bindings.iter().enumerate() {
        if let (Home::Operand(_), Some(value)) = (binding.home, value_of(binding)) {
            let next = variable.bindings.get(number + 1).map_or(u32::MAX, |next| next.range.start);
            let scope = variable.scope.iter().find(|scope| scope.contains(&binding.range.start));
            let end = values.block_end(binding.range.start).min(next);
            let end = end.min(scope.map_or(0, |scope| scope.end));
            let start = binding.range.end;
            if start < end {
                parts.push((start..end, value));
            }
        }
    }
    parts.extend(in_homes(variable, values, &value_of));
    parts.extend(unchanged(variable, values, &value_of));
    flatten(parts)
}

/// Parts of the scope in which a variable is what it is known to be at times, if that is always the same and never merged with
/// anything: from the first of those times on, and a parameter from the start.
fn unchanged(
    variable: &WantedVariable,
    values: &dyn Values,
    value_of: &dyn Fn(&Binding) -> Option<Value>,
) -> Vec<(Range<u32>, Value)> {
    let mut known = variable.bindings.iter().map(value_of);
    let Some(only) = known.next().flatten() else { return Vec::new() };
    let is_changed = || values.is_constant(only) || values.mixed_from(only, &FxHashSet::default()).is_some();
    if known.any(|other| other != Some(only)) || is_changed() {
        return Vec::new();
    }
    let first = variable.bindings.first().map_or(0, |first| first.range.start);
    let starts = |scope: &Range<u32>| if variable.is_parameter { scope.start } else { scope.start.max(first) };
    let parts = variable.scope.iter().map(|scope| (starts(scope)..scope.end, only));
    parts.filter(|(part, _)| part.start < part.end).collect()
}

fn is_inside_binding(variable: &WantedVariable, address: u32) -> bool {
    variable.bindings.iter().any(|binding| binding.range.contains(&address))
}

/// Parts of the scope in which locals hold values that are the variable's.
fn in_homes(
    variable: &WantedVariable,
    values: &dyn Values,
    value_of: &dyn Fn(&Binding) -> Option<Value>,
) -> Vec<(Range<u32>, Value)> {
    let mut homes: Vec<u32> = variable.bindings.iter().filter_map(|binding| binding.home.local()).collect();
    homes.sort_unstable();
    homes.dedup();
    let locals: Vec<&[(u32, Option<Value>)]> = homes.iter().filter_map(|home| values.local(*home)).collect();
    let mut own: FxHashSet<Value> = variable.bindings.iter().filter_map(value_of).collect();
    loop {
        let more: Vec<Value> = locals
            .iter()
            .flat_map(|local| stretches(local))
            .filter(|(part, _)| variable.scope.iter().any(|scope| scope.start < part.end && part.start < scope.end))
            .filter_map(|(_, value)| value)
            .filter(|value| !own.contains(value) && merges(variable, values, &own, *value))
            .collect();
        if more.is_empty() {
            break;
        }
        own.extend(more);
    }
    let mut parts = Vec::new();
    for (scope, local) in variable.scope.iter().flat_map(|scope| locals.iter().map(move |local| (scope, local))) {
        for (part, value) in stretches(local) {
            let mut part = part.start.max(scope.start)..part.end.min(scope.end);
            if let Some(value) = value.filter(|value| own.contains(value) && part.start < part.end) {
                // From there on the variable may be what was merged.
                part.end = values.mixed_from(value, &own).map_or(part.end, |from| part.end.min(from.max(part.start)));
                parts.extend(without_others(variable, part).into_iter().map(|part| (part, value)));
            }
        }
    }
    parts
}

/// Whether control flow merges a value from some that are the variable's, and from none that it cannot have been: where
/// the list knows which constants it is at times, other constants are not it.
fn merges(variable: &WantedVariable, values: &dyn Values, own: &FxHashSet<Value>, value: Value) -> bool {
    let merged = values.merged(value);
    let constants: Vec<i64> = variable.bindings.iter().filter_map(|binding| binding.home.constant()).collect();
    merged.iter().any(|merged| own.contains(merged))
        && (constants.is_empty() || !merged.iter().any(|merged| values.is_none_of(*merged, &constants)))
}

/// The parts of a range in which the list does not say that the variable has become something else: what it was before
/// counts no more where a local gets a newer value.
fn without_others(variable: &WantedVariable, range: Range<u32>) -> Vec<Range<u32>> {
    let mut left = Vec::new();
    let mut start = Some(range.start);
    for binding in variable.bindings.iter().filter(|binding| range.contains(&binding.range.start)) {
        let at = binding.range.start;
        left.extend(start.filter(|start| *start < at).map(|start| start..at));
        start = (!binding.home.is_elsewhere()).then_some(at);
    }
    left.extend(start.map(|start| start..range.end));
    left
}

/// Parts as what holds from each source location on; of several that overlap the first counts.
fn flatten(mut parts: Vec<(Range<u32>, Value)>) -> Vec<(u32, Option<Value>)> {
    parts.sort_by_key(|(range, _)| range.start);
    let mut values: Vec<(u32, Option<Value>)> = Vec::new();
    let mut end = 0;
    for (range, value) in parts {
        let start = range.start.max(end);
        if start >= range.end {
            continue;
        }
        if start > end && !values.is_empty() {
            values.push((end, None));
        }
        values.push((start, Some(value)));
        end = range.end;
    }
    if !values.is_empty() {
        values.push((end, None));
    }
    values
}
