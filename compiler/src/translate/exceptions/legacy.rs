//! The encoding of exceptions that toolchains emitted before the standard: `try`, `catch`, `delegate`, `rethrow`.
//! (legacy exception handling proposal, "Exceptions")
//!
//! A `try` does not say what it catches before its body is over, so the first one in a function has all of them
//! looked up ahead.

use cranelift_codegen::ir::{InstBuilder, Value};
use wasmparser::{BlockType, FunctionBody, Operator};

use super::pending::ExceptionCopy;
use crate::translate::Translator;
use crate::translate::frame::FrameKind;
use crate::{Error, Result};

/// What follows the body of a `try`.
#[derive(Default)]
struct LegacyTry {
    clauses: Vec<Clause>,
    /// Depth of the label that `delegate` names.
    delegate: Option<u32>,
}

#[derive(Clone, Copy)]
struct Clause {
    /// Index in the module; `None` for `catch_all`.
    tag: Option<u32>,
    /// A `rethrow` names the clause.
    rethrown: bool,
}

/// The `try` instructions of a function, in order, and how many have come by.
pub(in crate::translate) struct LegacyTries {
    tries: Vec<LegacyTry>,
    next: usize,
}

/// The exception that a clause has caught, as far as `rethrow` needs it.
pub(in crate::translate) enum Caught {
    /// Nobody throws it again.
    Nothing,
    Values(u32, Vec<Value>),
    Copy(ExceptionCopy),
    Object(Value),
}

impl LegacyTries {
    /// Looks through a function, which the validator has accepted.
    fn scan(body: &FunctionBody<'_>) -> wasmparser::Result<LegacyTries> {
        let mut tries: Vec<LegacyTry> = Vec::new();
        // The open control instructions; the function itself is the first.
        let mut open: Vec<Option<usize>> = vec![None];
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                    open.push(None);
                }
                Operator::Try { .. } => {
                    open.push(Some(tries.len()));
                    tries.push(LegacyTry::default());
                }
                Operator::Catch { tag_index } => add_clause(&mut tries, &open, Some(tag_index)),
                Operator::CatchAll => add_clause(&mut tries, &open, None),
                Operator::Rethrow { relative_depth } => {
                    let target = open.len().checked_sub(1 + relative_depth as usize);
                    if let Some(Some(number)) = target.map(|target| open[target])
                        && let Some(clause) = tries[number].clauses.last_mut()
                    {
                        clause.rethrown = true;
                    }
                }
                Operator::Delegate { relative_depth } => {
                    if let Some(Some(number)) = open.pop() {
                        tries[number].delegate = Some(relative_depth);
                    }
                }
                Operator::End => {
                    open.pop();
                }
                _ => {}
            }
        }
        Ok(LegacyTries { tries, next: 0 })
    }

    /// Goes past the next `try`.
    fn take(&mut self) -> LegacyTry {
        let taken = self.tries.get_mut(self.next).map(std::mem::take);
        self.next += 1;
        taken.unwrap_or_default()
    }
}

fn add_clause(tries: &mut [LegacyTry], open: &[Option<usize>], tag: Option<u32>) {
    if let Some(Some(number)) = open.last() {
        tries[*number].clauses.push(Clause { tag, rethrown: false });
    }
}

/// A `try` whose clauses are being translated, or about to be.
pub(in crate::translate) struct Clauses {
    clauses: Vec<Clause>,
    /// Their landing pads, in order; empty as long as the body lasts.
    landings: std::vec::IntoIter<super::Landing>,
    /// How many have begun.
    begun: usize,
    /// The exception of the one that has begun last.
    pub caught: Caught,
}

impl Clauses {
    /// The body is over: the handlers are in effect no longer.
    fn in_body(&self) -> bool {
        self.begun == 0
    }
}

