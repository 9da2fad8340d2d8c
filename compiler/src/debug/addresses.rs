//! From addresses in a module's code section, as its DWARF has them, to the machine code made of it.

use std::ops::Range;

use super::record::Record;
use crate::object::Text;
use crate::plan::{Plan, Unit};

/// A function with code.
pub(super) struct Function<'t> {
    /// Its body, in bytes from the start of the code section's contents.
    pub wasm: Range<u32>,
    /// Its machine code, in bytes from the start of the text section.
    pub text: Range<u32>,
    pub record: &'t Record,
    /// Its module's, and its position in the code section.
    pub module: usize,
    pub position: usize,
}

impl Function<'_> {
    /// Offsets in the text section, ascending, and addresses in the code section: what holds from there to the next.
    /// The first is that of the entry.
    pub fn origins(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let (text, wasm) = (self.text.start, self.wasm.start);
        let mut origins = self.record.origins().map(move |(native, body)| (text + native, wasm + body)).peekable();
        let has_entry = origins.peek().is_some_and(|(native, _)| *native == text);
        (!has_entry).then_some((text, wasm)).into_iter().chain(origins)
    }

    /// Whether an address is that of the body or of its size, a number in up to five bytes.
    pub fn begins_at(&self, address: u64) -> bool {
        let start = u64::from(self.wasm.start);
        (start.saturating_sub(5)..=start).contains(&address)
    }
}

/// Answers which machine code was made of parts of functions. Questions about one function come behind one another, so it
/// remembers one.
#[derive(Default)]
pub(super) struct Spans {
    /// Where that function's machine code begins.
    function: Option<u32>,
    /// Its machine code, piece by piece, by the address that the piece was made of.
    pieces: Vec<(u32, Range<u32>)>,
}

impl Spans {
    /// The machine code of a range of addresses: offsets in the text section, sorted.
    pub fn of(&mut self, addresses: &Addresses<'_>, range: &Range<u64>) -> Vec<Range<u32>> {
        let mut spans = Vec::new();
        for function in addresses.functions_in(range) {
            if range.start <= u64::from(function.wasm.start) && range.end >= u64::from(function.wasm.end) {
                spans.push(function.text.clone());
                continue;
            }
            self.remember(function);
            let start = self.pieces.partition_point(|(origin, _)| u64::from(*origin) < range.start);
            let inside = self.pieces[start..].iter().take_while(|(origin, _)| u64::from(*origin) < range.end);
            spans.extend(inside.map(|(_, text)| text.clone()));
        }
        merge(&mut spans);
        spans
    }

    fn remember(&mut self, function: &Function<'_>) {
        if self.function.replace(function.text.start) == Some(function.text.start) {
            return;
        }
        self.pieces.clear();
        let mut origins = function.origins().peekable();
        while let Some((start, origin)) = origins.next() {
            let end = origins.peek().map_or(function.text.end, |next| next.0);
            if start < end {
                self.pieces.push((origin, start..end));
            }
        }
        self.pieces.sort_unstable_by_key(|(origin, text)| (*origin, text.start));
    }
}

/// Sorts ranges, and makes one of those that touch or overlap.
pub(super) fn merge(ranges: &mut Vec<Range<u32>>) {
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, range| {
        let joins = next.start <= range.end;
        if joins {
            range.end = range.end.max(next.end);
        }
        joins
    });
}

/// Whether an address is the one that linkers give to functions which they leave out. The code section's contents begin
/// with the number of functions, so that no function is there.
pub(super) fn is_dead(address: u64) -> bool {
    address == 0
}

/// All functions of a module that have code.
pub(super) struct Addresses<'t> {
    /// Sorted by address.
    functions: Vec<Function<'t>>,
}

impl<'t> Addresses<'t> {
    /// Collects a module's functions.
    pub fn of(plan: &Plan<'_>, text: &'t Text, module: usize) -> Addresses<'t> {
        let parsed = &plan.modules[module];
        let mut functions = Vec::new();
        for (position, body) in parsed.bodies.iter().enumerate() {
            let range = body.code.range();
            let start = (range.start as u32).wrapping_sub(parsed.code_start);
            let wasm = start..start + (range.end - range.start) as u32;
            if let Some(unit) = plan.units.id(Unit::Wasm { module, position })
                && let Some((text, record)) = text.recorded(unit)
            {
                functions.push(Function { wasm, text, record, module, position });
            }
        }
        Addresses { functions }
    }

    /// All functions, by address.
    pub fn functions(&self) -> &[Function<'t>] {
        &self.functions
    }

    /// The function whose body has this address.
    pub fn function_at(&self, address: u64) -> Option<&Function<'t>> {
        let next = self.functions.partition_point(|function| u64::from(function.wasm.start) <= address);
        self.functions[..next].last().filter(|function| address < u64::from(function.wasm.end))
    }

    /// The function that an entry for one with this address is about: some producers count the body's size, which stands in
    /// front of it, to the function.
    pub fn function_from(&self, address: u64) -> Option<&Function<'t>> {
        if is_dead(address) {
            return None;
        }
        self.function_at(address)
            .or_else(|| self.function_at(address + 5).filter(|function| function.begins_at(address)))
    }

    /// The functions with a part in a range.
    pub fn functions_in(&self, range: &Range<u64>) -> &[Function<'t>] {
        if is_dead(range.start) {
            return &[];
        }
        let start = self.functions.partition_point(|function| u64::from(function.wasm.end) <= range.start);
        let end = self.functions.partition_point(|function| u64::from(function.wasm.start) < range.end);
        self.functions.get(start..end).unwrap_or(&[])
    }

    /// The first instruction that was made of what is at an address: an offset in the text section.
    pub fn instruction_at(&self, address: u64) -> Option<u32> {
        let function = self.function_at(address)?;
        function.origins().find(|(_, origin)| u64::from(*origin) >= address).map(|(text, _)| text)
    }
}

/// The common parts of two sorted lists of ranges.
pub(super) fn intersection(left: &[Range<u32>], right: &[Range<u32>]) -> Vec<Range<u32>> {
    let mut common = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let (Some(a), Some(b)) = (left.get(i), right.get(j)) {
        let both = a.start.max(b.start)..a.end.min(b.end);
        if both.start < both.end {
            common.push(both);
        }
        if a.end < b.end { i += 1 } else { j += 1 }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::debug::record::Locals;

    #[test]
    fn no_function_is_where_linkers_put_those_that_they_leave_out() {
        let record = Record { origins: Vec::new(), locals: Locals::Slots(Vec::new()) };
        let function = Function { wasm: 2..40, text: 0..100, record: &record, module: 0, position: 0 };
        let addresses = Addresses { functions: vec![function] };
        assert!(addresses.function_from(1).is_some() && addresses.function_from(0).is_none());
        let mut spans = Spans::default();
        assert_eq!((spans.of(&addresses, &(1..40)).len(), spans.of(&addresses, &(0..40)).len()), (1, 0));
    }

    #[test]
    fn intersections() {
        assert_eq!(intersection(&[0..10, 20..30], &[5..25, 40..50]), [5..10, 20..25]);
        assert_eq!(intersection(&[0..10, 11..12], &[0..2, 2..4, 12..14]), [0..2, 2..4]);
        assert!(intersection(&[0..10, 20..30], &[]).is_empty());
    }
}
