//! Constant expressions (wasm spec 3.4.13), decoded once.

use wasmparser::{ConstExpr, HeapType, Operator, V128};

use crate::{Error, Result};

/// A validated constant expression, as a sequence of stack operators.
#[derive(Clone, Debug)]
pub(crate) struct ConstantExpression(pub Vec<ConstantOperator>);

#[derive(Clone, Copy, Debug)]
pub(crate) enum ConstantOperator {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(V128),
    GlobalGet(u32),
    RefNull(HeapType),
    RefFunc(u32),
    I32Add,
    I32Sub,
    I32Mul,
    I64Add,
    I64Sub,
    I64Mul,
    RefI31,
    AnyConvertExtern,
    ExternConvertAny,
    StructNew(u32),
    StructNewDefault(u32),
    ArrayNew(u32),
    ArrayNewDefault(u32),
    ArrayNewFixed(u32, u32),
}

impl ConstantExpression {
    /// Decodes the expression, which the validator has accepted.
    pub fn decode(expression: &ConstExpr<'_>) -> Result<ConstantExpression> {
        let mut operators = Vec::with_capacity(1);
        for item in expression.get_operators_reader().into_iter_with_offsets() {
            let (operator, offset) = item.map_err(Error::from_parser)?;
            operators.push(match operator {
                Operator::I32Const { value } => ConstantOperator::I32(value),
                Operator::I64Const { value } => ConstantOperator::I64(value),
                Operator::F32Const { value } => ConstantOperator::F32(value.bits()),
                Operator::F64Const { value } => ConstantOperator::F64(value.bits()),
                Operator::V128Const { value } => ConstantOperator::V128(value),
                Operator::GlobalGet { global_index } => ConstantOperator::GlobalGet(global_index),
                Operator::RefNull { hty } => ConstantOperator::RefNull(hty),
                Operator::RefFunc { function_index } => ConstantOperator::RefFunc(function_index),
                Operator::I32Add => ConstantOperator::I32Add,
                Operator::I32Sub => ConstantOperator::I32Sub,
                Operator::I32Mul => ConstantOperator::I32Mul,
                Operator::I64Add => ConstantOperator::I64Add,
                Operator::I64Sub => ConstantOperator::I64Sub,
                Operator::I64Mul => ConstantOperator::I64Mul,
                Operator::RefI31 => ConstantOperator::RefI31,
                Operator::AnyConvertExtern => ConstantOperator::AnyConvertExtern,
                Operator::ExternConvertAny => ConstantOperator::ExternConvertAny,
                Operator::StructNew { struct_type_index } => ConstantOperator::StructNew(struct_type_index),
                Operator::StructNewDefault { struct_type_index } => {
                    ConstantOperator::StructNewDefault(struct_type_index)
                }
                Operator::ArrayNew { array_type_index } => ConstantOperator::ArrayNew(array_type_index),
                Operator::ArrayNewDefault { array_type_index } => ConstantOperator::ArrayNewDefault(array_type_index),
                Operator::ArrayNewFixed { array_type_index, array_size } => {
                    ConstantOperator::ArrayNewFixed(array_type_index, array_size)
                }
                Operator::End => break,
                other => {
                    return Err(Error::Unsupported {
                        what: format!("{other:?} in a constant expression"),
                        offset: Some(offset),
                    });
                }
            });
        }
        Ok(ConstantExpression(operators))
    }

    /// The functions that the expression refers to.
    pub fn functions(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().filter_map(|operator| match *operator {
            ConstantOperator::RefFunc(index) => Some(index),
            _ => None,
        })
    }

    /// An expression that is just a reference to a function.
    pub fn function(index: u32) -> ConstantExpression {
        ConstantExpression(vec![ConstantOperator::RefFunc(index)])
    }
}

impl ConstantOperator {
    /// The instruction that the operator was decoded from.
    pub fn instruction(self) -> Operator<'static> {
        match self {
            ConstantOperator::I32(value) => Operator::I32Const { value },
            ConstantOperator::I64(value) => Operator::I64Const { value },
            ConstantOperator::F32(bits) => Operator::F32Const { value: f32::from_bits(bits).into() },
            ConstantOperator::F64(bits) => Operator::F64Const { value: f64::from_bits(bits).into() },
            ConstantOperator::V128(value) => Operator::V128Const { value },
            ConstantOperator::GlobalGet(global_index) => Operator::GlobalGet { global_index },
            ConstantOperator::RefNull(hty) => Operator::RefNull { hty },
            ConstantOperator::RefFunc(function_index) => Operator::RefFunc { function_index },
            ConstantOperator::I32Add => Operator::I32Add,
            ConstantOperator::I32Sub => Operator::I32Sub,
            ConstantOperator::I32Mul => Operator::I32Mul,
            ConstantOperator::I64Add => Operator::I64Add,
            ConstantOperator::I64Sub => Operator::I64Sub,
            ConstantOperator::I64Mul => Operator::I64Mul,
            ConstantOperator::RefI31 => Operator::RefI31,
            ConstantOperator::AnyConvertExtern => Operator::AnyConvertExtern,
            ConstantOperator::ExternConvertAny => Operator::ExternConvertAny,
            ConstantOperator::StructNew(struct_type_index) => Operator::StructNew { struct_type_index },
            ConstantOperator::StructNewDefault(struct_type_index) => Operator::StructNewDefault { struct_type_index },
            ConstantOperator::ArrayNew(array_type_index) => Operator::ArrayNew { array_type_index },
            ConstantOperator::ArrayNewDefault(array_type_index) => Operator::ArrayNewDefault { array_type_index },
            ConstantOperator::ArrayNewFixed(array_type_index, array_size) => {
                Operator::ArrayNewFixed { array_type_index, array_size }
            }
        }
    }
}
