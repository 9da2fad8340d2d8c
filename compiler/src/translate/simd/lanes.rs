//! Constants, and operators that make, read, replace or rearrange lanes.

use cranelift_codegen::ir::{ConstantData, InstBuilder, Type, Value, types};
use wasmparser::Operator;

use super::super::{Translator, VECTOR};
use types::{F32X4, F64X2, I8, I8X16, I16, I16X8, I32, I32X4, I64X2};

impl Translator<'_, '_, '_> {
    /// Translates an operator that deals in lanes; false for operators of other families.
    pub(super) fn lane_operator(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::V128Const { value } => {
                let constant = self.builder.func.dfg.constants.insert(value.bytes().as_slice().into());
                let value = self.builder.ins().vconst(VECTOR, constant);
                self.push(value);
            }
            Operator::I8x16Shuffle { lanes } => self.shuffle(lanes),
            // Both here and there, an index out of range selects 0.
            Operator::I8x16Swizzle => self.vector_binary(I8X16, |b, x, y| b.swizzle(x, y)),
            Operator::I8x16Splat => self.splat(I8X16),
            Operator::I16x8Splat => self.splat(I16X8),
            Operator::I32x4Splat => self.splat(I32X4),
            Operator::I64x2Splat => self.splat(I64X2),
            Operator::F32x4Splat => self.splat(F32X4),
            Operator::F64x2Splat => self.splat(F64X2),
            Operator::I8x16ExtractLaneS { lane } => self.extract_extended(I8X16, *lane, true),
            Operator::I8x16ExtractLaneU { lane } => self.extract_extended(I8X16, *lane, false),
            Operator::I16x8ExtractLaneS { lane } => self.extract_extended(I16X8, *lane, true),
            Operator::I16x8ExtractLaneU { lane } => self.extract_extended(I16X8, *lane, false),
            Operator::I32x4ExtractLane { lane } => self.extract(I32X4, *lane),
            Operator::I64x2ExtractLane { lane } => self.extract(I64X2, *lane),
            Operator::F32x4ExtractLane { lane } => self.extract(F32X4, *lane),
            Operator::F64x2ExtractLane { lane } => self.extract(F64X2, *lane),
            Operator::I8x16ReplaceLane { lane } => self.replace(I8X16, *lane),
            Operator::I16x8ReplaceLane { lane } => self.replace(I16X8, *lane),
            Operator::I32x4ReplaceLane { lane } => self.replace(I32X4, *lane),
            Operator::I64x2ReplaceLane { lane } => self.replace(I64X2, *lane),
            Operator::F32x4ReplaceLane { lane } => self.replace(F32X4, *lane),
            Operator::F64x2ReplaceLane { lane } => self.replace(F64X2, *lane),
            _ => return false,
        }
        true
    }

    fn shuffle(&mut self, lanes: &[u8; 16]) {
        let (first, second) = self.pop2_vectors(I8X16);
        let mask = self.builder.func.dfg.immediates.push(ConstantData::from(lanes.as_slice()));
        let value = self.builder.ins().shuffle(first, second, mask);
        self.push(value);
    }

    /// Pops a scalar for one of these lanes: an i32 loses what the lane has no room for.
    fn pop_scalar(&mut self, lanes: Type) -> Value {
        let scalar = self.pop();
        match lanes.lane_type() {
            narrow @ (I8 | I16) => self.builder.ins().ireduce(narrow, scalar),
            _ => scalar,
        }
    }

    fn splat(&mut self, lanes: Type) {
        let scalar = self.pop_scalar(lanes);
        let value = self.builder.ins().splat(lanes, scalar);
        self.push(value);
    }

    fn extract(&mut self, lanes: Type, lane: u8) {
        self.vector_unary(lanes, |b, x| b.extractlane(x, lane));
    }

    fn extract_extended(&mut self, lanes: Type, lane: u8, signed: bool) {
        self.extract(lanes, lane);
        let narrow = self.pop();
        let value = match signed {
            true => self.builder.ins().sextend(I32, narrow),
            false => self.builder.ins().uextend(I32, narrow),
        };
        self.push(value);
    }

    fn replace(&mut self, lanes: Type, lane: u8) {
        let scalar = self.pop_scalar(lanes);
        let vector = self.pop_vector(lanes);
        let value = self.builder.ins().insertlane(vector, scalar, lane);
        self.push(value);
    }
}
