//! Vector loads and stores (wasm spec 4.4.7), with the bounds contract of `translate/memory.rs`.

use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};
use cranelift_frontend::FuncInstBuilder;
use wasmparser::{MemArg, Operator};

use super::super::{Translator, VECTOR};
use types::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2};

/// Bytes that the loads read which widen each lane.
const HALF_VECTOR: u32 = 8;

impl Translator<'_, '_, '_> {
    /// Translates a vector load or store; false for operators of other families.
    pub(super) fn vector_memory_operator(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::V128Load { memarg } => self.load_vector(memarg),
            Operator::V128Store { memarg } => self.store_vector(memarg),
            Operator::V128Load8x8S { memarg } => self.load_widened(memarg, |b, f, a, o| b.sload8x8(f, a, o)),
            Operator::V128Load8x8U { memarg } => self.load_widened(memarg, |b, f, a, o| b.uload8x8(f, a, o)),
            Operator::V128Load16x4S { memarg } => self.load_widened(memarg, |b, f, a, o| b.sload16x4(f, a, o)),
            Operator::V128Load16x4U { memarg } => self.load_widened(memarg, |b, f, a, o| b.uload16x4(f, a, o)),
            Operator::V128Load32x2S { memarg } => self.load_widened(memarg, |b, f, a, o| b.sload32x2(f, a, o)),
            Operator::V128Load32x2U { memarg } => self.load_widened(memarg, |b, f, a, o| b.uload32x2(f, a, o)),
            Operator::V128Load8Splat { memarg } => self.load_splat(memarg, I8X16),
            Operator::V128Load16Splat { memarg } => self.load_splat(memarg, I16X8),
            Operator::V128Load32Splat { memarg } => self.load_splat(memarg, F32X4),
            Operator::V128Load64Splat { memarg } => self.load_splat(memarg, F64X2),
            Operator::V128Load32Zero { memarg } => self.load_zero(memarg, F32X4),
            Operator::V128Load64Zero { memarg } => self.load_zero(memarg, F64X2),
            Operator::V128Load8Lane { memarg, lane } => self.load_lane(memarg, *lane, I8X16),
            Operator::V128Load16Lane { memarg, lane } => self.load_lane(memarg, *lane, I16X8),
            Operator::V128Load32Lane { memarg, lane } => self.load_lane(memarg, *lane, I32X4),
            Operator::V128Load64Lane { memarg, lane } => self.load_lane(memarg, *lane, I64X2),
            Operator::V128Store8Lane { memarg, lane } => self.store_lane(memarg, *lane, I8X16),
            Operator::V128Store16Lane { memarg, lane } => self.store_lane(memarg, *lane, I16X8),
            Operator::V128Store32Lane { memarg, lane } => self.store_lane(memarg, *lane, I32X4),
            Operator::V128Store64Lane { memarg, lane } => self.store_lane(memarg, *lane, I64X2),
            _ => return false,
        }
        true
    }

    /// A value of type `ty` from linear memory, at the index on top of the stack.
    fn load_popped(&mut self, memarg: &MemArg, ty: Type) -> Value {
        let index = self.pop();
        let (address, offset) = self.address(memarg, index, ty.bytes());
        let flags = self.linear_memory_flags();
        self.builder.ins().load(ty, flags, address, offset)
    }

    fn load_vector(&mut self, memarg: &MemArg) {
        let value = self.load_popped(memarg, VECTOR);
        self.push(value);
    }

    fn store_vector(&mut self, memarg: &MemArg) {
        let value = self.pop();
        // Memory order is that of the bytes, whatever lanes the value has.
        let value = self.canonical(value);
        self.store_to_popped(memarg, value);
    }

    /// Stores at the index on top of the stack.
    fn store_to_popped(&mut self, memarg: &MemArg, value: Value) {
        let index = self.pop();
        let (address, offset) = self.address(memarg, index, self.type_of(value).bytes());
        let flags = self.linear_memory_flags();
        self.builder.ins().store(flags, value, address, offset);
    }

    fn load_widened(
        &mut self,
        memarg: &MemArg,
        build: impl FnOnce(FuncInstBuilder<'_, '_>, MemFlagsData, Value, Offset32) -> Value,
    ) {
        let index = self.pop();
        let (address, offset) = self.address(memarg, index, HALF_VECTOR);
        let flags = self.linear_memory_flags();
        let value = build(self.builder.ins(), flags, address, offset);
        self.push(value);
    }

    fn load_splat(&mut self, memarg: &MemArg, lanes: Type) {
        let scalar = self.load_popped(memarg, lanes.lane_type());
        let value = self.builder.ins().splat(lanes, scalar);
        self.push(value);
    }

    fn load_zero(&mut self, memarg: &MemArg, lanes: Type) {
        let scalar = self.load_popped(memarg, lanes.lane_type());
        let value = self.builder.ins().scalar_to_vector(lanes, scalar);
        self.push(value);
    }

    fn load_lane(&mut self, memarg: &MemArg, lane: u8, lanes: Type) {
        let vector = self.pop_vector(lanes);
        let scalar = self.load_popped(memarg, lanes.lane_type());
        let value = self.builder.ins().insertlane(vector, scalar, lane);
        self.push(value);
    }

    fn store_lane(&mut self, memarg: &MemArg, lane: u8, lanes: Type) {
        let vector = self.pop_vector(lanes);
        let scalar = self.builder.ins().extractlane(vector, lane);
        self.store_to_popped(memarg, scalar);
    }
}
