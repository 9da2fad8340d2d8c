//! The program's entry point, called by the runtime library on the wasm stack.

use cranelift_codegen::ir::{InstBuilder, types};
use wasmc_abi::trap::TrapCode;

use crate::plan::{ConstantValue, Definition, GlobalPlace, Unit, entry_function, reactor_initializer};
use crate::translate::Translator;
use crate::translate::symbols::RuntimeSymbol;
use crate::{Entry, Result};

impl Translator<'_, '_, '_> {
    /// `extern "C" fn()`.
    pub(super) fn entry(&mut self) -> Result<()> {
        let plan = self.plan;
        self.open_entry();
        self.check_processor();
        // All functions of the runtime library that modules import are WASI's.
        if !plan.definitions.host.is_empty() {
            self.call_runtime(RuntimeSymbol::WasiInitialize, &[]);
        }
        self.initialize_register_global();
        self.enter_first_block();
        if plan.entry == Entry::Harness {
            // The harness instantiates the modules when it is told to.
            self.call_runtime(RuntimeSymbol::Harness, &[]);
            self.builder.ins().return_(&[]);
            return Ok(());
        }
        self.instantiate_all();
        if let Some(main) = plan.modules.last() {
            if let Some(initializer) = reactor_initializer(main, &plan.entry) {
                self.call_without_values(plan.definitions.function(self.module, initializer));
            }
            if let Some(export) = plan.invoked_export {
                let export = self.data_address(export);
                self.call_runtime(RuntimeSymbol::Invoke, &[export]);
            } else if let Some(start) = entry_function(main, &plan.entry)? {
                self.call_without_values(plan.definitions.function(self.module, start));
            }
        }
        self.builder.ins().return_(&[]);
        Ok(())
    }

    /// Instantiates every module, in order.
    pub(super) fn instantiate_all(&mut self) {
        let plan = self.plan;
        for module in 0..plan.modules.len() {
            if let Some(unit) = plan.units.id(Unit::Initialize { module }) {
                let initialize = self.plain_function(unit);
                self.builder.ins().call(initialize, &[]);
            }
        }
    }

    /// The register that holds a global starts with the global's initial value.
    fn initialize_register_global(&mut self) {
        let plan = self.plan;
        for (index, place) in plan.places.globals.last().into_iter().flatten().enumerate() {
            if let (GlobalPlace::Register, ConstantValue::I32(value)) =
                (place, plan.values.global(self.module, index as u32))
            {
                let value = self.builder.ins().iconst(types::I64, i64::from(value as u32));
                self.builder.ins().set_pinned_reg(value);
            }
        }
    }

    /// Calls a function that takes and returns nothing.
    pub(super) fn call_without_values(&mut self, definition: Definition) {
        let function = match definition {
            Definition::Host(host) => Some(self.host_function(host)),
            _ => self.code_of(definition),
        };
        match function {
            Some(function) => {
                self.builder.ins().call(function, &[]);
            }
            None => self.trap(TrapCode::Unreachable),
        }
    }
}
