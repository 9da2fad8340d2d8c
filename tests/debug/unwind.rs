//! Stack walks by the unwind tables alone.

use crate::debugger::{build, check_lines, gdb, source};

/// Steps instruction by instruction; at each, the whole stack is walked, which must end at `_start`.
fn step(module: &str, flags: &[&str], steps: u32) {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build(scratch.path(), module, flags);
    let script = source("debug/step.py");
    let limit = format!("python LIMIT = {steps}");
    let run = format!("source {}", script.display());
    let output = gdb(&program, &[&limit, &run]);
    check_lines(&output, &["steps, 0 stacks cut off"]);
}

#[test]
fn at_every_instruction_of_a_run() {
    step("programs/c/hello.wasm", &["-O2"], 6000);
}

#[test]
fn at_every_instruction_of_a_run_without_optimisation() {
    step("programs/c/hello.wasm", &["-O0"], 6000);
}

#[test]
fn at_every_instruction_around_tail_calls() {
    step("programs/wat/tail_calls.wat", &["-O2"], 4000);
}

#[test]
fn from_a_signal_handler_through_the_program_to_the_start() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    // At -O2 `load` would be part of `crash`.
    let program = build(scratch.path(), "programs/c/traps.wasm", &["-O1"]);
    let handled = "handle SIGSEGV nostop noprint pass";
    let output = gdb(&program, &[handled, "rbreak on_signal", "run load", "backtrace"]);
    let frames = [
        "on_signal",
        "<signal handler called>",
        " load ",
        " crash ",
        " main ",
        "wasmc_entry",
        "__morestack",
        " _start ",
    ];
    check_lines(&output, &frames);
}
