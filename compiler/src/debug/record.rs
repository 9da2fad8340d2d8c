//! What code generation remembers of a function for its debug information: which instruction came from where, and where
//! the locals are.

use std::ops::Range;

use cranelift_codegen::ir::{Value, ValueLabel};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::{CompiledCode, LabelValueLoc};
use rustc_hash::FxHashMap;

use target_lexicon::Architecture;

use super::addresses::merge;
use super::carriers::{Recipe, Source, Step};
use super::contents;
use super::history::{Subject, Timeline};
use super::rewritten::STANDS_IN;
use crate::codegen::{Moves, block_starts, signed_leb128, unsigned_leb128};
use crate::translate::{InlinedBody, bodies_around};

/// Where machine code of one function came from.
pub(crate) struct Record {
    /// Pairs of LEB128 numbers: unsigned distance in the machine code to the pair before, signed distance of the source
    /// locations. Each holds for the code up to the next.
    pub(super) origins: Vec<u8>,
    /// The bodies of other functions in it. Number 0 is the function's own, these follow.
    pub inlined: Vec<InlinedBody>,
    /// Code of operators that is nothing but a jump, in order.
    pub(super) jumps: Vec<Jump>,
    pub locals: Locals,
}

/// An unconditional jump: offsets in the function's machine code.
pub(super) struct Jump {
    pub start: u32,
    /// Where other operators' code follows.
    pub end: u32,
    pub target: u32,
}

/// How far machine code leads from its start, if it is an unconditional jump alone. Jumps of other processors are not known.
fn jump_distance(architecture: Architecture, code: &[u8]) -> Option<i32> {
    match (architecture, code) {
        // Counted from its end.
        (Architecture::X86_64, &[0xe9, ref distance @ ..]) => {
            i32::from_le_bytes(distance.try_into().ok()?).checked_add(5)
        }
        // The lower 26 bits, in instructions.
        (Architecture::Aarch64(_), code) => {
            let instruction = u32::from_le_bytes(code.try_into().ok()?);
            (instruction >> 26 == 0b000101).then_some((instruction << 6) as i32 >> 4)
        }
        _ => None,
    }
}

/// Where the locals of a function are.
pub(crate) enum Locals {
    /// Each in a place of its own: its distance from the frame pointer in bytes. None for those without a place.
    Slots(Vec<Option<i32>>),
    /// Those that debug information may ask for, sorted by body, subject and address.
    Ranges(Vec<SubjectRange>),
}

/// A local's or operand's value is in one place for some instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SubjectRange {
    /// 0 for the unit's own body, others as they were inlined.
    pub body: u32,
    pub subject: Subject,
    /// Offsets in the function's machine code.
    pub start: u32,
    pub end: u32,
    pub place: ValuePlace,
}

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ValuePlace {
    /// A register, by its number in DWARF.
    Register(u16),
    /// Bytes from the canonical frame address.
    Frame(i32),
    /// Bytes from the frame pointer.
    FramePointer(i32),
    /// Nowhere: it is always this, as bits.
    Constant(u64),
    /// Nowhere: it can be computed.
    Computed(Computation),
}

/// What an operation makes of an integer and a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Computation {
    pub of: Holder,
    /// Bytes of the integer.
    pub size: u8,
    pub step: Step,
    pub constant: u64,
}

/// Where an integer is that something is computed of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holder {
    /// See [`ValuePlace::Register`].
    Register(u16),
    /// See [`ValuePlace::Frame`].
    Frame(i32),
}

impl Recipe {
    /// What is computed by it of what is in a place.
    fn computation(&self, place: ValuePlace) -> Option<ValuePlace> {
        let of = match place {
            ValuePlace::Register(register) => Holder::Register(register),
            ValuePlace::Frame(offset) => Holder::Frame(offset),
            _ => return None,
        };
        let Recipe { step, constant, size, .. } = *self;
        Some(ValuePlace::Computed(Computation { of, size, step, constant }))
    }
}

