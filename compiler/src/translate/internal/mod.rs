//! Code that no wasm function contains: entry point, initialisation, calling-convention adapters.

mod adapters;
mod entry;
mod initialize;
mod processor;
mod thread;

use cranelift_codegen::ir;
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use super::Translator;
use super::symbols::host_call;
use crate::Result;
use crate::plan::{Plan, Unit};

/// Makes the code of a unit that is not a wasm function.
pub(crate) fn translate_internal(
    plan: &Plan<'_>,
    isa: &dyn TargetIsa,
    unit: Unit,
    function: &mut ir::Function,
    context: &mut FunctionBuilderContext,
) -> Result<()> {
    function.signature = ir::Signature::new(host_call(isa));
    let module = match unit {
        Unit::Wasm { module, .. } | Unit::Initialize { module } => module,
        _ => plan.modules.len().saturating_sub(1),
    };
    let mut translator = Translator::new(plan, isa, module, FunctionBuilder::new(function, context));
    match unit {
        Unit::HostAdapter(host) => translator.host_adapter(host),
        Unit::UnknownImport(unknown) => translator.unknown_import(unknown),
        Unit::ArrayCall(definition) => translator.array_call(definition),
        Unit::Initialize { .. } => translator.initialize(),
        Unit::Entry => translator.entry()?,
        Unit::ThreadEntry => translator.thread_entry(),
        // Wasm functions are translated by `translate_function`.
        Unit::Wasm { .. } => {}
    }
    translator.builder.seal_all_blocks();
    translator.builder.finalize(isa.frontend_config());
    Ok(())
}

impl Translator<'_, '_, '_> {
    /// Opens the entry block; its parameters are the function's.
    fn open_entry(&mut self) -> Vec<ir::Value> {
        let entry = self.builder.create_block();
        self.builder.append_block_params_for_function_params(entry);
        self.builder.switch_to_block(entry);
        self.builder.block_params(entry).to_vec()
    }
}
