//! Addresses of accesses to linear memory.
//!
//! **This file guards the sandbox.** Every access to linear memory gets its address from [`Translator::address`],
//! whose contract is: the access of `size` bytes at the returned address plus offset either lies below the memory's
//! current length, or traps without effect. Index, offset and size are added as integers without bounds: nothing wraps
//! (wasm spec 4.4.7). How that holds:
//!
//! | bounds | checked by | because |
//! |---|---|---|
//! | `Guard` | the MMU | index < 2^32 and offset < 2^32, so the address is below base + 2^33 + `size`, all of which is reserved (`wasmc_abi::instance::GUARDED_RESERVATION`) and inaccessible from the memory's length on |
//! | `Explicit`, 32-bit index | a comparison | `index + (offset + size) <= length` is evaluated in 64 bits, where it cannot wrap |
//! | `Explicit` with `tail_guard`, offset + size at most half of it | a comparison and the MMU | `index < length` is compared; what the access then reaches beyond the length is in the tail guard (`wasmc_abi::instance::TAIL_GUARD`), which is inaccessible |
//! | `Explicit`, 32-bit index, interpreted, offset + size at most the initial length | the interpreter | the address is null where `index > length - (offset + size)`, evaluated in 32 bits, where the difference is not negative: a memory never shrinks. The access traps at null, its trap code stays |
//! | `Explicit`, 64-bit index otherwise | comparisons | `index <= length - (offset + size)`, where the difference is known not to be negative, or the sum `index + (offset + size)` with its carry |
//!
//! `optimize/bounds.rs` removes comparisons that others make unnecessary, with the proofs at its top.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmc_abi::instance::{MemoryDescriptor, TAIL_GUARD};
use wasmc_abi::trap::TrapCode;
use wasmparser::{MemArg, MemArgTarget};

use super::trap::cranelift_code;
use super::{REFERENCE, Translator};
use crate::Bounds;
use crate::optimize::BoundsCheck;
use crate::plan::{BaseStrategy, MemoryPlace};
use crate::targets::is_pulley;

/// An index or a count as i64.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub value: Value,
    /// Known to be below 2^32.
    pub small: bool,
}

/// Index of the memory that an instruction accesses.
pub(super) fn memory_index(memarg: &MemArg) -> u32 {
    match memarg.target {
        MemArgTarget::Memory(index) => index,
        // Only accepted by the validator with a proposal that `module::parse` leaves out.
        MemArgTarget::Array(_) => 0,
    }
}

