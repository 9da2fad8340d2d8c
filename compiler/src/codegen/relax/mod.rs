//! Relaxation of x86-64 code (an assembler's task, which Cranelift leaves out): jumps within a function and immediate
//! operands that fit a byte get one instead of four, and small loops are moved to where they touch as few lines of the
//! caches as they can.

mod layout;
mod moves;
mod parse;
#[cfg(debug_assertions)]
mod verify;

use cranelift_codegen::CompiledCode;
pub(crate) use moves::Moves;

/// Machine code that was laid out anew.
pub(crate) struct Relaxed {
    pub code: Vec<u8>,
    /// In bytes.
    pub alignment: u32,
    pub moves: Moves,
}

impl Relaxed {
    /// Machine code as Cranelift emitted it.
    pub fn unchanged(compiled: &CompiledCode) -> Relaxed {
        let (code, alignment) = (compiled.code_buffer().to_vec(), compiled.buffer.alignment);
        Relaxed { code, alignment, moves: Moves::default() }
    }
}

/// Where basic blocks start, ascending.
pub(crate) fn block_starts(compiled: &CompiledCode) -> Vec<u32> {
    let mut starts = compiled.bb_starts.clone();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// Relaxes the machine code of a function. Where there is something in it that is not understood, it stays as it is.
pub(super) fn relax(compiled: &CompiledCode, align_loops: bool) -> Relaxed {
    let code = compiled.code_buffer();
    let mut relocations: Vec<u32> = compiled.buffer.relocs().iter().map(|relocation| relocation.offset).collect();
    relocations.sort_unstable();
    let Some(parsed) = parse::parse(code, &relocations, &block_starts(compiled)) else {
        return Relaxed::unchanged(compiled);
    };
    let alignment = compiled.buffer.alignment;
    let Some(relaxed) = layout::arrange(code, &parsed, alignment, align_loops) else {
        return Relaxed::unchanged(compiled);
    };
    #[cfg(debug_assertions)]
    assert_eq!(verify::compare(code, &relocations, &parsed, &relaxed), Ok(()), "relaxed code differs: {code:x?}");
    relaxed
}
