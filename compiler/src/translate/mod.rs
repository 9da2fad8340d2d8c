//! Translates function bodies to Cranelift's intermediate representation, operator by operator.
//!
//! The families of operators are lowered in files of their own; what no wasm function contains (entry points,
//! calling-convention adapters, initialisation) is in `internal/`.

mod address;
mod atomic;
mod bulk;
mod call;
mod control;
mod exceptions;
mod frame;
mod inline;
mod internal;
mod memory;
mod numeric;
mod objects;
mod operand;
mod reference;
mod simd;
mod symbols;
mod table;
mod trap;
mod variable;

use std::collections::HashMap;

use cranelift_codegen::ir::{self, Block, InstBuilder, SourceLoc, Type, Value, types};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use rustc_hash::FxHashMap;
use wasmparser::{FuncType, FunctionBody, Operator, ValType};

pub(crate) use inline::{InlinedBody, bodies_around};
use internal::translate_internal;
pub(crate) use symbols::{Namespace, RuntimeSymbol, Word};
pub(crate) use trap::trap_number;

use crate::debug::{History, Timeline, Wanted};
use crate::module::{Reference, body_length, body_offset};
use crate::optimize::BoundsCheck;
use crate::plan::{Definition, Plan, Unit};
use crate::{Error, Result};
use exceptions::{Handlers, LegacyTries};
use frame::Frame;
use inline::Bodies;
use operand::Operand;
use variable::Local;

/// Calling convention of wasm functions: passes arguments as the C convention does, and allows tail calls.
pub(crate) const WASM_CALL: CallConv = CallConv::Tail;

/// Type of references, and of addresses on every target so far.
pub(crate) const REFERENCE: Type = types::I64;

/// How v128 values are kept between operators, whatever lanes the operators see.
pub(crate) const VECTOR: Type = types::I8X16;

/// Cranelift's type for values of a wasm type.
pub(crate) fn value_type(ty: ValType) -> Type {
    match ty {
        ValType::I32 => types::I32,
        ValType::I64 => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::V128 => VECTOR,
        ValType::Ref(_) => REFERENCE,
    }
}

/// Signature of a function type in a calling convention.
pub(crate) fn signature(ty: &FuncType, convention: CallConv) -> ir::Signature {
    let parameters = |types: &[ValType]| types.iter().map(|&ty| ir::AbiParam::new(value_type(ty))).collect();
    ir::Signature { params: parameters(ty.params()), returns: parameters(ty.results()), call_conv: convention }
}

/// State of the translation of one wasm function.
pub(crate) struct Translator<'t, 'p, 'a> {
    builder: FunctionBuilder<'t>,
    plan: &'p Plan<'a>,
    isa: &'p dyn TargetIsa,
    /// The function's module.
    module: usize,
    /// The operand stack.
    stack: Vec<Operand>,
    /// The control stack; the first frame is the function's.
    frames: Vec<Frame>,
    /// The operators that come can be executed.
    reachable: bool,
    locals: Vec<Local>,
    /// Types of the references among the parameters of blocks, by position.
    block_references: FxHashMap<(Block, usize), Reference>,
    symbols: symbols::Symbols,
    /// Comparisons that keep accesses inside memories.
    checks: Vec<BoundsCheck>,
    /// Offset in the body of the operator that is translated.
    position: u32,
    /// Likely outcomes of conditional branches, by position.
    hints: Option<&'p HashMap<u32, bool>>,
    /// The exception handlers in effect.
    handlers: Handlers,
    /// What is known ahead of the `try` instructions of the legacy encoding, once the first has come.
    legacy_tries: Option<LegacyTries>,
    /// The function's code; `None` where it is no wasm function's.
    body: Option<&'p FunctionBody<'a>>,
    bodies: Bodies,
    /// What debug information needs to know of locals.
    history: Option<History<'p>>,
}

/// What is known of a translated unit beside its code.
#[derive(Default)]
pub(crate) struct Translated {
    /// Comparisons that keep accesses inside memories.
    pub checks: Vec<BoundsCheck>,
    /// Bodies of other functions, in order of their source locations.
    pub inlined: Vec<InlinedBody>,
    /// What locals are, where debug information wants to know.
    pub timelines: Vec<Timeline>,
}

/// Translates the wasm function at `position` of a module's code section into `function`.
fn translate_function(
    plan: &Plan<'_>,
    isa: &dyn TargetIsa,
    (module, position): (usize, usize),
    wanted: Option<&Wanted>,
    function: &mut ir::Function,
    context: &mut FunctionBuilderContext,
) -> Result<Translated> {
    let ty = plan.type_of(Definition::Wasm { module, position });
    function.signature = signature(ty, WASM_CALL);
    let mut translator = Translator::new(plan, isa, module, FunctionBuilder::new(function, context));
    translator.history = wanted.map(|wanted| History::new(wanted, plan, module, position));
    translator.begin(ty)?;
    translator.translate_body(position)?;
    translator.builder.seal_all_blocks();
    let Translator { checks, bodies, history, builder, .. } = translator;
    builder.finalize(isa.frontend_config());
    let timelines = history.map(|history| history.complete(function)).unwrap_or_default();
    Ok(Translated { checks, inlined: bodies.inlined, timelines })
}