impl Record {
    /// Takes from compiled code what debug information needs.
    pub fn of(
        compiled: &CompiledCode,
        moves: &Moves,
        isa: &dyn TargetIsa,
        inlined: &[InlinedBody],
        timelines: &[Timeline],
        sources: &FxHashMap<Value, Source>,
    ) -> Record {
        let mut origins = Vec::new();
        let mut jumps = Vec::new();
        let (mut native, mut last) = (0, None);
        let located = located(compiled, inlined);
        let mut all = located.iter().peekable();
        while let Some(Span { location, code }) = all.next() {
            let bytes = compiled.code_buffer().get(code.start as usize..code.end as usize);
            if let Some(distance) = jump_distance(isa.triple().architecture, bytes.unwrap_or_default())
                && let Some(target) = code.start.checked_add_signed(distance)
            {
                let end = all.peek().map_or(compiled.code_buffer().len() as u32, |next| next.code.start);
                let [start, end, target] = [code.start, end, target].map(|offset| moves.start(offset));
                jumps.push(Jump { start, end, target });
            }
            if last != Some(*location) {
                let start = moves.start(code.start);
                unsigned_leb128(&mut origins, u64::from(start - native));
                signed_leb128(&mut origins, i64::from(*location) - i64::from(last.unwrap_or(0)));
                (native, last) = (start, Some(*location));
            }
        }
        let locals = match slots(compiled) {
            Some(slots) => Locals::Slots(slots),
            None => {
                let mut ranges = ranges(compiled, isa, located, inlined, timelines, sources);
                for range in &mut ranges {
                    (range.start, range.end) = (moves.start(range.start), moves.start(range.end));
                }
                Locals::Ranges(ranges)
            }
        };
        Record { origins, inlined: inlined.to_vec(), jumps, locals }
    }

    /// Offsets in the machine code, ascending, and source locations: what holds from there up to the next.
    pub fn origins(&self) -> Origins<'_> {
        Origins { bytes: &self.origins, native: 0, location: 0 }
    }

    /// Where in a body a source location is: at the call, for one in a body that was inlined into it. `None` where it is
    /// in neither.
    pub fn place_in(&self, body: u32, location: u32) -> Option<u32> {
        let found = bodies_around(&self.inlined, location).find(|(number, _)| *number == body)?;
        Some(found.1 - self.start(body))
    }

    /// The number of the body that an inlined one is in.
    pub fn around(&self, body: u32) -> u32 {
        let inlined = body.checked_sub(1).and_then(|number| self.inlined.get(number as usize));
        let call = inlined.map_or(0, |inlined| inlined.call);
        self.inlined.partition_point(|body| body.start <= call) as u32
    }

    /// The source location of a body's first byte.
    pub fn start(&self, body: u32) -> u32 {
        body.checked_sub(1).and_then(|number| self.inlined.get(number as usize)).map_or(0, |body| body.start)
    }
}

/// The source location of the call where code at another location is the first that is met of the body that stands for the call.
fn call_entered(inlined: &[InlinedBody], entered: &mut [bool], location: u32) -> Option<u32> {
    let mut call = None;
    let mut is_new = false;
    for (number, location) in bodies_around(inlined, location) {
        call = is_new.then_some(location);
        is_new = number.checked_sub(1).is_some_and(|body| !std::mem::replace(&mut entered[body as usize], true));
        if !is_new {
            break;
        }
    }
    call
}

/// The places of locals that have one each: distances from the frame pointer in bytes.
pub(crate) fn slots(compiled: &CompiledCode) -> Option<Vec<Option<i32>>> {
    let frame = compiled.buffer.frame_layout()?;
    let mut slots = Vec::new();
    for slot in frame.stackslots.values() {
        if let Some(key) = slot.key {
            let local = key.bits() as usize;
            if slots.len() <= local {
                slots.resize(local + 1, None);
            }
            slots[local] = Some(slot.offset as i32 - frame.frame_to_fp_offset as i32);
        }
    }
    (!slots.is_empty()).then_some(slots)
}

/// Code that was made of the operator at a source location.
#[derive(Clone)]
struct Span {
    location: u32,
    code: Range<u32>,
}

/// All code of a body and of those inlined into it.
#[derive(Default)]
struct Spans {
    by_code: Vec<Span>,
    by_location: Vec<Span>,
}

impl Spans {
    /// The code of a range of source locations, what touches as one: as [`merge`] makes it.
    fn of(&self, locations: Range<u32>, code: &mut Vec<Range<u32>>) {
        let start = self.by_location.partition_point(|span| span.location < locations.start);
        let length = self.by_location[start..].partition_point(|span| span.location < locations.end);
        code.clear();
        // Few are sorted sooner than they are picked from all.
        if length < self.by_code.len() / 8 {
            code.extend(self.by_location[start..start + length].iter().map(|span| span.code.clone()));
        } else {
            let inside = self.by_code.iter().filter(|span| locations.contains(&span.location));
            code.extend(inside.map(|span| span.code.clone()));
        }
        merge(code);
    }
}

