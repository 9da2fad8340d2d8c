//! Exceptions (wasm spec 4.6.7, 4.4.8): throwing, and `try_table`.
//!
//! A call in a `try_table` ends its block: it goes on in the next one, or at the landing pad of a handler, which
//! the unwinder jumps to. Nothing else is executed for a handler, before the call or after it. What is thrown
//! where a handler of the same function is known to want it is a jump.

mod handlers;
mod legacy;
mod pending;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value};
use wasmc_abi::trap::TrapCode;
use wasmparser::{Catch, Operator, TryTable};

use super::frame::FrameKind;
use super::operand::EXCEPTION;
use super::symbols::RuntimeSymbol;
use super::{REFERENCE, Translator};
use crate::Result;
use crate::plan::ReferenceForm;
pub(super) use handlers::{Callee, Handlers, Landing};
pub(super) use legacy::{Clauses, LegacyTries};

impl Translator<'_, '_, '_> {
    /// Translates an exception operator; false for operators of other families.
    pub(super) fn exception_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::Throw { tag_index } => self.throw(*tag_index)?,
            Operator::ThrowRef => self.throw_reference()?,
            Operator::TryTable { try_table } => self.open_try_table(try_table),
            Operator::Try { blockty } => self.open_try(*blockty)?,
            Operator::Catch { .. } | Operator::CatchAll => self.catch(),
            Operator::Delegate { .. } => self.close(),
            Operator::Rethrow { relative_depth } => self.rethrow(*relative_depth)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn throw(&mut self, tag_index: u32) -> Result<()> {
        let plan = self.plan;
        let tag = plan.exceptions.tag(&plan.definitions, self.module, tag_index);
        let values = self.pop_values(plan.exceptions.tags[tag as usize].payload.len());
        self.store_pending(tag, &values);
        self.throw_pending(Some(tag))
    }

    /// Throws what is in the place of the pending exception; its tag may be known.
    fn throw_pending(&mut self, tag: Option<u32>) -> Result<()> {
        if let Some(landing) = self.handlers.certain(tag) {
            let exception = self.pending_exception();
            self.builder.ins().jump(landing, &[exception.into()]);
            self.reachable = false;
            return Ok(());
        }
        let description = self.exception_description();
        let function = self.runtime_function(RuntimeSymbol::Throw);
        // No handler in this function wants a tag that is known.
        self.call(Callee::Direct(function), &[description], tag.is_none())?;
        self.trap(TrapCode::Unreachable);
        self.reachable = false;
        Ok(())
    }

    fn throw_reference(&mut self) -> Result<()> {
        let reference = self.pop();
        let is_null = self.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0);
        self.trap_if(is_null, TrapCode::NullReference);
        if self.plan.exceptions.references == ReferenceForm::Bits {
            self.restore_from_bits(reference);
            return self.throw_pending(None);
        }
        self.throw_object(reference)
    }

    /// Throws an exception that was caught as a reference.
    fn throw_object(&mut self, reference: Value) -> Result<()> {
        let description = self.exception_description();
        let function = self.runtime_function(RuntimeSymbol::ThrowReference);
        self.call(Callee::Direct(function), &[description, reference], true)?;
        self.trap(TrapCode::Unreachable);
        self.reachable = false;
        Ok(())
    }

    fn open_try_table(&mut self, try_table: &TryTable) {
        let plan = self.plan;
        let landings = try_table
            .catches
            .iter()
            .map(|catch| {
                let tag = match *catch {
                    Catch::One { tag, .. } | Catch::OneRef { tag, .. } => {
                        Some(plan.exceptions.tag(&plan.definitions, self.module, tag))
                    }
                    Catch::All { .. } | Catch::AllRef { .. } => None,
                };
                self.landing(tag)
            })
            .collect();
        self.handlers.enter(self.frames.len(), landings);
        let (parameters, results) = self.block_types(try_table.ty);
        self.open(FrameKind::TryTable { catches: try_table.catches.clone() }, parameters.len(), &results);
    }

    fn landing(&mut self, tag: Option<u32>) -> Landing {
        let block = self.builder.create_block();
        self.builder.append_block_param(block, REFERENCE);
        self.builder.set_cold_block(block);
        Landing { tag, block, used: false }
    }

    /// Goes to a landing pad; returns the address of the exception.
    fn begin_landing(&mut self, landing: &Landing) -> Value {
        self.builder.switch_to_block(landing.block);
        self.builder.seal_block(landing.block);
        self.builder.block_params(landing.block)[0]
    }

    /// At the end of a `try_table`, whose frame is closed: the landing pads that something leads to.
    pub(super) fn finish_try_table(&mut self, catches: &[Catch]) {
        for (catch, landing) in catches.iter().zip(self.handlers.leave()) {
            // The same tag may be caught twice, of which only the first counts, or nothing may throw it.
            if !landing.used {
                continue;
            }
            let exception = self.begin_landing(&landing);
            let (label, wants_reference) = match *catch {
                Catch::One { label, .. } | Catch::All { label } => (label, false),
                Catch::OneRef { label, .. } | Catch::AllRef { label } => (label, true),
            };
            let reference = wants_reference.then(|| self.reference_to(exception));
            let height = self.stack.len();
            if let Some(tag) = landing.tag {
                self.push_payload(tag, exception);
            }
            if let Some(reference) = reference {
                self.push_reference(reference, EXCEPTION);
            }
            self.branch(label);
            self.stack.truncate(height);
        }
    }
}
