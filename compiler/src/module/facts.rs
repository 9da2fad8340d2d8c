//! Validates function bodies and notes, in the same pass, what the planner wants to know of them.

use wasmparser::{Catch, FuncValidatorAllocations, Operator};

use super::Module;
use crate::{Error, Progress, Result, parallel};

/// What a function body does, as far as the planner cares.
#[derive(Debug, Default)]
pub(crate) struct BodyFacts {
    /// Functions called directly, one entry a call.
    pub calls: Vec<u32>,
    /// What is known of each of those calls.
    pub call_sites: Vec<CallSite>,
    /// Functions whose reference is taken (`ref.func`).
    pub references: Vec<u32>,
    /// Globals read, one entry an instruction.
    pub global_reads: Vec<u32>,
    /// Globals written, one entry an instruction.
    pub global_writes: Vec<u32>,
    /// Tables whose elements or size the function may change.
    pub tables_written: Vec<u32>,
    /// Tables read other than by an indirect call, or measured.
    pub tables_read: Vec<u32>,
    /// Memories that the function may grow.
    pub memories_grown: Vec<u32>,
    /// Number of operators.
    pub operators: u32,
    /// The body ends in `unreachable`: whoever calls it does not expect it to return.
    pub ends_unreachable: bool,
    /// The body has a loop.
    pub has_loop: bool,
    /// The body has a call in tail position.
    pub has_tail_call: bool,
    /// The body has an indirect call.
    pub has_indirect_call: bool,
    /// The body throws an exception itself, for the first time or again.
    pub has_throw: bool,
    /// The body has handlers for exceptions.
    pub has_try: bool,
    /// Some handler takes the exception as a reference.
    pub keeps_exceptions: bool,
}

/// What the planner wants to know of a direct call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CallSite {
    /// Number of loops around it.
    pub loop_depth: u8,
    /// Number of its last arguments that are constants.
    pub constants: u8,
    /// It stands in tail position.
    pub is_tail: bool,
}

/// Where in a body the operators are that are noted.
#[derive(Default)]
struct Surroundings {
    /// The structured instructions that are open, and whether they are loops.
    open: Vec<bool>,
    loop_depth: u8,
    /// Constants that come right before.
    constants: u8,
}

impl Surroundings {
    fn call_site(&self, is_tail: bool) -> CallSite {
        CallSite { loop_depth: self.loop_depth, constants: self.constants, is_tail }
    }

    /// Goes on behind an operator.
    fn pass(&mut self, operator: &Operator<'_>) {
        let is_constant = matches!(
            operator,
            Operator::I32Const { .. }
                | Operator::I64Const { .. }
                | Operator::F32Const { .. }
                | Operator::F64Const { .. }
        );
        self.constants = if is_constant { self.constants.saturating_add(1) } else { 0 };
        match operator {
            Operator::Loop { .. } => {
                self.open.push(true);
                self.loop_depth = self.loop_depth.saturating_add(1);
            }
            Operator::Block { .. } | Operator::If { .. } | Operator::TryTable { .. } | Operator::Try { .. } => {
                self.open.push(false);
            }
            Operator::End | Operator::Delegate { .. } => {
                let was_loop = self.open.pop().unwrap_or(false);
                self.loop_depth = self.loop_depth.saturating_sub(was_loop.into());
            }
            _ => {}
        }
    }
}

/// Validates every body; the facts come in the order of the bodies.
pub(crate) fn validate_bodies(module: &Module<'_>, jobs: usize, progress: &dyn Progress) -> Result<Vec<BodyFacts>> {
    let mut all = Vec::with_capacity(module.bodies.len());
    parallel::in_order(
        module.bodies.len(),
        jobs,
        || None::<FuncValidatorAllocations>,
        |allocations, position| {
            let facts = validate_body(module, position, allocations).map_err(|error| {
                let function = module.function_name(module.imported.functions + position as u32);
                Error::in_function(error, &function)
            });
            progress.step();
            facts
        },
        |_, facts| {
            all.push(facts);
            Ok(())
        },
    )?;
    Ok(all)
}

fn validate_body(
    module: &Module<'_>,
    position: usize,
    allocations: &mut Option<FuncValidatorAllocations>,
) -> wasmparser::Result<BodyFacts> {
    let body = &module.bodies[position];
    let mut facts = BodyFacts::default();
    // Each body is validated once; a poisoned lock would mean that a validation panicked.
    let Some(validate) = body.validate.lock().ok().and_then(|mut slot| slot.take()) else {
        return Ok(facts);
    };
    let mut validator = validate.into_validator(allocations.take().unwrap_or_default());
    let mut reader = body.code.get_binary_reader();
    validator.read_locals(&mut reader)?;
    reader.set_features(module.features);
    let mut surroundings = Surroundings::default();
    while !reader.eof() {
        let offset = reader.original_position();
        let operator = reader.peek_operator(&validator.visitor(offset))?;
        reader.visit_operator(&mut validator.visitor(offset))??;
        facts.note(&operator, &surroundings);
        surroundings.pass(&operator);
    }
    reader.finish_expression(&validator.visitor(reader.original_position()))?;
    *allocations = Some(validator.into_allocations());
    Ok(facts)
}

impl BodyFacts {
    fn note(&mut self, operator: &Operator<'_>, surroundings: &Surroundings) {
        self.operators += 1;
        let ends_unreachable = matches!(operator, Operator::End) && self.ends_unreachable;
        self.ends_unreachable = ends_unreachable || matches!(operator, Operator::Unreachable);
        match *operator {
            Operator::Call { function_index } => {
                self.calls.push(function_index);
                self.call_sites.push(surroundings.call_site(false));
            }
            Operator::ReturnCall { function_index } => {
                self.calls.push(function_index);
                self.call_sites.push(surroundings.call_site(true));
                self.has_tail_call = true;
            }
            Operator::CallIndirect { .. } | Operator::CallRef { .. } => self.has_indirect_call = true,
            Operator::ReturnCallIndirect { .. } | Operator::ReturnCallRef { .. } => {
                self.has_indirect_call = true;
                self.has_tail_call = true;
            }
            Operator::RefFunc { function_index } => self.references.push(function_index),
            Operator::GlobalGet { global_index } => self.global_reads.push(global_index),
            Operator::GlobalSet { global_index } => self.global_writes.push(global_index),
            Operator::TableSet { table } | Operator::TableFill { table } => self.tables_written.push(table),
            Operator::TableInit { table, .. } => self.tables_written.push(table),
            Operator::TableGrow { table } => self.tables_written.push(table),
            Operator::TableCopy { dst_table, src_table } => {
                self.tables_written.push(dst_table);
                self.tables_read.push(src_table);
            }
            Operator::TableGet { table } | Operator::TableSize { table } => self.tables_read.push(table),
            Operator::MemoryGrow { mem } => self.memories_grown.push(mem),
            Operator::Loop { .. } => self.has_loop = true,
            Operator::Throw { .. } | Operator::ThrowRef | Operator::Rethrow { .. } => self.has_throw = true,
            Operator::TryTable { ref try_table } => {
                self.has_try = true;
                self.keeps_exceptions |=
                    try_table.catches.iter().any(|catch| matches!(catch, Catch::OneRef { .. } | Catch::AllRef { .. }));
            }
            Operator::Try { .. } => self.has_try = true,
            _ => {}
        }
    }
}
