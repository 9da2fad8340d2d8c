//! Relaxed vector instructions (wasm spec 4.4.3, and 4.3 on relaxed operations).
//!
//! Each may give one of several results where operands are unusual. Which one is settled when the program is built, for
//! all of it, by the target's features: the native instruction's where there is one, else the last column's. With
//! `RelaxedSimd::Deterministic` it is the last column's everywhere, and products are always rounded once.
//!
//! | operator | unusual operand | with the x86-64 feature | otherwise |
//! |---|---|---|---|
//! | `relaxed_swizzle` | index 16..127 | lane `index % 16` (SSSE3) | 0 |
//! | `relaxed_trunc_f32x4_s`, `…_f64x2_s_zero` | NaN or out of range | -2^31 (SSE2) | saturated, NaN to 0 |
//! | `relaxed_trunc_f32x4_u`, `…_f64x2_u_zero` | NaN or out of range | as otherwise | saturated, NaN to 0 |
//! | `relaxed_madd`, `relaxed_nmadd` | inexact product | rounded once (FMA; so on every other target) | rounded twice |
//! | `relaxed_laneselect` | neither all ones nor zero | by the top bit (SSE4.1, but for i16x8) | by each bit |
//! | `relaxed_min`, `relaxed_max` | NaN, zeros of both signs | as `pmin`, `pmax` (SSE2) | as `min`, `max` |
//! | `relaxed_q15mulr_s` | both -2^15 | -2^15 (SSSE3) | 2^15 - 1 |
//! | `relaxed_dot_i8x16_i7x16_s` | second one negative | it is unsigned, sums saturate (SSSE3) | signed, sums wrap |
//! | `relaxed_dot_i8x16_i7x16_add_s` | second one negative | as above, then extended | signed, sums are exact |
//!
//! Rounding once without an instruction for it takes a call of the runtime library for each lane.

use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use wasmparser::Operator;

use super::super::Translator;
use crate::RelaxedSimd;
use types::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2};

