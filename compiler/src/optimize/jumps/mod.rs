//! Leads jumps straight to where a dispatcher would send them.
//!
//! A state machine is a loop around a `br_table`: each case sets the state to a constant and goes round. So is control flow that has no
//! form in wasm: LLVM numbers the places that it goes to and puts a dispatcher in front of them. Where the number is known
//! on an edge, what is on the way to the `br_table` is copied for that number, and the copy ends with a jump to the case: one
//! hard to predict indirect jump fewer, and often nothing is left of the dispatcher. This is jump threading, as LLVM's
//! `DFAJumpThreading` does it for loops.
//!
//! Nothing is executed that was not before, nor in another order: a path is only copied.

mod constant;
mod copy;
mod dispatchers;
mod repair;

use std::collections::{HashMap, HashSet};

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData, Opcode, Value};

use super::{destinations, destinations_mut};
use constant::{evaluate, origin};
use copy::{Copier, Definitions};
pub(crate) use dispatchers::replicate_dispatchers;

/// Instructions that a way from where the number is known to the `br_table` may have.
const LONGEST: usize = 32;
/// Blocks that one part of such a way may have.
const MOST_BLOCKS: usize = 4;
/// Instructions that a function may grow by.
const BUDGET: usize = 2048;

/// Blocks that are passed one after the other on the way to a dispatcher: each but the first has the one before as its only
/// predecessor, and the last one dispatches, or leads to another way's first.
struct Way {
    blocks: Vec<Block>,
    /// Which parameter of the first block has the number, or what it is computed from.
    parameter: usize,
}

/// The ways of a function by their first blocks.
type Ways = HashMap<Block, Way>;

/// Runs the pass on a function as the translator made it. Returns the values that are no longer the only ones of what they stand for.
pub(crate) fn thread_jumps(function: &mut Function) -> HashSet<Value> {
    let ways = find_ways(function);
    if ways.is_empty() || !is_worthwhile(function, &ways) {
        return HashSet::new();
    }
    split_choices(function, &ways);
    let copies = Copies { ways: &ways, blocks: HashMap::new(), copier: Copier::default(), budget: BUDGET };
    let definitions = copies.make(function);
    repair::remove_unreachable(function);
    repair::repair(function, &definitions);
    definitions.into_keys().collect()
}

/// The value that a call of a block passes for a parameter.
fn argument(function: &Function, call: &BlockCall, parameter: usize) -> Option<Value> {
    call.args(&function.dfg.value_lists).nth(parameter).and_then(|argument| argument.as_value())
}

fn find_ways(function: &Function) -> Ways {
    let mut ways = Ways::new();
    let dispatched = |block: Block| match function.dfg.insts[function.layout.last_inst(block)?] {
        InstructionData::BranchTable { arg, .. } => Some((block, arg)),
        _ => None,
    };
    // Blocks that lead on by a number.
    let mut pending: Vec<(Block, Value)> = function.layout.blocks().filter_map(dispatched).collect();
    if pending.is_empty() {
        return ways;
    }
    let graph = ControlFlowGraph::with_function(function);
    while let Some((last, number)) = pending.pop() {
        let Some((first, parameter)) = origin(function, number) else { continue };
        if ways.contains_key(&first) || Some(first) == function.layout.entry_block() {
            continue;
        }
        let Some(blocks) = chain(function, &graph, first, last) else { continue };
        ways.insert(first, Way { blocks, parameter });
        for predecessor in graph.pred_iter(first) {
            if dispatched(predecessor.block).is_some() {
                continue;
            }
            let calls = destinations(function, predecessor.inst).iter();
            let calls = calls.filter(|call| call.block(&function.dfg.value_lists) == first);
            let passed = calls.filter_map(|call| argument(function, call, parameter));
            pending.extend(passed.map(|number| (predecessor.block, number)));
        }
    }
    ways
}

/// The blocks from one to another, if each has the one before as its only predecessor and may be copied.
fn chain(function: &Function, graph: &ControlFlowGraph, first: Block, last: Block) -> Option<Vec<Block>> {
    let mut blocks = vec![last];
    let mut at = last;
    while at != first {
        let mut before = graph.pred_iter(at);
        let (Some(only), None) = (before.next(), before.next()) else { return None };
        at = only.block;
        if blocks.len() == MOST_BLOCKS || blocks.contains(&at) {
            return None;
        }
        blocks.push(at);
    }
    blocks.reverse();
    let insts = || blocks.iter().flat_map(|&block| function.layout.block_insts(block));
    let can_be_copied = |inst: Inst| {
        let opcode = function.dfg.insts[inst].opcode();
        !opcode.is_call()
            && (!opcode.is_terminator() || matches!(opcode, Opcode::Jump | Opcode::Brif | Opcode::BrTable))
    };
    // Only the last block may dispatch.
    let inner = &blocks[..blocks.len() - 1];
    let dispatches_inside = inner.iter().any(|&block| {
        function.layout.last_inst(block).is_none_or(|inst| function.dfg.insts[inst].opcode() == Opcode::BrTable)
    });
    (insts().count() <= LONGEST && insts().all(can_be_copied) && !dispatches_inside).then_some(blocks)
}

