//! Compiles one unit: translate, optimise, generate machine code.

use std::collections::HashSet;

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{ExternalName, Function, LibCall, UserExternalNameRef, Value};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::UnwindInst;
use cranelift_codegen::settings::OptLevel as CraneliftOptLevel;
use cranelift_codegen::{CodegenError, CodegenResult, CompiledCode, Context, FinalizedRelocTarget};
use cranelift_frontend::FunctionBuilderContext;
use rustc_hash::FxHashMap;
use target_lexicon::Architecture;

use super::handlers::{self, UnitHandlers};
use super::isa::Isas;
use super::relax::{Moves, Relaxed, relax};
use super::stack_maps::StackMap;
use super::unwind::Unwind;
use super::{float_results, interpreted, locals, sites, stack_maps};
use crate::debug::{Source, Timeline, Wanted};
use crate::optimize::{
    FixedMemory, compute_early, fold_addresses, remove_redundant_checks, replicate_dispatchers, restore_loop_compares,
    spread_coldness, thread_jumps, widen_addresses,
};
use crate::plan::{BaseStrategy, DataId, Plan, Unit, UnitId};
use crate::targets::{has_frame_pointer, is_pulley};
use crate::translate::{InlinedBody, Namespace, RuntimeSymbol, Translated, translate_unit};
use crate::{Bounds, Error, OptLevel, Options, Result, debug};

/// Machine code of a unit, with what it refers to and what is known about it.
pub(crate) struct CompiledUnit {
    pub id: UnitId,
    pub code: Vec<u8>,
    /// Alignment of the code in bytes.
    pub align: u32,
    pub relocations: Vec<UnitRelocation>,
    /// See `wasmc_abi::code_map::FunctionEntry::sites`.
    pub sites: Vec<u8>,
    pub handlers: UnitHandlers,
    /// Bodies of other functions in it, in order of their source locations.
    pub inlined: Vec<InlinedBody>,
    /// The code keeps its caller's frame pointer.
    pub frameless: bool,
    /// Calls across which references to objects live.
    pub stack_maps: Vec<StackMap>,
    pub unwind: Option<Unwind>,
    /// Where the code came from, if debug information is wanted.
    pub record: Option<debug::Record>,
    /// See `wasmc_abi::core_dump::CoreDump::locals`; empty where locals have no places of their own, or nobody asks for them.
    pub locals: Vec<u8>,
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

/// What is made of a unit, before it is taken apart.
struct Generated {
    compiled: CompiledCode,
    inlined: Vec<InlinedBody>,
    timelines: Vec<Timeline>,
    /// Where to look for the timelines' values.
    sources: FxHashMap<Value, Source>,
}

/// How Cranelift's listings write the names that the translator declared.
const NUMBERED: &str = "userextname";

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
    /// Run the pass over machine code.
    relax: bool,
    /// Copy code to save jumps.
    thread_jumps: bool,
    /// What debug information refers to, if it is to be made.
    wanted: Option<&'p Wanted>,
    /// Core dumps tell locals.
    describe_locals: bool,
}

impl<'p, 'a> Worker<'p, 'a> {
    pub fn new(plan: &'p Plan<'a>, isas: &'p Isas, options: &Options, wanted: Option<&'p Wanted>) -> Self {
        let opt_level = options.opt_level;
        Worker {
            plan,
            isas,
            context: Context::new(),
            register_allocator: regalloc2::Ctx::default(),
            builder_context: FunctionBuilderContext::new(),
            control_plane: ControlPlane::default(),
            optimize: matches!(opt_level, OptLevel::Speed | OptLevel::Size),
            relax: opt_level != OptLevel::None,
            align_for_speed: matches!(opt_level, OptLevel::Speed | OptLevel::Basic),
            thread_jumps: opt_level == OptLevel::Speed,
            wanted,
            describe_locals: opt_level == OptLevel::None && options.runtime_options,
        }
    }

