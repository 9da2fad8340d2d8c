//! Keeps a zero-extended 64-bit twin of every i32 that is used as an address.
//!
//! An i32 index must be zero-extended before it can address linear memory. For results of 32-bit arithmetic the
//! processor does that anyway, but a value that comes from memory or over a control-flow edge costs a `mov` in front of
//! each access, on the critical path of every pointer chase and in every loop. So where a block parameter is zero-extended
//! somewhere, the parameter itself becomes 64 bits wide, and a load of 32 bits extends as it loads. The i32 is then
//! an `ireduce` of the twin, which costs nothing.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::{
    Block, BlockArg, Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{destinations, destinations_mut};

/// Runs the pass on a function as the translator made it.
pub(crate) fn widen_addresses(function: &mut Function) {
    let wanted = find_wanted(function);
    if wanted.is_empty() {
        return;
    }
    let mut twins = widen_definitions(function, &wanted);
    widen_edges(function, &mut twins);
    replace_extensions(function, &twins);
}

/// The 64-bit twin of each i32 that has one.
type Twins = FxHashMap<Value, Value>;

/// Values of type i32 that are zero-extended somewhere, or flow into a block parameter that is.
fn find_wanted(function: &Function) -> EntitySet<Value> {
    let mut wanted = EntitySet::with_capacity(function.dfg.num_values());
    let mut pending = Vec::new();
    let mut set_by_calls = Vec::new();
    // Block parameters with what branches set them to.
    let mut incoming = Vec::new();
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            if let Some(value) = extended(function, inst)
                && wanted.insert(value)
            {
                pending.push(value);
            }
            incoming.extend(edges(function, inst).filter(|&(parameter, _)| is_i32(function, parameter)));
            set_by_calls.extend(results_of_call(function, inst));
        }
    }
    incoming.sort_unstable();
    while let Some(value) = pending.pop() {
        let first = incoming.partition_point(|&(parameter, _)| parameter < value);
        for &(_, argument) in incoming[first..].iter().take_while(|&&(parameter, _)| parameter == value) {
            if wanted.insert(argument) {
                pending.push(argument);
            }
        }
    }
    for value in set_by_calls {
        wanted.remove(value);
    }
    wanted
}

fn is_i32(function: &Function, value: Value) -> bool {
    function.dfg.value_type(value) == types::I32
}

/// The block parameters that a call which ends its block (`try_call`) sets to its results: they have the result's type.
fn results_of_call(function: &Function, inst: Inst) -> Vec<Value> {
    let dfg = &function.dfg;
    let Some(table) = dfg.insts[inst].exception_table() else { return Vec::new() };
    let mut results = Vec::new();
    for call in dfg.exception_tables[table].all_branches() {
        let parameters = dfg.block_params(call.block(&dfg.value_lists));
        let arguments = call.args(&dfg.value_lists);
        let set = parameters.iter().zip(arguments).filter(|(_, argument)| !matches!(argument, BlockArg::Value(_)));
        results.extend(set.map(|(&parameter, _)| parameter));
    }
    results
}

/// The i32 that an instruction zero-extends to 64 bits.
fn extended(function: &Function, inst: Inst) -> Option<Value> {
    match function.dfg.insts[inst] {
        InstructionData::Unary { opcode: Opcode::Uextend, arg }
            if function.dfg.value_type(arg) == types::I32
                && function.dfg.value_type(function.dfg.first_result(inst)) == types::I64 =>
        {
            Some(function.dfg.resolve_aliases(arg))
        }
        _ => None,
    }
}

/// The block parameters that a branch sets, with the values it sets them to.
fn edges(function: &Function, inst: Inst) -> impl Iterator<Item = (Value, Value)> {
    let dfg = &function.dfg;
    destinations(function, inst).iter().flat_map(|call| {
        let parameters = dfg.block_params(call.block(&dfg.value_lists));
        let pairs = parameters.iter().zip(call.args(&dfg.value_lists));
        pairs.filter_map(|(&parameter, argument)| Some((parameter, dfg.resolve_aliases(argument.as_value()?))))
    })
}

/// Gives block parameters and loads among `wanted` their twins.
fn widen_definitions(function: &mut Function, wanted: &EntitySet<Value>) -> Twins {
    let mut twins = Twins::default();
    let entry = function.layout.entry_block();
    let blocks: Vec<Block> = function.layout.blocks().collect();
    for block in blocks {
        if Some(block) != entry {
            let parameters: Vec<Value> = function.dfg.block_params(block).to_vec();
            for parameter in parameters.into_iter().filter(|&value| wanted.contains(value)) {
                let twin = function.dfg.replace_block_param(parameter, types::I64);
                let mut cursor = FuncCursor::new(function).at_first_insertion_point(block);
                cursor.ins().with_result(parameter).ireduce(types::I32, twin);
                twins.insert(parameter, twin);
            }
        }
        let insts: Vec<Inst> = function.layout.block_insts(block).collect();
        for inst in insts {
            widen_instruction(function, inst, wanted, &mut twins);
        }
    }
    twins
}

