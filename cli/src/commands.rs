//! The commands, one file each.

pub mod build;
pub mod cache;
pub mod completions;
pub mod debug_scripts;
pub mod explain;
pub mod inspect;
pub mod run;
pub mod symbolize;
pub mod targets;
