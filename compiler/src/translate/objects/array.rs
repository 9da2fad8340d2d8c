//! Array instructions (wasm spec 4.4.6).

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmc_abi::heap::{ARRAY_ELEMENTS, ARRAY_LENGTH, OBJECT_ALIGNMENT};
use wasmc_abi::trap::TrapCode;
use wasmparser::{Operator, ValType};

use super::Extension;
use crate::module::{Storage, TypeId};
use crate::translate::Translator;
use crate::translate::address::Extent;
use crate::translate::operand::Operand;
use crate::translate::symbols::RuntimeSymbol;

impl Translator<'_, '_, '_> {
    /// Translates an array operator; false for operators of other families.
    pub(in crate::translate) fn array_operator(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::ArrayNew { array_type_index } => {
                let (value, length) = self.pop2();
                self.array_new(array_type_index, Some(value), length);
            }
            Operator::ArrayNewDefault { array_type_index } => {
                let length = self.pop();
                self.array_new(array_type_index, None, length);
            }
            Operator::ArrayNewFixed { array_type_index, array_size } => {
                self.array_new_fixed(array_type_index, array_size);
            }
            Operator::ArrayNewData { array_type_index, array_data_index } => {
                self.array_new_from_data(array_type_index, array_data_index);
            }
            Operator::ArrayNewElem { array_type_index, array_elem_index } => {
                self.array_new_from_elements(array_type_index, array_elem_index);
            }
            Operator::ArrayGet { array_type_index } | Operator::ArrayGetU { array_type_index } => {
                self.array_get(array_type_index, Extension::Unsigned);
            }
            Operator::ArrayGetS { array_type_index } => self.array_get(array_type_index, Extension::Signed),
            Operator::ArraySet { array_type_index } => {
                let value = self.pop();
                let index = self.pop();
                let array = self.pop_operand();
                let (storage, address) = self.element_of(array_type_index, array, index);
                self.write(storage, value, None, address, ARRAY_ELEMENTS);
            }
            Operator::ArrayLen => {
                let array = self.pop_operand();
                let length = self.array_length(array);
                self.push(length);
            }
            Operator::ArrayFill { array_type_index } => self.array_fill(array_type_index),
            Operator::ArrayCopy { array_type_index_dst, array_type_index_src } => {
                self.array_copy(array_type_index_dst, array_type_index_src);
            }
            Operator::ArrayInitData { array_type_index, array_data_index } => {
                self.array_read_data(array_type_index, array_data_index);
            }
            Operator::ArrayInitElem { array_type_index, array_elem_index } => {
                self.array_read_elements(array_type_index, array_elem_index);
            }
            _ => return false,
        }
        true
    }

    /// Makes an array with room for `length` (i32) elements, whatever is in it.
    fn array_allocate(&mut self, id: TypeId, length: Value) -> Value {
        let (_, size_log2) = self.objects().array(id);
        let bytes = self.wide_bytes(length, size_log2);
        // A length below 2^32 times at most 16: no wrap.
        let size = self.builder.ins().iadd_imm_u(bytes, i64::from(ARRAY_ELEMENTS + OBJECT_ALIGNMENT - 1));
        let size = self.builder.ins().band_imm_u(size, -i64::from(OBJECT_ALIGNMENT));
        let array = self.allocate(id, size);
        let flags = self.object_flags(Storage::Number(ValType::I32), None);
        self.builder.ins().store(flags, length, array, ARRAY_LENGTH as i32);
        array
    }

    /// Bytes (i64) of `length` (i32) elements.
    fn wide_bytes(&mut self, length: Value, size_log2: u32) -> Value {
        let wide = self.builder.ins().uextend(types::I64, length);
        self.builder.ins().ishl_imm_u(wide, i64::from(size_log2))
    }

    /// Address of the element at `index` (i32), without a check.
    fn element_start(&mut self, array: Value, index: Value, size_log2: u32) -> Value {
        let offset = self.wide_bytes(index, size_log2);
        let address = self.builder.ins().iadd(array, offset);
        self.builder.ins().iadd_imm_u(address, i64::from(ARRAY_ELEMENTS))
    }

    fn array_new(&mut self, type_index: u32, value: Option<Value>, length: Value) {
        let id = self.type_id(type_index);
        let (storage, size_log2) = self.objects().array(id);
        let array = self.array_allocate(id, length);
        match value {
            Some(value) => {
                let zero = self.builder.ins().iconst(types::I32, 0);
                self.fill(storage, size_log2, value, array, zero, length);
            }
            None => {
                let start = self.builder.ins().iadd_imm_u(array, i64::from(ARRAY_ELEMENTS));
                let bytes = self.wide_bytes(length, size_log2);
                let zero = self.builder.ins().iconst(types::I32, 0);
                self.call_runtime(RuntimeSymbol::MemoryFill, &[start, zero, bytes]);
            }
        }
        self.push_object(array, id);
    }

    fn array_new_fixed(&mut self, type_index: u32, count: u32) {
        let id = self.type_id(type_index);
        let (storage, size_log2) = self.objects().array(id);
        let values = self.pop_values(count as usize);
        let length = self.builder.ins().iconst(types::I32, i64::from(count));
        let array = self.array_allocate(id, length);
        for (position, value) in values.into_iter().enumerate() {
            self.write(storage, value, None, array, ARRAY_ELEMENTS + ((position as u32) << size_log2));
        }
        self.push_object(array, id);
    }

    fn array_new_from_data(&mut self, type_index: u32, segment: u32) {
        let id = self.type_id(type_index);
        let (_, size_log2) = self.objects().array(id);
        let (source, length) = self.pop2();
        let source = self.data_source(segment, source, length, size_log2);
        let array = self.array_allocate(id, length);
        let start = self.builder.ins().iadd_imm_u(array, i64::from(ARRAY_ELEMENTS));
        self.read_segment(RuntimeSymbol::ArrayReadData, start, source, length, size_log2);
        self.push_object(array, id);
    }

    fn array_new_from_elements(&mut self, type_index: u32, segment: u32) {
        let id = self.type_id(type_index);
        let (_, size_log2) = self.objects().array(id);
        let (source, length) = self.pop2();
        let source = self.elements_source(segment, source, length);
        let array = self.array_allocate(id, length);
        let start = self.builder.ins().iadd_imm_u(array, i64::from(ARRAY_ELEMENTS));
        self.read_segment(RuntimeSymbol::ArrayReadElements, start, source, length, size_log2);
        self.push_object(array, id);
    }

    fn array_read_data(&mut self, type_index: u32, segment: u32) {
        let (_, size_log2) = self.objects().array(self.type_id(type_index));
        let (index, source, length) = self.pop3();
        let array = self.pop_operand();
        self.check_elements(array, index, length);
        let source = self.data_source(segment, source, length, size_log2);
        let start = self.element_start(array.value, index, size_log2);
        self.read_segment(RuntimeSymbol::ArrayReadData, start, source, length, size_log2);
    }

    fn array_read_elements(&mut self, type_index: u32, segment: u32) {
        let (_, size_log2) = self.objects().array(self.type_id(type_index));
        let (index, source, length) = self.pop3();
        let array = self.pop_operand();
        self.check_elements(array, index, length);
        let source = self.elements_source(segment, source, length);
        let start = self.element_start(array.value, index, size_log2);
        self.read_segment(RuntimeSymbol::ArrayReadElements, start, source, length, size_log2);
    }

    /// Address in a data segment; traps unless it has the bytes of `length` elements from there.
    fn data_source(&mut self, segment: u32, source: Value, length: Value, size_log2: u32) -> Value {
        let contents = self.plan.segments.data[self.module][segment as usize];
        let slot = self.plan.places.data_lengths[self.module][segment as usize];
        let source = self.extent(source);
        let bytes = Extent { value: self.wide_bytes(length, size_log2), small: false };
        self.checked_segment(contents.object, slot, source, bytes, 1, TrapCode::MemoryOutOfBounds)
    }

    /// Address in an element segment; traps unless it has `length` elements from there.
    fn elements_source(&mut self, segment: u32, source: Value, length: Value) -> Value {
        let contents = self.plan.segments.elements[self.module][segment as usize];
        let slot = self.plan.places.element_lengths[self.module][segment as usize];
        let (source, length) = (self.extent(source), self.extent(length));
        self.checked_segment(contents.object, slot, source, length, 8, TrapCode::TableOutOfBounds)
    }

    fn read_segment(&mut self, symbol: RuntimeSymbol, start: Value, source: Value, length: Value, size_log2: u32) {
        let length = self.builder.ins().uextend(types::I64, length);
        let size_log2 = self.builder.ins().iconst(types::I64, i64::from(size_log2));
        self.call_runtime(symbol, &[start, source, length, size_log2]);
    }

    /// Number of elements (i32); traps for null.
    fn array_length(&mut self, array: Operand) -> Value {
        let null = self.null_check(array, ARRAY_LENGTH, TrapCode::NullArray);
        let flags = self.object_flags(Storage::Number(ValType::I32), null);
        self.builder.ins().load(types::I32, flags, array.value, ARRAY_LENGTH as i32)
    }

    /// Kind of an array's elements, and the address from which the one at `index` is [`ARRAY_ELEMENTS`] bytes away; traps
    /// for null and outside the array.
    fn element_of(&mut self, type_index: u32, array: Operand, index: Value) -> (Storage, Value) {
        let (storage, size_log2) = self.objects().array(self.type_id(type_index));
        let length = self.array_length(array);
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.trap_if(outside, TrapCode::ArrayOutOfBounds);
        let offset = self.wide_bytes(index, size_log2);
        (storage, self.builder.ins().iadd(array.value, offset))
    }

    fn array_get(&mut self, type_index: u32, extension: Extension) {
        let index = self.pop();
        let array = self.pop_operand();
        let (storage, address) = self.element_of(type_index, array, index);
        self.read(storage, extension, None, address, ARRAY_ELEMENTS);
    }

    /// Traps for null, and unless `length` elements from `index` (both i32) are in the array.
    fn check_elements(&mut self, array: Operand, index: Value, length: Value) {
        let limit = self.array_length(array);
        let limit = self.builder.ins().uextend(types::I64, limit);
        let (index, length) = (self.extent(index), self.extent(length));
        self.check_end(index, length, limit, TrapCode::ArrayOutOfBounds);
    }

    fn array_fill(&mut self, type_index: u32) {
        let (storage, size_log2) = self.objects().array(self.type_id(type_index));
        let (index, value, length) = self.pop3();
        let array = self.pop_operand();
        self.check_elements(array, index, length);
        self.fill(storage, size_log2, value, array.value, index, length);
    }

    /// Writes a value to `length` elements from `index` (both i32), which are in the array.
    fn fill(&mut self, storage: Storage, size_log2: u32, value: Value, array: Value, index: Value, length: Value) {
        let start = self.element_start(array, index, size_log2);
        let (low, high) = self.bits(storage, value);
        let length = self.builder.ins().uextend(types::I64, length);
        let size_log2 = self.builder.ins().iconst(types::I64, i64::from(size_log2));
        self.call_runtime(RuntimeSymbol::ArrayFill, &[start, low, high, length, size_log2]);
    }

    /// The bits of a value in two i64, the low ones first.
    fn bits(&mut self, storage: Storage, value: Value) -> (Value, Value) {
        let zero = self.builder.ins().iconst(types::I64, 0);
        let flags = cranelift_codegen::ir::MemFlagsData::new();
        let low = match storage {
            Storage::I8 | Storage::I16 | Storage::Number(ValType::I32) => self.builder.ins().uextend(types::I64, value),
            Storage::Number(ValType::F32) => {
                let bits = self.builder.ins().bitcast(types::I32, flags, value);
                self.builder.ins().uextend(types::I64, bits)
            }
            Storage::Number(ValType::F64) => self.builder.ins().bitcast(types::I64, flags, value),
            Storage::Number(ValType::V128) => {
                let lanes = self.as_lanes(value, types::I64X2);
                let low = self.builder.ins().extractlane(lanes, 0);
                return (low, self.builder.ins().extractlane(lanes, 1));
            }
            Storage::Number(_) | Storage::Reference(_) => value,
        };
        (low, zero)
    }

    fn array_copy(&mut self, to_type: u32, from_type: u32) {
        let (_, to_log2) = self.objects().array(self.type_id(to_type));
        let (_, from_log2) = self.objects().array(self.type_id(from_type));
        let (from_index, length) = self.pop2();
        let from = self.pop_operand();
        let to_index = self.pop();
        let to = self.pop_operand();
        self.check_elements(to, to_index, length);
        self.check_elements(from, from_index, length);
        let destination = self.element_start(to.value, to_index, to_log2);
        let source = self.element_start(from.value, from_index, from_log2);
        let bytes = self.wide_bytes(length, to_log2);
        self.call_runtime(RuntimeSymbol::MemoryMove, &[destination, source, bytes]);
    }
}
