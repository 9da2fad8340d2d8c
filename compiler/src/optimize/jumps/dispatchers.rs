//! Gives each case of an interpreter a dispatcher of its own.
//!
//! An interpreter is a loop that reads an instruction and goes by it to a case, with a `br_table`; each case jumps back. All
//! cases then share one indirect jump, which processors predict by where it was reached from, and not all do that well: on AMD's
//! Zen 3, `benches/kernels/interpreter.c` takes 0.7 of its time where each case ends with an indirect jump of its own
//! (Ertl and Gregg, "The Structure and Performance of Efficient Interpreters", 2003). So what is between
//! the start of the loop and the `br_table` is copied to the end of each case. LLVM's tail duplication does the same for
//! computed `goto`, which wasm has no form for.
//!
//! Nothing is executed that was not before, nor in another order: blocks are only copied.

use std::collections::HashSet;

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, Function, Inst, InstructionData, Opcode, Value};

use super::copy::Copier;
use super::{MOST_BLOCKS, chain, destinations, destinations_mut, repair};

/// Cases that make it worthwhile.
const FEWEST: usize = 4;
/// Entries that the jump tables of all copies may have together: each copy has the whole table, and each entry becomes an edge that
/// registers are allocated for.
const MOST_ENTRIES: usize = 2048;

/// A dispatcher of an interpreter, with the jumps that lead back to it.
struct Dispatcher {
    /// From the block that cases jump to, to the one with the `br_table`.
    blocks: Vec<Block>,
    jumps: Vec<Inst>,
}

/// Runs the pass on a function as the translator made it. Returns the values that are no longer the only ones of what they stand for.
pub(crate) fn replicate_dispatchers(function: &mut Function) -> HashSet<Value> {
    let dispatchers = find_dispatchers(function);
    if dispatchers.is_empty() {
        return HashSet::new();
    }
    let mut copier = Copier::default();
    for Dispatcher { blocks, jumps } in dispatchers {
        // The last jump keeps the original, which so belongs to one case as well, and to the way into the loop.
        for &jump in &jumps[..jumps.len() - 1] {
            let (copy, _) = copier.copy(function, &blocks, None);
            let (calls, lists) = destinations_mut(function, jump);
            for call in calls {
                call.set_block(copy, lists);
            }
        }
    }
    repair::repair(function, &copier.definitions);
    copier.definitions.into_keys().collect()
}

fn find_dispatchers(function: &Function) -> Vec<Dispatcher> {
    let tables: Vec<(Block, Value, usize)> =
        function.layout.blocks().filter_map(|block| table(function, block)).collect();
    if tables.is_empty() {
        return Vec::new();
    }
    let graph = ControlFlowGraph::with_function(function);
    let dominators = DominatorTree::with_function(function, &graph);
    let mut taken: HashSet<Block> = HashSet::new();
    let mut found = Vec::new();
    for (last, number, entries) in tables {
        let first = start(&graph, last);
        let Some(blocks) = chain(function, &graph, first, last) else { continue };
        let is_back = |block: Block| dominators.block_dominates(first, block);
        let jumps = graph.pred_iter(first).filter(|before| is_back(before.block)).map(|before| before.inst);
        let mut jumps: Vec<Inst> = jumps.filter(|&inst| function.dfg.insts[inst].opcode() == Opcode::Jump).collect();
        jumps.sort_unstable();
        let is_small = jumps.len() >= FEWEST && (jumps.len() - 1) * entries <= MOST_ENTRIES;
        // What one dispatcher copies, or jumps from, is nobody else's.
        if is_small && is_read(function, &blocks, number) && blocks.iter().all(|&block| taken.insert(block)) {
            found.push(Dispatcher { blocks, jumps });
        }
    }
    found
}

/// The number that a block dispatches by, if it ends with a `br_table`, and how many ways there are.
fn table(function: &Function, block: Block) -> Option<(Block, Value, usize)> {
    let inst = function.layout.last_inst(block)?;
    let InstructionData::BranchTable { arg, .. } = function.dfg.insts[inst] else { return None };
    Some((block, arg, destinations(function, inst).len()))
}

/// The first block on the only way to a block, not further away than may be copied.
fn start(graph: &ControlFlowGraph, block: Block) -> Block {
    let mut at = block;
    for _ in 1..MOST_BLOCKS {
        let mut before = graph.pred_iter(at);
        let (Some(only), None) = (before.next(), before.next()) else { break };
        at = only.block;
    }
    at
}

/// Whether blocks read a number from memory, or what it is computed from: it is an instruction of an interpreter's program.
fn is_read(function: &Function, blocks: &[Block], number: Value) -> bool {
    let mut pending = vec![number];
    let mut seen = HashSet::new();
    while let Some(value) = pending.pop() {
        let value = function.dfg.resolve_aliases(value);
        let Some(inst) = function.dfg.value_def(value).inst() else { continue };
        if !seen.insert(inst) || !function.layout.inst_block(inst).is_some_and(|block| blocks.contains(&block)) {
            continue;
        }
        if function.dfg.insts[inst].opcode().can_load() {
            return true;
        }
        pending.extend(function.dfg.inst_args(inst));
    }
    false
}
