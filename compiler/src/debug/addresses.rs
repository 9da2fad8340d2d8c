//! From addresses in a module's code section, as its DWARF has them, to the machine code made of it.

use std::ops::Range;

use super::record::Record;
use crate::module::Module;
use crate::object::Text;
use crate::plan::{Plan, Unit};

/// A function with code, or one in the code of another, which wasmc inlined it into.
#[derive(Clone)]
pub(super) struct Function<'t> {
    /// Its body, in bytes from the start of the code section's contents.
    pub wasm: Range<u32>,
    /// Its machine code, in bytes from the start of the text section; all that of the one which it was inlined into.
    pub text: Range<u32>,
    pub record: &'t Record,
    /// Its number in the record: 0 for the function whose code it is.
    pub body: u32,
    /// Its module's, and its position in the code section.
    pub module: usize,
    pub position: usize,
}

impl<'t> Function<'t> {
    /// Offsets in the text section, ascending, and source locations: what holds from there to the next. The first is that
    /// of the entry.
    pub fn locations(&self) -> impl Iterator<Item = (u32, u32)> + use<'t> {
        let text = self.text.start;
        let mut origins = self.record.origins().map(move |(native, location)| (text + native, location)).peekable();
        let has_entry = origins.peek().is_some_and(|(native, _)| *native == text);
        (!has_entry).then_some((text, 0)).into_iter().chain(origins)
    }

    /// Its machine code, piece by piece, with the address in the code section that each was made of: for code of a body
    /// inlined into it, that of the call.
    pub fn pieces(&self) -> impl Iterator<Item = (Range<u32>, u32)> + '_ {
        let mut locations = self.locations().peekable();
        std::iter::from_fn(move || {
            let (start, location) = locations.next()?;
            let end = locations.peek().map_or(self.text.end, |next| next.0);
            Some((start..end, location))
        })
        .filter(|(text, _)| text.start < text.end)
        .filter_map(|(text, location)| Some((text, self.wasm.start + self.record.place_in(self.body, location)?)))
    }

    /// The first instruction that was made of what is at an address or behind it: an offset in the text section.
    pub fn instruction_at(&self, address: u64) -> Option<u32> {
        self.pieces().find(|(_, origin)| u64::from(*origin) >= address).map(|(text, _)| text.start)
    }

    /// Whether an address is that of the body or of its size, a number in up to five bytes.
    pub fn begins_at(&self, address: u64) -> bool {
        begins_at(&self.wasm, address)
    }
}

/// Where a body is, in bytes from the start of the code section's contents.
pub(super) fn address_range(plan: &Plan<'_>, module: usize, position: usize) -> Range<u32> {
    range_of(&plan.modules[module], position)
}

fn range_of(module: &Module<'_>, position: usize) -> Range<u32> {
    let range = module.bodies[position].code.range();
    let start = (range.start as u32).wrapping_sub(module.code_start);
    start..start + (range.end - range.start) as u32
}

/// Bodies of a module's functions, by address in the code section.
pub(super) struct Bodies {
    /// With the functions' positions in the code section.
    ranges: Vec<(Range<u32>, usize)>,
}

impl Bodies {
    /// The bodies of functions at these positions.
    pub fn of(module: &Module<'_>, is_one: impl Fn(usize) -> bool) -> Bodies {
        let positions = (0..module.bodies.len()).filter(|position| is_one(*position));
        Bodies { ranges: positions.map(|position| (range_of(module, position), position)).collect() }
    }

    /// The position in the code section of the function whose body has this address, and the body.
    pub fn at(&self, address: u64) -> Option<(usize, Range<u32>)> {
        with_address(&self.ranges, |(body, _)| body, address).map(|(body, position)| (*position, body.clone()))
    }

    /// The positions of the functions with a part in a range.
    pub fn positions_in(&self, range: &Range<u64>) -> impl Iterator<Item = usize> + use<'_> {
        in_range(&self.ranges, |(body, _)| body, range).iter().map(|(_, position)| *position)
    }

    /// The position of the function that an entry with this address is about.
    pub fn position_from(&self, address: u64) -> Option<usize> {
        of_entry(&self.ranges, |(body, _)| body, address).map(|(_, position)| *position)
    }
}

/// Of functions sorted by their bodies, the one whose body has this address.
fn with_address<T>(functions: &[T], body: impl Fn(&T) -> &Range<u32>, address: u64) -> Option<&T> {
    let next = functions.partition_point(|function| u64::from(body(function).start) <= address);
    functions[..next].last().filter(|function| address < u64::from(body(function).end))
}