impl<'t, 'p, 'a> Translator<'t, 'p, 'a> {
    fn new(plan: &'p Plan<'a>, isa: &'p dyn TargetIsa, module: usize, builder: FunctionBuilder<'t>) -> Self {
        Translator {
            builder,
            plan,
            isa,
            module,
            stack: Vec::new(),
            frames: Vec::new(),
            reachable: true,
            locals: Vec::new(),
            block_references: FxHashMap::default(),
            symbols: symbols::Symbols::default(),
            checks: Vec::new(),
            position: 0,
            hints: None,
            handlers: Handlers::default(),
            legacy_tries: None,
            body: None,
            bodies: Bodies::default(),
            history: None,
        }
    }

    /// Translates the body at `position` of the module's code section; parameters and function frame are there.
    fn translate_body(&mut self, position: usize) -> Result<()> {
        let module = &self.plan.modules[self.module];
        let index = module.imported.functions + position as u32;
        let body = &module.bodies[position].code;
        let first = body_offset(body);
        let start = self.bodies.end;
        self.bodies.position = Some(position);
        self.bodies.calls = 0;
        self.hints = module.branch_hints.of_function(index);
        self.body = Some(body);
        self.bodies.end += body_length(body);
        let parse_error = |error| Error::in_function(error, &module.function_name(index));
        let mut reader = body.get_locals_reader().map_err(parse_error)?;
        for _ in 0..reader.get_count() {
            let (count, ty) = reader.read().map_err(parse_error)?;
            self.declare_locals(count, ty);
        }
        let mut operators = body.get_operators_reader().map_err(parse_error)?;
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset().map_err(parse_error)?;
            self.position = offset as u32 - first;
            self.bodies.location = start + self.position;
            self.builder.set_srcloc(SourceLoc::new(self.bodies.location));
            if self.reachable
                && let (Some(history), Some(block)) = (&mut self.history, self.builder.current_block())
            {
                let operand = |height: usize| self.stack.get(height).map(|operand| operand.value);
                history.operator(self.position, block, operand);
            }
            if let Operator::Call { .. } | Operator::ReturnCall { .. } = operator {
                self.bodies.calls += 1;
            }
            self.operator(&operator, offset)?;
        }
        Ok(())
    }

    /// Opens the entry block, the locals that are parameters, and the function's frame.
    fn begin(&mut self, ty: &FuncType) -> Result<()> {
        let entry = self.builder.create_block();
        self.builder.append_block_params_for_function_params(entry);
        self.builder.switch_to_block(entry);
        self.builder.seal_block(entry);
        for position in 0..ty.params().len() {
            let value = self.builder.block_params(entry)[position];
            self.add_local(ty.params()[position], value);
        }
        let exit = self.block_with(ty.results());
        self.frames.push(Frame::function(exit, ty.results().len()));
        Ok(())
    }

    /// Locals beyond the parameters start as zero (wasm spec 4.4.10.1).
    fn declare_locals(&mut self, count: u32, ty: ValType) {
        let zero = self.zero(value_type(ty));
        for _ in 0..count {
            self.add_local(ty, zero);
        }
    }

    /// Zero, or null, of a type.
    fn zero(&mut self, ty: Type) -> Value {
        match ty {
            types::F32 => self.builder.ins().f32const(0.0),
            types::F64 => self.builder.ins().f64const(0.0),
            ty if ty.is_vector() => {
                let zero = self.builder.func.dfg.constants.insert([0u8; 16].as_slice().into());
                self.builder.ins().vconst(ty, zero)
            }
            ty => self.builder.ins().iconst(ty, 0),
        }
    }

    /// Translates one operator.
    fn operator(&mut self, operator: &Operator<'_>, offset: u64) -> Result<()> {
        if !self.reachable {
            return self.unreachable_operator(operator);
        }
        if self.known_operator(operator)? {
            return Ok(());
        }
        Err(Error::Unsupported { what: format!("the instruction {operator:?}"), offset: Some(offset) })
    }

    /// Translates an operator that can be executed; false for one that no family knows.
    fn known_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        Ok(self.control_operator(operator)
            || self.call_operator(operator)?
            || self.variable_operator(operator)
            || self.numeric_operator(operator)
            || self.memory_operator(operator)
            || self.bulk_operator(operator)
            || self.atomic_operator(operator)
            || self.table_operator(operator)
            || self.reference_operator(operator)
            || self.structure_operator(operator)
            || self.array_operator(operator)
            || self.cast_operator(operator)
            || self.simd_operator(operator)
            || self.exception_operator(operator)?)
    }

    /// Type of a value.
    fn type_of(&self, value: Value) -> Type {
        self.builder.func.dfg.value_type(value)
    }

    /// The value as it crosses between operators that do not agree on lanes: vectors as [`VECTOR`].
    fn canonical(&mut self, value: Value) -> Value {
        self.as_lanes(value, VECTOR)
    }

    /// A vector with other lanes; other values unchanged.
    fn as_lanes(&mut self, value: Value, lanes: Type) -> Value {
        let ty = self.type_of(value);
        if !ty.is_vector() || ty == lanes {
            return value;
        }
        let little = ir::MemFlagsData::new().with_endianness(ir::Endianness::Little);
        self.builder.ins().bitcast(lanes, little, value)
    }
}

/// Translates any piece of code of the program; what is `wanted` by debug information is followed.
pub(crate) fn translate_unit(
    plan: &Plan<'_>,
    isa: &dyn TargetIsa,
    unit: Unit,
    wanted: Option<&Wanted>,
    function: &mut ir::Function,
    context: &mut FunctionBuilderContext,
) -> Result<Translated> {
    match unit {
        Unit::Wasm { module, position } => translate_function(plan, isa, (module, position), wanted, function, context),
        internal => translate_internal(plan, isa, internal, function, context).map(|()| Translated::default()),
    }
}
