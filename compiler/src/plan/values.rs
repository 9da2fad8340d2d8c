//! Evaluates constant expressions, but for those that make objects: they are left to the initialisation code.

use super::definitions::{Definition, Definitions};
use crate::module::{ConstantExpression, ConstantOperator, Module};

/// The value of a constant expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ConstantValue {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(u128),
    Null,
    Function(Definition),
    /// A reference that is no address: an i31.
    Reference(u64),
    /// Known only when the module is instantiated, to the code that [`ConstantExpression`] stands for.
    Dynamic,
}

impl ConstantValue {
    /// The bits of an integer, zero-extended as memory and table offsets are.
    pub fn unsigned(self) -> u64 {
        match self {
            ConstantValue::I32(value) => u64::from(value as u32),
            ConstantValue::I64(value) => value as u64,
            _ => 0,
        }
    }
}

/// The initial values of all globals of a program, by module and global index.
pub(crate) struct GlobalValues(Vec<Vec<ConstantValue>>);

impl GlobalValues {
    pub fn evaluate(modules: &[Module<'_>], definitions: &Definitions) -> GlobalValues {
        let mut values = GlobalValues(Vec::with_capacity(modules.len()));
        for (number, module) in modules.iter().enumerate() {
            values.0.push(Vec::with_capacity(module.globals.len()));
            for index in 0..module.globals.len() as u32 {
                let value = match &module.globals[index as usize].init {
                    Some(init) => values.of(number, init, definitions),
                    None => {
                        let owner = definitions.global(number, index);
                        values.0[owner.module][owner.index as usize]
                    }
                };
                values.0[number].push(value);
            }
        }
        values
    }

    pub fn global(&self, module: usize, index: u32) -> ConstantValue {
        self.0[module][index as usize]
    }

    /// Evaluates an expression of module `number`.
    pub fn of(&self, number: usize, expression: &ConstantExpression, definitions: &Definitions) -> ConstantValue {
        use ConstantValue::{I32, I64};
        let mut stack = Vec::with_capacity(2);
        for operator in &expression.0 {
            let value = match *operator {
                ConstantOperator::I32(value) => I32(value),
                ConstantOperator::I64(value) => I64(value),
                ConstantOperator::F32(bits) => ConstantValue::F32(bits),
                ConstantOperator::F64(bits) => ConstantValue::F64(bits),
                ConstantOperator::V128(value) => ConstantValue::V128(value.i128() as u128),
                ConstantOperator::RefNull(_) => ConstantValue::Null,
                ConstantOperator::RefFunc(index) => ConstantValue::Function(definitions.function(number, index)),
                ConstantOperator::GlobalGet(index) => self.global(number, index),
                ConstantOperator::RefI31 => match stack.pop() {
                    Some(I32(value)) => ConstantValue::Reference(u64::from((value as u32) << 1 | 1)),
                    _ => ConstantValue::Dynamic,
                },
                ConstantOperator::AnyConvertExtern | ConstantOperator::ExternConvertAny => continue,
                ConstantOperator::StructNew(_)
                | ConstantOperator::StructNewDefault(_)
                | ConstantOperator::ArrayNew(_)
                | ConstantOperator::ArrayNewDefault(_)
                | ConstantOperator::ArrayNewFixed(..) => return ConstantValue::Dynamic,
                binary => {
                    // The validator guarantees two operands of the operator's type.
                    let (right, left) = (stack.pop(), stack.pop());
                    match (binary, left, right) {
                        (ConstantOperator::I32Add, Some(I32(a)), Some(I32(b))) => I32(a.wrapping_add(b)),
                        (ConstantOperator::I32Sub, Some(I32(a)), Some(I32(b))) => I32(a.wrapping_sub(b)),
                        (ConstantOperator::I32Mul, Some(I32(a)), Some(I32(b))) => I32(a.wrapping_mul(b)),
                        (ConstantOperator::I64Add, Some(I64(a)), Some(I64(b))) => I64(a.wrapping_add(b)),
                        (ConstantOperator::I64Sub, Some(I64(a)), Some(I64(b))) => I64(a.wrapping_sub(b)),
                        (ConstantOperator::I64Mul, Some(I64(a)), Some(I64(b))) => I64(a.wrapping_mul(b)),
                        _ => ConstantValue::Null,
                    }
                }
            };
            stack.push(value);
        }
        stack.pop().unwrap_or(ConstantValue::Null)
    }
}
