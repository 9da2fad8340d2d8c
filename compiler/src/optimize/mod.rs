//! wasmc's own passes over the intermediate representation, around Cranelift's.

mod bounds;
mod cold;
mod compare;
mod dominance;
mod fold;
mod jumps;
mod schedule;
mod widen;

pub(crate) use bounds::{BoundsCheck, remove_redundant_checks};
pub(crate) use cold::spread_coldness;
pub(crate) use compare::restore_loop_compares;
pub(crate) use fold::{FixedMemory, fold_addresses};
pub(crate) use jumps::{replicate_dispatchers, thread_jumps};
pub(crate) use schedule::compute_early;
pub(crate) use widen::widen_addresses;

use cranelift_codegen::ir::{BlockCall, Function, Inst, ValueListPool};

/// Where a branch can go.
pub(crate) fn destinations(function: &Function, inst: Inst) -> &[BlockCall] {
    let dfg = &function.dfg;
    dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables)
}

/// Where a branch can go, to be changed, and what the calls' arguments are kept in.
fn destinations_mut(function: &mut Function, inst: Inst) -> (&mut [BlockCall], &mut ValueListPool) {
    let dfg = &mut function.dfg;
    let calls = dfg.insts[inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
    (calls, &mut dfg.value_lists)
}
