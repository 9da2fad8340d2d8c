//! Where optimised code keeps the values that the translator made: which values that are left equal, or contain, those that
//! debug information asks for. These get a label each, by which Cranelift tells the registers that they are in.

use std::collections::HashSet;

use cranelift_codegen::ir::{
    Function, Inst, InstructionData, Opcode, RelSourceLoc, Type, Value, ValueDef, ValueLabel, ValueLabelAssignments,
    ValueLabelStart, types,
};
use rustc_hash::FxHashMap;

use super::constants::varying;
use super::history::Timeline;
use super::rewritten::{Division, locate};
use crate::optimize::destinations;

/// Where to look for a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// It is always this, as bits.
    pub constant: Option<u64>,
    /// Labels of values that are equal, or whose lower part is.
    pub labels: Vec<u32>,
    /// How to compute it where it is nowhere.
    pub recipes: Vec<Recipe>,
}

/// A value is what an operation makes of another and a constant.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    pub step: Step,
    pub constant: u64,
    /// Bytes of the other.
    pub size: u8,
    /// Labels of values that are equal to the other, or whose lower part is.
    pub labels: Vec<u32>,
}

/// What is done with a value on the left and a constant on the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Add,
    Subtract,
    Multiply,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
    /// The remainder of an unsigned division.
    Remainder,
}

impl Step {
    /// What an instruction does whose result is the value.
    fn of(opcode: Opcode) -> Option<Step> {
        Some(match opcode {
            Opcode::Iadd => Step::Add,
            Opcode::Isub => Step::Subtract,
            Opcode::Imul => Step::Multiply,
            Opcode::Band => Step::And,
            Opcode::Bor => Step::Or,
            Opcode::Bxor => Step::Xor,
            Opcode::Ishl => Step::ShiftLeft,
            Opcode::Ushr => Step::ShiftRight,
            Opcode::Urem => Step::Remainder,
            _ => return None,
        })
    }

    /// What leads from the result back to the value on the left.
    fn back(self) -> Option<Step> {
        match self {
            Step::Add => Some(Step::Subtract),
            Step::Subtract => Some(Step::Add),
            Step::Xor => Some(Step::Xor),
            _ => None,
        }
    }
}

/// Values that are equal.
struct Classes {
    parents: Vec<u32>,
    /// How many were found equal so far.
    united: usize,
}

impl Classes {
    fn of(&mut self, value: Value) -> u32 {
        let mut at = value.as_u32();
        while self.parents[at as usize] != at {
            let above = self.parents[self.parents[at as usize] as usize];
            self.parents[at as usize] = above;
            at = above;
        }
        at
    }

    fn unite(&mut self, left: Value, right: Value) {
        let (left, right) = (self.of(left), self.of(right));
        self.united += usize::from(left != right);
        self.parents[left.max(right) as usize] = left.min(right);
    }
}

/// Has timelines name the values that others have become other names of, before those names are forgotten.
pub(crate) fn resolve(function: &Function, timelines: &mut [Timeline]) {
    for (_, value) in timelines.iter_mut().flat_map(|timeline| &mut timeline.values) {
        *value = value.map(|value| function.dfg.resolve_aliases(value));
    }
}

/// Has timelines no longer name values that are not the only ones any more of what they stand for.
pub(crate) fn forget(function: &Function, timelines: &mut [Timeline], values: &HashSet<Value>) {
    if values.is_empty() {
        return;
    }
    for (_, value) in timelines.iter_mut().flat_map(|timeline| &mut timeline.values) {
        *value = value.filter(|value| !values.contains(&function.dfg.resolve_aliases(*value)));
    }
}

