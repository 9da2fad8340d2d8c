//! Which value each local and operand is at each place in the bodies that make up a unit: recorded while operators are
//! translated, where only the ends of definitions are known, and completed when all of the control flow is.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;

use cranelift_codegen::ir::{Block, BlockArg, Function, InstructionData, Opcode, Value, ValueDef};
use rustc_hash::{FxHashMap, FxHashSet};

use super::constants::{constant, varying};
use super::inference::{Values, infer};
use super::wanted::{Wanted, WantedInFunction};
use crate::optimize::destinations;
use crate::plan::Plan;

/// A local of a body, or an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Subject {
    Local(u32),
    /// The operand at a height above the bottom of the stack, before the operator at an offset in the body.
    Operand {
        offset: u32,
        height: u32,
    },
    /// The variable whose entry is at an offset in `.debug_info`, where the input does not say where it is.
    Variable(u32),
}

/// A local gets a value.
struct Definition {
    /// The source location from which on it holds.
    from: u32,
    block: Block,
    value: Value,
}

/// A local of a body that stands in the unit.
struct Variable {
    /// Number of the body: 0 is the unit's own, others count from the first that was inlined.
    body: u32,
    local: u32,
    definitions: Vec<Definition>,
}

/// What is recorded of a unit while it is translated.
pub(crate) struct History<'w> {
    wanted: &'w Wanted,
    current: Body<'w>,
    /// Source locations from which on operators are in a block.
    segments: Vec<(u32, Block)>,
    variables: Vec<Variable>,
    /// Bodies, offsets and heights of operands, with their values.
    operands: Vec<(u32, Subject, Value)>,
    /// The bodies so far, by number.
    bodies: Vec<Extent<'w>>,
}

/// Where a body is, with those that are inlined into it.
struct Extent<'w> {
    /// Its source locations; no end is known before it is left.
    locations: Range<u32>,
    wanted: WantedInFunction<'w>,
}

/// The body that is being translated.
pub(crate) struct Body<'w> {
    number: u32,
    wanted: WantedInFunction<'w>,
    /// The source location of its first byte.
    start: u32,
    /// Where its locals are among the variables.
    variables: FxHashMap<u32, usize>,
    /// That of the operator before.
    block: Option<Block>,
}

/// For a subject of a body: what it is from each of these source locations on.
pub(crate) struct Timeline {
    pub body: u32,
    pub subject: Subject,
    pub values: Vec<(u32, Option<Value>)>,
}

