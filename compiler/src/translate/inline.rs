//! Calls that the plan replaces by the body of the function called (`plan/inlining.rs`): it is translated in place.
//!
//! Source locations tell one body from another: those of the unit's own body are offsets in it, as everywhere; each
//! inlined body has the range of numbers behind those given out before, as long as the body. [`InlinedBody`] leads back.

use std::mem::{replace, take};

use cranelift_codegen::ir::Value;

use super::Translator;
use super::frame::{Frame, FrameKind};
use crate::Result;
use crate::module::body_length;
use crate::plan::{Definition, UnitId};

/// A body that stands in a unit in place of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InlinedBody {
    /// The source location of the body's first byte.
    pub start: u32,
    /// The source location of the call: in the unit's own body, or in one inlined before.
    pub call: u32,
    /// The function's own code.
    pub function: UnitId,
}

/// The body that a source location is in and those around it, to the unit's own: their numbers (0 is the unit's own, the
/// others follow) and the locations there, for the outer ones those of the calls.
pub(crate) fn bodies_around(inlined: &[InlinedBody], location: u32) -> impl Iterator<Item = (u32, u32)> {
    let number = |location: u32| inlined.partition_point(|body| body.start <= location);
    let around = move |&(inner, _): &(usize, u32)| {
        // Each call stands before the body that replaces it.
        let call = inlined[inner.checked_sub(1)?].call;
        Some((number(call), call))
    };
    let first = (number(location), location);
    std::iter::successors(Some(first), around).map(|(number, location)| (number as u32, location))
}

/// The body that is being translated, and what is known of those before.
#[derive(Default)]
pub(super) struct Bodies {
    /// Position in the module's code section, where a wasm function is translated.
    pub position: Option<usize>,
    /// It stands in place of a call by itself.
    pub is_recursive: bool,
    /// Source location of the operator.
    pub location: u32,
    /// Direct calls in the body so far, also where control never arrives.
    pub calls: u32,
    /// The first source location that no body has.
    pub end: u32,
    /// In order of `start`.
    pub inlined: Vec<InlinedBody>,
}

impl Translator<'_, '_, '_> {
    /// The body to put in place of the direct call that is being translated, if any.
    pub(super) fn inlined_callee(&self, definition: Definition) -> Option<usize> {
        let Definition::Wasm { module, position } = definition else { return None };
        // The call was counted already.
        let call = self.bodies.calls.checked_sub(1)?;
        let is_chosen = module == self.module && self.plan.inlining.contains(module, self.bodies.position?, call);
        let length = body_length(&self.plan.modules[module].bodies[position].code);
        // Source locations end before the number that stands for none.
        let fits = self.bodies.end.checked_add(length).is_some_and(|end| end < u32::MAX);
        // A function that calls itself is taken in once.
        let is_again = self.bodies.is_recursive && self.bodies.position == Some(position);
        (is_chosen && fits && !is_again).then_some(position)
    }

    /// Translates the body of a function of this module in place of a call of it.
    pub(super) fn inline(&mut self, position: usize, arguments: &[Value]) -> Result<()> {
        let definition = Definition::Wasm { module: self.module, position };
        let plan = self.plan;
        // The plan has code for every function that reachable code calls.
        let Some(function) = plan.units.of_function(definition) else { return Ok(()) };
        let ty = plan.type_of(definition);
        let exit = self.block_with(ty.results());
        let frame = Frame { kind: FrameKind::Inlined, ..Frame::function(exit, ty.results().len()) };
        let (start, call) = (self.bodies.end, self.bodies.location);
        self.bodies.inlined.push(InlinedBody { start, call, function });
        let number = self.bodies.inlined.len() as u32;
        let outer = self.history.as_mut().map(|history| history.enter(plan, (self.module, position), number, start));

        let locals = take(&mut self.locals);
        for (&ty, &argument) in ty.params().iter().zip(arguments) {
            self.add_local(ty, argument);
        }
        let frames = replace(&mut self.frames, vec![frame]);
        let mut stack = take(&mut self.stack);
        let (caller, calls, is_recursive) = (self.bodies.position, self.bodies.calls, self.bodies.is_recursive);
        self.bodies.is_recursive = caller == Some(position);
        let (body, hints) = (self.body, self.hints);
        self.translate_body(position)?;
        (self.bodies.position, self.bodies.calls, self.bodies.is_recursive) = (caller, calls, is_recursive);
        (self.body, self.hints) = (body, hints);
        (self.locals, self.frames) = (locals, frames);
        if let (Some(history), Some(outer)) = (&mut self.history, outer) {
            history.leave(outer, self.bodies.end);
        }
        // Where control leaves the body, its results are on the operand stack.
        stack.append(&mut self.stack);
        self.stack = stack;
        Ok(())
    }
}
