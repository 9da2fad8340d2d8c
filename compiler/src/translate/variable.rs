//! Variable instructions (wasm spec 4.4.5): locals and globals.

use cranelift_codegen::ir::{InstBuilder, StackSlot, StackSlotData, StackSlotKey, StackSlotKind, Type, Value, types};
use cranelift_codegen::settings::OptLevel;
use cranelift_frontend::Variable;
use wasmparser::{Operator, ValType};

use super::operand::Operand;
use super::{Translator, value_type};
use crate::module::Reference;
use crate::plan::{ConstantValue, GlobalPlace};

/// How a local is kept.
#[derive(Clone, Copy)]
pub(super) enum Local {
    /// As a value, wherever register allocation has it at the time; with the type of a reference.
    Value(Variable, Option<Reference>),
    /// In a place in the frame that is its own, so that debuggers find and change it wherever they stop. References
    /// are never kept so: no source-level variable is one, and a collector finds values more easily.
    Slot(StackSlot, Type),
}

impl Translator<'_, '_, '_> {
    /// Adds a local that starts with a value.
    pub(super) fn add_local(&mut self, ty: ValType, value: Value) {
        let reference = match ty {
            ValType::Ref(ty) => Some(self.reference_of(ty)),
            _ => None,
        };
        let in_slot = self.isa.flags().opt_level() == OptLevel::None && reference.is_none();
        let ty = value_type(ty);
        let local = if in_slot {
            // Eight bytes at least: the stack pointer stays aligned whatever the order.
            let size = ty.bytes().max(8);
            let key = StackSlotKey::new(self.locals.len() as u64);
            let kind = StackSlotKind::ExplicitSlot;
            let data = StackSlotData::new_with_key(kind, size, size.trailing_zeros() as u8, key);
            // Debug information tells these places, and no values.
            self.history = None;
            Local::Slot(self.builder.create_sized_stack_slot(data), ty)
        } else {
            let variable = self.builder.declare_var(ty);
            if reference.is_some_and(|reference| self.is_collected(reference)) {
                self.builder.declare_var_needs_stack_map(variable);
            }
            Local::Value(variable, reference)
        };
        self.locals.push(local);
        let index = self.locals.len() as u32 - 1;
        if let (Some(history), Some(block)) = (&mut self.history, self.builder.current_block()) {
            history.add_local(index, block, value);
        }
        self.write_local(index, value);
    }

    fn write_local(&mut self, index: u32, value: Value) {
        match self.locals[index as usize] {
            Local::Value(variable, _) => self.builder.def_var(variable, value),
            Local::Slot(slot, _) => {
                self.builder.ins().stack_store(super::REFERENCE, value, slot, 0);
            }
        }
    }

    /// Translates a variable operator; false for operators of other families.
    pub(super) fn variable_operator(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::LocalGet { local_index } => {
                let operand = match self.locals[local_index as usize] {
                    Local::Value(variable, reference) => Operand { value: self.builder.use_var(variable), reference },
                    Local::Slot(slot, ty) => {
                        let value = self.builder.ins().stack_load(super::REFERENCE, ty, slot, 0);
                        Operand { value, reference: None }
                    }
                };
                self.stack.push(operand);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                self.set_local(local_index, value);
            }
            Operator::LocalTee { local_index } => {
                let operand = self.pop_operand();
                let value = self.set_local(local_index, operand.value);
                self.stack.push(Operand { value, ..operand });
            }
            Operator::GlobalGet { global_index } => {
                let value = self.get_global(global_index);
                let ty = self.plan.modules[self.module].globals[global_index as usize].ty.content_type;
                self.push_typed(value, ty);
            }
            Operator::GlobalSet { global_index } => {
                let value = self.pop();
                self.set_global(global_index, value);
            }
            _ => return false,
        }
        true
    }

    fn set_local(&mut self, index: u32, value: Value) -> Value {
        let value = self.canonical(value);
        if let (Some(history), Some(block)) = (&mut self.history, self.builder.current_block()) {
            history.define(index, self.bodies.location, block, value);
        }
        self.write_local(index, value);
        value
    }

    fn get_global(&mut self, index: u32) -> Value {
        let ty = value_type(self.plan.modules[self.module].globals[index as usize].ty.content_type);
        match self.plan.places.globals[self.module][index as usize] {
            GlobalPlace::Constant(value) | GlobalPlace::ConstantInSlot(value, _) => self.constant(value),
            GlobalPlace::Register => {
                // Kept zero-extended by `set_global` and the entry point.
                let wide = self.builder.ins().get_pinned_reg(types::I64);
                self.builder.ins().ireduce(ty, wide)
            }
            GlobalPlace::Slot(slot) => {
                let address = self.data_address(slot.object);
                let flags = self.instance_flags();
                self.builder.ins().load(ty, flags, address, slot.offset as i32)
            }
        }
    }

    pub(super) fn set_global(&mut self, index: u32, value: Value) {
        match self.plan.places.globals[self.module][index as usize] {
            GlobalPlace::Register => {
                let wide = self.builder.ins().uextend(types::I64, value);
                self.builder.ins().set_pinned_reg(wide);
            }
            GlobalPlace::Slot(slot) => {
                let value = self.canonical(value);
                let address = self.data_address(slot.object);
                let flags = self.instance_flags();
                self.builder.ins().store(flags, value, address, slot.offset as i32);
            }
            // The plan gives a place to every global that reachable code writes.
            GlobalPlace::Constant(_) | GlobalPlace::ConstantInSlot(..) => {}
        }
    }

    /// The value of a constant expression.
    pub(super) fn constant(&mut self, value: ConstantValue) -> Value {
        match value {
            ConstantValue::I32(value) => self.builder.ins().iconst(types::I32, i64::from(value as u32)),
            ConstantValue::I64(value) => self.builder.ins().iconst(types::I64, value),
            ConstantValue::F32(bits) => {
                self.builder.ins().f32const(cranelift_codegen::ir::immediates::Ieee32::with_bits(bits))
            }
            ConstantValue::F64(bits) => {
                self.builder.ins().f64const(cranelift_codegen::ir::immediates::Ieee64::with_bits(bits))
            }
            ConstantValue::V128(bits) => {
                let bytes = bits.to_le_bytes();
                let constant = self.builder.func.dfg.constants.insert(bytes.as_slice().into());
                self.builder.ins().vconst(types::I8X16, constant)
            }
            // (Initialisation code evaluates the expressions of dynamic values.)
            ConstantValue::Null | ConstantValue::Dynamic => self.builder.ins().iconst(super::REFERENCE, 0),
            ConstantValue::Reference(bits) => self.builder.ins().iconst(super::REFERENCE, bits as i64),
            ConstantValue::Function(definition) => self.function_reference(definition),
        }
    }
}
