//! wasmc's own passes over the intermediate representation, around Cranelift's.

mod fold;
mod widen;

pub(crate) use fold::{FixedMemory, fold_addresses};
pub(crate) use widen::widen_addresses;
