//! Comparisons lane by lane: all ones where they hold, zero elsewhere, here as in Cranelift.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Type, types};
use wasmparser::Operator;

use super::super::Translator;
use types::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2};

impl Translator<'_, '_, '_> {
    /// Translates a vector comparison; false for operators of other families.
    pub(super) fn vector_comparison(&mut self, operator: &Operator<'_>) -> bool {
        self.integer_lane_comparison(operator) || self.float_lane_comparison(operator)
    }

    fn integer_lane_comparison(&mut self, operator: &Operator<'_>) -> bool {
        use IntCC::{
            Equal, NotEqual, SignedGreaterThan, SignedGreaterThanOrEqual, SignedLessThan, SignedLessThanOrEqual,
            UnsignedGreaterThan, UnsignedGreaterThanOrEqual, UnsignedLessThan, UnsignedLessThanOrEqual,
        };
        match operator {
            Operator::I8x16Eq => self.compare_integer_lanes(I8X16, Equal),
            Operator::I8x16Ne => self.compare_integer_lanes(I8X16, NotEqual),
            Operator::I8x16LtS => self.compare_integer_lanes(I8X16, SignedLessThan),
            Operator::I8x16LtU => self.compare_integer_lanes(I8X16, UnsignedLessThan),
            Operator::I8x16GtS => self.compare_integer_lanes(I8X16, SignedGreaterThan),
            Operator::I8x16GtU => self.compare_integer_lanes(I8X16, UnsignedGreaterThan),
            Operator::I8x16LeS => self.compare_integer_lanes(I8X16, SignedLessThanOrEqual),
            Operator::I8x16LeU => self.compare_integer_lanes(I8X16, UnsignedLessThanOrEqual),
            Operator::I8x16GeS => self.compare_integer_lanes(I8X16, SignedGreaterThanOrEqual),
            Operator::I8x16GeU => self.compare_integer_lanes(I8X16, UnsignedGreaterThanOrEqual),
            Operator::I16x8Eq => self.compare_integer_lanes(I16X8, Equal),
            Operator::I16x8Ne => self.compare_integer_lanes(I16X8, NotEqual),
            Operator::I16x8LtS => self.compare_integer_lanes(I16X8, SignedLessThan),
            Operator::I16x8LtU => self.compare_integer_lanes(I16X8, UnsignedLessThan),
            Operator::I16x8GtS => self.compare_integer_lanes(I16X8, SignedGreaterThan),
            Operator::I16x8GtU => self.compare_integer_lanes(I16X8, UnsignedGreaterThan),
            Operator::I16x8LeS => self.compare_integer_lanes(I16X8, SignedLessThanOrEqual),
            Operator::I16x8LeU => self.compare_integer_lanes(I16X8, UnsignedLessThanOrEqual),
            Operator::I16x8GeS => self.compare_integer_lanes(I16X8, SignedGreaterThanOrEqual),
            Operator::I16x8GeU => self.compare_integer_lanes(I16X8, UnsignedGreaterThanOrEqual),
            Operator::I32x4Eq => self.compare_integer_lanes(I32X4, Equal),
            Operator::I32x4Ne => self.compare_integer_lanes(I32X4, NotEqual),
            Operator::I32x4LtS => self.compare_integer_lanes(I32X4, SignedLessThan),
            Operator::I32x4LtU => self.compare_integer_lanes(I32X4, UnsignedLessThan),
            Operator::I32x4GtS => self.compare_integer_lanes(I32X4, SignedGreaterThan),
            Operator::I32x4GtU => self.compare_integer_lanes(I32X4, UnsignedGreaterThan),
            Operator::I32x4LeS => self.compare_integer_lanes(I32X4, SignedLessThanOrEqual),
            Operator::I32x4LeU => self.compare_integer_lanes(I32X4, UnsignedLessThanOrEqual),
            Operator::I32x4GeS => self.compare_integer_lanes(I32X4, SignedGreaterThanOrEqual),
            Operator::I32x4GeU => self.compare_integer_lanes(I32X4, UnsignedGreaterThanOrEqual),
            Operator::I64x2Eq => self.compare_integer_lanes(I64X2, Equal),
            Operator::I64x2Ne => self.compare_integer_lanes(I64X2, NotEqual),
            Operator::I64x2LtS => self.compare_integer_lanes(I64X2, SignedLessThan),
            Operator::I64x2GtS => self.compare_integer_lanes(I64X2, SignedGreaterThan),
            Operator::I64x2LeS => self.compare_integer_lanes(I64X2, SignedLessThanOrEqual),
            Operator::I64x2GeS => self.compare_integer_lanes(I64X2, SignedGreaterThanOrEqual),
            _ => return false,
        }
        true
    }

    fn compare_integer_lanes(&mut self, lanes: Type, condition: IntCC) {
        self.vector_binary(lanes, |b, x, y| b.icmp(condition, x, y));
    }

    fn float_lane_comparison(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::F32x4Eq => self.compare_float_lanes(F32X4, FloatCC::Equal),
            Operator::F32x4Ne => self.compare_float_lanes(F32X4, FloatCC::NotEqual),
            Operator::F32x4Lt => self.compare_float_lanes(F32X4, FloatCC::LessThan),
            Operator::F32x4Gt => self.compare_float_lanes(F32X4, FloatCC::GreaterThan),
            Operator::F32x4Le => self.compare_float_lanes(F32X4, FloatCC::LessThanOrEqual),
            Operator::F32x4Ge => self.compare_float_lanes(F32X4, FloatCC::GreaterThanOrEqual),
            Operator::F64x2Eq => self.compare_float_lanes(F64X2, FloatCC::Equal),
            Operator::F64x2Ne => self.compare_float_lanes(F64X2, FloatCC::NotEqual),
            Operator::F64x2Lt => self.compare_float_lanes(F64X2, FloatCC::LessThan),
            Operator::F64x2Gt => self.compare_float_lanes(F64X2, FloatCC::GreaterThan),
            Operator::F64x2Le => self.compare_float_lanes(F64X2, FloatCC::LessThanOrEqual),
            Operator::F64x2Ge => self.compare_float_lanes(F64X2, FloatCC::GreaterThanOrEqual),
            _ => return false,
        }
        true
    }

    fn compare_float_lanes(&mut self, lanes: Type, condition: FloatCC) {
        self.vector_binary(lanes, |b, x, y| b.fcmp(condition, x, y));
    }
}
