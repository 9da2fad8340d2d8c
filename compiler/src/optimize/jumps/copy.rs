//! Copies blocks, so that edges may lead to copies of their own.

use std::collections::HashMap;

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData, JumpTableData, Value,
};

use super::constant::evaluate;
use super::destinations_mut;

/// What a value has become: the blocks that define it, with the value that each defines.
pub(super) type Definitions = HashMap<Value, Vec<(Block, Value)>>;

/// Copies blocks of one function, and remembers what became of their values.
#[derive(Default)]
pub(super) struct Copier {
    pub definitions: Definitions,
}

impl Copier {
    /// Copies blocks that are passed one after the other. Where the number that a parameter of the first has is known, the copy has
    /// that in place of the parameter. Branches within the blocks lead on in the copy, but back to the first: a loop is entered anew.
    /// Returns the first block of the copy and the instructions that its blocks end with.
    pub fn copy(
        &mut self,
        function: &mut Function,
        blocks: &[Block],
        known: Option<(usize, u64)>,
    ) -> (Block, Vec<Inst>) {
        let first = blocks[0];
        let twins: HashMap<Block, Block> = blocks.iter().map(|&block| (block, function.dfg.make_block())).collect();
        let mut values = HashMap::new();
        let mut ends = Vec::new();
        for &block in blocks {
            let twin = twins[&block];
            function.layout.append_block(twin);
            if function.layout.is_cold(block) {
                function.layout.set_cold(twin);
            }
            let known = known.filter(|_| block == first);
            self.copy_parameters(function, block, twin, known, &mut values);
            for inst in function.layout.block_insts(block).collect::<Vec<_>>() {
                self.copy_instruction(function, (block, inst), twin, &mut values);
            }
            let Some(last) = function.layout.last_inst(twin) else { continue };
            let (calls, lists) = destinations_mut(function, last);
            for call in calls {
                let target = call.block(lists);
                if let Some(&twin) = twins.get(&target)
                    && target != first
                {
                    call.set_block(twin, lists);
                }
            }
            ends.push(last);
        }
        (twins[&first], ends)
    }

    /// Gives a copy the parameters of its block, but for the one that is known.
    fn copy_parameters(
        &mut self,
        function: &mut Function,
        block: Block,
        twin: Block,
        known: Option<(usize, u64)>,
        values: &mut HashMap<Value, Value>,
    ) {
        for (position, parameter) in function.dfg.block_params(block).to_vec().into_iter().enumerate() {
            let ty = function.dfg.value_type(parameter);
            let value = match known {
                Some((at, number)) if at == position => {
                    FuncCursor::new(function).at_bottom(twin).ins().iconst(ty, number.cast_signed())
                }
                _ => function.dfg.append_block_param(twin, ty),
            };
            self.define(parameter, (block, twin), value, values);
        }
    }

    fn copy_instruction(
        &mut self,
        function: &mut Function,
        (block, inst): (Block, Inst),
        twin: Block,
        values: &mut HashMap<Value, Value>,
    ) {
        let renamed = |function: &Function, value: Value| {
            let value = function.dfg.resolve_aliases(value);
            values.get(&value).copied().unwrap_or(value)
        };
        let location = function.srcloc(inst);
        if let InstructionData::BranchTable { arg, table, .. } = function.dfg.insts[inst]
            && let Some(number) = evaluate(function, renamed(function, arg))
        {
            let table = &function.dfg.jump_tables[table];
            let call = usize::try_from(number).ok().and_then(|number| table.as_slice().get(number));
            let call = call.copied().unwrap_or(table.default_block());
            let target = call.block(&function.dfg.value_lists);
            let arguments = call
                .args(&function.dfg.value_lists)
                .map(|argument| argument.map_value(|value| renamed(function, value)));
            let arguments: Vec<BlockArg> = arguments.collect();
            FuncCursor::new(function).at_bottom(twin).with_srcloc(location).ins().jump(target, &arguments);
            return;
        }
        let copied: Vec<Value> = function.dfg.inst_values(inst).map(|value| renamed(function, value)).collect();
        let copy = function.dfg.clone_inst(inst);
        own_jump_table(function, copy);
        function.dfg.overwrite_inst_values(copy, copied.into_iter());
        function.layout.append_inst(copy, twin);
        function.set_srcloc(copy, location);
        let results: Vec<(Value, Value)> =
            std::iter::zip(function.dfg.inst_results(inst).to_vec(), function.dfg.inst_results(copy).to_vec())
                .collect();
        for (result, new) in results {
            self.define(result, (block, twin), new, values);
        }
    }

    /// In the copy of a block, a value of the block is another.
    fn define(&mut self, value: Value, (block, twin): (Block, Block), new: Value, values: &mut HashMap<Value, Value>) {
        values.insert(value, new);
        self.definitions.entry(value).or_insert_with(|| vec![(block, value)]).push((twin, new));
    }
}

/// Gives a copied `br_table` a table of its own: the copy of an instruction refers to the same one.
fn own_jump_table(function: &mut Function, copy: Inst) {
    let dfg = &mut function.dfg;
    let InstructionData::BranchTable { table, .. } = dfg.insts[copy] else { return };
    let calls = dfg.jump_tables[table].all_branches().to_vec();
    let calls: Vec<BlockCall> = calls.iter().map(|call| call.deep_clone(&mut dfg.value_lists)).collect();
    // The default comes first (`JumpTableData::all_branches`).
    let own = dfg.jump_tables.push(JumpTableData::new(calls[0], &calls[1..]));
    if let InstructionData::BranchTable { table, .. } = &mut dfg.insts[copy] {
        *table = own;
    }
}
