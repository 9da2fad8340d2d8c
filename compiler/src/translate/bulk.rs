//! Bulk memory instructions (wasm spec 4.4.7.9 to 4.4.7.12).
//!
//! The bounds of the whole operation are checked here, before anything is written, so that the runtime library's
//! copying functions need no checks and the trap's position is the instruction's.

use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmc_abi::trap::TrapCode;
use wasmparser::Operator;

use super::address::Extent;
use super::symbols::RuntimeSymbol;
use super::{REFERENCE, Translator};
use crate::plan::{DataId, Slot};

impl Translator<'_, '_, '_> {
    /// Translates a bulk memory operator; false for operators of other families.
    pub(super) fn bulk_operator(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::MemoryCopy { dst_mem, src_mem } => {
                let (destination, source, length) = self.pop3_extents();
                let destination = self.checked_range(self.memory_place(dst_mem), destination, length);
                let source = self.checked_range(self.memory_place(src_mem), source, length);
                self.call_runtime(RuntimeSymbol::MemoryMove, &[destination, source, length.value]);
            }
            Operator::MemoryFill { mem } => {
                let (destination, byte, length) = self.pop3();
                let (destination, length) = (self.extent(destination), self.extent(length));
                let destination = self.checked_range(self.memory_place(mem), destination, length);
                self.call_runtime(RuntimeSymbol::MemoryFill, &[destination, byte, length.value]);
            }
            Operator::MemoryInit { data_index, mem } => {
                let (destination, source, length) = self.pop3_extents();
                let segment = data_index as usize;
                let contents = self.plan.segments.data[self.module][segment];
                let slot = self.plan.places.data_lengths[self.module][segment];
                let source =
                    self.checked_segment(contents.object, slot, source, length, 1, TrapCode::MemoryOutOfBounds);
                let destination = self.checked_range(self.memory_place(mem), destination, length);
                self.call_runtime(RuntimeSymbol::MemoryMove, &[destination, source, length.value]);
            }
            Operator::DataDrop { data_index } => {
                self.drop_segment(self.plan.places.data_lengths[self.module][data_index as usize]);
            }
            _ => return false,
        }
        true
    }

    /// Pops three operands that index or count.
    pub(super) fn pop3_extents(&mut self) -> (Extent, Extent, Extent) {
        let (first, second, third) = self.pop3();
        (self.extent(first), self.extent(second), self.extent(third))
    }

    /// Address of the item `source` of a segment whose items have `size` bytes; traps unless `length` items from
    /// there are left of it.
    pub(super) fn checked_segment(
        &mut self,
        object: Option<DataId>,
        remaining: Slot,
        source: Extent,
        length: Extent,
        size: i64,
        code: TrapCode,
    ) -> Value {
        let instance = self.data_address(remaining.object);
        let flags = self.instance_flags();
        let limit = self.builder.ins().load(types::I64, flags, instance, remaining.offset as i32);
        self.check_end(source, length, limit, code);
        match object {
            Some(object) => {
                let base = self.data_address(object);
                let offset = self.builder.ins().imul_imm_u(source.value, size);
                self.builder.ins().iadd(base, offset)
            }
            // Nothing can be copied from it: any address does for a length of 0.
            None => self.builder.ins().iconst(REFERENCE, 0),
        }
    }

    /// Makes a segment empty.
    pub(super) fn drop_segment(&mut self, remaining: Slot) {
        let instance = self.data_address(remaining.object);
        let flags = self.instance_flags();
        let zero = self.builder.ins().iconst(types::I64, 0);
        self.builder.ins().store(flags, zero, instance, remaining.offset as i32);
    }
}
