//! Vector instructions (wasm spec 4.4.3), a family of operators a file.
//!
//! A v128 on the operand stack has whatever lanes the operator that made it had; each operator takes its operands in
//! the lanes it needs, which costs no machine code. Lane 0 is the least significant on every target.

mod bitwise;
mod compare;
mod convert;
mod float;
mod integer;
mod lanes;
mod memory;
mod relaxed;
#[cfg(test)]
mod tests;
mod widen;

use cranelift_codegen::ir::{Type, Value};
use cranelift_frontend::FuncInstBuilder;
use wasmparser::Operator;

use super::Translator;

impl Translator<'_, '_, '_> {
    /// Translates a vector operator; false for operators of other families.
    pub(super) fn simd_operator(&mut self, operator: &Operator<'_>) -> bool {
        self.vector_memory_operator(operator)
            || self.lane_operator(operator)
            || self.bitwise_vector_operator(operator)
            || self.integer_vector_operator(operator)
            || self.float_vector_operator(operator)
            || self.vector_comparison(operator)
            || self.widening_operator(operator)
            || self.vector_conversion(operator)
            || self.relaxed_operator(operator)
    }

    /// Pops a vector with these lanes.
    pub(super) fn pop_vector(&mut self, lanes: Type) -> Value {
        let value = self.pop();
        self.as_lanes(value, lanes)
    }

    /// Pops two vectors with these lanes; the second was on top.
    fn pop2_vectors(&mut self, lanes: Type) -> (Value, Value) {
        let second = self.pop_vector(lanes);
        (self.pop_vector(lanes), second)
    }

    /// Pops three vectors with these lanes; the third was on top.
    fn pop3_vectors(&mut self, lanes: Type) -> (Value, Value, Value) {
        let third = self.pop_vector(lanes);
        let (first, second) = self.pop2_vectors(lanes);
        (first, second, third)
    }

    /// An instruction on one vector with these lanes.
    fn vector_unary(&mut self, lanes: Type, build: impl FnOnce(FuncInstBuilder<'_, '_>, Value) -> Value) {
        let operand = self.pop_vector(lanes);
        let result = build(self.builder.ins(), operand);
        self.push(result);
    }

    /// An instruction on two vectors with these lanes.
    fn vector_binary(&mut self, lanes: Type, build: impl FnOnce(FuncInstBuilder<'_, '_>, Value, Value) -> Value) {
        let (left, right) = self.pop2_vectors(lanes);
        let result = build(self.builder.ins(), left, right);
        self.push(result);
    }
}