/// Those with a part in a range.
fn in_range<'f, T>(functions: &'f [T], body: impl Fn(&T) -> &Range<u32>, range: &Range<u64>) -> &'f [T] {
    if is_dead(range.start) {
        return &[];
    }
    let start = functions.partition_point(|function| u64::from(body(function).end) <= range.start);
    let end = functions.partition_point(|function| u64::from(body(function).start) < range.end);
    functions.get(start..end).unwrap_or(&[])
}

/// The function that an entry for one with this address is about: some producers count the body's size, which stands in
/// front of it, to the function.
fn of_entry<T>(functions: &[T], body: impl Fn(&T) -> &Range<u32>, address: u64) -> Option<&T> {
    if is_dead(address) {
        return None;
    }
    with_address(functions, &body, address).or_else(|| {
        let behind = with_address(functions, &body, address.saturating_add(5));
        behind.filter(|function| begins_at(body(function), address))
    })
}

/// Whether an address is that of a body or of its size, a number in up to five bytes.
fn begins_at(body: &Range<u32>, address: u64) -> bool {
    let start = u64::from(body.start);
    (start.saturating_sub(5)..=start).contains(&address)
}

/// Answers which machine code was made of parts of functions. Questions about one function come behind one another, so it
/// remembers one.
#[derive(Default)]
pub(super) struct Spans {
    /// Where that function's machine code begins, and its number there.
    function: Option<(u32, u32)>,
    /// Its machine code, piece by piece, by the address that the piece was made of.
    pieces: Vec<(u32, Range<u32>)>,
}

impl Spans {
    /// The machine code of a range of addresses in functions: offsets in the text section, sorted.
    pub fn of(&mut self, functions: &[Function<'_>], range: &Range<u64>) -> Vec<Range<u32>> {
        let mut spans = Vec::new();
        for function in functions.iter().filter(|_| !is_dead(range.start)) {
            let is_whole = range.start <= u64::from(function.wasm.start) && range.end >= u64::from(function.wasm.end);
            if is_whole && function.body == 0 {
                spans.push(function.text.clone());
                continue;
            }
            self.remember(function);
            let start = self.pieces.partition_point(|(origin, _)| u64::from(*origin) < range.start);
            let length = self.pieces[start..].partition_point(|(origin, _)| u64::from(*origin) < range.end);
            spans.extend(self.pieces[start..start + length].iter().map(|(_, text)| text.clone()));
        }
        merge(&mut spans);
        spans
    }

    fn remember(&mut self, function: &Function<'_>) {
        let key = (function.text.start, function.body);
        if self.function.replace(key) == Some(key) {
            return;
        }
        self.pieces.clear();
        self.pieces.extend(function.pieces().map(|(text, origin)| (origin, text)));
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
        let mut functions = Vec::new();
        for position in 0..plan.modules[module].bodies.len() {
            let wasm = address_range(plan, module, position);
            if let Some(unit) = plan.units.id(Unit::Wasm { module, position })
                && let Some((text, record)) = text.recorded(unit)
            {
                functions.push(Function { wasm, text, record, body: 0, module, position });
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
        with_address(&self.functions, |function| &function.wasm, address)
    }

    /// The function that an entry for one with this address is about.
    pub fn function_from(&self, address: u64) -> Option<&Function<'t>> {
        of_entry(&self.functions, |function| &function.wasm, address)
    }

    /// The function at a position in the code section.
    pub fn function_of(&self, position: usize) -> Option<&Function<'t>> {
        let found = self.functions.binary_search_by_key(&position, |function| function.position).ok()?;
        self.functions.get(found)
    }

    /// The functions with a part in a range.
    pub fn functions_in(&self, range: &Range<u64>) -> &[Function<'t>] {
        in_range(&self.functions, |function| &function.wasm, range)
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
        let record =
            Record { origins: Vec::new(), inlined: Vec::new(), jumps: Vec::new(), locals: Locals::Slots(Vec::new()) };
        let function = Function { wasm: 2..40, text: 0..100, record: &record, body: 0, module: 0, position: 0 };
        let addresses = Addresses { functions: vec![function] };
        assert!(addresses.function_from(1).is_some() && addresses.function_from(0).is_none());
        let mut spans = Spans::default();
        let mut count = |range| spans.of(addresses.functions_in(&range), &range).len();
        assert_eq!((count(1..40), count(0..40)), (1, 0));
    }

    #[test]
    fn intersections() {
        assert_eq!(intersection(&[0..10, 20..30], &[5..25, 40..50]), [5..10, 20..25]);
        assert_eq!(intersection(&[0..10, 11..12], &[0..2, 2..4, 12..14]), [0..2, 2..4]);
        assert!(intersection(&[0..10, 20..30], &[]).is_empty());
    }
}
