//! Source locations of instructions that the optimiser puts in the place of others: it gives them none, and their code would belong
//! to whatever line comes before. Divisions by constants become several, and nothing tells afterwards that they were divisions.

use cranelift_codegen::ir::{Function, InstructionData, Opcode, SourceLoc, Value, ValueDef};
use rustc_hash::{FxHashMap, FxHashSet};

use super::constants::constant;

/// Marks source locations that are known where debug information is made: what programs load, as where traps are, does not depend on it.
/// No function is so long that its locations have this bit.
pub(crate) const STANDS_IN: u32 = 1 << 31;

/// A division, or what it leaves, by a constant.
pub(crate) struct Division {
    /// What stands for the result.
    pub(super) result: Value,
    location: SourceLoc,
    /// Of a remainder without sign.
    pub(super) remainder: Option<Remainder>,
}

/// What is left of a value by a constant that is not 0.
pub(super) struct Remainder {
    pub of: Value,
    pub constant: u64,
}

/// The divisions in a function that is to be optimised.
pub(crate) fn divisions(function: &Function) -> Vec<Division> {
    let (dfg, layout) = (&function.dfg, &function.layout);
    let mut found = Vec::new();
    for inst in layout.blocks().flat_map(|block| layout.block_insts(block)) {
        let InstructionData::Binary { opcode, args: [of, by] } = dfg.insts[inst] else { continue };
        if !matches!(opcode, Opcode::Udiv | Opcode::Sdiv | Opcode::Urem | Opcode::Srem) {
            continue;
        }
        let result = dfg.first_result(inst);
        let Some(bits) = constant(dfg, by) else { continue };
        let constant = bits.cast_unsigned() & u64::MAX >> (64 - dfg.value_type(by).bits());
        let remainder = (opcode == Opcode::Urem && constant != 0).then_some(Remainder { of, constant });
        found.push(Division { result, location: function.srcloc(inst), remainder });
    }
    found
}

/// Gives instructions without a source location in an optimised function that of the one whose place they have taken: one that gave
/// an equal value, and is gone. `class_of` tells which values are equal.
pub(super) fn locate(function: &mut Function, divisions: &[Division], class_of: &mut dyn FnMut(Value) -> u32) {
    let (dfg, layout) = (&function.dfg, &function.layout);
    // By class; `None` where there were several.
    let mut gone: FxHashMap<u32, Option<SourceLoc>> = FxHashMap::default();
    for (value, definition) in dfg.values_and_defs() {
        let ValueDef::Result(inst, 0) = definition else { continue };
        let location = function.srcloc(inst);
        if !location.is_default() && layout.inst_block(inst).is_none() {
            let known = gone.entry(class_of(value)).or_insert(Some(location));
            *known = known.filter(|known| *known == location);
        }
    }
    // What divisions were made into, and what that is computed of.
    let mut parts: FxHashMap<Value, SourceLoc> = FxHashMap::default();
    for division in divisions {
        gone.insert(class_of(division.result), Some(division.location));
    }
    let divided: FxHashSet<u32> = divisions.iter().map(|division| class_of(division.result)).collect();
    let mut found = Vec::new();
    for block in layout.blocks() {
        let mut next = layout.last_inst(block);
        while let Some(inst) = next {
            next = layout.prev_inst(inst);
            let Some(result) = dfg.inst_results(inst).first().filter(|_| function.srcloc(inst).is_default()) else {
                continue;
            };
            // Constants are made wherever they are used.
            if dfg.inst_values(inst).next().is_none() {
                continue;
            }
            let class = class_of(*result);
            let part = parts.get(result).copied();
            if let Some(location) = gone.get(&class).copied().flatten().or(part) {
                found.push((inst, location));
                if part.is_some() || divided.contains(&class) {
                    parts.extend(dfg.inst_values(inst).map(|argument| (argument, location)));
                }
            }
        }
    }
    for (inst, location) in found.into_iter().filter(|(_, location)| !location.is_default()) {
        function.set_srcloc(inst, SourceLoc::new(location.bits() | STANDS_IN));
    }
}
