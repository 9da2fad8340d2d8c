//! `wasmc symbolize`, as far as no debug information is needed: `tests/debug/traces.rs` has the rest.

use crate::programs::{HELLO, binary};
use crate::sandbox::{Sandbox, end};
use std::process::Stdio;

#[test]
fn files_that_know_no_lines_are_refused() {
    let sandbox = Sandbox::new();
    sandbox
        .write("hello.wasm", binary(HELLO))
        .write("text", "some\ntext\n")
        .write("trace", "")
        .write("hello.wat", HELLO);
    sandbox.wasmc("build hello.wasm -o hello").succeeds();
    sandbox.wasmc("symbolize hello trace").fails(&["cannot use hello", "it holds no lines", "--split-debug"]);
    sandbox.wasmc("symbolize hello.wasm trace").fails(&["the module holds no debug information"]);
    sandbox.wasmc("symbolize hello.wat trace").fails(&["the module holds no debug information"]);
    sandbox.wasmc("symbolize text trace").fails(&["text"]);
    sandbox.wasmc("symbolize missing trace").fails(&["cannot read missing", "No such file"]);
    sandbox.wasmc("symbolize - -").fails(&["only one of the two"]);
}

#[test]
fn a_reader_that_stops_is_no_error() {
    let sandbox = Sandbox::new();
    let module = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/debug/programs/crash-O2.wasm");
    sandbox.write("trace", "words\n".repeat(100_000));
    let mut command = sandbox.command(["symbolize", module, "trace"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("wasmc runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    end(&mut sandbox.command(["symbolize", module, "missing"])).fails(&["cannot read missing"]);
}
