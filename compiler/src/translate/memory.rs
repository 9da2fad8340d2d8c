//! Loads, stores and the size of linear memory (wasm spec 4.4.7). Their addresses are made in `address.rs`.

use cranelift_codegen::ir::{InstBuilder, Type, types};
use wasmparser::{MemArg, Operator};

use super::Translator;
use super::symbols::RuntimeSymbol;

/// What of the bits in memory a load makes its value from.
#[derive(Clone, Copy)]
enum Extension {
    Whole,
    Signed,
    Unsigned,
}

impl Translator<'_, '_, '_> {
    /// Translates a scalar memory operator; false for operators of other families.
    pub(super) fn memory_operator(&mut self, operator: &Operator<'_>) -> bool {
        use Extension::{Signed, Unsigned, Whole};
        use types::{F32, F64, I8, I16, I32, I64};
        match operator {
            Operator::I32Load { memarg } => self.load(memarg, I32, I32, Whole),
            Operator::I64Load { memarg } => self.load(memarg, I64, I64, Whole),
            Operator::F32Load { memarg } => self.load(memarg, F32, F32, Whole),
            Operator::F64Load { memarg } => self.load(memarg, F64, F64, Whole),
            Operator::I32Load8S { memarg } => self.load(memarg, I32, I8, Signed),
            Operator::I32Load8U { memarg } => self.load(memarg, I32, I8, Unsigned),
            Operator::I32Load16S { memarg } => self.load(memarg, I32, I16, Signed),
            Operator::I32Load16U { memarg } => self.load(memarg, I32, I16, Unsigned),
            Operator::I64Load8S { memarg } => self.load(memarg, I64, I8, Signed),
            Operator::I64Load8U { memarg } => self.load(memarg, I64, I8, Unsigned),
            Operator::I64Load16S { memarg } => self.load(memarg, I64, I16, Signed),
            Operator::I64Load16U { memarg } => self.load(memarg, I64, I16, Unsigned),
            Operator::I64Load32S { memarg } => self.load(memarg, I64, I32, Signed),
            Operator::I64Load32U { memarg } => self.load(memarg, I64, I32, Unsigned),
            Operator::I32Store { memarg } => self.store(memarg, I32),
            Operator::I64Store { memarg } => self.store(memarg, I64),
            Operator::F32Store { memarg } => self.store(memarg, F32),
            Operator::F64Store { memarg } => self.store(memarg, F64),
            Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => self.store(memarg, I8),
            Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => self.store(memarg, I16),
            Operator::I64Store32 { memarg } => self.store(memarg, I32),
            Operator::MemorySize { mem } => self.memory_size(*mem),
            Operator::MemoryGrow { mem } => self.memory_grow(*mem),
            _ => return false,
        }
        true
    }

    fn load(&mut self, memarg: &MemArg, result: Type, memory: Type, extend: Extension) {
        let index = self.pop();
        let (address, offset) = self.address(memarg, index, memory.bytes());
        let flags = self.linear_memory_flags();
        let value = match (memory, extend) {
            (types::I8, Extension::Signed) => self.builder.ins().sload8(result, flags, address, offset),
            (types::I8, _) => self.builder.ins().uload8(result, flags, address, offset),
            (types::I16, Extension::Signed) => self.builder.ins().sload16(result, flags, address, offset),
            (types::I16, _) => self.builder.ins().uload16(result, flags, address, offset),
            (types::I32, Extension::Signed) => self.builder.ins().sload32(flags, address, offset),
            (types::I32, Extension::Unsigned) => self.builder.ins().uload32(flags, address, offset),
            _ => self.builder.ins().load(result, flags, address, offset),
        };
        self.push(value);
    }

    fn store(&mut self, memarg: &MemArg, memory: Type) {
        let (index, value) = self.pop2();
        let (address, offset) = self.address(memarg, index, memory.bytes());
        let flags = self.linear_memory_flags();
        if self.type_of(value) == memory {
            self.builder.ins().store(flags, value, address, offset);
            return;
        }
        match memory {
            types::I8 => self.builder.ins().istore8(flags, value, address, offset),
            types::I16 => self.builder.ins().istore16(flags, value, address, offset),
            _ => self.builder.ins().istore32(flags, value, address, offset),
        };
    }

    fn memory_size(&mut self, memory: u32) {
        let place = self.memory_place(memory);
        let length = self.memory_length(place);
        let pages = self.builder.ins().ushr_imm_u(length, i64::from(place.page_size_log2));
        let pages = self.as_index_type(pages, place.memory64);
        self.push(pages);
    }

    fn memory_grow(&mut self, memory: u32) {
        let delta = self.pop();
        let delta = self.extent(delta).value;
        let place = self.memory_place(memory);
        let symbol = if place.shared { RuntimeSymbol::SharedMemoryGrow } else { RuntimeSymbol::MemoryGrow };
        let instance = self.data_address(place.descriptor.object);
        let descriptor = self.builder.ins().iadd_imm_u(instance, i64::from(place.descriptor.offset));
        if let Some(old) = self.call_runtime(symbol, &[descriptor, delta]) {
            let old = self.as_index_type(old, place.memory64);
            self.push(old);
        }
    }
}