impl Translator<'_, '_, '_> {
    fn next_legacy_try(&mut self) -> Result<LegacyTry> {
        if self.legacy_tries.is_none()
            && let Some(body) = self.body
        {
            self.legacy_tries = Some(LegacyTries::scan(body).map_err(Error::from_parser)?);
        }
        Ok(self.legacy_tries.as_mut().map_or_else(LegacyTry::default, LegacyTries::take))
    }

    /// A `try` that control never arrives at.
    pub(in crate::translate) fn skip_legacy_try(&mut self) -> Result<()> {
        self.next_legacy_try().map(drop)
    }

    pub(super) fn open_try(&mut self, ty: BlockType) -> Result<()> {
        let plan = self.plan;
        let LegacyTry { clauses, delegate } = self.next_legacy_try()?;
        let frame = self.frames.len();
        match delegate {
            // A label's depth counts from around the `try`.
            Some(depth) => self.handlers.enter_delegating(frame, frame - 1 - depth as usize),
            None => {
                let landings = clauses
                    .iter()
                    .map(|clause| {
                        let tag = clause.tag.map(|tag| plan.exceptions.tag(&plan.definitions, self.module, tag));
                        self.landing(tag)
                    })
                    .collect();
                self.handlers.enter(frame, landings);
            }
        }
        let (parameters, results) = self.block_types(ty);
        let clauses = Clauses { clauses, landings: Vec::new().into_iter(), begun: 0, caught: Caught::Nothing };
        self.open(FrameKind::Try(clauses), parameters.len(), &results);
        Ok(())
    }

    /// `catch` or `catch_all`: what came before leads to the end, and the clause begins.
    pub(in crate::translate) fn catch(&mut self) {
        let Some(frame) = self.frames.last() else { return };
        let FrameKind::Try(clauses) = &frame.kind else { return };
        let (end, results, height) = (frame.end, frame.results, frame.height);
        let leaves_body = clauses.in_body();
        let reached = self.reachable;
        if reached {
            let arguments = self.top_arguments(results);
            self.builder.ins().jump(end, &arguments);
        }
        let left = if leaves_body { self.handlers.leave() } else { Vec::new() };
        self.stack.truncate(height);
        let Some(frame) = self.frames.last_mut() else { return };
        frame.end_reached |= reached;
        let FrameKind::Try(clauses) = &mut frame.kind else { return };
        if leaves_body {
            clauses.landings = left.into_iter();
        }
        let rethrown = clauses.clauses.get(clauses.begun).is_some_and(|clause| clause.rethrown);
        clauses.begun += 1;
        // Each clause has a landing pad, says the look ahead.
        let Some(landing) = clauses.landings.next() else { return };
        self.reachable = landing.used;
        if !landing.used {
            return;
        }
        let exception = self.begin_landing(&landing);
        let caught = self.take_caught(landing.tag, exception, rethrown);
        if let Some(frame) = self.frames.last_mut()
            && let FrameKind::Try(clauses) = &mut frame.kind
        {
            clauses.caught = caught;
        }
    }

    /// Pushes the payload of the pending exception, and keeps the whole of it for `rethrow`.
    fn take_caught(&mut self, tag: Option<u32>, exception: Value, rethrown: bool) -> Caught {
        let height = self.stack.len();
        match tag {
            Some(tag) => {
                self.push_payload(tag, exception);
                if rethrown {
                    Caught::Values(tag, self.stack[height..].iter().map(|operand| operand.value).collect())
                } else {
                    Caught::Nothing
                }
            }
            None if !rethrown => Caught::Nothing,
            // The collector must see references.
            None if self.plan.exceptions.has_references => Caught::Object(self.reference_to(exception)),
            None => Caught::Copy(self.copy_exception(exception)),
        }
    }

    pub(super) fn rethrow(&mut self, depth: u32) -> Result<()> {
        let target = self.frames.len() - 1 - depth as usize;
        // Copied, for it may be needed again.
        let caught = match &self.frames[target].kind {
            FrameKind::Try(Clauses { caught: Caught::Values(tag, values), .. }) => Caught::Values(*tag, values.clone()),
            FrameKind::Try(Clauses { caught: Caught::Copy(copy), .. }) => Caught::Copy(copy.clone()),
            FrameKind::Try(Clauses { caught: Caught::Object(object), .. }) => Caught::Object(*object),
            _ => Caught::Nothing,
        };
        match caught {
            Caught::Values(tag, values) => {
                self.store_pending(tag, &values);
                self.throw_pending(Some(tag))
            }
            Caught::Copy(copy) => {
                self.restore_pending(&copy);
                self.throw_pending(None)
            }
            Caught::Object(object) => self.throw_object(object),
            Caught::Nothing => {
                // The look ahead has found every `rethrow`.
                self.trap(wasmc_abi::trap::TrapCode::Unreachable);
                self.reachable = false;
                Ok(())
            }
        }
    }

    /// At the end of a `try`: its handlers are in effect no longer, if nothing else has ended them.
    pub(in crate::translate) fn finish_try(&mut self, clauses: &Clauses) {
        if clauses.in_body() {
            self.handlers.leave();
        }
    }
}