/// A load of i32 extends as it loads; a reduced register keeps its 64 bits.
fn widen_instruction(function: &mut Function, inst: Inst, wanted: &EntitySet<Value>, twins: &mut Twins) {
    let Some(&result) = function.dfg.inst_results(inst).first() else { return };
    if !wanted.contains(result) || twins.contains_key(&result) || function.dfg.value_type(result) != types::I32 {
        return;
    }
    let location = function.srcloc(inst);
    match function.dfg.insts[inst] {
        // Sign-extending loads stay as they are.
        InstructionData::Load {
            opcode: opcode @ (Opcode::Load | Opcode::Uload8 | Opcode::Uload16),
            arg,
            flags,
            offset,
        } => {
            let flags = function.dfg.mem_flags[flags];
            function.dfg.clear_results(inst);
            let mut cursor = FuncCursor::new(function).at_inst(inst).with_srcloc(location);
            let twin = match opcode {
                Opcode::Uload8 => cursor.ins().uload8(types::I64, flags, arg, offset),
                Opcode::Uload16 => cursor.ins().uload16(types::I64, flags, arg, offset),
                _ => cursor.ins().uload32(flags, arg, offset),
            };
            cursor.remove_inst();
            cursor.ins().with_result(result).ireduce(types::I32, twin);
            twins.insert(result, twin);
        }
        InstructionData::Unary { opcode: Opcode::Ireduce, arg } => {
            // The global that lives in a register is kept zero-extended there.
            let wide = function.dfg.resolve_aliases(arg);
            if let ValueDef::Result(source, _) = function.dfg.value_def(wide)
                && function.dfg.insts[source].opcode() == Opcode::GetPinnedReg
            {
                twins.insert(result, wide);
            }
        }
        _ => {}
    }
}

/// Makes every branch pass 64 bits where the parameter has become that wide.
fn widen_edges(function: &mut Function, twins: &mut Twins) {
    let blocks: Vec<Block> = function.layout.blocks().collect();
    for block in blocks {
        let Some(inst) = function.layout.last_inst(block) else { continue };
        let mut passed = FxHashMap::default();
        let pairs: Vec<(Value, Value)> = edges(function, inst).collect();
        for (parameter, argument) in pairs {
            let needs = function.dfg.value_type(parameter) == types::I64
                && function.dfg.value_type(argument) == types::I32
                && !passed.contains_key(&argument);
            if needs {
                let wide = match twins.get(&argument) {
                    Some(&twin) => twin,
                    None => FuncCursor::new(function).at_inst(inst).ins().uextend(types::I64, argument),
                };
                passed.insert(argument, wide);
            }
        }
        if !passed.is_empty() {
            pass_wide(function, inst, &passed);
        }
    }
}

/// Replaces, in the calls of a branch, arguments for wide parameters by their wide values.
fn pass_wide(function: &mut Function, inst: Inst, passed: &FxHashMap<Value, Value>) {
    let resolved: FxHashMap<Value, Value> = destinations(function, inst)
        .iter()
        .flat_map(|call| call.args(&function.dfg.value_lists))
        .filter_map(|argument| match argument {
            BlockArg::Value(value) => Some((value, function.dfg.resolve_aliases(value))),
            _ => None,
        })
        .collect();
    let dfg = &function.dfg;
    let parameters: FxHashMap<Block, Vec<Value>> = destinations(function, inst)
        .iter()
        .map(|call| call.block(&dfg.value_lists))
        .map(|block| (block, dfg.block_params(block).to_vec()))
        .collect();
    let wide: FxHashSet<Value> =
        parameters.values().flatten().copied().filter(|&parameter| dfg.value_type(parameter) == types::I64).collect();
    let (calls, lists) = destinations_mut(function, inst);
    for call in calls {
        let targets = &parameters[&call.block(lists)];
        let mut position = 0;
        call.update_args(lists, |argument| {
            let parameter = targets[position];
            position += 1;
            match argument {
                BlockArg::Value(value) if wide.contains(&parameter) => {
                    BlockArg::Value(passed.get(&resolved[&value]).copied().unwrap_or(value))
                }
                other => other,
            }
        });
    }
}

/// Every zero-extension of a value that has a twin is the twin.
fn replace_extensions(function: &mut Function, twins: &Twins) {
    let blocks: Vec<Block> = function.layout.blocks().collect();
    for block in blocks {
        let insts: Vec<Inst> = function.layout.block_insts(block).collect();
        for inst in insts {
            let Some(&twin) = extended(function, inst).and_then(|value| twins.get(&value)) else { continue };
            let result = function.dfg.first_result(inst);
            function.dfg.clear_results(inst);
            function.dfg.change_to_alias(result, twin);
            function.layout.remove_inst(inst);
        }
    }
}