/// Labels the values of a function that the timelines need; returns where to look for theirs. `divisions` are what the optimiser has
/// rewritten, if it has seen the function: then code that it made is given the source locations of what that stands for.
pub(crate) fn label(
    function: &mut Function,
    timelines: &[Timeline],
    divisions: Option<Vec<Division>>,
) -> FxHashMap<Value, Source> {
    let mut wanted: Vec<Value> =
        timelines.iter().flat_map(|timeline| timeline.values.iter().filter_map(|(_, value)| *value)).collect();
    let is_optimized = divisions.is_some();
    if wanted.is_empty() && !is_optimized {
        return FxHashMap::default();
    }
    let mut divisions = divisions.unwrap_or_default();
    for division in &mut divisions {
        division.result = function.dfg.resolve_aliases(division.result);
        if let Some(remainder) = &mut division.remainder {
            remainder.of = function.dfg.resolve_aliases(remainder.of);
        }
    }
    let divisions = divisions.as_slice();
    let mut classes = Classes { parents: (0..function.dfg.num_values() as u32).collect(), united: 0 };
    unite_equal(function, &mut classes);
    if is_optimized {
        locate(function, divisions, &mut |value| classes.of(value));
    }
    if wanted.is_empty() {
        return FxHashMap::default();
    }
    // What they can be computed of is in a register at times when they are not.
    let operands: Vec<Value> = wanted.iter().filter_map(|value| varying_operand(function, *value)).collect();
    wanted.extend(operands);
    wanted.extend(divisions.iter().filter_map(|division| Some(division.remainder.as_ref()?.of)));
    let members = Members::of(function, &mut classes, &wanted);
    let mut labels: std::collections::BTreeMap<Value, ValueLabelAssignments> = std::collections::BTreeMap::new();
    let mut sources = FxHashMap::default();
    for value in wanted {
        if sources.contains_key(&value) {
            continue;
        }
        let class = classes.of(value);
        let constant = members.constants.get(&class).copied();
        let mut source = Source { constant, ..Source::default() };
        if source.constant.is_none() {
            for member in members.with(class) {
                let label = ValueLabel::from_u32(member.as_u32());
                labels.entry(member).or_insert_with(|| {
                    ValueLabelAssignments::Starts(vec![ValueLabelStart { from: RelSourceLoc::default(), label }])
                });
                source.labels.push(member.as_u32());
            }
        }
        sources.insert(value, source);
    }
    add_recipes(function, divisions, &mut classes, &members, &mut sources);
    function.dfg.values_labels = Some(labels);
    sources
}

/// What a value is computed of, with a constant.
fn varying_operand(function: &Function, value: Value) -> Option<Value> {
    let dfg = &function.dfg;
    let inst = dfg.value_def(value).inst()?;
    let InstructionData::Binary { opcode, args } = dfg.insts[inst] else { return None };
    Step::of(opcode)?;
    varying(dfg, args)
}

/// How many ways to compute a value are kept.
const RECIPES: usize = 3;

/// Adds how values that are looked for can be computed of others.
fn add_recipes(
    function: &Function,
    divisions: &[Division],
    classes: &mut Classes,
    members: &Members,
    sources: &mut FxHashMap<Value, Source>,
) {
    let dfg = &function.dfg;
    let mut labels: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (value, source) in sources.iter().filter(|(_, source)| !source.labels.is_empty()) {
        labels.entry(classes.of(*value)).or_insert_with(|| source.labels.clone());
    }
    let mut recipes: FxHashMap<u32, Vec<Recipe>> = FxHashMap::default();
    for (result, remainder) in
        divisions.iter().filter_map(|division| Some((division.result, division.remainder.as_ref()?)))
    {
        if let Some(labels) = labels.get(&classes.of(remainder.of)) {
            let size = dfg.value_type(result).bytes() as u8;
            let recipe = Recipe { step: Step::Remainder, constant: remainder.constant, size, labels: labels.clone() };
            recipes.entry(classes.of(result)).or_default().push(recipe);
        }
    }
    for (value, definition) in dfg.values_and_defs() {
        let ValueDef::Result(inst, 0) = definition else { continue };
        let InstructionData::Binary { opcode, args: [left, right] } = dfg.insts[inst] else { continue };
        let Some(step) = Step::of(opcode) else { continue };
        let (ty, constants) = (dfg.value_type(value), &members.constants);
        if ty != types::I32 && ty != types::I64 {
            continue;
        }
        let mut constant = |value: Value| constants.get(&classes.of(value)).copied();
        let is_either = matches!(step, Step::Add | Step::Multiply | Step::And | Step::Or | Step::Xor);
        let (other, constant) = match (constant(left), constant(right)) {
            (None, Some(constant)) => (left, constant),
            (Some(constant), None) if is_either => (right, constant),
            _ => continue,
        };
        let is_shift = matches!(step, Step::ShiftLeft | Step::ShiftRight);
        let constant = if is_shift { constant & u64::from(ty.bits() - 1) } else { constant };
        if step == Step::Remainder && constant == 0 {
            continue;
        }
        let (result, other) = (classes.of(value), classes.of(other));
        let mut add = |to: u32, of: u32, step: Step| {
            if let (true, Some(found)) = (labels.contains_key(&to), labels.get(&of)) {
                let known = recipes.entry(to).or_default();
                if known.len() < RECIPES {
                    known.push(Recipe { step, constant, size: ty.bytes() as u8, labels: found.clone() });
                }
            }
        };
        add(result, other, step);
        if let Some(back) = step.back() {
            add(other, result, back);
        }
    }
    for (value, source) in sources.iter_mut().filter(|(_, source)| source.constant.is_none()) {
        if let Some(found) = recipes.get(&classes.of(*value)) {
            source.recipes = found.clone();
        }
    }
}

