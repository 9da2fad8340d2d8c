//! The pending exception: written by what throws, read by a landing pad before anything else can throw.

use cranelift_codegen::ir::{InstBuilder, StackSlotData, StackSlotKind, Value, types};
use wasmc_abi::exception::Exception;
use wasmparser::ValType;

use crate::plan::{ReferenceForm, Tag};
use crate::translate::operand::EXCEPTION;
use crate::translate::symbols::RuntimeSymbol;
use crate::translate::{REFERENCE, Translator, value_type};

/// Exceptions up to this size in bytes are kept in values, larger ones in a stack slot.
const LARGEST_IN_VALUES: usize = 64;

/// A copy of an exception whose tag is not known, in a program whose payloads are plain bits.
#[derive(Clone)]
pub(in crate::translate) enum ExceptionCopy {
    Words(Vec<Value>),
    Slot(cranelift_codegen::ir::StackSlot),
}

impl Translator<'_, '_, '_> {
    /// Where an exception is written to be thrown. Everything that compiled code knows of the place is here: a landing
    /// pad is told.
    pub(super) fn pending_exception(&mut self) -> Value {
        match self.plan.exceptions.objects {
            Some(objects) => self.data_address(objects.pending),
            // Where nothing throws, nothing is caught: no code that asks is ever made.
            None => self.builder.ins().iconst(REFERENCE, 0),
        }
    }

    /// Address of what the runtime library must know.
    pub(super) fn exception_description(&mut self) -> Value {
        match self.plan.exceptions.objects {
            Some(objects) => self.data_address(objects.description),
            None => self.builder.ins().iconst(REFERENCE, 0),
        }
    }

    /// Makes an exception the pending one.
    pub(super) fn store_pending(&mut self, tag: u32, values: &[Value]) {
        let plan = self.plan;
        let address = self.pending_exception();
        let flags = self.instance_flags();
        let number = self.builder.ins().iconst(types::I32, i64::from(tag));
        self.builder.ins().store(flags, number, address, Exception::TAG as i32);
        for (&value, &(_, offset)) in values.iter().zip(&plan.exceptions.tags[tag as usize].payload) {
            self.builder.ins().store(flags, value, address, offset);
        }
    }

    /// Pushes the payload of the exception at an address, which has this tag.
    pub(super) fn push_payload(&mut self, tag: u32, exception: Value) {
        let plan = self.plan;
        let Tag { owner, payload, .. } = &plan.exceptions.tags[tag as usize];
        let flags = self.instance_flags();
        for &(ty, offset) in payload {
            let value = self.builder.ins().load(value_type(ty), flags, exception, offset);
            match ty {
                ValType::Ref(ty) => self.push_reference(value, plan.types.reference(owner.module, ty)),
                _ => self.push(value),
            }
        }
    }

    /// The `exnref` of the exception at an address, the pending one. References in its payload are read after this, for
    /// the collector may run.
    pub(super) fn reference_to(&mut self, exception: Value) -> Value {
        if self.plan.exceptions.references == ReferenceForm::Bits {
            let flags = self.instance_flags();
            let tag = self.builder.ins().load(types::I32, flags, exception, Exception::TAG as i32);
            let payload = self.builder.ins().load(types::I32, flags, exception, Exception::PAYLOAD as i32);
            let not_null = self.builder.ins().iadd_imm_u(tag, 1);
            let [high, low] = [not_null, payload].map(|half| self.builder.ins().uextend(REFERENCE, half));
            let high = self.builder.ins().ishl_imm_u(high, 32);
            return self.builder.ins().bor(high, low);
        }
        let description = self.exception_description();
        let heap = self.data_address(self.objects().heap);
        let object = self.call_runtime(RuntimeSymbol::ExceptionAllocate, &[description, heap]).unwrap_or(description);
        self.keep_alive(object, EXCEPTION);
        object
    }

    /// Makes what a reference of the form `Bits` says the pending exception.
    pub(super) fn restore_from_bits(&mut self, reference: Value) {
        let address = self.pending_exception();
        let flags = self.instance_flags();
        let high = self.builder.ins().ushr_imm_u(reference, 32);
        let not_null = self.builder.ins().ireduce(types::I32, high);
        let tag = self.builder.ins().iadd_imm_s(not_null, -1);
        let payload = self.builder.ins().ireduce(types::I32, reference);
        self.builder.ins().store(flags, tag, address, Exception::TAG as i32);
        self.builder.ins().store(flags, payload, address, Exception::PAYLOAD as i32);
    }

    /// Keeps the bits of the exception at an address, whatever its tag.
    pub(super) fn copy_exception(&mut self, exception: Value) -> ExceptionCopy {
        let size = self.plan.exceptions.largest;
        if size > LARGEST_IN_VALUES {
            let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, size as u32, 4);
            let slot = self.builder.create_sized_stack_slot(slot);
            let copy = self.builder.ins().stack_addr(REFERENCE, slot, 0);
            self.move_exception(copy, exception, size);
            return ExceptionCopy::Slot(slot);
        }
        let flags = self.instance_flags();
        ExceptionCopy::Words(
            kept_words(size).map(|offset| self.builder.ins().load(types::I64, flags, exception, offset)).collect(),
        )
    }

    /// Makes a copied exception the pending one again.
    pub(super) fn restore_pending(&mut self, copy: &ExceptionCopy) {
        let size = self.plan.exceptions.largest;
        let address = self.pending_exception();
        match copy {
            ExceptionCopy::Slot(slot) => {
                let copy = self.builder.ins().stack_addr(REFERENCE, *slot, 0);
                self.move_exception(address, copy, size);
            }
            ExceptionCopy::Words(words) => {
                let flags = self.instance_flags();
                for (&word, offset) in words.iter().zip(kept_words(size)) {
                    self.builder.ins().store(flags, word, address, offset);
                }
            }
        }
    }

    fn move_exception(&mut self, destination: Value, source: Value, size: usize) {
        let size = self.builder.ins().iconst(types::I64, size as i64);
        self.call_runtime(RuntimeSymbol::MemoryMove, &[destination, source, size]);
    }
}

/// Offsets of the 64-bit words of an exception of this size that say something: the tag's, and the payload's.
fn kept_words(size: usize) -> impl Iterator<Item = i32> {
    std::iter::once(Exception::TAG).chain((Exception::PAYLOAD..size).step_by(8)).map(|offset| offset as i32)
}
