//! For processors without anything of their own for it.

pub mod bytes;
