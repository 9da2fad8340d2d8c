//! Compiles one unit: translate, optimise, generate machine code.

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{ExternalName, Function, LibCall};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::{UnwindInfo, UnwindInst};
use cranelift_codegen::{CodegenError, CodegenResult, CompiledCode, Context, FinalizedRelocTarget};
use cranelift_frontend::FunctionBuilderContext;

use super::isa::Isas;
use super::sites;
use crate::optimize::{FixedMemory, fold_addresses, restore_loop_compares, widen_addresses};
use crate::plan::{BaseStrategy, DataId, Plan, Unit, UnitId};
use crate::translate::{Namespace, RuntimeSymbol, translate_unit};
use crate::{Bounds, Error, OptLevel, Result};

/// Machine code of a unit, with what it refers to and what is known about it.
pub(crate) struct CompiledUnit {
    pub id: UnitId,
    pub code: Vec<u8>,
    /// Alignment of the code in bytes.
    pub align: u32,
    pub relocations: Vec<UnitRelocation>,
    /// See `wasmc_abi::code_map::FunctionEntry::sites`.
    pub sites: Vec<u8>,
    /// The code keeps its caller's frame pointer.
    pub frameless: bool,
    pub unwind: Option<cranelift_codegen::isa::unwind::systemv::UnwindInfo>,
}

/// A place in the code to be filled with an address.
pub(crate) struct UnitRelocation {
    /// In bytes from the start of the code.
    pub offset: u32,
    pub kind: Reloc,
    pub target: UnitTarget,
    pub addend: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum UnitTarget {
    Unit(UnitId),
    Data(DataId),
    /// Index in `Definitions::host`.
    Host(u32),
    Runtime(RuntimeSymbol),
    LibCall(LibCall),
    /// In the unit itself, bytes from its start.
    Own(u32),
}

/// What a thread keeps between units.
pub(crate) struct Worker<'p, 'a> {
    plan: &'p Plan<'a>,
    isas: &'p Isas,
    context: Context,
    register_allocator: regalloc2::Ctx,
    builder_context: FunctionBuilderContext,
    control_plane: ControlPlane,
    /// Run wasmc's own passes.
    optimize: bool,
    align_for_speed: bool,
}

impl<'p, 'a> Worker<'p, 'a> {
    pub fn new(plan: &'p Plan<'a>, isas: &'p Isas, opt_level: OptLevel) -> Self {
        Worker {
            plan,
            isas,
            context: Context::new(),
            register_allocator: regalloc2::Ctx::default(),
            builder_context: FunctionBuilderContext::new(),
            control_plane: ControlPlane::default(),
            optimize: matches!(opt_level, OptLevel::Speed | OptLevel::Size),
            align_for_speed: matches!(opt_level, OptLevel::Speed | OptLevel::Basic),
        }
    }

    /// Compiles the unit with this number.
    pub fn compile(&mut self, number: usize) -> Result<CompiledUnit> {
        let compiled = self.generate(number, false)?;
        let isa = self.isa_of(self.plan.units.list[number]);
        let unwind_insts: &[(u32, UnwindInst)] = &compiled.buffer.unwind_info;
        let frameless = !unwind_insts.iter().any(|(_, inst)| matches!(inst, UnwindInst::PushFrameRegs { .. }));
        let unwind = match compiled.create_unwind_info(isa) {
            Ok(Some(UnwindInfo::SystemV(info))) => Some(info),
            Ok(_) => None,
            Err(error) => return Err(self.failure(number, error.to_string())),
        };
        let relocations = compiled.buffer.relocs().iter().map(|relocation| UnitRelocation {
            offset: relocation.offset,
            kind: relocation.kind,
            target: target(&self.context.func, &relocation.target),
            addend: relocation.addend,
        });
        Ok(CompiledUnit {
            id: UnitId(number as u32),
            relocations: relocations.collect(),
            sites: sites::encode(&compiled),
            code: compiled.code_buffer().to_vec(),
            align: compiled.buffer.alignment.max(self.function_alignment(isa)),
            frameless,
            unwind,
        })
    }