    /// Compiles the unit with this number.
    pub fn compile(&mut self, number: usize) -> Result<CompiledUnit> {
        let Generated { compiled, inlined, timelines, sources } = self.generate(number, false)?;
        let unit = self.plan.units.list[number];
        let isa = self.isa_of(unit);
        let describe_locals = self.describe_locals && !is_pulley(isa.triple());
        let unwind_insts: &[(u32, UnwindInst)] = &compiled.buffer.unwind_info;
        let frameless = has_frame_pointer(isa.triple())
            && !is_pulley(isa.triple())
            && !unwind_insts.iter().any(|(_, inst)| matches!(inst, UnwindInst::PushFrameRegs { .. }));
        let relaxed = if self.relax && isa.triple().architecture == Architecture::X86_64 {
            relax(&compiled, self.align_for_speed && is_wasm(unit))
        } else {
            Relaxed::unchanged(&compiled)
        };
        let moves = &relaxed.moves;
        let unwind = Unwind::of(&compiled, &relaxed, isa, self.wanted.is_some())
            .map_err(|message| self.failure(number, message))?;
        let trapping =
            if is_pulley(isa.triple()) { interpreted::trapping_locations(&self.context.func) } else { HashSet::new() };
        // The interpreter's host function has no address.
        let relocations = compiled.buffer.relocs().iter().filter(|it| it.kind != Reloc::PulleyCallIndirectHost);
        let relocations = relocations.map(|relocation| UnitRelocation {
            offset: moves.start(relocation.offset),
            kind: relocation.kind,
            target: target(&self.context.func, moves, &relocation.target),
            addend: relocation.addend,
        });
        Ok(CompiledUnit {
            id: UnitId(number as u32),
            relocations: relocations.collect(),
            sites: sites::encode(&compiled, moves, &inlined, &trapping),
            handlers: handlers::collect(&compiled, moves, isa),
            stack_maps: stack_maps::collect(&compiled, moves, isa),
            locals: if describe_locals {
                locals::describe(&compiled, self.plan, unit, isa.triple())
            } else {
                Vec::new()
            },
            record: self
                .wanted_of(unit)
                .map(|_| debug::Record::of(&compiled, moves, isa, &inlined, &timelines, &sources)),
            inlined,
            code: relaxed.code,
            align: relaxed.alignment.max(self.function_alignment(number, isa)),
            frameless,
            unwind,
        })
    }

    /// The unit's optimised intermediate representation, or its machine code, as text.
    pub fn text(&mut self, number: usize, assembly: bool) -> Result<String> {
        let Generated { compiled, .. } = self.generate(number, assembly)?;
        if !assembly {
            return Ok(self.context.func.display().to_string());
        }
        let listing = compiled.vcode.unwrap_or_default();
        // Directions for unwind tables and the register allocator are no instructions.
        let is_direction = |line: &&str| ["unwind ", "uninit "].iter().any(|word| line.trim_start().starts_with(word));
        let instructions = listing.lines().filter(|line| !is_direction(line));
        let mut text = String::with_capacity(listing.len());
        for line in instructions {
            text.push_str(&self.with_symbols(line));
            text.push('\n');
        }
        Ok(text)
    }

    /// The linker's name of what a user name means.
    fn symbol(&self, namespace: u32, index: u32) -> String {
        match Namespace::from_number(namespace) {
            Some(Namespace::Unit) => self.plan.unit_name(UnitId(index)),
            Some(Namespace::Data) => self.plan.data.0[index as usize].symbol.clone(),
            Some(Namespace::Host) => self.plan.definitions.host[index as usize].symbol.clone(),
            _ => RuntimeSymbol::ALL[index as usize].name().to_owned(),
        }
    }

    /// A line of a listing, with symbols for Cranelift's numbers of them.
    fn with_symbols(&self, line: &str) -> String {
        let Some(start) = line.find(NUMBERED) else { return line.to_owned() };
        let digits = &line[start + NUMBERED.len()..];
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let symbol = digits[..end].parse().ok().and_then(|number| {
            let names = self.context.func.params.user_named_funcs();
            let name = names.get(UserExternalNameRef::from_u32(number))?;
            Some(self.symbol(name.namespace, name.index))
        });
        let Some(symbol) = symbol else { return line.to_owned() };
        // Calls wrap the name.
        let before = &line[..start];
        let after = &digits[end..];
        match (before.strip_suffix("User("), after.strip_prefix(')')) {
            (Some(before), Some(after)) => format!("{before}{symbol}{after}"),
            _ => format!("{before}{symbol}{after}"),
        }
    }

    fn generate(&mut self, number: usize, want_assembly: bool) -> Result<Generated> {
        let unit = self.plan.units.list[number];
        let isa = self.isa_of(unit);
        let wanted = self.wanted_of(unit);
        clear(&mut self.context);
        let (function, builder_context) = (&mut self.context.func, &mut self.builder_context);
        let Translated { checks, inlined, mut timelines } =
            translate_unit(self.plan, isa, unit, wanted, function, builder_context)?;
        self.refuse_vectors(number, isa)?;
        if self.optimize {
            remove_redundant_checks(&mut self.context.func, &checks);
            if let Some(memory) = self.fixed_memory(unit) {
                fold_addresses(&mut self.context.func, memory);
            }
            if self.thread_jumps {
                let mut copied = thread_jumps(&mut self.context.func);
                copied.extend(replicate_dispatchers(&mut self.context.func));
                debug::forget(&self.context.func, &mut timelines, &copied);
            }
            widen_addresses(&mut self.context.func);
            if self.has_branch_hints(unit) {
                spread_coldness(&mut self.context.func);
            }
        }
        float_results::pass_as_integers(&mut self.context.func, isa.triple());
        if is_pulley(isa.triple()) {
            interpreted::adapt(&mut self.context.func, isa).map_err(|what| {
                let name = self.plan.unit_name(UnitId(number as u32));
                Error::Unsupported { what: format!("{what}, in function {name}"), offset: None }
            })?;
        }
        let (compiled, timelines, sources) =
            self.finish(isa, timelines, wanted.is_some(), want_assembly).map_err(|error| {
                let message = match error {
                    CodegenError::Verifier(errors) => errors.to_string(),
                    other => other.to_string(),
                };
                self.failure(number, message)
            })?;
        Ok(Generated { compiled, inlined, timelines, sources })
    }

