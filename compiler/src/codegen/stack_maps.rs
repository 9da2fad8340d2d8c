//! Where references to objects are on the stack during calls: `wasmc_abi::heap::StackMap`.

use cranelift_codegen::CompiledCode;
use cranelift_codegen::isa::TargetIsa;

use super::relax::Moves;
use crate::targets::has_frame_pointer;

/// A call during which a frame holds references.
pub(crate) struct StackMap {
    /// Return address of the call, in bytes from the start of the code.
    pub address: u32,
    /// How many bytes below the frame's address each reference is, as a signed number, in ascending order.
    pub slots: Vec<u32>,
}

/// The calls of a compiled function across which references live, in order of address.
pub(super) fn collect(compiled: &CompiledCode, moves: &Moves, isa: &dyn TargetIsa) -> Vec<StackMap> {
    let maps = compiled.buffer.user_stack_maps().iter();
    maps.map(|&(address, frame_size, ref map)| {
        // Cranelift counts from the stack pointer, which is `frame_size` below the frame pointer.
        let frame_size = if has_frame_pointer(isa.triple()) { frame_size } else { 0 };
        let mut slots: Vec<u32> = map.entries().map(|(_, offset)| frame_size.wrapping_sub(offset)).collect();
        slots.sort_unstable();
        StackMap { address: moves.end(address), slots }
    })
    .collect()
}
