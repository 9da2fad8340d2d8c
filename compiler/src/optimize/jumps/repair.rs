//! Makes a function single-assignment again after blocks were copied: where several definitions of a value meet, a block
//! parameter takes whichever arrives (Braun and others, "Simple and Efficient Construction of Static Single Assignment Form",
//! 2013). Cranelift removes those that all the same value arrives at.

use std::collections::{BTreeSet, HashMap, HashSet};

use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, Function, Inst, Value};

use super::copy::Definitions;
use super::{destinations, destinations_mut};

/// Removes blocks that nothing leads to any more.
pub(super) fn remove_unreachable(function: &mut Function) {
    let mut reached: HashSet<Block> = function.layout.entry_block().into_iter().collect();
    let mut pending: Vec<Block> = reached.iter().copied().collect();
    while let Some(block) = pending.pop() {
        let Some(inst) = function.layout.last_inst(block) else { continue };
        for call in destinations(function, inst) {
            let target = call.block(&function.dfg.value_lists);
            if reached.insert(target) {
                pending.push(target);
            }
        }
    }
    let blocks: Vec<Block> = function.layout.blocks().filter(|block| !reached.contains(block)).collect();
    for block in blocks {
        for inst in function.layout.block_insts(block).collect::<Vec<_>>() {
            function.layout.remove_inst(inst);
        }
        function.layout.remove_block(block);
    }
}

/// Makes every use of a value with several definitions one of that which arrives there.
pub(super) fn repair(function: &mut Function, definitions: &Definitions) {
    let graph = ControlFlowGraph::with_function(function);
    let mut values: Vec<Value> = definitions.keys().copied().collect();
    values.sort_unstable();
    let mut uses = find_uses(function, definitions);
    for value in values {
        let Some(uses) = uses.remove(&value) else { continue };
        let defined: HashMap<Block, Value> = definitions[&value].iter().copied().collect();
        let mut repair = Repair { graph: &graph, defined, merged: HashMap::new(), value };
        repair.merge(function, uses.iter().map(|&(block, _)| block));
        for (block, inst) in uses {
            let new = repair.at_start(block);
            let renamed = function.dfg.inst_values(inst).map(|used| {
                let resolved = function.dfg.resolve_aliases(used);
                if resolved == value { new } else { used }
            });
            let renamed: Vec<Value> = renamed.collect();
            function.dfg.overwrite_inst_values(inst, renamed.into_iter());
        }
    }
}

/// Instructions that use values with several definitions, in blocks that do not define these.
fn find_uses(function: &Function, definitions: &Definitions) -> HashMap<Value, BTreeSet<(Block, Inst)>> {
    let mut uses: HashMap<Value, BTreeSet<(Block, Inst)>> = HashMap::new();
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            for used in function.dfg.inst_values(inst) {
                let used = function.dfg.resolve_aliases(used);
                if let Some(defined) = definitions.get(&used)
                    && !defined.iter().any(|&(definer, _)| definer == block)
                {
                    uses.entry(used).or_default().insert((block, inst));
                }
            }
        }
    }
    uses
}

/// What becomes of one value.
struct Repair<'f> {
    graph: &'f ControlFlowGraph,
    /// Blocks behind which it is what they define.
    defined: HashMap<Block, Value>,
    /// Blocks with a parameter that it is from their start on.
    merged: HashMap<Block, Value>,
    value: Value,
}

impl Repair<'_> {
    /// Adds parameters to the blocks where definitions meet on the way to these.
    fn merge(&mut self, function: &mut Function, uses: impl Iterator<Item = Block>) {
        let ty = function.dfg.value_type(self.value);
        let mut needed: BTreeSet<Block> = BTreeSet::new();
        let mut pending: Vec<Block> = uses.collect();
        while let Some(block) = pending.pop() {
            if needed.insert(block) {
                let before = self.graph.pred_iter(block).map(|predecessor| predecessor.block);
                pending.extend(before.filter(|block| !self.defined.contains_key(block)));
            }
        }
        for &block in &needed {
            let mut before = self.graph.pred_iter(block).map(|predecessor| predecessor.block);
            if let Some(first) = before.next()
                && before.any(|other| other != first)
            {
                self.merged.insert(block, function.dfg.append_block_param(block, ty));
            }
        }
        for &block in needed.iter().filter(|block| self.merged.contains_key(*block)) {
            let branches: BTreeSet<(Block, Inst)> =
                self.graph.pred_iter(block).map(|predecessor| (predecessor.block, predecessor.inst)).collect();
            for (before, inst) in branches {
                let arriving = self.at_end(before);
                let (calls, lists) = destinations_mut(function, inst);
                for call in calls {
                    if call.block(lists) == block {
                        call.append_argument(arriving, lists);
                    }
                }
            }
        }
    }

    fn at_end(&self, block: Block) -> Value {
        self.defined.get(&block).copied().unwrap_or_else(|| self.at_start(block))
    }

    /// The value where a block starts that needs it.
    fn at_start(&self, block: Block) -> Value {
        let mut at = block;
        loop {
            if let Some(&merged) = self.merged.get(&at) {
                return merged;
            }
            // Only one block is before it. A way back without an end is one that nothing leads to, and was removed.
            let Some(before) = self.graph.pred_iter(at).next() else { return self.value };
            at = before.block;
            if let Some(&defined) = self.defined.get(&at) {
                return defined;
            }
        }
    }
}
