//! Spreads what branch hints say: where control comes only through unlikely blocks is unlikely too.
//!
//! Cranelift puts cold blocks behind all others, and keeps the register allocator's moves and spills out of the hot ones.

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, Function};

/// Makes every block cold that a cold one dominates.
pub(crate) fn spread_coldness(function: &mut Function) {
    if !function.layout.blocks().any(|block| function.layout.is_cold(block)) {
        return;
    }
    let cfg = ControlFlowGraph::with_function(function);
    let dominators = DominatorTree::with_function(function, &cfg);
    // In reverse post-order a block comes behind the one that dominates it.
    let order: Vec<Block> = dominators.cfg_rpo().copied().collect();
    for block in order {
        if dominators.idom(block).is_some_and(|dominator| function.layout.is_cold(dominator)) {
            function.layout.set_cold(block);
        }
    }
}
