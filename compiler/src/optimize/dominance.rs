//! Facts that hold wherever an executed instruction dominates: the walk of the dominator tree that passes share.

use std::hash::Hash;

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, Function};
use rustc_hash::FxHashMap;

/// Lower bounds by subject, with a log to undo them.
pub(super) struct Facts<K> {
    bounds: FxHashMap<K, u64>,
    log: Vec<(K, Option<u64>)>,
}

impl<K: Copy + Eq + Hash> Facts<K> {
    /// Adds that something is at least `bound`.
    pub fn learn(&mut self, subject: K, bound: u64) {
        let old = self.bounds.get(&subject).copied();
        if old.is_none_or(|old| old < bound) {
            self.log.push((subject, old));
            self.bounds.insert(subject, bound);
        }
    }

    /// The largest bound that is known.
    pub fn known(&self, subject: K) -> Option<u64> {
        self.bounds.get(&subject).copied()
    }

    fn forget(&mut self, mark: usize) {
        for (subject, old) in self.log.drain(mark..).rev() {
            match old {
                Some(old) => self.bounds.insert(subject, old),
                None => self.bounds.remove(&subject),
            };
        }
    }
}

enum Step {
    Enter(Block),
    /// Forget the facts beyond this mark.
    Leave(usize),
}

/// Visits every reachable block with what the blocks that dominate it taught.
pub(super) fn walk<K: Copy + Eq + Hash>(
    function: &mut Function,
    mut visit: impl FnMut(&mut Function, Block, &mut Facts<K>),
) {
    let cfg = ControlFlowGraph::with_function(function);
    let dominators = DominatorTree::with_function(function, &cfg);
    let mut facts = Facts { bounds: FxHashMap::default(), log: Vec::new() };
    let mut pending: Vec<Step> = function.layout.entry_block().map(Step::Enter).into_iter().collect();
    while let Some(step) = pending.pop() {
        match step {
            Step::Enter(block) => {
                pending.push(Step::Leave(facts.log.len()));
                visit(function, block, &mut facts);
                pending.extend(dominators.children(block).map(Step::Enter));
            }
            Step::Leave(mark) => facts.forget(mark),
        }
    }
}