    /// The unit's optimised intermediate representation, or its machine code, as text.
    pub fn text(&mut self, number: usize, assembly: bool) -> Result<String> {
        let compiled = self.generate(number, assembly)?;
        Ok(if assembly { compiled.vcode.unwrap_or_default() } else { self.context.func.display().to_string() })
    }

    fn generate(&mut self, number: usize, want_assembly: bool) -> Result<CompiledCode> {
        let unit = self.plan.units.list[number];
        let isa = self.isa_of(unit);
        self.context.clear();
        translate_unit(self.plan, isa, unit, &mut self.context.func, &mut self.builder_context)?;
        if self.optimize {
            if let Some(memory) = self.fixed_memory(unit) {
                fold_addresses(&mut self.context.func, memory);
            }
            widen_addresses(&mut self.context.func);
        }
        self.finish(isa, want_assembly).map_err(|error| {
            let message = match error {
                CodegenError::Verifier(errors) => errors.to_string(),
                other => other.to_string(),
            };
            self.failure(number, message)
        })
    }

    /// Optimises the function and generates its machine code.
    fn finish(&mut self, isa: &dyn TargetIsa, want_assembly: bool) -> CodegenResult<CompiledCode> {
        let context = &mut self.context;
        context.verify_if(isa)?;
        context.optimize(isa, &mut self.control_plane)?;
        if self.optimize {
            restore_loop_compares(&mut context.func);
            context.verify_if(isa)?;
        }
        let code = isa.compile_function(
            &context.func,
            &context.domtree,
            &mut self.register_allocator,
            want_assembly,
            &mut self.control_plane,
        )?;
        Ok(code.apply_params(&context.func.params))
    }

    /// The instruction set to compile a unit for.
    fn isa_of(&self, unit: Unit) -> &'p dyn TargetIsa {
        if self.plan.is_free_of_register_global(unit) { &*self.isas.leaf } else { &*self.isas.general }
    }

    /// Alignment in bytes: what the processor fetches at once, where speed counts more than size.
    fn function_alignment(&self, isa: &dyn TargetIsa) -> u32 {
        let alignment = isa.function_alignment();
        if self.align_for_speed { alignment.preferred } else { alignment.minimum }
    }

    /// The memory of a wasm function whose module has just one, if it is guarded and at a fixed address.
    fn fixed_memory(&self, unit: Unit) -> Option<FixedMemory> {
        let Unit::Wasm { module, .. } = unit else { return None };
        match self.plan.places.memories[module].as_slice() {
            [place] if place.bounds == Bounds::Guard => match place.base {
                BaseStrategy::Fixed(base) => Some(FixedMemory { base, maximum: place.maximum }),
                BaseStrategy::Descriptor => None,
            },
            _ => None,
        }
    }

    fn failure(&self, number: usize, message: String) -> Error {
        Error::Codegen { function: self.plan.unit_name(UnitId(number as u32)), message }
    }
}

/// What a relocation of Cranelift's refers to.
fn target(function: &Function, target: &FinalizedRelocTarget) -> UnitTarget {
    match target {
        FinalizedRelocTarget::Func(offset) => UnitTarget::Own(*offset),
        FinalizedRelocTarget::ExternalName(ExternalName::User(reference)) => {
            let name = &function.params.user_named_funcs()[*reference];
            match Namespace::from_number(name.namespace) {
                Some(Namespace::Unit) => UnitTarget::Unit(UnitId(name.index)),
                Some(Namespace::Data) => UnitTarget::Data(DataId(name.index)),
                Some(Namespace::Host) => UnitTarget::Host(name.index),
                _ => UnitTarget::Runtime(RuntimeSymbol::ALL[name.index as usize]),
            }
        }
        FinalizedRelocTarget::ExternalName(ExternalName::LibCall(call)) => UnitTarget::LibCall(*call),
        // Test names and well-known symbols are never made by the translator.
        FinalizedRelocTarget::ExternalName(_) => UnitTarget::Own(0),
    }
}
