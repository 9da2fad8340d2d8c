//! Calls (wasm spec 4.4.8.9 to 4.4.8.13), direct, indirect and in tail position.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, InstructionData, MemFlagsData, Opcode, Value, ValueDef, types};
use wasmc_abi::instance::{FunctionRecord, NULL_TYPE, TableDescriptor};
use wasmc_abi::trap::TrapCode;
use wasmparser::{FuncType, Operator};

use super::exceptions::Callee;
use super::trap::cranelift_code;
use super::{REFERENCE, Translator};
use crate::Result;
use crate::module::{Heap, Reference, TypeId};
use crate::plan::{DataId, Definition, TablePlace, Targets};

/// A table that never changes.
struct Table {
    /// An array of `FunctionRecord`.
    elements: DataId,
    length: u64,
    /// The type to check for; none where every element has it.
    wanted: Option<TypeId>,
}

impl Translator<'_, '_, '_> {
    /// Translates a call; false for operators of other families.
    pub(super) fn call_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match *operator {
            Operator::Call { function_index } => self.call_direct(function_index, false)?,
            Operator::ReturnCall { function_index } => self.call_direct(function_index, true)?,
            Operator::CallIndirect { type_index, table_index } => self.call_indirect(type_index, table_index, false)?,
            Operator::ReturnCallIndirect { type_index, table_index } => {
                self.call_indirect(type_index, table_index, true)?;
            }
            Operator::CallRef { type_index } => self.call_reference(type_index, false)?,
            Operator::ReturnCallRef { type_index } => self.call_reference(type_index, true)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn call_direct(&mut self, index: u32, tail: bool) -> Result<()> {
        let plan = self.plan;
        let definition = plan.definitions.function(self.module, index);
        let ty = plan.modules[self.module].function_type(index);
        if let Some(position) = self.inlined_callee(definition) {
            let arguments = self.pop_values(ty.params().len());
            return self.inline(position, &arguments);
        }
        self.call_definition(definition, ty, tail)
    }

    /// Calls a function that is known with the operands on the stack.
    fn call_definition(&mut self, definition: Definition, ty: &FuncType, tail: bool) -> Result<()> {
        let plan = self.plan;
        let arguments = self.pop_values(ty.params().len());
        if let Definition::Host(host) = definition {
            let function = self.host_function(host);
            let call = self.builder.ins().call(function, &arguments);
            self.push_results(call, ty.results());
            if tail {
                // Other calling conventions cannot be tail-called; their stack is bounded all the same.
                self.return_results();
            }
            return Ok(());
        }
        // The plan has code for every function that reachable code calls.
        let Some(function) = self.code_of(definition) else {
            self.trap(TrapCode::Unreachable);
            self.reachable = false;
            return Ok(());
        };
        if tail {
            self.builder.ins().return_call(function, &arguments);
            self.reachable = false;
        } else {
            let results = self.call(Callee::Direct(function), &arguments, plan.exceptions.may_throw(definition))?;
            self.push_all(&results, ty.results());
        }
        Ok(())
    }

    fn return_results(&mut self) {
        let results = self.frames[0].results;
        let results = self.pop_values(results);
        self.builder.ins().return_(&results);
        self.reachable = false;
    }

    fn call_indirect(&mut self, type_index: u32, table: u32, tail: bool) -> Result<()> {
        let plan = self.plan;
        let index = self.pop();
        let wanted = self.wanted_type(type_index, table);
        let code = match plan.places.tables[self.module][table as usize] {
            TablePlace::Static { elements, length } => {
                let table = Table { elements, length, wanted };
                if let Some(definition) = self.only_target(&table, type_index, index) {
                    return self.call_definition(definition, plan.modules[self.module].type_at(type_index), tail);
                }
                let record = self.checked_element(&table, index);
                let flags = self.constant_flags_in_place();
                self.builder.ins().load(REFERENCE, flags, record, FunctionRecord::CODE as i32)
            }
            TablePlace::Dynamic(slot) => {
                let flags = self.instance_flags();
                let instance = self.data_address(slot.object);
                let field = |offset: usize| slot.offset as i32 + offset as i32;
                let length = self.builder.ins().load(types::I64, flags, instance, field(TableDescriptor::LENGTH));
                let wide = self.extent(index).value;
                let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, wide, length);
                self.trap_if(outside, TrapCode::UndefinedElement);
                let base = self.builder.ins().load(REFERENCE, flags, instance, field(TableDescriptor::BASE));
                let offset = self.builder.ins().imul_imm_u(wide, 8);
                let element = self.builder.ins().iadd(base, offset);
                let flags = self.table_flags();
                let record = self.builder.ins().load(REFERENCE, flags, element, 0);
                let is_null = self.builder.ins().icmp_imm_u(IntCC::Equal, record, 0);
                self.trap_if(is_null, TrapCode::UninitializedElement);
                let flags = self.constant_flags_in_place();
                self.check_type(record, wanted, false, flags);
                self.builder.ins().load(REFERENCE, flags, record, FunctionRecord::CODE as i32)
            }
        };
        self.call_code(code, type_index, tail)
    }

    /// The one function that a call can lead to, if there is just one; traps where it does not lead there.
    fn only_target(&mut self, table: &Table, type_index: u32, index: Value) -> Option<Definition> {
        let plan = self.plan;
        let ty = plan.types.of_index(self.module, type_index);
        let types = ty.0..plan.types.get(ty).end;
        let targets = plan.places.targets.get(&table.elements)?;
        let certain = self.known_number(index).and_then(|index| targets.at(index, &types));
        if certain.is_some() {
            return certain;
        }
        match targets.of(&types) {
            Targets::Element(only, definition) => {
                let other = self.builder.ins().icmp_imm_u(IntCC::NotEqual, index, only as i64);
                self.aside(other, |translator| {
                    translator.checked_element(table, index);
                    // Elements of the right type are not here.
                    translator.trap(TrapCode::IndirectCallTypeMismatch);
                });
                Some(definition)
            }
            Targets::Function(definition) => {
                self.checked_element(table, index);
                Some(definition)
            }
            Targets::Other => None,
        }
    }

    /// The address of an element of a table that never changes; traps where there is none, or none of the wanted type.
    fn checked_element(&mut self, table: &Table, index: Value) -> Value {
        let outside = self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, index, table.length as i64);
        self.trap_if(outside, TrapCode::UndefinedElement);
        let base = self.data_address(table.elements);
        let offset = self.scaled(index, size_of::<FunctionRecord>() as u64);
        let record = self.builder.ins().iadd(base, offset);
        self.check_type(record, table.wanted, true, self.constant_flags_in_place());
        record
    }

    /// The number that an operand is known to be.
    pub(super) fn known_number(&self, value: Value) -> Option<u64> {
        let dfg = &self.builder.func.dfg;
        let ValueDef::Result(inst, _) = dfg.value_def(dfg.resolve_aliases(value)) else { return None };
        match dfg.insts[inst] {
            // Kept zero-extended, whatever the type.
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits() as u64),
            _ => None,
        }
    }

    /// Goes on where a condition is false; where it is true, to what `otherwise` makes, which ends in a trap.
    fn aside(&mut self, condition: Value, otherwise: impl FnOnce(&mut Self)) {
        let wrong = self.builder.create_block();
        let right = self.builder.create_block();
        self.builder.set_cold_block(wrong);
        self.builder.ins().brif(condition, wrong, &[], right, &[]);
        self.builder.seal_block(wrong);
        self.builder.seal_block(right);
        self.builder.switch_to_block(wrong);
        otherwise(self);
        self.builder.switch_to_block(right);
    }

    /// Calls code of a type with the operands on the stack.
    fn call_code(&mut self, code: Value, type_index: u32, tail: bool) -> Result<()> {
        let plan = self.plan;
        let ty = plan.modules[self.module].type_at(type_index);
        let arguments = self.pop_values(ty.params().len());
        let signature = self.indirect_signature(type_index);
        if tail {
            self.builder.ins().return_call_indirect(signature, code, &arguments);
            self.reachable = false;
        } else {
            let may_throw = self.plan.exceptions.reference_may_throw();
            let results = self.call(Callee::Indirect(signature, code), &arguments, may_throw)?;
            self.push_all(&results, ty.results());
        }
        Ok(())
    }

    /// The type to check an indirect call's function for; none where every element of the table has it.
    fn wanted_type(&self, type_index: u32, table: u32) -> Option<TypeId> {
        let wanted = self.plan.types.of_index(self.module, type_index);
        let elements = self.reference_of(self.plan.modules[self.module].tables[table as usize].ty.element_type);
        (!self.plan.types.heap_matches(elements.heap, Heap::Defined(wanted))).then_some(wanted)
    }

    /// Calls the function that a reference on the stack refers to.
    fn call_reference(&mut self, type_index: u32, tail: bool) -> Result<()> {
        let function = self.pop_operand();
        // The record of null would lie where nothing is ever mapped.
        let flags = match function.reference {
            Some(Reference { nullable: false, .. }) => self.constant_flags_in_place(),
            _ => MemFlagsData::new().with_readonly().with_trap_code(Some(cranelift_code(TrapCode::NullFunction))),
        };
        let code = self.builder.ins().load(REFERENCE, flags, function.value, FunctionRecord::CODE as i32);
        self.call_code(code, type_index, tail)
    }

    /// Constant data whose address is valid only behind the checks before it: must not move above them.
    fn constant_flags_in_place(&self) -> MemFlagsData {
        MemFlagsData::trusted().with_readonly()
    }

    /// Traps where the record's function is none of type `wanted`; a null element has a type of its own.
    fn check_type(&mut self, record: Value, wanted: Option<TypeId>, may_be_null: bool, flags: MemFlagsData) {
        if wanted.is_none() && !may_be_null {
            return;
        }
        let found = self.builder.ins().load(types::I32, flags, record, FunctionRecord::TYPE_ID as i32);
        let differs = match wanted {
            Some(wanted) => self.is_outside(found, &(wanted.0..self.plan.types.get(wanted).end)),
            None => self.builder.ins().icmp_imm_u(IntCC::Equal, found, i64::from(NULL_TYPE as i32)),
        };
        if !may_be_null {
            self.trap_if(differs, TrapCode::IndirectCallTypeMismatch);
            return;
        }
        // One comparison on the path that is taken; which of two traps it is, is found out aside.
        self.aside(differs, |translator| {
            let is_null = translator.builder.ins().icmp_imm_u(IntCC::Equal, found, i64::from(NULL_TYPE as i32));
            translator.trap_if(is_null, TrapCode::UninitializedElement);
            translator.trap(TrapCode::IndirectCallTypeMismatch);
        });
    }

    /// An index times a power of two, as an offset in bytes.
    fn scaled(&mut self, index: Value, size: u64) -> Value {
        let wide = self.extent(index).value;
        self.builder.ins().ishl_imm_u(wide, i64::from(size.trailing_zeros()))
    }
}
