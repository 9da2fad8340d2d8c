//! Drives real debuggers over executables that `wasmc build` made, and checks what they say.

#[path = "../programs/process.rs"]
#[allow(dead_code, reason = "the tests of programs use all of it")]
mod process;

mod debugger;
mod files;
mod lldb;
mod local;
mod profilers;
mod scripts;
mod traces;
mod unwind;
mod valgrind;
mod values;
