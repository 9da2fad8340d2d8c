//! What is known of the numbers that dispatchers go by.

use cranelift_codegen::ir::{Block, Function, InstructionData, Opcode, Type, Value, ValueDef};

/// Operations that may be between a number and what it is computed from.
const DEEPEST: usize = 4;

/// What a number is computed from, with constants alone.
enum Origin {
    Constant(u64),
    Parameter(Block, usize),
}

/// The constant that a value is, zero-extended.
pub(super) fn evaluate(function: &Function, value: Value) -> Option<u64> {
    evaluate_at(function, value, DEEPEST)
}

/// The block parameter that a value is computed from: its block and its position there.
pub(super) fn origin(function: &Function, value: Value) -> Option<(Block, usize)> {
    match follow(function, value, DEEPEST)? {
        Origin::Parameter(block, position) => Some((block, position)),
        Origin::Constant(_) => None,
    }
}

fn follow(function: &Function, value: Value, depth: usize) -> Option<Origin> {
    let value = function.dfg.resolve_aliases(value);
    let ty = function.dfg.value_type(value);
    let inst = match function.dfg.value_def(value) {
        ValueDef::Param(block, position) => return Some(Origin::Parameter(block, position)),
        ValueDef::Result(inst, _) => inst,
        ValueDef::Union(..) => return None,
    };
    // At any depth, like a parameter: where a parameter is the origin, a constant in its place has to be found.
    if let InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } = function.dfg.insts[inst] {
        return Some(Origin::Constant(truncated(imm.bits().cast_unsigned(), ty)));
    }
    let depth = depth.checked_sub(1)?;
    let (opcode, origin, constant) = match function.dfg.insts[inst] {
        InstructionData::Unary { opcode: opcode @ (Opcode::Uextend | Opcode::Ireduce), arg } => {
            (opcode, follow(function, arg, depth)?, 0)
        }
        InstructionData::Binary { opcode, args: [left, right] } => {
            let constant = evaluate_at(function, right, depth);
            match constant {
                Some(constant) => (opcode, follow(function, left, depth)?, constant),
                // x + c and c + x.
                None if matches!(opcode, Opcode::Iadd | Opcode::Band | Opcode::Bor | Opcode::Bxor) => {
                    (opcode, follow(function, right, depth)?, evaluate_at(function, left, depth)?)
                }
                None => return None,
            }
        }
        _ => return None,
    };
    let computed = |number: u64| match opcode {
        Opcode::Uextend | Opcode::Ireduce => Some(number),
        Opcode::Iadd => Some(number.wrapping_add(constant)),
        Opcode::Isub => Some(number.wrapping_sub(constant)),
        Opcode::Band => Some(number & constant),
        Opcode::Bor => Some(number | constant),
        Opcode::Bxor => Some(number ^ constant),
        // Of shifts, the distance modulo the width counts.
        Opcode::Ishl => Some(number << (constant % u64::from(ty.bits()))),
        Opcode::Ushr => Some(number >> (constant % u64::from(ty.bits()))),
        _ => None,
    };
    match origin {
        Origin::Constant(number) => Some(Origin::Constant(truncated(computed(number)?, ty))),
        // Only through operations that can be evaluated.
        parameter => computed(0).map(|_| parameter),
    }
}

fn evaluate_at(function: &Function, value: Value, depth: usize) -> Option<u64> {
    match follow(function, value, depth)? {
        Origin::Constant(number) => Some(number),
        Origin::Parameter(..) => None,
    }
}

/// The bits of a number that a type has.
fn truncated(number: u64, ty: Type) -> u64 {
    match ty.bits() {
        bits @ 1..64 => number & ((1 << bits) - 1),
        _ => number,
    }
}
