//! The handlers that are in effect, and the calls that they are attached to.

use std::collections::HashSet;

use cranelift_codegen::ir::{
    Block, BlockArg, ExceptionTableData, ExceptionTableItem, ExceptionTag, FuncRef, InstBuilder, SigRef, Value,
};

use crate::translate::Translator;
use crate::{Error, Result};

/// What is called.
#[derive(Clone, Copy)]
pub(in crate::translate) enum Callee {
    Direct(FuncRef),
    Indirect(SigRef, Value),
}

/// Where a handler begins.
pub(in crate::translate) struct Landing {
    /// `None` for every exception.
    pub tag: Option<u32>,
    /// Its parameter is the address of the exception.
    pub block: Block,
    /// Something leads there.
    pub used: bool,
}

/// The handlers of one `try`.
struct Scope {
    /// Position of the `try` among the control frames.
    frame: usize,
    landings: Vec<Landing>,
    /// How many scopes, counted from the outermost, see what this one does not catch.
    outer: usize,
}

/// The handlers in effect, the outermost first.
#[derive(Default)]
pub(in crate::translate) struct Handlers {
    scopes: Vec<Scope>,
    /// Entries in the function's exception tables so far.
    listed: usize,
}

/// Entries that the exception tables of a function may have: depth times calls is not bounded by the size of the module.
const MOST_LISTED: usize = 4_000_000;

impl Handlers {
    /// A `try` begins that will be the control frame at this position.
    pub fn enter(&mut self, frame: usize, landings: Vec<Landing>) {
        let outer = self.scopes.len();
        self.scopes.push(Scope { frame, landings, outer });
    }

    /// As `enter`, for a `try` that leaves everything to those handlers that are in effect around the control
    /// frame `target`, its own included.
    pub fn enter_delegating(&mut self, frame: usize, target: usize) {
        let outer = self.scopes.partition_point(|scope| scope.frame <= target);
        self.scopes.push(Scope { frame, landings: Vec::new(), outer });
    }

    /// The handlers of the innermost `try` are in effect no longer.
    pub fn leave(&mut self) -> Vec<Landing> {
        self.scopes.pop().map_or(Vec::new(), |scope| scope.landings)
    }

    /// The handlers in the order in which they are asked, as positions: scope, and landing in it. Those that never
    /// get an exception are left out.
    fn in_effect(&self) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut tags = HashSet::new();
        let mut next = self.scopes.len();
        while let Some(number) = next.checked_sub(1) {
            let scope = &self.scopes[number];
            for (position, landing) in scope.landings.iter().enumerate() {
                match landing.tag {
                    Some(tag) if !tags.insert(tag) => {}
                    Some(_) => found.push((number, position)),
                    None => {
                        found.push((number, position));
                        return found;
                    }
                }
            }
            next = scope.outer;
        }
        found
    }

    fn landing(&mut self, (scope, position): (usize, usize)) -> &mut Landing {
        let landing = &mut self.scopes[scope].landings[position];
        landing.used = true;
        landing
    }

    /// The landing pad that an exception certainly goes to; `None` for the tag where that is not known.
    pub fn certain(&mut self, tag: Option<u32>) -> Option<Block> {
        let handlers = self.in_effect();
        let catches = |&&(scope, position): &&(usize, usize)| {
            let landing: &Landing = &self.scopes[scope].landings[position];
            landing.tag.is_none() || tag.is_some() && landing.tag == tag
        };
        let &found = match tag {
            Some(_) => handlers.iter().find(catches),
            None => handlers.first().filter(|handler| catches(handler)),
        }?;
        Some(self.landing(found).block)
    }
}

impl Translator<'_, '_, '_> {
    /// Calls something, with the handlers in effect where it may throw; returns the results.
    pub(in crate::translate) fn call(
        &mut self,
        callee: Callee,
        arguments: &[Value],
        may_throw: bool,
    ) -> Result<Vec<Value>> {
        let handlers = if may_throw { self.handlers.in_effect() } else { Vec::new() };
        if handlers.is_empty() {
            let call = match callee {
                Callee::Direct(function) => self.builder.ins().call(function, arguments),
                Callee::Indirect(signature, code) => self.builder.ins().call_indirect(signature, code, arguments),
            };
            return Ok(self.builder.inst_results(call).to_vec());
        }
        self.handlers.listed += handlers.len();
        if self.handlers.listed > MOST_LISTED {
            return Err(Error::Limit(format!(
                "the calls of one function have more than {MOST_LISTED} exception handlers around them"
            )));
        }
        let signature = match callee {
            Callee::Direct(function) => self.builder.func.dfg.ext_funcs[function].signature,
            Callee::Indirect(signature, _) => signature,
        };
        let next = self.builder.create_block();
        let returns: Vec<_> =
            self.builder.func.dfg.signatures[signature].returns.iter().map(|ty| ty.value_type).collect();
        for &ty in &returns {
            self.builder.append_block_param(next, ty);
        }
        let results: Vec<_> = (0..returns.len() as u32).map(BlockArg::TryCallRet).collect();
        let normal = self.builder.func.dfg.block_call(next, &results);
        let mut items = Vec::with_capacity(handlers.len());
        for handler in handlers {
            let (tag, block) = {
                let landing = self.handlers.landing(handler);
                (landing.tag, landing.block)
            };
            // The first of the two words that an unwinder may hand over: see `arch/…/exception.rs`.
            let target = self.builder.func.dfg.block_call(block, &[BlockArg::TryCallExn(0)]);
            items.push(match tag {
                Some(tag) => ExceptionTableItem::Tag(ExceptionTag::from_u32(tag), target),
                None => ExceptionTableItem::Default(target),
            });
        }
        let table = ExceptionTableData::new(signature, normal, items);
        let table = self.builder.func.dfg.exception_tables.push(table);
        match callee {
            Callee::Direct(function) => self.builder.ins().try_call(function, arguments, table),
            Callee::Indirect(_, code) => self.builder.ins().try_call_indirect(code, arguments, table),
        };
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        Ok(self.builder.block_params(next).to_vec())
    }
}
