//! The control stack: blocks, loops and conditionals that are open (wasm spec 4.4.8).

use cranelift_codegen::ir::Block;
use wasmparser::Catch;

use super::exceptions::Clauses;

/// A structured control instruction whose `end` has not come yet.
pub(super) struct Frame {
    pub kind: FrameKind,
    /// Where control continues after `end`; takes the results as parameters.
    pub end: Block,
    pub parameters: usize,
    pub results: usize,
    /// Height of the operand stack below the parameters.
    pub height: usize,
    /// Some branch, or the end of the first arm, leads to `end`.
    pub end_reached: bool,
}

pub(super) enum FrameKind {
    /// The whole function; `end` returns.
    Function,
    /// The body of a function in place of a call; `end` goes on behind that.
    Inlined,
    Block,
    Loop {
        header: Block,
    },
    /// In the first arm; the second starts at `otherwise`.
    If {
        otherwise: Block,
    },
    /// In the second arm.
    Else,
    TryTable {
        catches: Vec<Catch>,
    },
    /// A `try` of the legacy encoding, in its body or in one of its clauses.
    Try(Clauses),
    /// Opened where control never arrives; nothing in it is translated.
    Unreachable,
}

impl Frame {
    pub fn function(exit: Block, results: usize) -> Frame {
        Frame { kind: FrameKind::Function, end: exit, parameters: 0, results, height: 0, end_reached: false }
    }

    /// Where a branch to this frame goes, and how many operands it carries.
    pub fn branch_target(&self) -> (Block, usize) {
        match self.kind {
            FrameKind::Loop { header } => (header, self.parameters),
            _ => (self.end, self.results),
        }
    }
}
