//! Instantiation of a module (wasm spec 4.5.4): size checks of imports, segments, start function.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmc_abi::instance::{MemoryDescriptor, TableDescriptor};
use wasmc_abi::trap::TrapCode;
use wasmparser::ExternalKind;

use crate::module::ConstantExpression;
use crate::plan::{ConstantValue, InitialCopy, SizeCheck, TablePlace};
use crate::translate::address::Extent;
use crate::translate::symbols::RuntimeSymbol;
use crate::translate::{REFERENCE, Translator};

impl Translator<'_, '_, '_> {
    /// `extern "C" fn()`.
    pub(super) fn initialize(&mut self) {
        let plan = self.plan;
        self.open_entry();
        let module = self.module;
        for check in plan.definitions.size_checks.iter().filter(|check| check.module == module) {
            self.check_size(check);
        }
        self.dynamic_globals();
        self.dynamic_elements();
        for &copy in &plan.segments.copies[self.module] {
            self.initial_copy(copy);
        }
        if let Some(start) = plan.modules[self.module].start {
            let definition = plan.definitions.function(self.module, start);
            self.call_without_values(definition);
        }
        self.builder.ins().return_(&[]);
    }

    /// Makes the objects that globals start with.
    fn dynamic_globals(&mut self) {
        let plan = self.plan;
        for (index, global) in plan.modules[self.module].globals.iter().enumerate() {
            if let Some(init) = &global.init
                && plan.values.global(self.module, index as u32) == ConstantValue::Dynamic
            {
                let value = self.evaluate(init);
                self.set_global(index as u32, value);
            }
        }
    }

    /// Makes the objects that element segments hold.
    fn dynamic_elements(&mut self) {
        let plan = self.plan;
        for (segment, contents) in plan.segments.elements[self.module].iter().enumerate() {
            let Some(object) = contents.object.filter(|_| contents.is_dynamic) else { continue };
            for (position, item) in plan.modules[self.module].elements[segment].items.iter().enumerate() {
                if plan.values.of(self.module, item, &plan.definitions) == ConstantValue::Dynamic {
                    let value = self.evaluate(item);
                    let start = self.data_address(object);
                    let flags = self.table_flags();
                    self.builder.ins().store(flags, value, start, 8 * position as i32);
                }
            }
        }
    }

    /// The value of a constant expression.
    fn evaluate(&mut self, expression: &ConstantExpression) -> Value {
        for operator in &expression.0 {
            // Constant expressions have no operators but those that some family translates.
            let known = self.known_operator(&operator.instruction());
            debug_assert!(matches!(known, Ok(true)));
        }
        self.pop()
    }

    /// An imported memory or table must be as large, by now, as the import asks.
    fn check_size(&mut self, check: &SizeCheck) {
        let owner = check.owner;
        let (slot, field, scale) = match check.kind {
            ExternalKind::Memory => {
                let place = self.plan.places.memories[owner.module][owner.index as usize];
                (place.descriptor, MemoryDescriptor::LENGTH, place.page_size_log2)
            }
            _ => match self.plan.places.tables[owner.module][owner.index as usize] {
                TablePlace::Dynamic(slot) => (slot, TableDescriptor::LENGTH, 0),
                // Nobody grows a table in place: it is as small as it was declared.
                TablePlace::Static { .. } => {
                    let always = self.builder.ins().iconst(types::I32, 1);
                    return self.trap_if(always, TrapCode::Unlinkable);
                }
            },
        };
        let instance = self.data_address(slot.object);
        let flags = self.instance_flags();
        let length = self.builder.ins().load(types::I64, flags, instance, slot.offset as i32 + field as i32);
        let wanted = check.at_least.checked_shl(scale).unwrap_or(u64::MAX);
        let wanted = self.builder.ins().iconst(types::I64, wanted as i64);
        let too_small = self.builder.ins().icmp(IntCC::UnsignedLessThan, length, wanted);
        self.trap_if(too_small, TrapCode::Unlinkable);
    }

    fn initial_copy(&mut self, copy: InitialCopy) {
        let plan = self.plan;
        match copy {
            InitialCopy::FillTable { table } => {
                let Some(init) = &plan.modules[self.module].tables[table as usize].init else { return };
                let value = self.evaluate(init);
                let length = self.table_length(table);
                let zero = self.constant_extent(0);
                let start = self.checked_elements(table, zero, Extent { value: length, small: false });
                self.call_runtime(RuntimeSymbol::TableFill, &[start, value, length]);
            }
            InitialCopy::Elements { table, segment, offset } => {
                let contents = plan.segments.elements[self.module][segment];
                let (start, length) = (self.constant_extent(offset), self.constant_extent(contents.length));
                let destination = self.checked_elements(table, start, length);
                if let Some(object) = contents.object {
                    let source = self.data_address(object);
                    self.move_elements(destination, source, length.value);
                }
            }
            InitialCopy::Data { memory, segment, offset } => {
                let contents = plan.segments.data[self.module][segment];
                let (start, length) = (self.constant_extent(offset), self.constant_extent(contents.length));
                let destination = self.checked_range(self.memory_place(memory), start, length);
                if let Some(object) = contents.object {
                    let source = self.data_address(object);
                    self.call_runtime(RuntimeSymbol::MemoryMove, &[destination, source, length.value]);
                }
            }
        }
    }

    fn constant_extent(&mut self, value: u64) -> Extent {
        Extent { value: self.builder.ins().iconst(REFERENCE, value as i64), small: value < 1 << 32 }
    }
}
