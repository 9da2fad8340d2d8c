//! Operators that see v128 as bits.

use cranelift_codegen::ir::{InstBuilder, Type, Value};
use wasmparser::Operator;

use super::super::{Translator, VECTOR};

impl Translator<'_, '_, '_> {
    /// Translates a bitwise vector operator; false for operators of other families.
    pub(super) fn bitwise_vector_operator(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::V128Not => self.vector_unary(VECTOR, |b, x| b.bnot(x)),
            Operator::V128And => self.vector_binary(VECTOR, |b, x, y| b.band(x, y)),
            Operator::V128AndNot => {
                let (kept, cleared) = self.pop2_vectors(VECTOR);
                let mask = self.builder.ins().bnot(cleared);
                let value = self.builder.ins().band(kept, mask);
                self.push(value);
            }
            Operator::V128Or => self.vector_binary(VECTOR, |b, x, y| b.bor(x, y)),
            Operator::V128Xor => self.vector_binary(VECTOR, |b, x, y| b.bxor(x, y)),
            Operator::V128Bitselect => {
                let control = self.pop();
                let lanes = self.bit_lanes(control);
                let control = self.as_lanes(control, lanes);
                let (ones, zeros) = self.pop2_vectors(lanes);
                let value = self.builder.ins().bitselect(control, ones, zeros);
                self.push(value);
            }
            Operator::V128AnyTrue => {
                let value = self.pop();
                let lanes = self.bit_lanes(value);
                let value = self.as_lanes(value, lanes);
                let truth = self.builder.ins().vany_true(value);
                self.push_truth(truth);
            }
            _ => return false,
        }
        true
    }

    /// Lanes in which to look at the bits of a vector: its own if they are integers, because the code generator knows
    /// more of a comparison's result than of that result recast.
    fn bit_lanes(&self, value: Value) -> Type {
        let lanes = self.type_of(value);
        if lanes.lane_type().is_int() { lanes } else { VECTOR }
    }
}
