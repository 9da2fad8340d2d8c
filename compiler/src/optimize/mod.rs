//! wasmc's own passes over the intermediate representation, around Cranelift's.

mod bounds;
mod cold;
mod compare;
mod dominance;
mod fold;
mod widen;

pub(crate) use bounds::{BoundsCheck, remove_redundant_checks};
pub(crate) use cold::spread_coldness;
pub(crate) use compare::restore_loop_compares;
pub(crate) use fold::{FixedMemory, fold_addresses};
pub(crate) use widen::widen_addresses;