impl Translator<'_, '_, '_> {
    /// The place of the memory with this index.
    pub(super) fn memory_place(&self, memory: u32) -> MemoryPlace {
        self.plan.places.memories[self.module][memory as usize]
    }

    /// An operand that indexes or counts, of type i32 or i64.
    pub(super) fn extent(&mut self, operand: Value) -> Extent {
        match self.type_of(operand) {
            types::I64 => Extent { value: operand, small: false },
            _ => Extent { value: self.builder.ins().uextend(types::I64, operand), small: true },
        }
    }

    /// A size, length or -1 in 64 bits, as the index type that a memory or table has.
    pub(super) fn as_index_type(&mut self, value: Value, is_64: bool) -> Value {
        if is_64 { value } else { self.builder.ins().ireduce(types::I32, value) }
    }

    /// Native address of an access of `size` bytes: a value, and an offset for the instruction to add.
    ///
    /// See the contract at the top of this file.
    pub(super) fn address(&mut self, memarg: &MemArg, index: Value, size: u32) -> (Value, Offset32) {
        let place = self.memory_place(memory_index(memarg));
        let reach = memarg.offset.saturating_add(u64::from(size));
        if is_pulley(self.isa.triple())
            && let Some(address) = self.fused_address(place, memarg, index, reach)
        {
            return (address, Offset32::new(0));
        }
        let index = self.extent(index);
        if place.bounds == Bounds::Explicit {
            self.check_bounds(place, index, reach, place.tail_guard && reach <= TAIL_GUARD / 2);
        }
        self.unchecked_address(place, memarg, index.value)
    }

    /// An address that the interpreter makes, checks and accesses in one instruction: null outside of the memory; or one that
    /// needs no check. None where it has no such instruction.
    ///
    /// What it knows again is this very form (`wasm_g32` in Cranelift's `pulley_shared/inst.isle`); whatever else
    /// becomes of it traps at null as well.
    fn fused_address(&mut self, place: MemoryPlace, memarg: &MemArg, index: Value, reach: u64) -> Option<Value> {
        let offset = u16::try_from(memarg.offset).ok()?;
        if self.type_of(index) != types::I32 || reach > place.initial {
            return None;
        }
        let pointer = self.isa.pointer_type();
        let known = self.known_number(index);
        let mut base = self.memory_base(place);
        let mut index = index;
        if pointer == types::I32 {
            base = self.builder.ins().ireduce(types::I32, base);
        } else {
            index = self.builder.ins().uextend(pointer, index);
        }
        if let Some(end) = known.and_then(|index| index.checked_add(reach))
            && end <= place.initial
        {
            // Always inside.
            let within = self.builder.ins().iadd(base, index);
            return Some(self.builder.ins().iadd_imm_u(within, i64::from(offset)));
        }
        let instance = self.data_address(place.descriptor.object);
        let flags = if place.constant_size { self.constant_flags() } else { self.instance_flags() };
        // With addresses of 32 bits, the lower half: a memory has less than 4 GiB there.
        let upper_half = if self.plan.big_endian { 8 - pointer.bytes() } else { 0 };
        let length = place.descriptor.offset as i32 + MemoryDescriptor::LENGTH as i32 + upper_half as i32;
        let length = self.builder.ins().load(pointer, flags, instance, length);
        let reach = self.builder.ins().iconst(pointer, reach as i64);
        let last = self.builder.ins().isub(length, reach);
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, index, last);
        let mut address = self.builder.ins().iadd(base, index);
        if offset != 0 {
            let offset = self.builder.ins().iconst(pointer, i64::from(offset));
            address = self.builder.ins().iadd(address, offset);
        }
        let null = self.builder.ins().iconst(pointer, 0);
        Some(self.builder.ins().select(outside, null, address))
    }

    /// As [`Self::address`], for what the runtime library accesses: a comparison finds what lies outside, not the MMU.
    pub(super) fn compared_address(&mut self, memarg: &MemArg, index: Value, size: u32) -> Value {
        let place = self.memory_place(memory_index(memarg));
        let index = self.extent(index);
        self.check_bounds(place, index, memarg.offset.saturating_add(u64::from(size)), false);
        let (address, offset) = self.unchecked_address(place, memarg, index.value);
        self.builder.ins().iadd_imm_s(address, i64::from(offset))
    }

    fn unchecked_address(&mut self, place: MemoryPlace, memarg: &MemArg, index: Value) -> (Value, Offset32) {
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

    /// Traps unless `index + reach <= length`, or if `guarded`, unless `index < length`.
    fn check_bounds(&mut self, place: MemoryPlace, index: Extent, reach: u64, guarded: bool) {
        let reach = if guarded { 1 } else { reach };
        let index_value = index.value;
        let outside = if place.constant_size {
            match place.initial.checked_sub(reach) {
                Some(last) => self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, index_value, last as i64),
                None => self.always(),
            }
        } else if reach > place.maximum {
            self.always()
        } else {
            let length = self.memory_length(place);
            if index.small {
                // index < 2^32 and reach < 2^33: no wrap.
                let end = self.builder.ins().iadd_imm_u(index_value, reach as i64);
                self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, length)
            } else if reach == 1 {
                self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index_value, length)
            } else if reach <= place.initial {
                // A memory never shrinks: the difference is not negative.
                let reach = self.builder.ins().iconst(types::I64, reach as i64);
                let last = self.builder.ins().isub(length, reach);
                self.builder.ins().icmp(IntCC::UnsignedGreaterThan, index_value, last)
            } else {
                let reach = self.builder.ins().iconst(types::I64, reach as i64);
                let code = cranelift_code(TrapCode::MemoryOutOfBounds);
                let end = self.builder.ins().uadd_overflow_trap(index_value, reach, code);
                self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, length)
            }
        };
        let check = self.builder.ins().trapnz(outside, cranelift_code(TrapCode::MemoryOutOfBounds));
        self.checks.push(BoundsCheck { inst: check, memory: place.descriptor, index: index_value, reach, guarded });
    }

    /// A condition that holds for every index.
    fn always(&mut self) -> Value {
        self.builder.ins().iconst(types::I8, 1)
    }

    /// Native address of `start`; traps unless `start + length` lies within the memory.
    pub(super) fn checked_range(&mut self, place: MemoryPlace, start: Extent, length: Extent) -> Value {
        let size = self.memory_length(place);
        self.check_end(start, length, size, TrapCode::MemoryOutOfBounds);
        let base = self.memory_base(place);
        self.builder.ins().iadd(base, start.value)
    }

    /// Traps if `start + length > limit`, the sum taken without bounds.
    pub(super) fn check_end(&mut self, start: Extent, length: Extent, limit: Value, code: TrapCode) {
        let end = if start.small && length.small {
            self.builder.ins().iadd(start.value, length.value)
        } else {
            self.builder.ins().uadd_overflow_trap(start.value, length.value, cranelift_code(code))
        };
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, limit);
        self.trap_if(outside, code);
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
}