/// Code with source locations, in its order. What a block begins with to shuffle registers for a call that is inlined has that of the
/// call.
fn located(compiled: &CompiledCode, inlined: &[InlinedBody]) -> Vec<Span> {
    let blocks = block_starts(compiled);
    let mut entered = vec![false; inlined.len()];
    let mut found: Vec<Span> = Vec::new();
    for location in compiled.buffer.get_srclocs_sorted().iter().filter(|location| !location.loc.is_default()) {
        let (location, code) = (location.loc.bits() & !STANDS_IN, location.start..location.end);
        let end = found.last().map_or(0, |last| last.code.end);
        if let Some(call) = call_entered(inlined, &mut entered, location)
            && let Some(&block) = blocks[..blocks.partition_point(|block| *block < code.start)].last()
            && block >= end.max(1)
        {
            found.push(Span { location: call, code: block..code.start });
        }
        found.push(Span { location, code });
    }
    found
}

/// All code that is known to be made of operators, in its order, by that which has source locations.
fn spans(compiled: &CompiledCode, located: Vec<Span>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::with_capacity(located.len() + 1);
    let length = compiled.code_buffer().len() as u32;
    for Span { location, code } in located {
        // Code between belongs to what is before it, as in line tables; the entry to the body's first byte.
        match spans.last_mut() {
            Some(last) => last.code.end = code.start,
            None => spans.push(Span { location: 0, code: 0..code.start }),
        }
        spans.push(Span { location, code: code.start..length });
    }
    spans.retain(|span| span.code.start < span.code.end);
    spans
}

/// The code of each body and of those inlined into it, by source location in the body.
fn by_body(spans: Vec<Span>, inlined: &[InlinedBody]) -> FxHashMap<u32, Spans> {
    let mut bodies: FxHashMap<u32, Spans> = FxHashMap::default();
    for Span { location, code } in spans {
        for (number, location) in bodies_around(inlined, location) {
            bodies.entry(number).or_default().by_code.push(Span { location, code: code.clone() });
        }
    }
    for spans in bodies.values_mut() {
        spans.by_location = spans.by_code.clone();
        spans.by_location.sort_by_key(|span| (span.location, span.code.start));
    }
    bodies
}

fn ranges(
    compiled: &CompiledCode,
    isa: &dyn TargetIsa,
    located: Vec<Span>,
    inlined: &[InlinedBody],
    timelines: &[Timeline],
    sources: &FxHashMap<Value, Source>,
) -> Vec<SubjectRange> {
    if timelines.is_empty() {
        return Vec::new();
    }
    let bodies = by_body(spans(compiled, located), inlined);
    let places = places(compiled, isa);
    let mut found: Vec<SubjectRange> = Vec::new();
    // The code of a range of source locations in a body: that of the last one asked for.
    let mut code = Vec::new();
    let mut last = None;
    for timeline in timelines {
        let mut own: Vec<(Range<u32>, ValuePlace)> = Vec::new();
        let Some(spans) = bodies.get(&timeline.body) else { continue };
        for (number, (from, value)) in timeline.values.iter().enumerate() {
            let Some(source) = value.and_then(|value| sources.get(&value)) else { continue };
            let to = timeline.values.get(number + 1).map_or(u32::MAX, |(next, _)| *next);
            let wanted = Some((timeline.body, *from, to));
            if last != wanted {
                spans.of(*from..to, &mut code);
                last = wanted;
            }
            if let Some(bits) = source.constant {
                own.extend(code.iter().map(|span| (span.clone(), ValuePlace::Constant(bits))));
            }
            let start = own.len();
            for (range, place) in source.labels.iter().flat_map(|label| places.get(label).into_iter().flatten()) {
                own.extend(common(&code, range).map(|part| (part, *place)));
            }
            if source.recipes.is_empty() {
                continue;
            }
            let left = without(&code, own[start..].iter().map(|(range, _)| range.clone()).collect());
            for recipe in source.recipes.iter().filter(|_| !left.is_empty()) {
                for (range, place) in recipe.labels.iter().flat_map(|label| places.get(label).into_iter().flatten()) {
                    let computed = recipe.computation(*place);
                    own.extend(common(&left, range).filter_map(|part| Some((part, computed?))));
                }
            }
        }
        add_merged(own, timeline, &mut found);
    }
    // Those of each timeline are sorted, and most timelines come in order: a stable sort makes use of it.
    found.sort();
    found
}

/// The parts of sorted ranges that are in another.
pub(super) fn common<'c>(code: &'c [Range<u32>], range: &'c Range<u32>) -> impl Iterator<Item = Range<u32>> + 'c {
    let first = code.partition_point(|span| span.end <= range.start);
    let inside = code[first..].iter().take_while(|span| span.start < range.end);
    inside.map(|span| span.start.max(range.start)..span.end.min(range.end))
}

/// The parts of sorted ranges that are in none of some others.
fn without(code: &[Range<u32>], mut others: Vec<Range<u32>>) -> Vec<Range<u32>> {
    merge(&mut others);
    let mut left = Vec::new();
    for span in code {
        let mut start = span.start;
        for other in common(&others, span) {
            left.push(start..other.start);
            start = other.end;
        }
        left.push(start..span.end);
    }
    left.retain(|part| part.start < part.end);
    left
}

