//! wasmc's own passes over the intermediate representation, around Cranelift's.

mod compare;
mod fold;
mod widen;

pub(crate) use compare::restore_loop_compares;
pub(crate) use fold::{FixedMemory, fold_addresses};
pub(crate) use widen::widen_addresses;