/// Finds out which values are equal: alternatives that the optimiser chose from, and results of equal instructions.
fn unite_equal(function: &Function, classes: &mut Classes) {
    let dfg = &function.dfg;
    let mut results: Vec<(Value, Inst)> = Vec::new();
    for (value, definition) in dfg.values_and_defs() {
        match definition {
            ValueDef::Union(left, right) => {
                classes.unite(value, left);
                classes.unite(value, right);
            }
            ValueDef::Result(inst, 0) if is_pure(&dfg.insts[inst]) => results.push((value, inst)),
            _ => {}
        }
    }
    // Once more for those whose operands were found equal late.
    let mut known: FxHashMap<(Type, InstructionData), Value> = FxHashMap::default();
    for _ in 0..2 {
        let before = classes.united;
        unite_reduced(function, &results, classes);
        unite_merged(function, classes);
        known.clear();
        known.reserve(results.len());
        for &(value, inst) in &results {
            let Some(data) = with_classes(dfg.insts[inst], classes) else { continue };
            match known.entry((dfg.value_type(value), data)) {
                std::collections::hash_map::Entry::Occupied(other) => classes.unite(*other.get(), value),
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(value);
                }
            }
        }
        if classes.united == before {
            break;
        }
    }
}

/// A parameter of a block that only equal values arrive at is one of them; so are several that nothing but one value and each
/// other arrive at, as where loops hand on what they do not change.
fn unite_merged(function: &Function, classes: &mut Classes) {
    let dfg = &function.dfg;
    let mut arriving: FxHashMap<Value, Vec<Option<Value>>> = FxHashMap::default();
    for block in function.layout.blocks() {
        let Some(last) = function.layout.last_inst(block) else { continue };
        for call in destinations(function, last) {
            let parameters = dfg.block_params(call.block(&dfg.value_lists));
            for (parameter, argument) in parameters.iter().zip(call.args(&dfg.value_lists)) {
                arriving.entry(*parameter).or_default().push(argument.as_value());
            }
        }
    }
    let mut equal = Vec::new();
    for parameter in function.layout.blocks().flat_map(|block| dfg.block_params(block)) {
        let mut tried = Vec::new();
        for only in arriving.get(parameter).into_iter().flatten() {
            // Something other than values arrives, or so many that they are hardly one.
            let Some(only) = only.map(|only| classes.of(only)).filter(|_| tried.len() < CANDIDATES) else { break };
            if only == classes.of(*parameter) || tried.contains(&only) {
                continue;
            }
            tried.push(only);
            equal.clear();
            equal.push(*parameter);
            if is_all_that_arrives(&arriving, classes, only, &mut equal) {
                equal.iter().for_each(|parameter| classes.unite(*parameter, Value::from_u32(only)));
                break;
            }
        }
    }
}

/// How many of the values that arrive at a parameter are tried, and how many parameters are taken to be equal.
const CANDIDATES: usize = 3;
const EQUAL_PARAMETERS: usize = 32;

/// Whether only values of a class arrive at some parameters, and at those that may be equal, which are added.
fn is_all_that_arrives(
    arriving: &FxHashMap<Value, Vec<Option<Value>>>,
    classes: &mut Classes,
    only: u32,
    equal: &mut Vec<Value>,
) -> bool {
    let mut number = 0;
    while let Some(parameter) = equal.get(number) {
        for argument in &arriving[parameter] {
            let Some(argument) = *argument else { return false };
            if classes.of(argument) == only || equal.contains(&argument) {
                continue;
            }
            if !arriving.contains_key(&argument) || equal.len() == EQUAL_PARAMETERS {
                return false;
            }
            equal.push(argument);
        }
        number += 1;
    }
    true
}

/// What was extended and then reduced again is what it was (see `optimize/widen.rs`).
fn unite_reduced(function: &Function, results: &[(Value, Inst)], classes: &mut Classes) {
    let dfg = &function.dfg;
    let unary = |inst: Inst, wanted: &[Opcode]| match dfg.insts[inst] {
        InstructionData::Unary { opcode, arg } if wanted.contains(&opcode) => Some(arg),
        _ => None,
    };
    let mut extended: FxHashMap<u32, Value> = FxHashMap::default();
    for &(value, inst) in results {
        if let Some(narrow) = unary(inst, &[Opcode::Uextend, Opcode::Sextend]) {
            extended.insert(classes.of(value), narrow);
        }
    }
    for &(value, inst) in results.iter().filter(|_| !extended.is_empty()) {
        let wide = unary(inst, &[Opcode::Ireduce]);
        if let Some(narrow) = wide.and_then(|wide| extended.get(&classes.of(wide)))
            && dfg.value_type(*narrow) == dfg.value_type(value)
        {
            classes.unite(value, *narrow);
        }
    }
}

