//! Removes bounds checks that earlier ones make unnecessary.
//!
//! **This file guards the sandbox.** A memory never shrinks, so what a check proves stays true whatever runs after
//! it. A check that `index + reach <= length` is removed only with one of these proofs:
//!
//! - **Dominated**: the same index, or an index that is x + c for a constant c > 0, was checked on every path to here:
//!   x + r ≤ length with r ≥ c + reach. (So x + c did not wrap either: lengths are below 2^63.)
//! - **Guarded**: x < length was checked, the index is x + c with 0 < c ≤ `TAIL_GUARD` / 2, and the check is of the
//!   kind that leaves the access's offset and width, together at most `TAIL_GUARD` / 2, to the memory's tail guard:
//!   the access ends below length + `TAIL_GUARD`, where all that is not memory is inaccessible.

use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Value, ValueDef};
use rustc_hash::FxHashMap;
use wasmc_abi::instance::TAIL_GUARD;

use super::dominance::{Facts, walk};
use crate::plan::Slot;

/// An instruction that traps unless `index + reach <= length`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoundsCheck {
    pub inst: Inst,
    /// Descriptor of the memory.
    pub memory: Slot,
    /// Type i64.
    pub index: Value,
    pub reach: u64,
    /// What the access reaches beyond its index is in the memory or in its tail guard.
    pub guarded: bool,
}

/// Runs the pass on a function as the translator made it, with all its checks.
pub(crate) fn remove_redundant_checks(function: &mut Function, checks: &[BoundsCheck]) {
    if checks.len() < 2 {
        return;
    }
    let checks: FxHashMap<Inst, BoundsCheck> = checks.iter().map(|check| (check.inst, *check)).collect();
    walk(function, |function, block, facts| {
        let insts: Vec<Inst> = function.layout.block_insts(block).collect();
        for inst in insts {
            let Some(check) = checks.get(&inst) else { continue };
            let index = function.dfg.resolve_aliases(check.index);
            if is_redundant(function, check, index, facts) {
                function.layout.remove_inst(inst);
            } else {
                facts.learn((check.memory, subject(function, index)), check.reach);
            }
        }
    });
}

fn is_redundant(function: &Function, check: &BoundsCheck, index: Value, facts: &Facts<(Slot, Value)>) -> bool {
    let proven = |value| facts.known((check.memory, subject(function, value)));
    if proven(index).is_some_and(|reach| reach >= check.reach) {
        return true;
    }
    let Some((x, c)) = constant_sum(function, index) else { return false };
    proven(x).is_some_and(|reach| {
        c.checked_add(check.reach).is_some_and(|sum| reach >= sum) || (check.guarded && c <= TAIL_GUARD / 2)
    })
}

/// What an index is known by: every access extends a 32-bit index anew.
fn subject(function: &Function, index: Value) -> Value {
    match defining(function, index) {
        Some(InstructionData::Unary { opcode: Opcode::Uextend, arg }) => function.dfg.resolve_aliases(arg),
        _ => function.dfg.resolve_aliases(index),
    }
}

/// The parts of `x + c` in 64 bits, where c > 0.
fn constant_sum(function: &Function, value: Value) -> Option<(Value, u64)> {
    let InstructionData::Binary { opcode: Opcode::Iadd, args: [left, right] } = defining(function, value)? else {
        return None;
    };
    let (x, c) = match (constant(function, left), constant(function, right)) {
        (_, Some(c)) => (left, c),
        (Some(c), None) => (right, c),
        _ => return None,
    };
    let c = u64::try_from(c).ok().filter(|&c| c > 0)?;
    Some((function.dfg.resolve_aliases(x), c))
}

fn constant(function: &Function, value: Value) -> Option<i64> {
    match defining(function, value)? {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits()),
        _ => None,
    }
}

fn defining(function: &Function, value: Value) -> Option<InstructionData> {
    match function.dfg.value_def(function.dfg.resolve_aliases(value)) {
        ValueDef::Result(inst, _) => Some(function.dfg.insts[inst]),
        _ => None,
    }
}
