//! Collects the exception handlers of the calls of a piece of code.

use std::collections::HashMap;

use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::{CompiledCode, FinalizedMachCallSite, FinalizedMachExceptionHandler};
use wasmc_abi::exception::CATCH_ALL;

use super::relax::Moves;
use crate::targets::has_frame_pointer;

/// The calls of a unit that have handlers.
#[derive(Default)]
pub(crate) struct UnitHandlers {
    /// Return address in bytes from the unit's start, and position in `lists`; ascending.
    pub calls: Vec<(u32, usize)>,
    /// Each list once.
    pub lists: Vec<HandlerList>,
}

/// The handlers of a call: see `wasmc_abi::exception::Exceptions::handlers`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct HandlerList {
    /// Distance in bytes from the stack pointer up to the frame pointer at the call.
    pub frame_size: u32,
    /// Tag, and position of the code in bytes from the unit's start; at least one.
    pub handlers: Vec<(u32, u32)>,
}

/// The handlers of a compiled function.
pub(super) fn collect(compiled: &CompiledCode, moves: &Moves, isa: &dyn TargetIsa) -> UnitHandlers {
    let mut unit = UnitHandlers::default();
    let mut known = HashMap::new();
    for call in compiled.buffer.call_sites() {
        let Some(list) = handler_list(&call, moves, isa) else { continue };
        let position = *known.entry(list).or_insert_with_key(|list| {
            unit.lists.push(list.clone());
            unit.lists.len() - 1
        });
        unit.calls.push((moves.end(call.ret_addr), position));
    }
    unit
}

fn handler_list(call: &FinalizedMachCallSite<'_>, moves: &Moves, isa: &dyn TargetIsa) -> Option<HandlerList> {
    let handlers: Vec<_> = call
        .exception_handlers
        .iter()
        .filter_map(|handler| match *handler {
            FinalizedMachExceptionHandler::Tag(tag, code) => Some((tag.as_u32(), moves.start(code))),
            FinalizedMachExceptionHandler::Default(code) => Some((CATCH_ALL, moves.start(code))),
            // The translator makes none.
            FinalizedMachExceptionHandler::Context(_) => None,
        })
        .collect();
    if handlers.is_empty() {
        None
    } else {
        Some(HandlerList { frame_size: if has_frame_pointer(isa.triple()) { call.frame_offset? } else { 0 }, handlers })
    }
}
