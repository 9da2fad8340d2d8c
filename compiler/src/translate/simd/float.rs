//! Arithmetic on floating-point lanes.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use wasmparser::Operator;

use super::super::Translator;
use types::{F32X4, F64X2};

impl Translator<'_, '_, '_> {
    /// Translates arithmetic on floating-point lanes; false for operators of other families.
    pub(super) fn float_vector_operator(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::F32x4Ceil => self.vector_unary(F32X4, |b, x| b.ceil(x)),
            Operator::F64x2Ceil => self.vector_unary(F64X2, |b, x| b.ceil(x)),
            Operator::F32x4Floor => self.vector_unary(F32X4, |b, x| b.floor(x)),
            Operator::F64x2Floor => self.vector_unary(F64X2, |b, x| b.floor(x)),
            Operator::F32x4Trunc => self.vector_unary(F32X4, |b, x| b.trunc(x)),
            Operator::F64x2Trunc => self.vector_unary(F64X2, |b, x| b.trunc(x)),
            Operator::F32x4Nearest => self.vector_unary(F32X4, |b, x| b.nearest(x)),
            Operator::F64x2Nearest => self.vector_unary(F64X2, |b, x| b.nearest(x)),
            Operator::F32x4Abs => self.vector_unary(F32X4, |b, x| b.fabs(x)),
            Operator::F64x2Abs => self.vector_unary(F64X2, |b, x| b.fabs(x)),
            Operator::F32x4Neg => self.vector_unary(F32X4, |b, x| b.fneg(x)),
            Operator::F64x2Neg => self.vector_unary(F64X2, |b, x| b.fneg(x)),
            Operator::F32x4Sqrt => self.vector_unary(F32X4, |b, x| b.sqrt(x)),
            Operator::F64x2Sqrt => self.vector_unary(F64X2, |b, x| b.sqrt(x)),
            Operator::F32x4Add => self.vector_binary(F32X4, |b, x, y| b.fadd(x, y)),
            Operator::F64x2Add => self.vector_binary(F64X2, |b, x, y| b.fadd(x, y)),
            Operator::F32x4Sub => self.vector_binary(F32X4, |b, x, y| b.fsub(x, y)),
            Operator::F64x2Sub => self.vector_binary(F64X2, |b, x, y| b.fsub(x, y)),
            Operator::F32x4Mul => self.vector_binary(F32X4, |b, x, y| b.fmul(x, y)),
            Operator::F64x2Mul => self.vector_binary(F64X2, |b, x, y| b.fmul(x, y)),
            Operator::F32x4Div => self.vector_binary(F32X4, |b, x, y| b.fdiv(x, y)),
            Operator::F64x2Div => self.vector_binary(F64X2, |b, x, y| b.fdiv(x, y)),
            Operator::F32x4Min => self.vector_binary(F32X4, |b, x, y| b.fmin(x, y)),
            Operator::F64x2Min => self.vector_binary(F64X2, |b, x, y| b.fmin(x, y)),
            Operator::F32x4Max => self.vector_binary(F32X4, |b, x, y| b.fmax(x, y)),
            Operator::F64x2Max => self.vector_binary(F64X2, |b, x, y| b.fmax(x, y)),
            Operator::F32x4PMin => self.pseudo_minimum(F32X4),
            Operator::F64x2PMin => self.pseudo_minimum(F64X2),
            Operator::F32x4PMax => self.pseudo_maximum(F32X4),
            Operator::F64x2PMax => self.pseudo_maximum(F64X2),
            _ => return false,
        }
        true
    }

    /// `fpmin` (wasm spec 4.3.3): the second operand where it is less than the first, which never holds of NaN.
    pub(super) fn pseudo_minimum(&mut self, lanes: Type) {
        let (first, second) = self.pop2_vectors(lanes);
        self.push_where_less(second, first, lanes, second, first);
    }

    /// `fpmax` (wasm spec 4.3.3): the second operand where the first is less than it, which never holds of NaN.
    pub(super) fn pseudo_maximum(&mut self, lanes: Type) {
        let (first, second) = self.pop2_vectors(lanes);
        self.push_where_less(first, second, lanes, second, first);
    }

    /// Pushes, lane by lane, `taken` where `smaller < larger`, else `left`.
    ///
    /// Cranelift has no instruction for this; x86-64 makes `minps` and `maxps` of exactly this form.
    fn push_where_less(&mut self, smaller: Value, larger: Value, lanes: Type, taken: Value, left: Value) {
        let less = self.builder.ins().fcmp(FloatCC::LessThan, smaller, larger);
        let less = self.as_lanes(less, lanes);
        let value = self.builder.ins().bitselect(less, taken, left);
        self.push(value);
    }
}