impl<'w> History<'w> {
    /// The history of a unit that is the body at a position of a module's code section.
    pub fn new(wanted: &'w Wanted, plan: &Plan<'_>, module: usize, position: usize) -> History<'w> {
        let wanted_here = wanted.in_function(plan, module, position);
        let current = Body { number: 0, wanted: wanted_here, start: 0, variables: FxHashMap::default(), block: None };
        let bodies = vec![Extent { locations: 0..u32::MAX, wanted: wanted_here }];
        History { wanted, current, segments: Vec::new(), variables: Vec::new(), operands: Vec::new(), bodies }
    }

    /// Before an inlined body, which has a number and a first source location; returns what is around.
    pub fn enter(&mut self, plan: &Plan<'_>, (module, position): (usize, usize), number: u32, start: u32) -> Body<'w> {
        let wanted = self.wanted.in_function(plan, module, position);
        self.bodies.push(Extent { locations: start..u32::MAX, wanted });
        std::mem::replace(
            &mut self.current,
            Body { number, wanted, start, variables: FxHashMap::default(), block: None },
        )
    }

    /// Behind it, which with what was inlined into it had source locations up to `end`.
    pub fn leave(&mut self, outer: Body<'w>, end: u32) {
        if let Some(body) = self.bodies.get_mut(self.current.number as usize) {
            body.locations.end = end;
        }
        self.current = Body { block: None, ..outer };
    }

    /// A local is added to the body, with its first value.
    pub fn add_local(&mut self, local: u32, block: Block, value: Value) {
        if self.current.wanted.has_local(local) {
            self.current.variables.insert(local, self.variables.len());
            let first = Definition { from: self.current.start, block, value };
            self.variables.push(Variable { body: self.current.number, local, definitions: vec![first] });
        }
    }

    /// The operator at a source location gives a local another value.
    pub fn define(&mut self, local: u32, location: u32, block: Block, value: Value) {
        if let Some(number) = self.current.variables.get(&local) {
            self.variables[*number].definitions.push(Definition { from: location + 1, block, value });
        }
    }

    /// The operator at an offset in the body comes next.
    pub fn operator(&mut self, offset: u32, block: Block, operand: impl Fn(usize) -> Option<Value>) {
        let Body { number, start, .. } = self.current;
        if self.current.block != Some(block) {
            self.current.block = Some(block);
            self.segments.push((start + offset, block));
        }
        for height in self.current.wanted.operands_at(offset) {
            if let Some(value) = operand(height as usize) {
                self.operands.push((number, Subject::Operand { offset, height }, value));
            }
        }
    }

    /// Completes the history by the control flow of the function as it was translated.
    pub fn complete(mut self, function: &Function) -> Vec<Timeline> {
        if self.variables.is_empty() && self.operands.is_empty() {
            return Vec::new();
        }
        self.segments.sort_by_key(|(from, _)| *from);
        let flow = Flow::of(function);
        let mut timelines = Vec::new();
        // What this costs is limited: such functions are not read by people.
        const LIMIT: usize = 20_000_000;
        let parts: Vec<Part> =
            self.bodies.iter().map(|body| Part::of(&body.locations, &self.segments, &flow)).collect();
        let part_of = |variable: &Variable| parts.get(variable.body as usize);
        let costs = self.variables.iter().filter_map(part_of).map(|part| part.blocks.len());
        let has_time = costs.sum::<usize>() < LIMIT;
        for variable in self.variables.iter_mut().filter(|_| has_time) {
            for definition in &mut variable.definitions {
                definition.value = function.dfg.resolve_aliases(definition.value);
            }
            let Some(part) = parts.get(variable.body as usize) else { continue };
            let values = variable.values(part, &flow);
            timelines.push(Timeline { body: variable.body, subject: Subject::Local(variable.local), values });
        }
        for operand in &mut self.operands {
            operand.2 = function.dfg.resolve_aliases(operand.2);
        }
        let mut inferred = Vec::new();
        let mut numbers: FxHashMap<(u32, Subject), usize> = FxHashMap::default();
        for (number, timeline) in timelines.iter().enumerate() {
            numbers.entry((timeline.body, timeline.subject)).or_insert(number);
        }
        let mut operands: FxHashMap<(u32, Subject), Value> = FxHashMap::default();
        for &(body, subject, value) in &self.operands {
            operands.entry((body, subject)).or_insert(value);
        }
        let mixed = RefCell::default();
        let starts = OnceCell::new();
        for (body, Extent { locations, wanted }) in (0..).zip(&self.bodies).filter(|_| has_time) {
            let start = locations.start;
            let (numbers, operands, starts) = (&numbers, &operands, &starts);
            let (history, timelines, flow, mixed) = (&self, &timelines, &flow, &mixed);
            let values = BodyValues { history, timelines, numbers, operands, flow, body, start, starts, mixed };
            for variable in wanted.variables {
                let found = infer(&variable.moved(wanted.start, start), &values);
                if !found.is_empty() {
                    inferred.push(Timeline { body, subject: Subject::Variable(variable.entry), values: found });
                }
            }
        }
        timelines.extend(inferred);
        for (body, subject, value) in self.operands {
            timelines.push(Timeline { body, subject, values: vec![(0, Some(value))] });
        }
        timelines
    }
}