/// Adds the ranges of a subject, one place at a time, those that touch as one.
fn add_merged(mut own: Vec<(Range<u32>, ValuePlace)>, timeline: &Timeline, found: &mut Vec<SubjectRange>) {
    own.sort_unstable_by_key(|(range, place)| (range.start, range.end, *place));
    let first = found.len();
    for (range, place) in own {
        let last = found[first..].last_mut();
        let covered = last.as_ref().map_or(0, |last| last.end);
        let start = range.start.max(covered);
        if start >= range.end {
            continue;
        }
        match last {
            Some(last) if last.end == start && last.place == place => last.end = range.end,
            _ => {
                let (body, subject) = (timeline.body, timeline.subject);
                found.push(SubjectRange { body, subject, start, end: range.end, place });
            }
        }
    }
}

/// Where values with labels are.
fn places(compiled: &CompiledCode, isa: &dyn TargetIsa) -> FxHashMap<u32, Vec<(Range<u32>, ValuePlace)>> {
    let mut places: FxHashMap<u32, Vec<(Range<u32>, ValuePlace)>> = FxHashMap::default();
    for (label, found) in &compiled.value_labels_ranges {
        let label: &ValueLabel = label;
        for range in found {
            let place = match range.loc {
                LabelValueLoc::Reg(register) => match isa.map_regalloc_reg_to_dwarf(register) {
                    Ok(number) => ValuePlace::Register(number),
                    Err(_) => continue,
                },
                LabelValueLoc::CFAOffset(offset) => ValuePlace::Frame(offset as i32),
            };
            if range.start < range.end {
                places.entry(label.as_u32()).or_default().push((range.start..range.end, place));
            }
        }
    }
    if isa.triple().architecture == Architecture::X86_64 {
        contents::extend(compiled, &mut places);
    }
    places
}

/// See [`Record::origins`].
pub(crate) struct Origins<'r> {
    bytes: &'r [u8],
    native: u32,
    location: u32,
}

impl Iterator for Origins<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<(u32, u32)> {
        let mut reader = gimli::EndianSlice::new(self.bytes, gimli::LittleEndian);
        let native = gimli::Reader::read_uleb128(&mut reader).ok()?;
        let location = gimli::Reader::read_sleb128(&mut reader).ok()?;
        self.bytes = reader.slice();
        self.native = self.native.saturating_add(native as u32);
        // The distance between two numbers of 32 bits has 33.
        self.location = (i64::from(self.location) + location) as u32;
        Some((self.native, self.location))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_ranges() {
        let code = [0..10, 20..30];
        assert_eq!(common(&code, &(5..25)).collect::<Vec<_>>(), [5..10, 20..25]);
        assert_eq!(without(&code, vec![22..24, 8..21, 28..40]), [0..8, 21..22, 24..28]);
        assert!(without(&code, vec![0..15, 15..30]).is_empty());
    }

    #[test]
    fn jumps() {
        let aarch64 = Architecture::Aarch64(target_lexicon::Aarch64Architecture::Aarch64);
        assert_eq!(jump_distance(Architecture::X86_64, &[0xe9, 0xfb, 0xff, 0xff, 0xff]), Some(0));
        assert_eq!(jump_distance(Architecture::X86_64, &[0x31, 0xc0, 0xe9, 0, 0, 0, 0]), None);
        // `b -4`, `bl +4`.
        assert_eq!(jump_distance(aarch64, &[0xff, 0xff, 0xff, 0x17]), Some(-4));
        assert_eq!(jump_distance(aarch64, &[1, 0, 0, 0x94]), None);
        assert_eq!(jump_distance(aarch64, &[]), None);
    }

    #[test]
    fn code_of_source_locations() {
        // Of every third location, the code is in front of all other.
        let code = |location: u32| if location.is_multiple_of(3) { location } else { 100 + location };
        let spans: Vec<Span> =
            (0..60).map(|location| Span { location, code: code(location)..code(location) + 1 }).collect();
        let mut bodies = by_body(spans, &[]);
        let spans = bodies.remove(&0).unwrap_or_default();
        let mut found = Vec::new();
        // A few, sorted on their own, and many, picked from all.
        spans.of(6..10, &mut found);
        assert_eq!(found, [6..7, 9..10, 107..109]);
        spans.of(6..u32::MAX, &mut found);
        assert_eq!((found[0].clone(), found[18].clone(), found.len()), (6..7, 107..109, 36));
        spans.of(70..u32::MAX, &mut found);
        assert!(found.is_empty());
    }
}
