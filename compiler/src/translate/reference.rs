//! Reference instructions (wasm spec 4.4.4) that look at no object: null, functions, identity, small integers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmc_abi::trap::TrapCode;
use wasmparser::{AbstractHeapType, Operator};

use super::operand::Operand;
use super::{REFERENCE, Translator};
use crate::module::{Heap, Reference};
use crate::plan::Definition;

impl Translator<'_, '_, '_> {
    /// Translates a reference operator; false for operators of other families.
    pub(super) fn reference_operator(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::RefNull { hty } => {
                let null = self.builder.ins().iconst(REFERENCE, 0);
                let heap = self.plan.types.heap(self.module, hty);
                self.stack.push(Operand { value: null, reference: Some(Reference { nullable: true, heap }) });
            }
            Operator::RefIsNull => {
                let reference = self.pop();
                let is_null = self.is_null(reference);
                let is_null = self.builder.ins().uextend(types::I32, is_null);
                self.push(is_null);
            }
            Operator::RefFunc { function_index } => {
                let definition = self.plan.definitions.function(self.module, function_index);
                let value = self.function_reference(definition);
                let ty = self.plan.modules[self.module].functions[function_index as usize];
                let heap = Heap::Defined(self.plan.types.of_index(self.module, ty));
                self.push_reference(value, Reference { nullable: false, heap });
            }
            Operator::RefAsNonNull => {
                let operand = self.pop_operand();
                self.trap_if_null(operand, TrapCode::NullReference);
                self.stack.push(Operand { reference: Self::non_null(operand.reference), ..operand });
            }
            Operator::RefEq => {
                let (first, second) = self.pop2();
                let equal = self.builder.ins().icmp(IntCC::Equal, first, second);
                let equal = self.builder.ins().uextend(types::I32, equal);
                self.push(equal);
            }
            Operator::BrOnNull { relative_depth } => {
                let operand = self.pop_operand();
                let is_null = self.is_null(operand.value);
                self.branch_if(relative_depth, is_null, true);
                self.stack.push(Operand { reference: Self::non_null(operand.reference), ..operand });
            }
            Operator::BrOnNonNull { relative_depth } => {
                // The reference is the last of the branch's operands, and gone where there is no branch.
                let is_null = self.is_null(self.stack[self.stack.len() - 1].value);
                self.branch_if(relative_depth, is_null, false);
                self.pop();
            }
            Operator::RefI31 => {
                let number = self.pop();
                let shifted = self.builder.ins().ishl_imm_u(number, 1);
                let tagged = self.builder.ins().bor_imm_u(shifted, 1);
                let value = self.builder.ins().uextend(REFERENCE, tagged);
                let heap = Heap::Abstract(AbstractHeapType::I31);
                self.push_reference(value, Reference { nullable: false, heap });
            }
            Operator::I31GetS | Operator::I31GetU => {
                let operand = self.pop_operand();
                self.trap_if_null(operand, TrapCode::NullI31);
                let tagged = self.builder.ins().ireduce(types::I32, operand.value);
                let number = match operator {
                    Operator::I31GetS => self.builder.ins().sshr_imm_u(tagged, 1),
                    _ => self.builder.ins().ushr_imm_u(tagged, 1),
                };
                self.push(number);
            }
            // Both hierarchies have the same values.
            Operator::AnyConvertExtern => self.convert(AbstractHeapType::Any),
            Operator::ExternConvertAny => self.convert(AbstractHeapType::Extern),
            _ => return false,
        }
        true
    }

    /// The operand as one of another hierarchy.
    fn convert(&mut self, to: AbstractHeapType) {
        let operand = self.pop_operand();
        let nullable = operand.reference.is_none_or(|reference| reference.nullable);
        self.push_reference(operand.value, Reference { nullable, heap: Heap::Abstract(to) });
    }

    pub(super) fn is_null(&mut self, reference: Value) -> Value {
        self.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0)
    }

    /// Traps if the operand is null, unless its type excludes that.
    pub(super) fn trap_if_null(&mut self, operand: Operand, code: TrapCode) {
        if !matches!(operand.reference, Some(Reference { nullable: false, .. })) {
            let is_null = self.is_null(operand.value);
            self.trap_if(is_null, code);
        }
    }

    /// The `funcref` of a function: the address of its record.
    pub(super) fn function_reference(&mut self, definition: Definition) -> Value {
        let (records, offset) = self.plan.records.address(definition);
        let address = self.data_address(records);
        if offset == 0 { address } else { self.builder.ins().iadd_imm_u(address, offset) }
    }
}
