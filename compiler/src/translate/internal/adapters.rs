//! Adapters between the wasm calling convention, the C calling convention and arrays of values.

use cranelift_codegen::ir::{AbiParam, Endianness, InstBuilder, MemFlagsData};
use wasmc_abi::trap::TrapCode;
use wasmc_abi::value::Value as ArrayValue;

use crate::plan::Definition;
use crate::translate::symbols::RuntimeSymbol;
use crate::translate::{REFERENCE, Translator, WASM_CALL, signature, value_type};

impl Translator<'_, '_, '_> {
    /// A function of the runtime library in the wasm calling convention.
    pub(super) fn host_adapter(&mut self, host: u32) {
        let ty = &self.plan.definitions.host[host as usize].ty;
        self.builder.func.signature = signature(ty, WASM_CALL);
        let arguments = self.open_entry();
        let function = self.host_function(host);
        let call = self.builder.ins().call(function, &arguments);
        let results = self.builder.inst_results(call).to_vec();
        self.builder.ins().return_(&results);
    }

    /// A function that nobody provides: tells its name and traps.
    pub(super) fn unknown_import(&mut self, unknown: u32) {
        let plan = self.plan;
        let import = &plan.definitions.unknown[unknown as usize];
        self.builder.func.signature = signature(&import.ty, WASM_CALL);
        self.open_entry();
        let name = self.data_address(plan.unknown_names[unknown as usize]);
        let length = self.builder.ins().iconst(REFERENCE, import.name.len() as i64);
        self.call_runtime(RuntimeSymbol::UnknownImport, &[name, length]);
        self.trap(TrapCode::UnknownImport);
    }

    /// `wasmc_abi::value::ArrayCall`: parameters from an array, results over them.
    pub(super) fn array_call(&mut self, definition: Definition) {
        let plan = self.plan;
        let ty = plan.type_of(definition);
        self.builder.func.signature.params.push(AbiParam::new(REFERENCE));
        let array = self.open_entry()[0];
        self.enter_first_block();
        let flags = MemFlagsData::trusted().with_endianness(Endianness::Little);
        let offset = |position: usize| (position * size_of::<ArrayValue>()) as i32;
        let arguments: Vec<_> = ty
            .params()
            .iter()
            .enumerate()
            .map(|(position, &ty)| self.builder.ins().load(value_type(ty), flags, array, offset(position)))
            .collect();
        let Some(function) = self.code_of(definition) else {
            self.trap(TrapCode::Unreachable);
            return;
        };
        let call = self.builder.ins().call(function, &arguments);
        for position in 0..ty.results().len() {
            let result = self.builder.inst_results(call)[position];
            self.builder.ins().store(flags, result, array, offset(position));
        }
        self.builder.ins().return_(&[]);
    }
}
