//! Structures, arrays and casts (wasm spec 4.4.4 to 4.4.6): objects on the garbage-collected heap.
//!
//! **The collector moves objects at every call.** A reference that is live across one is declared
//! ([`keep_alive`](super::Translator::keep_alive)), and nothing that was computed from a reference, such as the address of
//! an element, may be used after a call. Loads from objects are therefore never `can_move`.

mod array;
mod cast;
mod structure;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmc_abi::heap::{Heap as HeapState, NULL_PAGES, TAG_MASK};
use wasmc_abi::trap::TrapCode;
use wasmparser::{AbstractHeapType, ValType};

use super::operand::Operand;
use super::symbols::RuntimeSymbol;
use super::trap::cranelift_code;
use super::{REFERENCE, Translator, value_type};
use crate::module::{Heap, Reference, Storage, TypeId};
use crate::plan::Objects;

/// How a packed field becomes an i32.
#[derive(Clone, Copy)]
enum Extension {
    Signed,
    Unsigned,
}

impl<'p> Translator<'_, 'p, '_> {
    /// Layouts; a module with an instruction that needs them has some.
    pub(super) fn objects(&self) -> &'p Objects {
        self.plan.objects.as_ref().expect("a validated object instruction names an object type")
    }

    fn type_id(&self, type_index: u32) -> TypeId {
        self.plan.types.of_index(self.module, type_index)
    }

    /// Pushes an object that was just made.
    fn push_object(&mut self, object: Value, id: TypeId) {
        self.push_reference(object, Reference { nullable: false, heap: Heap::Defined(id) });
    }

    /// Takes `size` bytes (i64, a multiple of 8) for an object of this type and writes its type number.
    fn allocate(&mut self, id: TypeId, size: Value) -> Value {
        let heap = self.data_address(self.objects().heap);
        let flags = self.heap_state_flags();
        let next = self.builder.ins().load(types::I64, flags, heap, HeapState::NEXT as i32);
        let limit = self.builder.ins().load(types::I64, flags, heap, HeapState::LIMIT as i32);
        let end = self.builder.ins().iadd(next, size);
        let full = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, limit);
        let (slow, fast, done) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let object = self.builder.append_block_param(done, REFERENCE);
        self.keep_alive(object, Reference { nullable: false, heap: Heap::Defined(id) });
        self.builder.set_cold_block(slow);
        self.builder.ins().brif(full, slow, &[], fast, &[]);
        self.builder.seal_block(slow);
        self.builder.seal_block(fast);
        self.builder.switch_to_block(fast);
        self.builder.ins().store(flags, end, heap, HeapState::NEXT as i32);
        self.builder.ins().jump(done, &[next.into()]);
        self.builder.switch_to_block(slow);
        if let Some(allocated) = self.call_runtime(RuntimeSymbol::HeapAllocate, &[size, heap]) {
            self.builder.ins().jump(done, &[allocated.into()]);
        }
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        let number = self.builder.ins().iconst(types::I32, i64::from(id.0));
        let flags = self.object_flags(Storage::Number(ValType::I32), None);
        self.builder.ins().store(flags, number, object, 0);
        object
    }

    /// Traps where the object is null, unless its type or the access at `offset` bytes from its start sees to that:
    /// then returns the trap code that the access has to carry.
    fn null_check(&mut self, object: Operand, offset: u32, code: TrapCode) -> Option<TrapCode> {
        match object.reference {
            Some(Reference { nullable: false, .. }) => None,
            _ if u64::from(offset) + 16 <= NULL_PAGES => Some(code),
            _ => {
                self.trap_if_null(object, code);
                None
            }
        }
    }

    /// For accesses to a field; `null` is the trap that a fault means.
    fn object_flags(&mut self, storage: Storage, null: Option<TrapCode>) -> MemFlagsData {
        let region = self.object_region();
        let flags = match null {
            Some(code) => MemFlagsData::new().with_trap_code(Some(cranelift_code(code))),
            None => MemFlagsData::new().with_notrap(),
        };
        // Vectors are aligned to 8 bytes only.
        let flags = if storage == Storage::Number(ValType::V128) { flags } else { flags.with_aligned() };
        flags.with_alias_region(Some(region))
    }

    /// Reads a field or an element at an offset from `address` and pushes it.
    fn read(&mut self, storage: Storage, extension: Extension, null: Option<TrapCode>, address: Value, offset: u32) {
        let flags = self.object_flags(storage, null);
        let offset = offset as i32;
        let value = match (storage, extension) {
            (Storage::I8, Extension::Signed) => self.builder.ins().sload8(types::I32, flags, address, offset),
            (Storage::I8, Extension::Unsigned) => self.builder.ins().uload8(types::I32, flags, address, offset),
            (Storage::I16, Extension::Signed) => self.builder.ins().sload16(types::I32, flags, address, offset),
            (Storage::I16, Extension::Unsigned) => self.builder.ins().uload16(types::I32, flags, address, offset),
            (Storage::Number(ty), _) => self.builder.ins().load(value_type(ty), flags, address, offset),
            (Storage::Reference(reference), _) => {
                let value = if self.plan.types.is_function(reference.heap) {
                    self.builder.ins().load(REFERENCE, flags, address, offset)
                } else {
                    let low = self.builder.ins().uload32(flags, address, offset);
                    self.whole_reference(low, address, reference)
                };
                return self.push_reference(value, reference);
            }
        };
        self.push(value);
    }

    /// The reference whose lower half an object at `address` holds, or an element there: addresses of objects have the same upper
    /// half (`wasmc_abi::heap`).
    fn whole_reference(&mut self, low: Value, address: Value, reference: Reference) -> Value {
        if self.objects().are_low || !self.plan.types.may_be_object(reference.heap) {
            return low;
        }
        let upper = self.builder.ins().band_imm_u(address, !i64::from(u32::MAX));
        let whole = self.builder.ins().bor(upper, low);
        let is_never_tagged = match reference.heap {
            Heap::Abstract(ty) => {
                matches!(ty, AbstractHeapType::Struct | AbstractHeapType::Array | AbstractHeapType::Exn)
            }
            Heap::Defined(_) => true,
        };
        // An i31 and the host's values have no address.
        let object = if is_never_tagged {
            whole
        } else {
            let tag = self.builder.ins().band_imm_u(low, TAG_MASK as i64);
            self.builder.ins().select(tag, low, whole)
        };
        if reference.nullable { self.builder.ins().select(low, object, low) } else { object }
    }

    /// Writes a field or an element at an offset from `address`.
    fn write(&mut self, storage: Storage, value: Value, null: Option<TrapCode>, address: Value, offset: u32) {
        let flags = self.object_flags(storage, null);
        let offset = offset as i32;
        match storage {
            Storage::I8 => self.builder.ins().istore8(flags, value, address, offset),
            Storage::I16 => self.builder.ins().istore16(flags, value, address, offset),
            Storage::Number(_) => {
                let value = self.canonical(value);
                self.builder.ins().store(flags, value, address, offset)
            }
            Storage::Reference(reference) if self.plan.types.is_function(reference.heap) => {
                self.builder.ins().store(flags, value, address, offset)
            }
            Storage::Reference(_) => self.builder.ins().istore32(flags, value, address, offset),
        };
    }

    /// Zero or null of a field or an element.
    fn default_value(&mut self, storage: Storage) -> Value {
        self.zero(match storage {
            Storage::I8 | Storage::I16 => types::I32,
            Storage::Number(ty) => value_type(ty),
            Storage::Reference(_) => REFERENCE,
        })
    }
}
