//! Tests of the `wasmc` command as a user meets it: its messages, exit codes and files.

mod arguments;
mod bad_input;
mod cache;
mod completions;
mod core_dump;
mod explain;
mod flags;
mod inspect;
mod linker;
mod output;
mod programs;
mod relaxed_simd;
mod sandbox;
mod symbolize;
mod targets;
mod threads;
mod usage;
