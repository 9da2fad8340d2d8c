//! Variable instructions (wasm spec 4.4.5): locals and globals.

use cranelift_codegen::ir::{InstBuilder, StackSlot, StackSlotData, StackSlotKey, StackSlotKind, Type, Value, types};
use cranelift_codegen::settings::OptLevel;
use cranelift_frontend::Variable;
use wasmparser::{Operator, ValType};

use super::{Translator, value_type};
use crate::plan::{ConstantValue, GlobalPlace};

/// How a local is kept.
#[derive(Clone, Copy)]
pub(super) enum Local {
    /// As a value, wherever register allocation has it at the time.
    Value(Variable),
    /// In a place in the frame that is its own, so that debuggers find and change it wherever they stop. References
    /// are never kept so: no source-level variable is one, and a collector finds values more easily.
    Slot(StackSlot, Type),
}

impl Translator<'_, '_, '_> {
    /// Adds a local that starts with a value.
    pub(super) fn add_local(&mut self, ty: ValType, value: Value) {
        let in_slot = self.isa.flags().opt_level() == OptLevel::None && !matches!(ty, ValType::Ref(_));
        let ty = value_type(ty);
        let local = if in_slot {
            // Eight bytes at least: the stack pointer stays aligned whatever the order.
            let size = ty.bytes().max(8);
            let key = StackSlotKey::new(self.locals.len() as u64);
            let kind = StackSlotKind::ExplicitSlot;
            let data = StackSlotData::new_with_key(kind, size, size.trailing_zeros() as u8, key);
            Local::Slot(self.builder.create_sized_stack_slot(data), ty)
        } else {
            Local::Value(self.builder.declare_var(ty))
        };
        self.locals.push(local);
        self.write_local(local, value);
    }

    fn write_local(&mut self, local: Local, value: Value) {
        match local {
            Local::Value(variable) => self.builder.def_var(variable, value),
            Local::Slot(slot, _) => {
                self.builder.ins().stack_store(super::REFERENCE, value, slot, 0);
            }
        }
    }

    /// Translates a variable operator; false for operators of other families.
    pub(super) fn variable_operator(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::LocalGet { local_index } => {
                let value = match self.locals[local_index as usize] {
                    Local::Value(variable) => self.builder.use_var(variable),
                    Local::Slot(slot, ty) => self.builder.ins().stack_load(super::REFERENCE, ty, slot, 0),
                };
                self.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                self.set_local(local_index, value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                let value = self.set_local(local_index, value);
                self.push(value);
            }
            Operator::GlobalGet { global_index } => {
                let value = self.get_global(global_index);
                self.push(value);
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
        self.write_local(self.locals[index as usize], value);
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

    fn set_global(&mut self, index: u32, value: Value) {
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
            ConstantValue::Null => self.builder.ins().iconst(super::REFERENCE, 0),
            ConstantValue::Function(definition) => self.function_reference(definition),
        }
    }
}
