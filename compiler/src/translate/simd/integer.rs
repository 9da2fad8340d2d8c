//! Arithmetic on integer lanes, and what reduces them to an i32.

use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use cranelift_frontend::FuncInstBuilder;
use wasmparser::Operator;

use super::super::Translator;
use types::{I8X16, I16X8, I32, I32X4, I64X2};

impl Translator<'_, '_, '_> {
    /// Translates an operator on integer lanes; false for operators of other families.
    pub(super) fn integer_vector_operator(&mut self, operator: &Operator<'_>) -> bool {
        self.integer_lane_arithmetic(operator) || self.lane_shift(operator) || self.lane_reduction(operator)
    }

    fn integer_lane_arithmetic(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::I8x16Abs => self.vector_unary(I8X16, |b, x| b.iabs(x)),
            Operator::I16x8Abs => self.vector_unary(I16X8, |b, x| b.iabs(x)),
            Operator::I32x4Abs => self.vector_unary(I32X4, |b, x| b.iabs(x)),
            Operator::I64x2Abs => self.vector_unary(I64X2, |b, x| b.iabs(x)),
            Operator::I8x16Neg => self.vector_unary(I8X16, |b, x| b.ineg(x)),
            Operator::I16x8Neg => self.vector_unary(I16X8, |b, x| b.ineg(x)),
            Operator::I32x4Neg => self.vector_unary(I32X4, |b, x| b.ineg(x)),
            Operator::I64x2Neg => self.vector_unary(I64X2, |b, x| b.ineg(x)),
            Operator::I8x16Popcnt => self.vector_unary(I8X16, |b, x| b.popcnt(x)),
            Operator::I8x16Add => self.vector_binary(I8X16, |b, x, y| b.iadd(x, y)),
            Operator::I16x8Add => self.vector_binary(I16X8, |b, x, y| b.iadd(x, y)),
            Operator::I32x4Add => self.vector_binary(I32X4, |b, x, y| b.iadd(x, y)),
            Operator::I64x2Add => self.vector_binary(I64X2, |b, x, y| b.iadd(x, y)),
            Operator::I8x16Sub => self.vector_binary(I8X16, |b, x, y| b.isub(x, y)),
            Operator::I16x8Sub => self.vector_binary(I16X8, |b, x, y| b.isub(x, y)),
            Operator::I32x4Sub => self.vector_binary(I32X4, |b, x, y| b.isub(x, y)),
            Operator::I64x2Sub => self.vector_binary(I64X2, |b, x, y| b.isub(x, y)),
            Operator::I16x8Mul => self.vector_binary(I16X8, |b, x, y| b.imul(x, y)),
            Operator::I32x4Mul => self.vector_binary(I32X4, |b, x, y| b.imul(x, y)),
            Operator::I64x2Mul => self.vector_binary(I64X2, |b, x, y| b.imul(x, y)),
            Operator::I8x16AddSatS => self.vector_binary(I8X16, |b, x, y| b.sadd_sat(x, y)),
            Operator::I16x8AddSatS => self.vector_binary(I16X8, |b, x, y| b.sadd_sat(x, y)),
            Operator::I8x16AddSatU => self.vector_binary(I8X16, |b, x, y| b.uadd_sat(x, y)),
            Operator::I16x8AddSatU => self.vector_binary(I16X8, |b, x, y| b.uadd_sat(x, y)),
            Operator::I8x16SubSatS => self.vector_binary(I8X16, |b, x, y| b.ssub_sat(x, y)),
            Operator::I16x8SubSatS => self.vector_binary(I16X8, |b, x, y| b.ssub_sat(x, y)),
            Operator::I8x16SubSatU => self.vector_binary(I8X16, |b, x, y| b.usub_sat(x, y)),
            Operator::I16x8SubSatU => self.vector_binary(I16X8, |b, x, y| b.usub_sat(x, y)),
            Operator::I8x16MinS => self.vector_binary(I8X16, |b, x, y| b.smin(x, y)),
            Operator::I16x8MinS => self.vector_binary(I16X8, |b, x, y| b.smin(x, y)),
            Operator::I32x4MinS => self.vector_binary(I32X4, |b, x, y| b.smin(x, y)),
            Operator::I8x16MinU => self.vector_binary(I8X16, |b, x, y| b.umin(x, y)),
            Operator::I16x8MinU => self.vector_binary(I16X8, |b, x, y| b.umin(x, y)),
            Operator::I32x4MinU => self.vector_binary(I32X4, |b, x, y| b.umin(x, y)),
            Operator::I8x16MaxS => self.vector_binary(I8X16, |b, x, y| b.smax(x, y)),
            Operator::I16x8MaxS => self.vector_binary(I16X8, |b, x, y| b.smax(x, y)),
            Operator::I32x4MaxS => self.vector_binary(I32X4, |b, x, y| b.smax(x, y)),
            Operator::I8x16MaxU => self.vector_binary(I8X16, |b, x, y| b.umax(x, y)),
            Operator::I16x8MaxU => self.vector_binary(I16X8, |b, x, y| b.umax(x, y)),
            Operator::I32x4MaxU => self.vector_binary(I32X4, |b, x, y| b.umax(x, y)),
            Operator::I8x16AvgrU => self.vector_binary(I8X16, |b, x, y| b.avg_round(x, y)),
            Operator::I16x8AvgrU => self.vector_binary(I16X8, |b, x, y| b.avg_round(x, y)),
            Operator::I16x8Q15MulrSatS => self.vector_binary(I16X8, |b, x, y| b.sqmul_round_sat(x, y)),
            _ => return false,
        }
        true
    }

    fn lane_shift(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::I8x16Shl => self.vector_shift(I8X16, |b, x, y| b.ishl(x, y)),
            Operator::I16x8Shl => self.vector_shift(I16X8, |b, x, y| b.ishl(x, y)),
            Operator::I32x4Shl => self.vector_shift(I32X4, |b, x, y| b.ishl(x, y)),
            Operator::I64x2Shl => self.vector_shift(I64X2, |b, x, y| b.ishl(x, y)),
            Operator::I8x16ShrS => self.vector_shift(I8X16, |b, x, y| b.sshr(x, y)),
            Operator::I16x8ShrS => self.vector_shift(I16X8, |b, x, y| b.sshr(x, y)),
            Operator::I32x4ShrS => self.vector_shift(I32X4, |b, x, y| b.sshr(x, y)),
            Operator::I64x2ShrS => self.vector_shift(I64X2, |b, x, y| b.sshr(x, y)),
            Operator::I8x16ShrU => self.vector_shift(I8X16, |b, x, y| b.ushr(x, y)),
            Operator::I16x8ShrU => self.vector_shift(I16X8, |b, x, y| b.ushr(x, y)),
            Operator::I32x4ShrU => self.vector_shift(I32X4, |b, x, y| b.ushr(x, y)),
            Operator::I64x2ShrU => self.vector_shift(I64X2, |b, x, y| b.ushr(x, y)),
            _ => return false,
        }
        true
    }

    /// Shifts every lane by an i32, which Cranelift, as wasm, takes modulo the lane's width.
    fn vector_shift(&mut self, lanes: Type, build: impl FnOnce(FuncInstBuilder<'_, '_>, Value, Value) -> Value) {
        let amount = self.pop();
        let vector = self.pop_vector(lanes);
        let result = build(self.builder.ins(), vector, amount);
        self.push(result);
    }

    fn lane_reduction(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::I8x16AllTrue => self.all_true(I8X16),
            Operator::I16x8AllTrue => self.all_true(I16X8),
            Operator::I32x4AllTrue => self.all_true(I32X4),
            Operator::I64x2AllTrue => self.all_true(I64X2),
            Operator::I8x16Bitmask => self.vector_unary(I8X16, |b, x| b.vhigh_bits(I32, x)),
            Operator::I16x8Bitmask => self.vector_unary(I16X8, |b, x| b.vhigh_bits(I32, x)),
            Operator::I32x4Bitmask => self.vector_unary(I32X4, |b, x| b.vhigh_bits(I32, x)),
            Operator::I64x2Bitmask => self.vector_unary(I64X2, |b, x| b.vhigh_bits(I32, x)),
            _ => return false,
        }
        true
    }

    fn all_true(&mut self, lanes: Type) {
        let vector = self.pop_vector(lanes);
        let truth = self.builder.ins().vall_true(vector);
        self.push_truth(truth);
    }
}