impl Translator<'_, '_, '_> {
    /// Translates a relaxed vector operator; false for operators of other families.
    pub(super) fn relaxed_operator(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::I8x16RelaxedSwizzle => self.relaxed_swizzle(),
            Operator::I32x4RelaxedTruncF32x4S => {
                let x86 = self.prefers(self.is_x86());
                self.vector_unary(F32X4, |b, x| match x86 {
                    true => b.x86_cvtt2dq(I32X4, x),
                    false => b.fcvt_to_sint_sat(I32X4, x),
                });
            }
            Operator::I32x4RelaxedTruncF32x4U => self.vector_unary(F32X4, |b, x| b.fcvt_to_uint_sat(I32X4, x)),
            Operator::I32x4RelaxedTruncF64x2SZero => {
                let vector = self.pop_vector(F64X2);
                let wide = match self.prefers(self.is_x86()) {
                    true => self.builder.ins().x86_cvtt2dq(I64X2, vector),
                    false => self.builder.ins().fcvt_to_sint_sat(I64X2, vector),
                };
                let zero = self.zero(I64X2);
                let value = self.builder.ins().snarrow(wide, zero);
                self.push(value);
            }
            Operator::I32x4RelaxedTruncF64x2UZero => self.truncate_unsigned_zero(),
            Operator::F32x4RelaxedMadd => self.relaxed_multiply_add(F32X4, false),
            Operator::F64x2RelaxedMadd => self.relaxed_multiply_add(F64X2, false),
            Operator::F32x4RelaxedNmadd => self.relaxed_multiply_add(F32X4, true),
            Operator::F64x2RelaxedNmadd => self.relaxed_multiply_add(F64X2, true),
            Operator::I8x16RelaxedLaneselect => self.relaxed_lane_select(I8X16),
            Operator::I16x8RelaxedLaneselect => self.relaxed_lane_select(I16X8),
            Operator::I32x4RelaxedLaneselect => self.relaxed_lane_select(I32X4),
            Operator::I64x2RelaxedLaneselect => self.relaxed_lane_select(I64X2),
            Operator::F32x4RelaxedMin => self.relaxed_minimum(F32X4),
            Operator::F64x2RelaxedMin => self.relaxed_minimum(F64X2),
            Operator::F32x4RelaxedMax => self.relaxed_maximum(F32X4),
            Operator::F64x2RelaxedMax => self.relaxed_maximum(F64X2),
            Operator::I16x8RelaxedQ15mulrS => {
                let native = self.prefers(self.isa.has_x86_pmulhrsw_lowering());
                self.vector_binary(I16X8, |b, x, y| match native {
                    true => b.x86_pmulhrsw(x, y),
                    false => b.sqmul_round_sat(x, y),
                });
            }
            Operator::I16x8RelaxedDotI8x16I7x16S => {
                let (left, right) = self.pop2_vectors(I8X16);
                let value = match self.prefers(self.isa.has_x86_pmaddubsw_lowering()) {
                    true => self.builder.ins().x86_pmaddubsw(left, right),
                    false => self.dot_product(left, right),
                };
                self.push(value);
            }
            Operator::I32x4RelaxedDotI8x16I7x16AddS => {
                let addend = self.pop_vector(I32X4);
                let (left, right) = self.pop2_vectors(I8X16);
                let dot = self.relaxed_wide_dot_product(left, right);
                let value = self.builder.ins().iadd(dot, addend);
                self.push(value);
            }
            _ => return false,
        }
        true
    }

    fn relaxed_swizzle(&mut self) {
        let native = self.prefers(self.isa.has_x86_pshufb_lowering());
        self.vector_binary(I8X16, |b, x, y| match native {
            true => b.x86_pshufb(x, y),
            false => b.swizzle(x, y),
        });
    }

    fn relaxed_multiply_add(&mut self, lanes: Type, negate: bool) {
        let (left, right, addend) = self.pop3_vectors(lanes);
        let left = if negate { self.builder.ins().fneg(left) } else { left };
        let value = if self.isa.has_native_fma() {
            self.builder.ins().fma(left, right, addend)
        } else if self.plan.relaxed_simd == RelaxedSimd::Deterministic {
            self.fused_lanes(lanes, left, right, addend)
        } else {
            let product = self.builder.ins().fmul(left, right);
            self.builder.ins().fadd(product, addend)
        };
        self.push(value);
    }

    /// Whether to use the native instruction, where there is one.
    fn prefers(&self, native: bool) -> bool {
        native && self.plan.relaxed_simd == RelaxedSimd::Native
    }

    /// Multiplies and adds lane by lane, rounding once.
    fn fused_lanes(&mut self, lanes: Type, left: Value, right: Value, addend: Value) -> Value {
        let mut result = addend;
        for lane in 0..lanes.lane_count() as u8 {
            let [left, right, addend] = [left, right, addend].map(|v| self.builder.ins().extractlane(v, lane));
            let value = self.builder.ins().fma(left, right, addend);
            result = self.builder.ins().insertlane(result, value, lane);
        }
        result
    }

    fn relaxed_lane_select(&mut self, lanes: Type) {
        let (ones, zeros, control) = self.pop3_vectors(lanes);
        let value = match self.prefers(self.isa.has_blendv_lowering(lanes)) {
            true => self.builder.ins().blendv(control, ones, zeros),
            false => self.builder.ins().bitselect(control, ones, zeros),
        };
        self.push(value);
    }

    fn relaxed_minimum(&mut self, lanes: Type) {
        match self.prefers(self.is_x86()) {
            true => self.pseudo_minimum(lanes),
            false => self.vector_binary(lanes, |b, x, y| b.fmin(x, y)),
        }
    }

    fn relaxed_maximum(&mut self, lanes: Type) {
        match self.prefers(self.is_x86()) {
            true => self.pseudo_maximum(lanes),
            false => self.vector_binary(lanes, |b, x, y| b.fmax(x, y)),
        }
    }

    /// Sums of four adjacent products, as i32x4.
    fn relaxed_wide_dot_product(&mut self, left: Value, right: Value) -> Value {
        if self.prefers(self.isa.has_x86_pmaddubsw_lowering()) {
            let pairs = self.builder.ins().x86_pmaddubsw(left, right);
            let (low, high) = self.sign_extended_halves(pairs);
            return self.builder.ins().iadd_pairwise(low, high);
        }
        // Each product fits 16 bits, but the sum of two does not: extended before they are added.
        let (low, high) = self.extended_products(left, right);
        let sums = [low, high].map(|products| {
            let (low, high) = self.sign_extended_halves(products);
            self.builder.ins().iadd_pairwise(low, high)
        });
        self.builder.ins().iadd_pairwise(sums[0], sums[1])
    }
}
