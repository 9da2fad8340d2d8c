//! Loads, stores and the size of linear memory (wasm spec 4.4.7).
//!
//! **This file guards the sandbox.** Every access to linear memory gets its address from [`Translator::address`],
//! whose contract is: the access of `size` bytes at the returned address plus offset either lies below the memory's
//! current length, or traps without effect. How that holds:
//!
//! | bounds | checked by | because |
//! |---|---|---|
//! | `Guard` | the MMU | index < 2^32 and offset < 2^32, so the address is below base + 2^33 + `size`, all of which is reserved (`wasmc_abi::instance::GUARDED_RESERVATION`) and inaccessible from the memory's length on |
//! | `Explicit` | a comparison | `index + (offset + size) <= length` is evaluated in 64 bits, where it cannot wrap |

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};
use wasmc_abi::instance::MemoryDescriptor;
use wasmc_abi::trap::TrapCode;
use wasmparser::{MemArg, MemArgTarget, Operator};

use super::symbols::RuntimeSymbol;
use super::{REFERENCE, Translator};
use crate::Bounds;
use crate::plan::{BaseStrategy, MemoryPlace};

/// What of the bits in memory a load makes its value from.
#[derive(Clone, Copy)]
enum Extension {
    Whole,
    Signed,
    Unsigned,
}

/// Index of the memory that an instruction accesses.
fn memory_index(memarg: &MemArg) -> u32 {
    match memarg.target {
        MemArgTarget::Memory(index) => index,
        // Only accepted by the validator with a proposal that `module::parse` leaves out.
        MemArgTarget::Array(_) => 0,
    }
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

    /// The place of the memory with this index.
    pub(super) fn memory_place(&self, memory: u32) -> MemoryPlace {
        self.plan.places.memories[self.module][memory as usize]
    }

    /// Native address of an access of `size` bytes: a value, and an offset for the instruction to add.
    ///
    /// See the contract at the top of this file.
    pub(super) fn address(&mut self, memarg: &MemArg, index: Value, size: u32) -> (Value, Offset32) {
        let place = self.memory_place(memory_index(memarg));
        let index = self.builder.ins().uextend(types::I64, index);
        if place.bounds == Bounds::Explicit {
            self.check_bounds(place, index, memarg.offset.saturating_add(u64::from(size)));
        }
        let (address, displacement) = match place.base {
            BaseStrategy::Fixed(base) => (index, base.saturating_add(memarg.offset)),
            BaseStrategy::Descriptor => {
                let base = self.memory_base(place);
                (self.builder.ins().iadd(base, index), memarg.offset)
            }
        };
        match i32::try_from(displacement) {
            Ok(displacement) => (address, Offset32::new(displacement)),
            Err(_) => (self.builder.ins().iadd_imm_u(address, displacement as i64), Offset32::new(0)),
        }
    }

    /// Traps unless `index + reach <= length`.
    fn check_bounds(&mut self, place: MemoryPlace, index: Value, reach: u64) {
        let outside = if place.constant_size {
            match place.initial.checked_sub(reach) {
                Some(last) => self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, index, last as i64),
                // No index is small enough.
                None => self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, index, 0),
            }
        } else {
            let length = self.memory_length(place);
            // index < 2^32 and reach < 2^33: no wrap.
            let end = self.builder.ins().iadd_imm_u(index, reach as i64);
            self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, length)
        };
        self.trap_if(outside, TrapCode::MemoryOutOfBounds);
    }

    /// Native address of byte 0. A memory never moves once its module is instantiated.
    pub(super) fn memory_base(&mut self, place: MemoryPlace) -> Value {
        match place.base {
            BaseStrategy::Fixed(base) => self.builder.ins().iconst(REFERENCE, base as i64),
            BaseStrategy::Descriptor => {
                let instance = self.data_address(place.descriptor.object);
                let flags: MemFlagsData = self.constant_flags();
                let offset = place.descriptor.offset as i32 + MemoryDescriptor::BASE as i32;
                self.builder.ins().load(REFERENCE, flags, instance, offset)
            }
        }
    }

    /// Current size in bytes, as i64.
    pub(super) fn memory_length(&mut self, place: MemoryPlace) -> Value {
        if place.constant_size {
            return self.builder.ins().iconst(types::I64, place.initial as i64);
        }
        let instance = self.data_address(place.descriptor.object);
        let flags = self.instance_flags();
        let offset = place.descriptor.offset as i32 + MemoryDescriptor::LENGTH as i32;
        self.builder.ins().load(types::I64, flags, instance, offset)
    }

    fn memory_size(&mut self, memory: u32) {
        let place = self.memory_place(memory);
        let length = self.memory_length(place);
        let pages = self.builder.ins().ushr_imm_u(length, i64::from(place.page_size_log2));
        let pages = self.builder.ins().ireduce(types::I32, pages);
        self.push(pages);
    }

    fn memory_grow(&mut self, memory: u32) {
        let delta = self.pop();
        let delta = self.builder.ins().uextend(types::I64, delta);
        let place = self.memory_place(memory);
        let instance = self.data_address(place.descriptor.object);
        let descriptor = self.builder.ins().iadd_imm_u(instance, i64::from(place.descriptor.offset));
        if let Some(old) = self.call_runtime(RuntimeSymbol::MemoryGrow, &[descriptor, delta]) {
            let old = self.builder.ins().ireduce(types::I32, old);
            self.push(old);
        }
    }
}
