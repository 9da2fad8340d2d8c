//! Conversions between integer and floating-point lanes, and between the two floating-point formats.

use cranelift_codegen::ir::{InstBuilder, types};
use target_lexicon::Architecture;
use wasmparser::Operator;

use super::super::Translator;
use types::{F32X4, F64X2, I32, I32X4, I64X2};

impl Translator<'_, '_, '_> {
    /// Translates a conversion of lanes; false for operators of other families.
    pub(super) fn vector_conversion(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::F32x4ConvertI32x4S => self.vector_unary(I32X4, |b, x| b.fcvt_from_sint(F32X4, x)),
            Operator::F32x4ConvertI32x4U => self.vector_unary(I32X4, |b, x| b.fcvt_from_uint(F32X4, x)),
            Operator::F64x2ConvertLowI32x4S => {
                let vector = self.pop_vector(I32X4);
                let low = self.builder.ins().swiden_low(vector);
                let value = self.builder.ins().fcvt_from_sint(F64X2, low);
                self.push(value);
            }
            Operator::F64x2ConvertLowI32x4U => {
                let vector = self.pop_vector(I32X4);
                let low = self.builder.ins().uwiden_low(vector);
                let value = self.builder.ins().fcvt_from_uint(F64X2, low);
                self.push(value);
            }
            Operator::I32x4TruncSatF32x4S => {
                self.quiet(F32X4);
                self.vector_unary(F32X4, |b, x| b.fcvt_to_sint_sat(I32X4, x));
            }
            Operator::I32x4TruncSatF32x4U => {
                self.quiet(F32X4);
                self.vector_unary(F32X4, |b, x| b.fcvt_to_uint_sat(I32X4, x));
            }
            Operator::I32x4TruncSatF64x2SZero => {
                self.quiet(F64X2);
                let vector = self.pop_vector(F64X2);
                let wide = self.builder.ins().fcvt_to_sint_sat(I64X2, vector);
                let zero = self.zero(I64X2);
                let value = self.builder.ins().snarrow(wide, zero);
                self.push(value);
            }
            Operator::I32x4TruncSatF64x2UZero => self.truncate_unsigned_zero(),
            // The high lanes of the result are zero.
            Operator::F32x4DemoteF64x2Zero => self.vector_unary(F64X2, |b, x| b.fvdemote(x)),
            Operator::F64x2PromoteLowF32x4 => {
                self.vector_unary(F32X4, |b, x| b.fvpromote_low(x));
                self.quiet(F64X2);
            }
            _ => return false,
        }
        true
    }

    /// `i32x4.trunc_sat_f64x2_u_zero`.
    pub(super) fn truncate_unsigned_zero(&mut self) {
        self.quiet(F64X2);
        let vector = self.pop_vector(F64X2);
        if self.is_x86() && !self.isa.has_round() {
            // Cranelift's sequence would call `trunc` in the runtime library, twice.
            let mut value = self.zero(I32X4);
            for lane in 0..2 {
                let scalar = self.builder.ins().extractlane(vector, lane);
                let scalar = self.builder.ins().fcvt_to_uint_sat(I32, scalar);
                value = self.builder.ins().insertlane(value, scalar, lane);
            }
            return self.push(value);
        }
        let wide = self.builder.ins().fcvt_to_uint_sat(I64X2, vector);
        let zero = self.zero(I64X2);
        let value = self.builder.ins().uunarrow(wide, zero);
        self.push(value);
    }

    /// Instructions that only x86-64 has may be used.
    pub(super) fn is_x86(&self) -> bool {
        self.isa.triple().architecture == Architecture::X86_64
    }
}
