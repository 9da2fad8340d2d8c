//! Bulk memory instructions (wasm spec 4.4.7.9 to 4.4.7.12).
//!
//! The bounds of the whole operation are checked here, before anything is written, so that the runtime library's
//! copying functions need no checks and the trap's position is the instruction's.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmc_abi::trap::TrapCode;
use wasmparser::Operator;

use super::symbols::RuntimeSymbol;
use super::{REFERENCE, Translator};
use crate::plan::{DataId, MemoryPlace, Slot};

impl Translator<'_, '_, '_> {
    /// Translates a bulk memory operator; false for operators of other families.
    pub(super) fn bulk_operator(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::MemoryCopy { dst_mem, src_mem } => {
                let (destination, source, length) = self.pop3_wide();
                let destination = self.checked_range(self.memory_place(dst_mem), destination, length);
                let source = self.checked_range(self.memory_place(src_mem), source, length);
                self.call_runtime(RuntimeSymbol::MemoryMove, &[destination, source, length]);
            }
            Operator::MemoryFill { mem } => {
                let (destination, byte, length) = self.pop3();
                let destination = self.builder.ins().uextend(types::I64, destination);
                let length = self.builder.ins().uextend(types::I64, length);
                let destination = self.checked_range(self.memory_place(mem), destination, length);
                self.call_runtime(RuntimeSymbol::MemoryFill, &[destination, byte, length]);
            }
            Operator::MemoryInit { data_index, mem } => {
                let (destination, source, length) = self.pop3_wide();
                let segment = data_index as usize;
                let contents = self.plan.segments.data[self.module][segment];
                let slot = self.plan.places.data_lengths[self.module][segment];
                let source =
                    self.checked_segment(contents.object, slot, source, length, 1, TrapCode::MemoryOutOfBounds);
                let destination = self.checked_range(self.memory_place(mem), destination, length);
                self.call_runtime(RuntimeSymbol::MemoryMove, &[destination, source, length]);
            }
            Operator::DataDrop { data_index } => {
                self.drop_segment(self.plan.places.data_lengths[self.module][data_index as usize]);
            }
            _ => return false,
        }
        true
    }

    /// Pops three i32 operands, zero-extended to i64.
    pub(super) fn pop3_wide(&mut self) -> (Value, Value, Value) {
        let (first, second, third) = self.pop3();
        let first = self.builder.ins().uextend(types::I64, first);
        let second = self.builder.ins().uextend(types::I64, second);
        let third = self.builder.ins().uextend(types::I64, third);
        (first, second, third)
    }

    /// Native address of `start`; traps unless `start + length` (both below 2^32) lies within the memory.
    pub(super) fn checked_range(&mut self, place: MemoryPlace, start: Value, length: Value) -> Value {
        let size = self.memory_length(place);
        self.check_end(start, length, size, TrapCode::MemoryOutOfBounds);
        let base = self.memory_base(place);
        self.builder.ins().iadd(base, start)
    }

    /// Traps if `start + length > limit`; the sum does not wrap, both being below 2^33.
    pub(super) fn check_end(&mut self, start: Value, length: Value, limit: Value, code: TrapCode) {
        let end = self.builder.ins().iadd(start, length);
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, limit);
        self.trap_if(outside, code);
    }

    /// Address of the item `source` of a segment whose items have `size` bytes; traps unless `length` items from
    /// there are left of it.
    pub(super) fn checked_segment(
        &mut self,
        object: Option<DataId>,
        remaining: Slot,
        source: Value,
        length: Value,
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
                let offset = self.builder.ins().imul_imm_u(source, size);
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