/// Whether the number is known on more edges than the one into a loop.
fn is_worthwhile(function: &Function, ways: &Ways) -> bool {
    let ends = function.layout.blocks().filter_map(|block| function.layout.last_inst(block));
    let known = ends.flat_map(|inst| destinations(function, inst)).filter(|call| {
        let way = ways.get(&call.block(&function.dfg.value_lists));
        let number = way.and_then(|way| argument(function, call, way.parameter));
        number.is_some_and(|number| evaluate(function, number).is_some() || choice(function, number).is_some())
    });
    known.count() > 1
}

/// A `select` of which one side at least is known: its condition and sides.
fn choice(function: &Function, value: Value) -> Option<[Value; 3]> {
    let value = function.dfg.resolve_aliases(value);
    let inst = function.dfg.value_def(value).inst()?;
    let InstructionData::Ternary { opcode: Opcode::Select, args } = function.dfg.insts[inst] else { return None };
    args[1..].iter().any(|&side| evaluate(function, side).is_some()).then_some(args)
}

/// Makes edges of the sides of each `select` that is passed as a number.
fn split_choices(function: &mut Function, ways: &Ways) {
    let mut pending: Vec<Block> = function.layout.blocks().collect();
    while let Some(block) = pending.pop() {
        let Some(inst) = function.layout.last_inst(block) else { continue };
        for position in 0..destinations(function, inst).len() {
            let call = destinations(function, inst)[position];
            let Some(way) = ways.get(&call.block(&function.dfg.value_lists)) else { continue };
            let Some(number) = argument(function, &call, way.parameter) else { continue };
            let Some([condition, yes, no]) = choice(function, number) else { continue };
            let all_values = call.args(&function.dfg.value_lists).all(|argument| argument.as_value().is_some());
            if !all_values {
                continue;
            }
            let between = function.dfg.make_block();
            function.layout.insert_block_after(between, block);
            let sides = [yes, no].map(|side| {
                let target = call.block(&function.dfg.value_lists);
                let arguments: Vec<BlockArg> = call.args(&function.dfg.value_lists).collect();
                let arguments = arguments.into_iter().enumerate();
                let arguments =
                    arguments.map(|(at, argument)| if at == way.parameter { BlockArg::Value(side) } else { argument });
                (target, arguments.collect::<Vec<_>>())
            });
            let location = function.srcloc(inst);
            let [(yes, yes_arguments), (no, no_arguments)] = &sides;
            let mut cursor = FuncCursor::new(function).at_bottom(between).with_srcloc(location);
            cursor.ins().brif(condition, *yes, yes_arguments, *no, no_arguments);
            let empty = BlockCall::new(between, [], &mut function.dfg.value_lists);
            destinations_mut(function, inst).0[position] = empty;
            pending.push(between);
        }
    }
}

struct Copies<'w> {
    ways: &'w Ways,
    /// The copy of a way for a number, by the way's first block.
    blocks: HashMap<(Block, u64), Block>,
    copier: Copier,
    /// Instructions that may still be made.
    budget: usize,
}

impl Copies<'_> {
    /// Leads every edge on which the number is known to a copy for that number.
    fn make(mut self, function: &mut Function) -> Definitions {
        let mut pending: Vec<Inst> =
            function.layout.blocks().filter_map(|block| function.layout.last_inst(block)).collect();
        pending.reverse();
        while let Some(inst) = pending.pop() {
            for position in 0..destinations(function, inst).len() {
                let call = destinations(function, inst)[position];
                let first = call.block(&function.dfg.value_lists);
                let Some(way) = self.ways.get(&first) else { continue };
                let Some(number) = argument(function, &call, way.parameter) else { continue };
                let Some(number) = evaluate(function, number) else { continue };
                let Some(copy) = self.copy(function, first, number, &mut pending) else { continue };
                let (calls, lists) = destinations_mut(function, inst);
                calls[position].set_block(copy, lists);
                calls[position].remove(way.parameter, lists);
            }
        }
        self.copier.definitions
    }

    /// The first block of the copy of a way for a number; None beyond the budget. New branches become pending.
    fn copy(&mut self, function: &mut Function, first: Block, number: u64, pending: &mut Vec<Inst>) -> Option<Block> {
        if let Some(&copy) = self.blocks.get(&(first, number)) {
            return Some(copy);
        }
        let way = &self.ways[&first];
        let size: usize = way.blocks.iter().map(|&block| function.layout.block_insts(block).count()).sum();
        self.budget = self.budget.checked_sub(size)?;
        let (copy, ends) = self.copier.copy(function, &way.blocks, Some((way.parameter, number)));
        pending.extend(ends);
        self.blocks.insert((first, number), copy);
        Some(copy)
    }
}