/// Whether an instruction depends on nothing but its operands.
fn is_pure(data: &InstructionData) -> bool {
    let opcode = data.opcode();
    let has_effects = opcode.other_side_effects()
        || opcode.can_load()
        || opcode.can_store()
        || opcode.can_trap()
        || opcode.is_call()
        || opcode.is_branch()
        || opcode.is_terminator();
    !has_effects
}

/// A pure instruction whose operands are replaced by what stands for those equal to them.
fn with_classes(mut data: InstructionData, classes: &mut Classes) -> Option<InstructionData> {
    let mut replace = |arguments: &mut [Value]| {
        for argument in arguments {
            *argument = Value::from_u32(classes.of(*argument));
        }
    };
    match &mut data {
        InstructionData::Unary { arg, .. } => replace(std::slice::from_mut(arg)),
        InstructionData::Binary { args, .. } => replace(args),
        InstructionData::Ternary { args, .. } => replace(args),
        InstructionData::BinaryImm8 { arg, .. } => replace(std::slice::from_mut(arg)),
        InstructionData::IntCompare { args, .. } => replace(args),
        InstructionData::FloatCompare { args, .. } => replace(args),
        InstructionData::UnaryImm { .. }
        | InstructionData::UnaryIeee32 { .. }
        | InstructionData::UnaryIeee64 { .. }
        | InstructionData::UnaryConst { .. } => {}
        _ => return None,
    }
    Some(data)
}

/// What is in the function, by class.
struct Members {
    /// Values that code is made for, of classes that are looked for.
    values: FxHashMap<u32, Vec<Value>>,
    /// Classes of values whose lower part is one of the class.
    wider: FxHashMap<u32, Vec<u32>>,
    constants: FxHashMap<u32, u64>,
}

impl Members {
    /// Finds what there is of some values.
    fn of(function: &Function, classes: &mut Classes, wanted: &[Value]) -> Members {
        let mut members =
            Members { values: FxHashMap::default(), wider: FxHashMap::default(), constants: FxHashMap::default() };
        let dfg = &function.dfg;
        for (value, definition) in dfg.values_and_defs() {
            let ValueDef::Result(inst, _) = definition else { continue };
            match dfg.insts[inst] {
                InstructionData::Unary { opcode: Opcode::Ireduce, arg } => {
                    let class = classes.of(value);
                    members.wider.entry(class).or_default().push(classes.of(arg));
                }
                InstructionData::Unary { opcode: Opcode::Uextend | Opcode::Sextend, arg } => {
                    let class = classes.of(arg);
                    members.wider.entry(class).or_default().push(classes.of(value));
                }
                InstructionData::UnaryImm { imm, .. } => {
                    let mask = if dfg.value_type(value) == types::I32 { u64::from(u32::MAX) } else { u64::MAX };
                    members.constants.insert(classes.of(value), imm.bits() as u64 & mask);
                }
                InstructionData::UnaryIeee32 { imm, .. } => {
                    members.constants.insert(classes.of(value), imm.bits().into());
                }
                InstructionData::UnaryIeee64 { imm, .. } => {
                    members.constants.insert(classes.of(value), imm.bits());
                }
                _ => {}
            }
        }
        for wider in members.wider.values_mut() {
            wider.sort_unstable();
            wider.dedup();
        }
        let mut is_wanted = vec![false; dfg.num_values()];
        let classes_of = wanted.iter().map(|value| classes.of(*value));
        // Constants are nowhere.
        let varying: Vec<u32> = classes_of.filter(|class| !members.constants.contains_key(class)).collect();
        for class in varying {
            for class in members.wider.get(&class).into_iter().flatten().chain([&class]) {
                is_wanted[*class as usize] = true;
            }
        }
        let mut add = |value: Value| {
            let class = classes.of(value);
            if is_wanted[class as usize] {
                members.values.entry(class).or_default().push(value);
            }
        };
        for block in function.layout.blocks() {
            dfg.block_params(block).iter().copied().for_each(&mut add);
            for inst in function.layout.block_insts(block) {
                dfg.inst_results(inst).iter().copied().for_each(&mut add);
            }
        }
        members
    }

    /// The values of a class, and those with one of them as their lower part.
    fn with(&self, class: u32) -> Vec<Value> {
        let mut found = self.values.get(&class).cloned().unwrap_or_default();
        for wider in self.wider.get(&class).into_iter().flatten() {
            found.extend(self.values.get(wider).into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
