//! The operand stack, and what is known of the references on it.

use cranelift_codegen::ir::{Block, Inst, Value};
use wasmparser::{AbstractHeapType, RefType, ValType};

use super::Translator;
use crate::module::{Heap, Reference};

/// Type of references to exceptions.
pub(super) const EXCEPTION: Reference = Reference { nullable: false, heap: Heap::Abstract(AbstractHeapType::Exn) };

/// A value on the operand stack.
#[derive(Clone, Copy)]
pub(super) struct Operand {
    pub value: Value,
    /// Type of a reference, where it is known here; may be wider than the validator's.
    pub reference: Option<Reference>,
}

// The validator has made sure that the operand stack is never popped empty.
impl Translator<'_, '_, '_> {
    /// Pushes a number, or a reference of which nothing is known and that the collector need not find.
    pub(super) fn push(&mut self, value: Value) {
        self.stack.push(Operand { value, reference: None });
    }

    /// Pushes a value of a type of this module.
    pub(super) fn push_typed(&mut self, value: Value, ty: ValType) {
        match ty {
            ValType::Ref(ty) => self.push_reference(value, self.plan.types.reference(self.module, ty)),
            _ => self.push(value),
        }
    }

    /// Pushes a reference.
    pub(super) fn push_reference(&mut self, value: Value, reference: Reference) {
        self.keep_alive(value, reference);
        self.stack.push(Operand { value, reference: Some(reference) });
    }

    /// Pushes the results of a call.
    pub(super) fn push_results(&mut self, call: Inst, types: &[ValType]) {
        for (position, &ty) in types.iter().enumerate() {
            let value = self.builder.func.dfg.inst_results(call)[position];
            self.push_typed(value, ty);
        }
    }

    /// Pushes values of these types.
    pub(super) fn push_all(&mut self, values: &[Value], types: &[ValType]) {
        for (&value, &ty) in values.iter().zip(types) {
            self.push_typed(value, ty);
        }
    }

    /// Pushes the parameters of a block that [`block_with`](Self::block_with) has made.
    pub(super) fn push_parameters(&mut self, block: Block) {
        for position in 0..self.builder.block_params(block).len() {
            let value = self.builder.block_params(block)[position];
            let reference = self.block_references.get(&(block, position)).copied();
            self.stack.push(Operand { value, reference });
        }
    }

    pub(super) fn pop(&mut self) -> Value {
        self.pop_operand().value
    }

    pub(super) fn pop_operand(&mut self) -> Operand {
        self.stack.pop().expect("validated operand stack")
    }

    pub(super) fn pop2(&mut self) -> (Value, Value) {
        let second = self.pop();
        (self.pop(), second)
    }

    pub(super) fn pop3(&mut self) -> (Value, Value, Value) {
        let third = self.pop();
        let (first, second) = self.pop2();
        (first, second, third)
    }

    /// Removes the top `count` values, which become canonical.
    pub(super) fn pop_values(&mut self, count: usize) -> Vec<Value> {
        let values = self.canonical_top(count);
        self.stack.truncate(self.stack.len() - count);
        values
    }

    /// The top `count` operands in their canonical form, as jumps, calls and returns need them. Those on the stack stay as
    /// they are: what comes after a branch may not be where the form was changed for it.
    pub(super) fn canonical_top(&mut self, count: usize) -> Vec<Value> {
        let first = self.stack.len() - count;
        (first..self.stack.len()).map(|position| self.canonical(self.stack[position].value)).collect()
    }

    /// Has the collector find and update a reference wherever it lives on.
    pub(super) fn keep_alive(&mut self, value: Value, reference: Reference) {
        if self.is_collected(reference) {
            self.builder.declare_value_needs_stack_map(value);
        }
    }

    /// References of this type may point to objects that the collector moves.
    pub(super) fn is_collected(&self, reference: Reference) -> bool {
        self.plan.objects.is_some() && self.plan.types.may_be_object(reference.heap)
    }

    /// A reference type of this module.
    pub(super) fn reference_of(&self, ty: RefType) -> Reference {
        self.plan.types.reference(self.module, ty)
    }

    /// The same type without null.
    pub(super) fn non_null(reference: Option<Reference>) -> Option<Reference> {
        reference.map(|reference| Reference { nullable: false, ..reference })
    }

    /// The operand is certainly null or an object: neither an i31 nor a host's value.
    pub(super) fn is_object_or_null(&self, operand: Operand) -> bool {
        use AbstractHeapType::{Array, None, Struct};
        matches!(
            operand.reference.map(|reference| reference.heap),
            Some(Heap::Defined(_) | Heap::Abstract(Struct | Array | None))
        )
    }
}
