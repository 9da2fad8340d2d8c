//! Integer constants, as operands of instructions have them.

use cranelift_codegen::ir::{DataFlowGraph, InstructionData, Value};

/// The bits of a value that an instruction makes of nothing but them.
pub(super) fn constant(dfg: &DataFlowGraph, value: Value) -> Option<i64> {
    match dfg.insts[dfg.value_def(value).inst()?] {
        InstructionData::UnaryImm { imm, .. } => Some(imm.bits()),
        _ => None,
    }
}

/// The one of two operands that is no constant, if the other is.
pub(super) fn varying(dfg: &DataFlowGraph, [left, right]: [Value; 2]) -> Option<Value> {
    match (constant(dfg, left), constant(dfg, right)) {
        (None, Some(_)) => Some(left),
        (Some(_), None) => Some(right),
        _ => None,
    }
}
