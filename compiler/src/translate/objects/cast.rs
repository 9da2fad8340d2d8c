//! Tests of a reference's type, casts, and branches on them (wasm spec 4.4.4, 4.4.8).

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, Value, types};
use wasmc_abi::heap::{HOST_TAG, I31_TAG, TAG_MASK};
use wasmc_abi::instance::FunctionRecord;
use wasmc_abi::trap::TrapCode;
use wasmparser::{AbstractHeapType, HeapType, Operator, ValType};

use crate::module::{Heap, Reference, Storage};
use crate::translate::Translator;
use crate::translate::operand::Operand;

impl Translator<'_, '_, '_> {
    /// Translates a cast or a branch on one; false for operators of other families.
    pub(in crate::translate) fn cast_operator(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::RefTestNonNull { hty } => self.test(hty, false),
            Operator::RefTestNullable { hty } => self.test(hty, true),
            Operator::RefCastNonNull { hty } => self.cast(hty, false),
            Operator::RefCastNullable { hty } => self.cast(hty, true),
            Operator::BrOnCast { relative_depth, to_ref_type, .. } => {
                let target = self.reference_of(to_ref_type);
                let (matches, differs) = self.split(target);
                self.builder.switch_to_block(matches);
                self.branch(relative_depth);
                self.builder.switch_to_block(differs);
            }
            Operator::BrOnCastFail { relative_depth, to_ref_type, .. } => {
                let target = self.reference_of(to_ref_type);
                let (matches, differs) = self.split(target);
                self.builder.switch_to_block(differs);
                self.branch(relative_depth);
                self.builder.switch_to_block(matches);
                self.narrow(target);
            }
            _ => return false,
        }
        true
    }

    fn target(&self, heap: HeapType, nullable: bool) -> Reference {
        Reference { nullable, heap: self.plan.types.heap(self.module, heap) }
    }

    fn test(&mut self, heap: HeapType, nullable: bool) {
        let (matches, differs) = self.split(self.target(heap, nullable));
        self.pop();
        let done = self.builder.create_block();
        let result = self.builder.append_block_param(done, types::I32);
        for (block, outcome) in [(matches, 1), (differs, 0)] {
            self.builder.switch_to_block(block);
            let outcome = self.builder.ins().iconst(types::I32, outcome);
            self.builder.ins().jump(done, &[outcome.into()]);
        }
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        self.push(result);
    }

    fn cast(&mut self, heap: HeapType, nullable: bool) {
        let target = self.target(heap, nullable);
        let (matches, differs) = self.split(target);
        self.builder.set_cold_block(differs);
        self.builder.switch_to_block(differs);
        self.trap(TrapCode::CastFailure);
        self.builder.switch_to_block(matches);
        self.narrow(target);
    }

    /// The operand on top has passed a cast.
    fn narrow(&mut self, target: Reference) {
        let operand = self.pop_operand();
        self.stack.push(Operand { value: operand.value, reference: Some(target) });
    }

    /// Ends the block with a branch to either of two new ones: where the operand on top is of the target type, and where it is
    /// not.
    fn split(&mut self, target: Reference) -> (Block, Block) {
        let operand = self.stack[self.stack.len() - 1];
        let (matches, differs) = (self.builder.create_block(), self.builder.create_block());
        self.branch_on_type(operand, target, matches, differs);
        self.builder.seal_block(matches);
        self.builder.seal_block(differs);
        (matches, differs)
    }

    fn branch_on_type(&mut self, operand: Operand, target: Reference, matches: Block, differs: Block) {
        use AbstractHeapType::{Array, Eq, I31, NoExn, NoExtern, NoFunc, None as Bottom, Struct};
        let types = &self.plan.types;
        let known = operand.reference;
        let always = known.is_some_and(|known| types.heap_matches(known.heap, target.heap));
        if known.is_none_or(|known| known.nullable) {
            let is_null = self.is_null(operand.value);
            let otherwise = self.builder.create_block();
            self.builder.ins().brif(is_null, if target.nullable { matches } else { differs }, &[], otherwise, &[]);
            self.builder.seal_block(otherwise);
            self.builder.switch_to_block(otherwise);
        }
        let types = &self.plan.types;
        let numbers = match target.heap {
            _ if always => return self.jump_without_values(matches),
            Heap::Abstract(Bottom | NoFunc | NoExtern | NoExn) => return self.jump_without_values(differs),
            Heap::Abstract(I31) => {
                let tag = self.builder.ins().band_imm_u(operand.value, I31_TAG as i64);
                self.builder.ins().brif(tag, matches, &[], differs, &[]);
                return;
            }
            Heap::Abstract(Eq) => {
                let tag = self.builder.ins().band_imm_u(operand.value, TAG_MASK as i64);
                let host = self.builder.ins().icmp_imm_u(IntCC::Equal, tag, HOST_TAG as i64);
                self.builder.ins().brif(host, differs, &[], matches, &[]);
                return;
            }
            Heap::Abstract(Struct) => types.structures(),
            Heap::Abstract(Array) => types.arrays(),
            // The top of a hierarchy.
            Heap::Abstract(_) => return self.jump_without_values(matches),
            Heap::Defined(id) => id.0..types.get(id).end,
        };
        let found = if types.is_function(target.heap) {
            let flags = MemFlagsData::trusted().with_readonly();
            self.builder.ins().load(types::I32, flags, operand.value, FunctionRecord::TYPE_ID as i32)
        } else {
            if !self.is_object_or_null(operand) {
                let tag = self.builder.ins().band_imm_u(operand.value, TAG_MASK as i64);
                let object = self.builder.create_block();
                self.builder.ins().brif(tag, differs, &[], object, &[]);
                self.builder.seal_block(object);
                self.builder.switch_to_block(object);
            }
            let flags = self.object_flags(Storage::Number(ValType::I32), None);
            self.builder.ins().load(types::I32, flags, operand.value, 0)
        };
        let is_other = self.is_outside(found, &numbers);
        self.builder.ins().brif(is_other, differs, &[], matches, &[]);
    }

    fn jump_without_values(&mut self, block: Block) {
        self.builder.ins().jump(block, &[]);
    }

    /// Whether a type number (i32) is outside a range of them.
    pub(in crate::translate) fn is_outside(&mut self, found: Value, numbers: &std::ops::Range<u32>) -> Value {
        let count = numbers.end - numbers.start;
        if count == 1 {
            return self.builder.ins().icmp_imm_u(IntCC::NotEqual, found, i64::from(numbers.start));
        }
        let first = self.builder.ins().iconst(types::I32, i64::from(numbers.start));
        let distance = self.builder.ins().isub(found, first);
        self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, distance, i64::from(count))
    }
}