    /// Refuses a function with vectors where the processor has no instructions for them: Cranelift takes them for granted.
    fn refuse_vectors(&self, number: usize, isa: &dyn TargetIsa) -> Result<()> {
        let flags = isa.isa_flags();
        let lacks_vectors = flags.iter().any(|flag| flag.name == "has_v" && flag.as_bool() == Some(false));
        if !lacks_vectors {
            return Ok(());
        }
        let function = &self.context.func;
        let mut values = function.dfg.values();
        let has_vectors = function.signature.returns.iter().any(|result| result.value_type.is_vector())
            || values.any(|value| function.dfg.value_type(value).is_vector());
        if has_vectors {
            let name = self.plan.unit_name(UnitId(number as u32));
            let what = format!(
                "SIMD, in function {name}, for a RISC-V processor without vectors; `--cpu rva23u64`, or `--cpu +v`, \
                 is for those that have them"
            );
            return Err(Error::Unsupported { what, offset: None });
        }
        Ok(())
    }

    /// Optimises the function and generates its machine code. Debug information may describe it.
    fn finish(
        &mut self,
        isa: &dyn TargetIsa,
        mut timelines: Vec<Timeline>,
        is_described: bool,
        want_assembly: bool,
    ) -> CodegenResult<(CompiledCode, Vec<Timeline>, FxHashMap<Value, Source>)> {
        let context = &mut self.context;
        context.verify_if(isa)?;
        // As `Context::optimize` does, which leaves no time to follow values through their aliases.
        context.compute_cfg();
        context.compute_domtree();
        context.eliminate_unreachable_code(isa)?;
        context.remove_constant_phis(isa)?;
        debug::resolve(&context.func, &mut timelines);
        context.func.dfg.resolve_all_aliases();
        let mut divisions = None;
        if isa.flags().opt_level() != CraneliftOptLevel::None {
            divisions = is_described.then(|| debug::divisions(&context.func));
            context.egraph_pass(isa, &mut self.control_plane)?;
        }
        if self.optimize {
            restore_loop_compares(&mut context.func);
            compute_early(&mut context.func);
            context.verify_if(isa)?;
        }
        let sources = debug::label(&mut context.func, &timelines, divisions);
        let code = isa.compile_function(
            &context.func,
            &context.domtree,
            &mut self.register_allocator,
            want_assembly,
            &mut self.control_plane,
        )?;
        Ok((code.apply_params(&context.func.params), timelines, sources))
    }

    /// What debug information refers to, if it describes a unit.
    fn wanted_of(&self, unit: Unit) -> Option<&'p Wanted> {
        let Unit::Wasm { module, position } = unit else { return None };
        self.wanted.filter(|wanted| wanted.describes(module, position))
    }

    /// The instruction set to compile a unit for.
    fn isa_of(&self, unit: Unit) -> &'p dyn TargetIsa {
        if self.plan.is_free_of_pinned_register(unit) { &*self.isas.leaf } else { &*self.isas.general }
    }

    /// Alignment in bytes: what the processor fetches at once, where speed counts more than size.
    fn function_alignment(&self, number: usize, isa: &dyn TargetIsa) -> u32 {
        let alignment = isa.function_alignment();
        if self.align_for_speed && is_wasm(self.plan.units.list[number]) {
            alignment.preferred
        } else {
            alignment.minimum
        }
    }

    fn has_branch_hints(&self, unit: Unit) -> bool {
        let Unit::Wasm { module, position } = unit else { return false };
        let module = &self.plan.modules[module];
        module.branch_hints.of_function(module.imported.functions + position as u32).is_some()
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

/// Empties what the function before was compiled in.
fn clear(context: &mut Context) {
    context.clear();
    // Cranelift 0.135 keeps these, and its passes go through all of them: a quarter of the time for yosys's 46,473 functions.
    context.func.dfg.exception_tables.clear();
}

/// Whether it is a function of a module's.
fn is_wasm(unit: Unit) -> bool {
    matches!(unit, Unit::Wasm { .. })
}

/// What a relocation of Cranelift's refers to.
fn target(function: &Function, moves: &Moves, target: &FinalizedRelocTarget) -> UnitTarget {
    match target {
        FinalizedRelocTarget::Func(offset) => UnitTarget::Own(moves.start(*offset)),
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

#[cfg(test)]
mod tests {
    use cranelift_codegen::ir::{ExceptionTableData, SigRef};

    use super::*;

    #[test]
    fn nothing_of_a_function_is_there_in_the_next() {
        let mut context = Context::new();
        let block = context.func.dfg.make_block();
        let normal = context.func.dfg.block_call(block, &[]);
        context.func.dfg.exception_tables.push(ExceptionTableData::new(SigRef::from_u32(0), normal, []));
        clear(&mut context);
        assert_eq!(context.func.dfg.exception_tables.len(), 0);
        assert_eq!(context.func.dfg.num_blocks(), 0);
    }
}
