//! Divisions by constants, of which Cranelift makes multiplications and shifts that have no source location, so that their code
//! would belong to whatever line comes before.

use cranelift_codegen::ir::{Function, InstructionData, Opcode, RelSourceLoc, Value, ValueDef};
use rustc_hash::FxHashMap;

/// A division, or what it leaves, by a constant.
pub(crate) struct Division {
    /// What stands for the result.
    pub(super) result: Value,
    location: RelSourceLoc,
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
    let constant = |value: Value| match dfg.value_def(value) {
        ValueDef::Result(inst, _) => match dfg.insts[inst] {
            InstructionData::UnaryImm { imm, .. } => Some(imm.bits() as u64),
            _ => None,
        },
        _ => None,
    };
    let mut found = Vec::new();
    for inst in layout.blocks().flat_map(|block| layout.block_insts(block)) {
        let InstructionData::Binary { opcode, args: [of, by] } = dfg.insts[inst] else { continue };
        if !matches!(opcode, Opcode::Udiv | Opcode::Sdiv | Opcode::Urem | Opcode::Srem) {
            continue;
        }
        let result = dfg.first_result(inst);
        let Some(constant) = constant(by).map(|bits| bits & u64::MAX >> (64 - dfg.value_type(by).bits())) else {
            continue;
        };
        let remainder = (opcode == Opcode::Urem && constant != 0).then_some(Remainder { of, constant });
        found.push(Division { result, location: function.stencil.srclocs[inst], remainder });
    }
    found
}

/// Gives what divisions were made into in an optimised function their source locations.
pub(crate) fn locate(function: &mut Function, divisions: &mut [Division]) {
    if divisions.is_empty() {
        return;
    }
    let stencil = &mut function.stencil;
    let (dfg, layout, locations) = (&stencil.dfg, &stencil.layout, &mut stencil.srclocs);
    // Of what instructions without one compute.
    let mut wanted: FxHashMap<Value, RelSourceLoc> = FxHashMap::default();
    for division in divisions {
        division.result = dfg.resolve_aliases(division.result);
        if let Some(remainder) = &mut division.remainder {
            remainder.of = dfg.resolve_aliases(remainder.of);
        }
        let mut alternatives = vec![division.result];
        while let Some(value) = alternatives.pop() {
            wanted.insert(value, division.location);
            if let ValueDef::Union(left, right) = dfg.value_def(value) {
                alternatives.extend([left, right]);
            }
        }
    }
    for block in layout.blocks() {
        let mut next = layout.last_inst(block);
        while let Some(inst) = next {
            next = layout.prev_inst(inst);
            let location = dfg.inst_results(inst).iter().find_map(|value| wanted.get(value).copied());
            let Some(location) = location.filter(|_| locations[inst].is_default()) else { continue };
            locations[inst] = location;
            for argument in dfg.inst_values(inst) {
                wanted.insert(argument, location);
            }
        }
    }
}
