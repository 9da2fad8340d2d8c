//! Reference instructions (wasm spec 4.4.4).

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmparser::Operator;

use super::{REFERENCE, Translator};
use crate::plan::Definition;

impl Translator<'_, '_, '_> {
    /// Translates a reference operator; false for operators of other families.
    pub(super) fn reference_operator(&mut self, operator: &Operator<'_>) -> bool {
        let value = match *operator {
            Operator::RefNull { .. } => self.builder.ins().iconst(REFERENCE, 0),
            Operator::RefIsNull => {
                let reference = self.pop();
                let is_null = self.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0);
                self.builder.ins().uextend(types::I32, is_null)
            }
            Operator::RefFunc { function_index } => {
                let definition = self.plan.definitions.function(self.module, function_index);
                self.function_reference(definition)
            }
            _ => return false,
        };
        self.push(value);
        true
    }

    /// The `funcref` of a function: the address of its record.
    pub(super) fn function_reference(&mut self, definition: Definition) -> Value {
        let (records, offset) = self.plan.records.address(definition);
        let address = self.data_address(records);
        if offset == 0 { address } else { self.builder.ins().iadd_imm_u(address, offset) }
    }
}
