//! Where references to objects are on the stack during calls: `wasmc_abi::heap::StackMap`.

use cranelift_codegen::CompiledCode;

/// A call during which a frame holds references.
pub(crate) struct StackMap {
    /// Return address of the call, in bytes from the start of the code.
    pub address: u32,
    /// How many bytes below the address in the frame pointer each reference is, in ascending order.
    pub slots: Vec<u32>,
}

/// The calls of a compiled function across which references live, in order of address.
pub(super) fn collect(compiled: &CompiledCode) -> Vec<StackMap> {
    let maps = compiled.buffer.user_stack_maps().iter();
    maps.map(|&(address, frame_size, ref map)| {
        // Cranelift counts from the stack pointer, which is `frame_size` below the frame pointer.
        let mut slots: Vec<u32> = map.entries().map(|(_, offset)| frame_size - offset).collect();
        slots.sort_unstable();
        StackMap { address, slots }
    })
    .collect()
}
