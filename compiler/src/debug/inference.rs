//! Where a variable is although the input's location list does not say so.
//!
//! LLVM's back end for WebAssembly ends a variable's location where it knows less than the code shows: where blocks end,
//! at the heads of loops, and where a value leaves the operand stack. What is added here:
//! - A parameter has its first known value from the start of its scope on.
//! - A variable is in a local wherever that local holds a value which the variable is known to have, or one that control
//!   flow merges from such; provided that every instruction in the scope which changes the local gives the variable its
//!   new value, so that the local is nothing but the variable's place.
//! - A value that was an operand is the variable's up to the end of its block.
//!
//! Where the list says that the variable is something else, that holds until the next of its entries.

use std::collections::HashSet;
use std::ops::Range;

use cranelift_codegen::ir::Value;

use super::wanted::{Binding, Home, WantedVariable};

/// What is known of a local in a body: all in source locations.
pub(super) struct LocalValues<'v> {
    /// What it is from each of these on.
    pub values: &'v [(u32, Option<Value>)],
    /// Where it gets other values.
    pub definitions: &'v [u32],
}

impl LocalValues<'_> {
    fn at(&self, location: u32) -> Option<Value> {
        let next = self.values.partition_point(|(from, _)| *from <= location);
        self.values[..next].last().and_then(|(_, value)| *value)
    }
}

/// What is asked of the body's values.
pub(super) trait Values {
    /// A local of the body.
    fn local(&self, local: u32) -> Option<LocalValues<'_>>;
    /// An operand at a source location.
    fn operand(&self, location: u32, height: u32) -> Option<Value>;
    /// Values that control flow merges into a parameter of a block.
    fn merged(&self, value: Value) -> &[Value];
    /// The source location at which the block ends that a source location is in.
    fn block_end(&self, location: u32) -> u32;
}

/// What a variable is from each of these source locations on; the variable's addresses are source locations too.
pub(super) fn infer(variable: &WantedVariable, values: &dyn Values) -> Vec<(u32, Option<Value>)> {
    let mut parts: Vec<(Range<u32>, Value)> = Vec::new();
    let value_of = |binding: &Binding| match binding.home {
        Home::Local(local) => values.local(local)?.at(binding.range.start),
        Home::Operand(height) => values.operand(binding.range.start, height),
        Home::Other => None,
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
    parts.extend(in_home(variable, values, &value_of));
    flatten(parts)
}

fn is_inside_binding(variable: &WantedVariable, address: u32) -> bool {
    variable.bindings.iter().any(|binding| binding.range.contains(&address))
}

/// Parts of the scope in which a local is the variable's.
fn in_home(
    variable: &WantedVariable,
    values: &dyn Values,
    value_of: &dyn Fn(&Binding) -> Option<Value>,
) -> Vec<(Range<u32>, Value)> {
    let mut homes = variable.bindings.iter().filter_map(|binding| match binding.home {
        Home::Local(local) => Some(local),
        _ => None,
    });
    let Some(local) = homes.next() else { return Vec::new() };
    if homes.any(|other| other != local) {
        return Vec::new();
    }
    let Some(home) = values.local(local) else { return Vec::new() };
    let in_scope = |location: u32| variable.scope.iter().any(|scope| scope.contains(&location));
    // Each change is followed by the variable's being there.
    let is_bound = |location: u32| {
        variable.bindings.iter().any(|binding| {
            let start = binding.range.start;
            matches!(binding.home, Home::Local(_)) && (start == location || start == location + 1)
        })
    };
    if home.definitions.iter().any(|from| in_scope(from - 1) && !is_bound(*from)) {
        return Vec::new();
    }
    let mut own: HashSet<Value> = variable.bindings.iter().filter_map(value_of).collect();
    loop {
        let more: Vec<Value> = home
            .values
            .iter()
            .filter(|(from, _)| in_scope(*from))
            .filter_map(|(_, value)| *value)
            .filter(|value| !own.contains(value) && values.merged(*value).iter().any(|merged| own.contains(merged)))
            .collect();
        if more.is_empty() {
            break;
        }
        own.extend(more);
    }
    let mut parts = Vec::new();
    for scope in &variable.scope {
        for (number, (from, value)) in home.values.iter().enumerate() {
            let to = home.values.get(number + 1).map_or(u32::MAX, |(next, _)| *next);
            let part = (*from).max(scope.start)..to.min(scope.end);
            if let Some(value) = value.filter(|value| own.contains(value) && part.start < part.end) {
                parts.extend(without_others(variable, part).into_iter().map(|part| (part, value)));
            }
        }
    }
    parts
}

/// What is left of a range without what follows entries that say something else.
fn without_others(variable: &WantedVariable, range: Range<u32>) -> Vec<Range<u32>> {
    let mut left = Vec::new();
    let mut start = range.start;
    let mut is_other = false;
    for binding in &variable.bindings {
        let at = binding.range.start;
        if at >= range.end {
            break;
        }
        if at > start && !is_other {
            left.push(start..at);
        }
        start = start.max(at);
        is_other = binding.home == Home::Other;
    }
    if !is_other {
        left.push(start..range.end);
    }
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
