//! Constant expressions (wasm spec 3.4.13), decoded once.

use wasmparser::{ConstExpr, Operator, V128};

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
    RefNull,
    RefFunc(u32),
    I32Add,
    I32Sub,
    I32Mul,
    I64Add,
    I64Sub,
    I64Mul,
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
                Operator::RefNull { .. } => ConstantOperator::RefNull,
                Operator::RefFunc { function_index } => ConstantOperator::RefFunc(function_index),
                Operator::I32Add => ConstantOperator::I32Add,
                Operator::I32Sub => ConstantOperator::I32Sub,
                Operator::I32Mul => ConstantOperator::I32Mul,
                Operator::I64Add => ConstantOperator::I64Add,
                Operator::I64Sub => ConstantOperator::I64Sub,
                Operator::I64Mul => ConstantOperator::I64Mul,
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

    /// An expression that is just a reference to a function.
    pub fn function(index: u32) -> ConstantExpression {
        ConstantExpression(vec![ConstantOperator::RefFunc(index)])
    }
}