/// What the values of one body are inferred from.
struct BodyValues<'h, 'w, 'f> {
    history: &'h History<'w>,
    timelines: &'h [Timeline],
    /// Those of locals among them, by body.
    numbers: &'h FxHashMap<(u32, Subject), usize>,
    operands: &'h FxHashMap<(u32, Subject), Value>,
    flow: &'h Flow<'f>,
    body: u32,
    start: u32,
    /// Where blocks begin.
    starts: &'h OnceCell<FxHashMap<Block, u32>>,
    /// For values that were asked for: what they are mixed with others into, and from where on.
    mixed: &'h RefCell<FxHashMap<Value, Vec<(Value, u32)>>>,
}

impl BodyValues<'_, '_, '_> {
    /// The source location at which the block of a parameter begins.
    fn start_of(&self, parameter: Value) -> u32 {
        let ValueDef::Param(block, _) = self.flow.function.dfg.value_def(parameter) else { return 0 };
        let starts = self.starts.get_or_init(|| {
            let segments = self.history.segments.iter();
            // Of several that are the same block's, the first counts.
            segments.rev().map(|(from, block)| (*block, *from)).collect()
        });
        starts.get(&block).copied().unwrap_or(0)
    }
}

impl Values for BodyValues<'_, '_, '_> {
    fn local(&self, local: u32) -> Option<&[(u32, Option<Value>)]> {
        let number = self.numbers.get(&(self.body, Subject::Local(local)))?;
        self.timelines.get(*number).map(|timeline| timeline.values.as_slice())
    }

    fn is_none_of(&self, value: Value, constants: &[i64]) -> bool {
        let dfg = &self.flow.function.dfg;
        let Some(known) = constant(dfg, value) else { return false };
        let unused = 64 - dfg.value_type(value).bits().min(64);
        !constants.iter().any(|constant| (constant ^ known) << unused == 0)
    }

    fn operand(&self, location: u32, height: u32) -> Option<Value> {
        let subject = Subject::Operand { offset: location.checked_sub(self.start)?, height };
        self.operands.get(&(self.body, subject)).copied()
    }

    fn merged(&self, value: Value) -> &[Value] {
        self.flow.merged.get(&value).map_or(&[], Vec::as_slice)
    }

    fn is_constant(&self, value: Value) -> bool {
        constant(&self.flow.function.dfg, value).is_some()
    }

    fn mixed_from(&self, value: Value, own: &FxHashSet<Value>) -> Option<u32> {
        let mut known = self.mixed.borrow_mut();
        let mixed = known.entry(value).or_insert_with(|| {
            let offspring = self.flow.offspring(value);
            let mixed = offspring.iter().flat_map(|value| self.flow.mixed(*value));
            mixed.map(|parameter| (parameter, self.start_of(parameter))).collect()
        });
        mixed.iter().filter(|(parameter, _)| !own.contains(parameter)).map(|(_, from)| *from).min()
    }

    fn block_end(&self, location: u32) -> u32 {
        let next = self.history.segments.partition_point(|(from, _)| *from <= location);
        self.history.segments.get(next).map_or(u32::MAX, |(from, _)| *from)
    }
}

/// The part of a function that a body is, with those that are inlined into it.
struct Part<'s> {
    /// See [`History::segments`].
    segments: &'s [(u32, Block)],
    /// From the block that it begins in to its last, as they were translated. Blocks without operators may lie behind that one:
    /// nothing is known of what comes from there.
    blocks: Range<usize>,
    /// The source location behind it.
    end: u32,
}

