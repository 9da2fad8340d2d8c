//! Executables under valgrind, which runs what keeps its memory small.

use std::path::Path;
use std::process::Command;

use crate::debugger::output;

/// Tells whether clocks work: prints `ticks`.
const CLOCKS: &str = r#"(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "ticks\n")
  (func (export "_start") (local $clock i32)
    (loop $next
      (if (call $clock_time_get (local.get $clock) (i64.const 1) (i32.const 0)) (then unreachable))
      (if (i64.eqz (i64.load (i32.const 0))) (then unreachable))
      (br_if $next (i32.lt_u (local.tee $clock (i32.add (local.get $clock) (i32.const 1))) (i32.const 4))))
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 6))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

#[test]
fn valgrind_runs_programs_that_read_clocks() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build(scratch.path(), CLOCKS);
    // What else is on the kernel's stack decides whether wasm code gets the rest of it (initial_stack.rs).
    for length in 0..8 {
        let mut valgrind = Command::new("valgrind");
        valgrind.arg("--error-exitcode=9").arg(&program).env("PADDING", "p".repeat(length)).current_dir(scratch.path());
        let text = output(&mut valgrind);
        assert!(text.contains("ticks\n"), "{text}");
        assert!(text.contains("ERROR SUMMARY: 0 errors"), "{text}");
    }
}

/// Builds a module's text in the way that valgrind's address space has room for.
fn build(folder: &Path, text: &str) -> std::path::PathBuf {
    let (module, program) = (folder.join("app.wat"), folder.join("app"));
    std::fs::write(&module, text).expect("the folder is writable");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmc"));
    command.arg("build").arg(&module).arg("-o").arg(&program);
    command.args(["--bounds", "explicit", "--max-memory", "16MiB", "--memory-base", "relocatable"]);
    assert!(command.status().expect("wasmc runs").success());
    program
}
