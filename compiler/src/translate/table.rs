//! Table instructions (wasm spec 4.4.6).
//!
//! Tables that these instructions touch are dynamic: the plan keeps in place only tables that nothing but
//! `call_indirect` uses.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmc_abi::instance::TableDescriptor;
use wasmc_abi::trap::TrapCode;
use wasmparser::{Operator, ValType};

use super::address::Extent;
use super::symbols::RuntimeSymbol;
use super::{REFERENCE, Translator};
use crate::plan::{Slot, TablePlace};

/// Bytes of a reference in a table.
const ELEMENT: i64 = 8;

impl Translator<'_, '_, '_> {
    /// Translates a table operator; false for operators of other families.
    pub(super) fn table_operator(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::TableGet { table } => {
                let index = self.pop();
                let element = self.element(table, index);
                let flags = self.table_flags();
                let value = self.builder.ins().load(REFERENCE, flags, element, 0);
                let ty = self.plan.modules[self.module].tables[table as usize].ty.element_type;
                self.push_typed(value, ValType::Ref(ty));
            }
            Operator::TableSet { table } => {
                let (index, value) = self.pop2();
                let element = self.element(table, index);
                let flags = self.table_flags();
                self.builder.ins().store(flags, value, element, 0);
            }
            Operator::TableSize { table } => {
                let length = self.table_length(table);
                let length = self.as_index_type(length, self.is_table64(table));
                self.push(length);
            }
            Operator::TableGrow { table } => {
                let (initial, delta) = self.pop2();
                let delta = self.extent(delta).value;
                let descriptor = self.table_descriptor(table);
                if let Some(old) = self.call_runtime(RuntimeSymbol::TableGrow, &[descriptor, initial, delta]) {
                    let old = self.as_index_type(old, self.is_table64(table));
                    self.push(old);
                }
            }
            Operator::TableFill { table } => {
                let (start, value, length) = self.pop3();
                let (start, length) = (self.extent(start), self.extent(length));
                let start = self.checked_elements(table, start, length);
                self.call_runtime(RuntimeSymbol::TableFill, &[start, value, length.value]);
            }
            Operator::TableCopy { dst_table, src_table } => {
                let (destination, source, length) = self.pop3_extents();
                let destination = self.checked_elements(dst_table, destination, length);
                let source = self.checked_elements(src_table, source, length);
                self.move_elements(destination, source, length.value);
            }
            Operator::TableInit { elem_index, table } => {
                let (destination, source, length) = self.pop3_extents();
                self.table_init(table, elem_index as usize, destination, source, length);
            }
            Operator::ElemDrop { elem_index } => {
                self.drop_segment(self.plan.places.element_lengths[self.module][elem_index as usize]);
            }
            _ => return false,
        }
        true
    }

    fn table_init(&mut self, table: u32, segment: usize, destination: Extent, source: Extent, length: Extent) {
        let contents = self.plan.segments.elements[self.module][segment];
        let slot = self.plan.places.element_lengths[self.module][segment];
        let source = self.checked_segment(contents.object, slot, source, length, ELEMENT, TrapCode::TableOutOfBounds);
        let destination = self.checked_elements(table, destination, length);
        self.move_elements(destination, source, length.value);
    }

    /// Copies `length` references; the ranges may overlap.
    pub(super) fn move_elements(&mut self, destination: Value, source: Value, length: Value) {
        let bytes = self.builder.ins().imul_imm_u(length, ELEMENT);
        self.call_runtime(RuntimeSymbol::MemoryMove, &[destination, source, bytes]);
    }

    /// Where a table's descriptor is; the length of a table in place is a constant.
    fn dynamic_table(&self, table: u32) -> std::result::Result<Slot, u64> {
        match self.plan.places.tables[self.module][table as usize] {
            TablePlace::Dynamic(slot) => Ok(slot),
            TablePlace::Static { length, .. } => Err(length),
        }
    }

    fn table_descriptor(&mut self, table: u32) -> Value {
        match self.dynamic_table(table) {
            Ok(slot) => {
                let instance = self.data_address(slot.object);
                self.builder.ins().iadd_imm_u(instance, i64::from(slot.offset))
            }
            Err(_) => self.builder.ins().iconst(REFERENCE, 0),
        }
    }

    /// Current number of elements, as i64.
    pub(super) fn table_length(&mut self, table: u32) -> Value {
        match self.dynamic_table(table) {
            Ok(_) => self.table_field(table, TableDescriptor::LENGTH),
            Err(length) => self.builder.ins().iconst(types::I64, length as i64),
        }
    }

    fn table_field(&mut self, table: u32, field: usize) -> Value {
        let descriptor = self.table_descriptor(table);
        let flags = self.instance_flags();
        self.builder.ins().load(types::I64, flags, descriptor, field as i32)
    }

    /// The table's indices are i64.
    fn is_table64(&self, table: u32) -> bool {
        self.plan.modules[self.module].tables[table as usize].ty.table64
    }

    /// Address of the element with an index; traps outside the table.
    fn element(&mut self, table: u32, index: Value) -> Value {
        let index = self.extent(index).value;
        let length = self.table_length(table);
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.trap_if(outside, TrapCode::TableOutOfBounds);
        self.element_address(table, index)
    }

    fn element_address(&mut self, table: u32, index: Value) -> Value {
        let base = self.table_field(table, TableDescriptor::BASE);
        let offset = self.builder.ins().imul_imm_u(index, ELEMENT);
        self.builder.ins().iadd(base, offset)
    }

    /// Address of the element `start`; traps unless `length` elements from there are in the table.
    pub(super) fn checked_elements(&mut self, table: u32, start: Extent, length: Extent) -> Value {
        let size = self.table_length(table);
        self.check_end(start, length, size, TrapCode::TableOutOfBounds);
        self.element_address(table, start.value)
    }
}