impl<'s> Part<'s> {
    fn of(locations: &Range<u32>, segments: &'s [(u32, Block)], flow: &Flow) -> Part<'s> {
        let position = |location: u32| segments.partition_point(|(from, _)| *from < location);
        let segments = segments.get(position(locations.start)..position(locations.end)).unwrap_or_default();
        let numbers = || segments.iter().filter_map(|(_, block)| flow.number(*block));
        let whole = locations.start == 0;
        let blocks = match (numbers().min(), numbers().max()) {
            _ if whole => 0..flow.blocks.len(),
            (Some(first), Some(last)) => first..last + 1,
            _ => 0..0,
        };
        Part { segments, blocks, end: locations.end }
    }
}

impl Variable {
    /// What the local is from each of these source locations on.
    fn values(&self, part: &Part, flow: &Flow) -> Vec<(u32, Option<Value>)> {
        let entries = self.entry_values(&part.blocks, flow);
        let mut definitions: Vec<&Definition> = self.definitions.iter().collect();
        definitions.sort_by_key(|definition| definition.from);
        let mut definitions = definitions.into_iter().peekable();
        let mut values: Vec<(u32, Option<Value>)> = Vec::new();
        let mut add = |from: u32, value: Option<Value>| {
            if values.last().is_none_or(|(_, last)| *last != value) {
                values.push((from, value));
            }
        };
        // What blocks have defined so far: they may begin again behind an inlined body.
        let mut in_block: FxHashMap<Block, Value> = FxHashMap::default();
        for &(from, block) in part.segments {
            while let Some(definition) = definitions.next_if(|definition| definition.from <= from) {
                in_block.insert(definition.block, definition.value);
                add(definition.from, Some(definition.value));
            }
            let entry = |number: usize| entries.get(number.checked_sub(part.blocks.start)?);
            let at_entry = || entry(flow.number(block)?)?.known();
            add(from, in_block.get(&block).copied().or_else(at_entry));
        }
        for definition in definitions {
            add(definition.from, Some(definition.value));
        }
        if part.end != u32::MAX {
            add(part.end, None);
        }
        values
    }

    /// What the local is where these blocks begin. The first of them begins before the local is there.
    fn entry_values(&self, blocks: &Range<usize>, flow: &Flow) -> Vec<Entry> {
        let mut entries = vec![Entry::Unvisited; blocks.len()];
        if let Some(first) = entries.first_mut() {
            *first = Entry::UNKNOWN;
        }
        let inside = |number: usize| blocks.contains(&number).then(|| number - blocks.start);
        // What it is where they end.
        let mut ends = entries.clone();
        let mut defines = vec![false; blocks.len()];
        for definition in &self.definitions {
            if let Some(number) = flow.number(definition.block).and_then(inside) {
                ends[number] = Entry::Known([Some(definition.value), None, None, None]);
                defines[number] = true;
            }
        }
        // Those where something else may arrive than when they were looked at last.
        let mut is_open = vec![true; blocks.len()];
        // More rounds than loops are deep are rare.
        for _ in 0..ROUNDS {
            let mut has_changed = false;
            for number in 1..blocks.len() {
                if !std::mem::replace(&mut is_open[number], false) {
                    continue;
                }
                let at_end = |before: usize| inside(before).map_or(Entry::UNKNOWN, |before| ends[before]);
                let entry = flow.meet(blocks.start + number, entries[number], at_end);
                if entry == entries[number] {
                    continue;
                }
                has_changed = true;
                entries[number] = entry;
                if !defines[number] {
                    ends[number] = entry;
                    let after = flow.outgoing[blocks.start + number].iter().copied();
                    after.filter_map(inside).for_each(|after| is_open[after] = true);
                }
            }
            if !has_changed {
                return entries;
            }
        }
        vec![Entry::UNKNOWN; blocks.len()]
    }
}

const ROUNDS: usize = 24;

/// What a local is where a block begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    /// Control was not found to arrive yet.
    Unvisited,
    /// All of these values, those found last first; nothing is known where there are none.
    Known([Option<Value>; 4]),
}

impl Entry {
    const UNKNOWN: Entry = Entry::Known([None; 4]);

    fn of(values: impl Iterator<Item = Value>) -> Entry {
        let mut values = values.fuse();
        Entry::Known(std::array::from_fn(|_| values.next()))
    }

