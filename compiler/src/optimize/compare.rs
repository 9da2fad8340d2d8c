//! Makes loops compare the variable that they go on with.
//!
//! Cranelift rewrites `(i + 8) != k` to `i != k − 8`. In a loop that computes `i + 8` anyway, to go on with it, the rewrite
//! keeps the old `i` alive beside the new one up to the branch, which costs a register, a `mov` and an extra jump on the
//! back edge. This pass runs after Cranelift's optimiser, which would undo it, and turns such comparisons back.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef};

/// Runs the pass on an optimised function.
pub(crate) fn restore_loop_compares(function: &mut Function) {
    let blocks: Vec<Block> = function.layout.blocks().collect();
    for block in blocks {
        if let Some(found) = find(function, block) {
            compare_successor(function, &found);
        }
    }
}

/// A comparison of `old` with a constant, whose outcome only `branch` needs, and `next = old + step`, which the
/// branch passes on.
struct LoopCompare {
    comparison: Inst,
    branch: Inst,
    next: Value,
    step: i64,
}

/// The comparison that decides a block's branch, if its left side is a variable whose successor the block passes on.
fn find(function: &Function, block: Block) -> Option<LoopCompare> {
    let branch = function.layout.last_inst(block)?;
    let InstructionData::Brif { arg: condition, .. } = function.dfg.insts[branch] else { return None };
    let comparison = defined_in(function, block, condition)?;
    let InstructionData::IntCompare { cond: IntCC::Equal | IntCC::NotEqual, args: [left, right], .. } =
        function.dfg.insts[comparison]
    else {
        return None;
    };
    constant(function, right)?;
    // The comparison moves down to the branch: what is between must not need it.
    let result = function.dfg.first_result(comparison);
    let mut between = function.layout.block_insts(block).skip_while(|&inst| inst != comparison).skip(1);
    let needs = |inst: Inst| {
        let values = function.dfg.inst_values(inst);
        values.into_iter().any(|value| function.dfg.resolve_aliases(value) == result)
    };
    if between.any(|inst| inst != branch && needs(inst)) {
        return None;
    }
    let left = function.dfg.resolve_aliases(left);
    passed_on(function, branch).into_iter().find_map(|value| {
        let next = unextended(function, value);
        let inst = defined_in(function, block, next)?;
        let InstructionData::Binary { opcode: Opcode::Iadd, args: [old, step] } = function.dfg.insts[inst] else {
            return None;
        };
        let step = constant(function, step)?;
        let is_successor = function.dfg.resolve_aliases(old) == left;
        is_successor.then_some(LoopCompare { comparison, branch, next, step })
    })
}

fn defined_in(function: &Function, block: Block, value: Value) -> Option<Inst> {
    match function.dfg.value_def(function.dfg.resolve_aliases(value)) {
        ValueDef::Result(inst, _) if function.layout.inst_block(inst) == Some(block) => Some(inst),
        _ => None,
    }
}

fn constant(function: &Function, value: Value) -> Option<i64> {
    match function.dfg.value_def(function.dfg.resolve_aliases(value)) {
        ValueDef::Result(inst, _) => match function.dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits()),
            _ => None,
        },
        _ => None,
    }
}

/// The i32 behind a 64-bit twin (see `widen.rs`).
fn unextended(function: &Function, value: Value) -> Value {
    let value = function.dfg.resolve_aliases(value);
    if let ValueDef::Result(inst, _) = function.dfg.value_def(value)
        && let InstructionData::Unary { opcode: Opcode::Uextend, arg } = function.dfg.insts[inst]
    {
        return function.dfg.resolve_aliases(arg);
    }
    value
}

/// The values that a branch gives to block parameters.
fn passed_on(function: &Function, branch: Inst) -> Vec<Value> {
    let calls = super::destinations(function, branch);
    let arguments = calls.iter().flat_map(|call| call.args(&function.dfg.value_lists));
    arguments.filter_map(|argument| if let BlockArg::Value(value) = argument { Some(value) } else { None }).collect()
}

/// `old == k` holds exactly where `old + step == k + step`, both sides wrapping alike.
fn compare_successor(function: &mut Function, found: &LoopCompare) {
    let LoopCompare { comparison, branch, next, step } = *found;
    let InstructionData::IntCompare { args: [_, right], .. } = function.dfg.insts[comparison] else { return };
    let Some(limit) = constant(function, right) else { return };
    let ty = function.dfg.value_type(next);
    let unused = 64u32.saturating_sub(ty.bits());
    // As the verifier wants constants: zero-extended from the type's width.
    let limit = limit.wrapping_add(step).cast_unsigned() << unused >> unused;
    function.layout.remove_inst(comparison);
    function.layout.insert_inst(comparison, branch);
    let limit = FuncCursor::new(function).at_inst(comparison).ins().iconst(ty, limit.cast_signed());
    if let InstructionData::IntCompare { args, .. } = &mut function.dfg.insts[comparison] {
        *args = [next, limit];
    }
}
