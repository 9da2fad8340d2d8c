//! Integer operators whose result has wider or narrower lanes than their operands.

use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use cranelift_frontend::FuncInstBuilder;
use wasmparser::Operator;

use super::super::Translator;
use types::{I8X16, I16X8, I32X4};

/// How a lane is read as a number.
#[derive(Clone, Copy)]
enum Signedness {
    Signed,
    Unsigned,
}

impl Translator<'_, '_, '_> {
    /// Translates an operator that widens or narrows integer lanes; false for operators of other families.
    pub(super) fn widening_operator(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::I16x8ExtendLowI8x16S => self.vector_unary(I8X16, |b, x| b.swiden_low(x)),
            Operator::I16x8ExtendLowI8x16U => self.vector_unary(I8X16, |b, x| b.uwiden_low(x)),
            Operator::I16x8ExtendHighI8x16S => self.vector_unary(I8X16, |b, x| b.swiden_high(x)),
            Operator::I16x8ExtendHighI8x16U => self.vector_unary(I8X16, |b, x| b.uwiden_high(x)),
            Operator::I32x4ExtendLowI16x8S => self.vector_unary(I16X8, |b, x| b.swiden_low(x)),
            Operator::I32x4ExtendLowI16x8U => self.vector_unary(I16X8, |b, x| b.uwiden_low(x)),
            Operator::I32x4ExtendHighI16x8S => self.vector_unary(I16X8, |b, x| b.swiden_high(x)),
            Operator::I32x4ExtendHighI16x8U => self.vector_unary(I16X8, |b, x| b.uwiden_high(x)),
            Operator::I64x2ExtendLowI32x4S => self.vector_unary(I32X4, |b, x| b.swiden_low(x)),
            Operator::I64x2ExtendLowI32x4U => self.vector_unary(I32X4, |b, x| b.uwiden_low(x)),
            Operator::I64x2ExtendHighI32x4S => self.vector_unary(I32X4, |b, x| b.swiden_high(x)),
            Operator::I64x2ExtendHighI32x4U => self.vector_unary(I32X4, |b, x| b.uwiden_high(x)),
            Operator::I16x8ExtMulLowI8x16S => self.multiply_extended(I8X16, |b, x| b.swiden_low(x)),
            Operator::I16x8ExtMulLowI8x16U => self.multiply_extended(I8X16, |b, x| b.uwiden_low(x)),
            Operator::I16x8ExtMulHighI8x16S => self.multiply_extended(I8X16, |b, x| b.swiden_high(x)),
            Operator::I16x8ExtMulHighI8x16U => self.multiply_extended(I8X16, |b, x| b.uwiden_high(x)),
            Operator::I32x4ExtMulLowI16x8S => self.multiply_extended(I16X8, |b, x| b.swiden_low(x)),
            Operator::I32x4ExtMulLowI16x8U => self.multiply_extended(I16X8, |b, x| b.uwiden_low(x)),
            Operator::I32x4ExtMulHighI16x8S => self.multiply_extended(I16X8, |b, x| b.swiden_high(x)),
            Operator::I32x4ExtMulHighI16x8U => self.multiply_extended(I16X8, |b, x| b.uwiden_high(x)),
            Operator::I64x2ExtMulLowI32x4S => self.multiply_extended(I32X4, |b, x| b.swiden_low(x)),
            Operator::I64x2ExtMulLowI32x4U => self.multiply_extended(I32X4, |b, x| b.uwiden_low(x)),
            Operator::I64x2ExtMulHighI32x4S => self.multiply_extended(I32X4, |b, x| b.swiden_high(x)),
            Operator::I64x2ExtMulHighI32x4U => self.multiply_extended(I32X4, |b, x| b.uwiden_high(x)),
            Operator::I8x16NarrowI16x8S => self.vector_binary(I16X8, |b, x, y| b.snarrow(x, y)),
            Operator::I8x16NarrowI16x8U => self.vector_binary(I16X8, |b, x, y| b.unarrow(x, y)),
            Operator::I16x8NarrowI32x4S => self.vector_binary(I32X4, |b, x, y| b.snarrow(x, y)),
            Operator::I16x8NarrowI32x4U => self.vector_binary(I32X4, |b, x, y| b.unarrow(x, y)),
            Operator::I16x8ExtAddPairwiseI8x16S => self.add_extended_pairs(I8X16, Signedness::Signed),
            Operator::I16x8ExtAddPairwiseI8x16U => self.add_extended_pairs(I8X16, Signedness::Unsigned),
            Operator::I32x4ExtAddPairwiseI16x8S => self.add_extended_pairs(I16X8, Signedness::Signed),
            Operator::I32x4ExtAddPairwiseI16x8U => self.add_extended_pairs(I16X8, Signedness::Unsigned),
            Operator::I32x4DotI16x8S => {
                let (left, right) = self.pop2_vectors(I16X8);
                let value = self.dot_product(left, right);
                self.push(value);
            }
            _ => return false,
        }
        true
    }

    /// Products that cannot overflow, of the low or high halves.
    fn multiply_extended(&mut self, narrow: Type, extend: impl Fn(FuncInstBuilder<'_, '_>, Value) -> Value) {
        let (left, right) = self.pop2_vectors(narrow);
        let left = extend(self.builder.ins(), left);
        let right = extend(self.builder.ins(), right);
        let value = self.builder.ins().imul(left, right);
        self.push(value);
    }

    fn add_extended_pairs(&mut self, narrow: Type, signedness: Signedness) {
        let vector = self.pop_vector(narrow);
        let (low, high) = match signedness {
            Signedness::Signed => self.sign_extended_halves(vector),
            Signedness::Unsigned => (self.builder.ins().uwiden_low(vector), self.builder.ins().uwiden_high(vector)),
        };
        let value = self.builder.ins().iadd_pairwise(low, high);
        self.push(value);
    }

    /// The low and the high half of a vector, each lane sign-extended to twice its width.
    pub(super) fn sign_extended_halves(&mut self, vector: Value) -> (Value, Value) {
        (self.builder.ins().swiden_low(vector), self.builder.ins().swiden_high(vector))
    }

    /// Signed products in lanes of twice the width, of the low and of the high half.
    pub(super) fn extended_products(&mut self, left: Value, right: Value) -> (Value, Value) {
        let (left_low, left_high) = self.sign_extended_halves(left);
        let (right_low, right_high) = self.sign_extended_halves(right);
        let low = self.builder.ins().imul(left_low, right_low);
        let high = self.builder.ins().imul(left_high, right_high);
        (low, high)
    }

    /// Sums of adjacent signed products, in lanes of twice the width. x86-64 makes `pmaddwd` of this form.
    pub(super) fn dot_product(&mut self, left: Value, right: Value) -> Value {
        let (low, high) = self.extended_products(left, right);
        self.builder.ins().iadd_pairwise(low, high)
    }
}