    fn values(self) -> impl Iterator<Item = Value> {
        let values = if let Entry::Known(values) = self { values } else { [None; 4] };
        values.into_iter().flatten()
    }

    /// Whether the local is a value, as far as control was found to arrive.
    fn may_be(self, value: Value) -> bool {
        self == Entry::Unvisited || self.values().any(|known| known == value)
    }

    fn known(self) -> Option<Value> {
        self.values().last()
    }
}

/// The control flow of a function.
struct Flow<'f> {
    function: &'f Function,
    blocks: Vec<Block>,
    numbers: FxHashMap<Block, usize>,
    /// For each block, the blocks before it with the arguments that they pass.
    incoming: Vec<Vec<(usize, Vec<Option<Value>>)>>,
    /// For each block, those behind it.
    outgoing: Vec<Vec<usize>>,
    /// For each parameter of a block, the arguments.
    merged: FxHashMap<Value, Vec<Value>>,
    /// For each argument, the parameters.
    merging: FxHashMap<Value, Vec<Value>>,
    /// See [`Flow::computed`].
    computed: OnceCell<FxHashMap<Value, Vec<Value>>>,
}

impl<'f> Flow<'f> {
    fn of(function: &'f Function) -> Flow<'f> {
        let blocks: Vec<Block> = function.layout.blocks().collect();
        let numbers: FxHashMap<Block, usize> =
            blocks.iter().enumerate().map(|(number, block)| (*block, number)).collect();
        let mut incoming: Vec<Vec<(usize, Vec<Option<Value>>)>> = vec![Vec::new(); blocks.len()];
        let mut outgoing: Vec<Vec<usize>> = vec![Vec::new(); blocks.len()];
        let dfg = &function.dfg;
        for (number, block) in blocks.iter().enumerate() {
            let Some(last) = function.layout.last_inst(*block) else { continue };
            for call in destinations(function, last) {
                let arguments = call.args(&dfg.value_lists).map(|argument| match argument {
                    BlockArg::Value(value) => Some(dfg.resolve_aliases(value)),
                    _ => None,
                });
                if let Some(target) = numbers.get(&call.block(&dfg.value_lists)) {
                    incoming[*target].push((number, arguments.collect()));
                    outgoing[number].push(*target);
                }
            }
        }
        let mut merged: FxHashMap<Value, Vec<Value>> = FxHashMap::default();
        // A choice is a merge without control flow.
        for inst in blocks.iter().flat_map(|block| function.layout.block_insts(*block)) {
            if let InstructionData::Ternary { opcode: Opcode::Select, args: [_, arms @ ..] } = dfg.insts[inst] {
                let arms = arms.map(|value| dfg.resolve_aliases(value));
                merged.insert(dfg.first_result(inst), arms.to_vec());
            }
        }
        let mut merging: FxHashMap<Value, Vec<Value>> = FxHashMap::default();
        for (block, incoming) in blocks.iter().zip(&incoming) {
            for (position, parameter) in dfg.block_params(*block).iter().enumerate() {
                let arguments = incoming.iter().filter_map(|(_, arguments)| arguments.get(position).copied().flatten());
                let arguments: Vec<Value> = arguments.collect();
                arguments.iter().for_each(|argument| merging.entry(*argument).or_default().push(*parameter));
                merged.insert(*parameter, arguments);
            }
        }
        Flow { function, blocks, numbers, incoming, outgoing, merged, merging, computed: OnceCell::new() }
    }

    /// A value, and what is computed of it and constants.
    fn offspring(&self, value: Value) -> Vec<Value> {
        const LIMIT: usize = 16;
        let computed = self.computed.get_or_init(|| self.computed());
        let mut found = vec![value];
        let mut number = 0;
        while let Some(value) = found.get(number).filter(|_| found.len() < LIMIT) {
            let more = computed.get(value);
            number += 1;
            found.extend(more.into_iter().flatten());
        }
        found
    }

    /// For each value, those that are computed of it and a constant.
    fn computed(&self) -> FxHashMap<Value, Vec<Value>> {
        let dfg = &self.function.dfg;
        let mut computed: FxHashMap<Value, Vec<Value>> = FxHashMap::default();
        for inst in self.blocks.iter().flat_map(|block| self.function.layout.block_insts(*block)) {
            let InstructionData::Binary { args, .. } = dfg.insts[inst] else { continue };
            let Some(of) = varying(dfg, args.map(|value| dfg.resolve_aliases(value))) else { continue };
            computed.entry(of).or_default().extend(dfg.inst_results(inst));
        }
        computed
    }

    /// Parameters that stand for a value at times, and for another at others.
    fn mixed(&self, value: Value) -> Vec<Value> {
        let mut mixed = Vec::new();
        // Parameters that stand for nothing else.
        let mut equal = vec![value];
        let mut number = 0;
        while let Some(value) = equal.get(number).copied() {
            number += 1;
            for parameter in self.merging.get(&value).into_iter().flatten() {
                if !equal.contains(parameter) && !mixed.contains(parameter) && !self.only(*parameter, &mut equal) {
                    mixed.push(*parameter);
                }
            }
        }
        mixed
    }

    /// Whether a parameter stands for nothing but values that are equal; it is added to them then, with those that it stands for.
    fn only(&self, parameter: Value, equal: &mut Vec<Value>) -> bool {
        const LIMIT: usize = 32;
        let first = equal.len();
        equal.push(parameter);
        let mut number = first;
        while let Some(parameter) = equal.get(number) {
            number += 1;
            let Some(arguments) = self.merged.get(parameter).filter(|_| equal.len() < LIMIT) else {
                equal.truncate(first);
                return false;
            };
            let new: Vec<Value> = arguments.iter().filter(|argument| !equal.contains(argument)).copied().collect();
            equal.extend(new);
        }
        true
    }

    fn number(&self, block: Block) -> Option<usize> {
        self.numbers.get(&block).copied()
    }

    /// What a local is where a block begins, by what it is at the ends of those before: values that it is in all of them, and
    /// parameters that stand for it. What it was not found to be `before` it is not.
    fn meet(&self, number: usize, before: Entry, at_end: impl Fn(usize) -> Entry) -> Entry {
        let incoming = &self.incoming[number];
        let parameters = self.function.dfg.block_params(self.blocks[number]);
        // Most blocks have no parameters, and the same arrives from everywhere.
        let mut ends = incoming.iter().map(|(before, _)| at_end(*before)).filter(|end| *end != Entry::Unvisited);
        if parameters.is_empty()
            && let Some(first) = ends.next()
            && (before == Entry::Unvisited || before == first)
            && ends.all(|end| end == first)
        {
            return first;
        }
        let is_same = |value: Value| incoming.iter().all(|(before, _)| at_end(*before).may_be(value));
        let stands = |position: usize| {
            let argument = |arguments: &[Option<Value>]| arguments.get(position).copied().flatten();
            incoming.iter().all(|(before, arguments)| {
                let end = at_end(*before);
                end == Entry::Unvisited || argument(arguments).is_some_and(|argument| end.may_be(argument))
            })
        };
        if before != Entry::Unvisited {
            let is_parameter = |value: Value| parameters.iter().position(|parameter| *parameter == value);
            return Entry::of(
                before.values().filter(|value| is_parameter(*value).map_or_else(|| is_same(*value), stands)),
            );
        }
        let Some(first) = incoming.iter().map(|(before, _)| at_end(*before)).find(|end| *end != Entry::Unvisited)
        else {
            return Entry::Unvisited;
        };
        let standing = (0..parameters.len()).filter(|position| stands(*position)).map(|position| parameters[position]);
        Entry::of(standing.chain(first.values().filter(|value| is_same(*value))))
    }
}
