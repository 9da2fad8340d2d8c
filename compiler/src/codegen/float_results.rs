//! Results of type f32 as integers, where RISC-V's code would pass them in memory.
//!
//! Cranelift 0.135 moves such a result from where it is returned to a spill slot through an integer register, as 32 bits,
//! and reads it from there into a floating-point register as 64: it is not NaN-boxed then, and every instruction takes
//! it for a NaN (The RISC-V Instruction Set Manual, Volume I, "NaN Boxing of Narrower Values"). The bits of an integer
//! that are beyond its type may be anything, and a `bitcast` boxes it.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{AbiParam, BlockArg, Function, Inst, InstBuilder, MemFlagsData, Opcode, SigRef, types};
use target_lexicon::{Architecture, Triple};

/// How many floating-point results are in registers (RISC-V Calling Conventions, "Hardware Floating-point Calling
/// Convention").
const IN_REGISTERS: usize = 2;

/// Changes the function's own results, and those of all its calls. Every function has to be changed: callers and
/// callees agree by the rule alone.
pub(super) fn pass_as_integers(function: &mut Function, triple: &Triple) {
    if !matches!(triple.architecture, Architecture::Riscv64(_)) {
        return;
    }
    let own = positions(&function.signature.returns);
    let called: Vec<(SigRef, Vec<usize>)> = function
        .dfg
        .signatures
        .iter()
        .map(|(signature, data)| (signature, positions(&data.returns)))
        .filter(|(_, positions)| !positions.is_empty())
        .collect();
    if own.is_empty() && called.is_empty() {
        return;
    }
    change(&mut function.signature.returns, &own);
    for (signature, positions) in &called {
        change(&mut function.dfg.signatures[*signature].returns, positions);
    }
    let mut cursor = FuncCursor::new(function);
    while cursor.next_block().is_some() {
        while let Some(inst) = cursor.next_inst() {
            if cursor.func.dfg.insts[inst].opcode() == Opcode::Return {
                convert_returned(&mut cursor, inst, &own);
                continue;
            }
            let Some(signature) = cursor.func.dfg.call_signature(inst) else { continue };
            let Some((_, positions)) = called.iter().find(|(changed, _)| *changed == signature) else { continue };
            match cursor.func.dfg.insts[inst].exception_table() {
                Some(_) => convert_in_successor(cursor.func, inst, positions),
                None => convert_results(&mut cursor, inst, positions),
            }
        }
    }
}

/// Which results are passed in another way.
fn positions(results: &[AbiParam]) -> Vec<usize> {
    let floats = results.iter().enumerate().filter(|(_, result)| result.value_type.is_float());
    let in_memory = floats.skip(IN_REGISTERS);
    in_memory.filter(|(_, result)| result.value_type == types::F32).map(|(position, _)| position).collect()
}

fn change(results: &mut [AbiParam], positions: &[usize]) {
    for &position in positions {
        results[position].value_type = types::I32;
    }
}

fn convert_returned(cursor: &mut FuncCursor<'_>, inst: Inst, positions: &[usize]) {
    for &position in positions {
        let value = cursor.func.dfg.inst_args(inst)[position];
        let bits = cursor.ins().bitcast(types::I32, MemFlagsData::new(), value);
        cursor.func.dfg.inst_args_mut(inst)[position] = bits;
    }
}

/// Leaves the cursor at the last instruction that it adds behind the call. Tail calls have no results.
fn convert_results(cursor: &mut FuncCursor<'_>, inst: Inst, positions: &[usize]) {
    if cursor.func.dfg.inst_results(inst).is_empty() {
        return;
    }
    let mut last = inst;
    for &position in positions {
        let value = cursor.func.dfg.inst_results(inst)[position];
        let bits = cursor.func.dfg.replace_result(value, types::I32);
        cursor.goto_after_inst(last);
        cursor.ins().with_result(value).bitcast(types::F32, MemFlagsData::new(), bits);
        last = cursor.func.dfg.value_def(value).unwrap_inst();
    }
    cursor.goto_inst(last);
}

/// The results of a `try_call` are parameters of the block behind it, which has no other predecessor.
fn convert_in_successor(function: &mut Function, inst: Inst, positions: &[usize]) {
    let Some(table) = function.dfg.insts[inst].exception_table() else { return };
    let normal = *function.dfg.exception_tables[table].normal_return();
    let pool = &function.dfg.value_lists;
    let block = normal.block(pool);
    let parameters: Vec<_> = normal
        .args(pool)
        .zip(function.dfg.block_params(block))
        .filter(
            |(argument, _)| matches!(argument, BlockArg::TryCallRet(result) if positions.contains(&(*result as usize))),
        )
        .map(|(_, &parameter)| parameter)
        .collect();
    for parameter in parameters {
        let bits = function.dfg.replace_block_param(parameter, types::I32);
        let mut cursor = FuncCursor::new(function).at_first_insertion_point(block);
        cursor.ins().with_result(parameter).bitcast(types::F32, MemFlagsData::new(), bits);
    }
}
