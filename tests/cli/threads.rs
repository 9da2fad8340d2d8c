//! Programs with threads that cannot be, and limits.

use crate::sandbox::Sandbox;

/// A program that starts a thread and exits with what that gives, negated.
fn program(memory: &str, rest: &str) -> String {
    format!(
        r#"(module
            (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            {memory}
            {rest}
            (func (export "_start") (call $exit (i32.sub (i32.const 0) (call $spawn (i32.const 0))))))"#
    )
}

const SHARED: &str = r#"(import "env" "memory" (memory 1 2 shared))"#;
const START: &str = r#"(func (export "wasi_thread_start") (param i32 i32))"#;

#[test]
fn what_threads_need_is_said() {
    let sandbox = Sandbox::new();
    for (name, text, words) in [
        ("no_maximum", program(r#"(import "env" "memory" (memory 1 shared))"#, START), "maximum"),
        ("not_shared", program("(memory 1)", START), "memory 0 of module not_shared is not shared"),
        (
            "two_memories",
            program(&format!("{SHARED} (memory 1)"), START),
            "memory 1 of module two_memories is not shared",
        ),
        ("not_shared_import", program(r#"(import "env" "memory" (memory 1 2))"#, START), r#""env" "memory""#),
        ("no_start", program(SHARED, ""), "exports no function `wasi_thread_start`"),
        ("other_type", program(SHARED, r#"(func (export "wasi_thread_start") (param i32))"#), "must take two i32"),
    ] {
        let file = format!("{name}.wat");
        sandbox.write(&file, text);
        sandbox.wasmc(&format!("build {file}")).fails(&[&file, words]);
        assert!(!sandbox.path(name).exists(), "{file}");
    }
}

#[test]
fn a_shared_memory_that_nobody_provides_is_made() {
    let sandbox = Sandbox::new();
    let text = r#"(module (import "any" "name" (memory 2 2 shared))
        (func (export "size") (result i32) (i32.add (memory.size) (i32.atomic.load (i32.const 65536)))))"#;
    sandbox.write("memory.wat", text);
    sandbox.wasmc("build memory.wat --invoke size").succeeds();
    assert_eq!(sandbox.execute("memory").succeeds().text(), "2\n");
}

#[test]
fn modules_that_import_the_same_memory_share_it() {
    let sandbox = Sandbox::new();
    let memory = |maximum| format!(r#"(import "env" "memory" (memory 1 {maximum} shared))"#);
    sandbox.write(
        "library.wat",
        format!(r#"(module {} (func (export "put") (i32.store (i32.const 8) (i32.const 42))))"#, memory(2)),
    );
    let main = |maximum| {
        format!(
            r#"(module (import "library" "put" (func $put)) {}
                (func (export "get") (result i32) (call $put) (i32.load (i32.const 8))))"#,
            memory(maximum)
        )
    };
    sandbox.write("main.wat", main(2)).write("other.wat", main(3));
    sandbox.wasmc("build main.wat --link library=library.wat --invoke get").succeeds();
    assert_eq!(sandbox.execute("main").succeeds().text(), "42\n");
    sandbox.wasmc("build other.wat --link library=library.wat --invoke get").fails(&["incompatible import type"]);
}

#[test]
fn no_thread_may_be_allowed() {
    let sandbox = Sandbox::new();
    sandbox.write("threads.wat", program(SHARED, START));
    sandbox.wasmc("build threads.wat --max-threads 0").succeeds();
    assert_eq!(sandbox.execute("threads").code, Some(6));
    assert_eq!(sandbox.wasmc("build threads.wat --max-threads many").code, Some(2));
}

#[test]
fn an_export_may_start_threads() {
    let sandbox = Sandbox::new();
    let thread = r#"
        (global $own (mut i32) (i32.const 30))
        (func (export "wasi_thread_start") (param i32 i32)
          (global.set $own (i32.const 1))
          (i32.atomic.store (i32.const 0) (i32.const 12))
          (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
        (func (export "answer") (result i32)
          (drop (call $spawn (i32.const 0)))
          (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
          (i32.add (i32.load (i32.const 0)) (global.get $own)))"#;
    sandbox.write("threads.wat", program(SHARED, thread));
    sandbox.wasmc("build threads.wat --invoke answer").succeeds();
    assert_eq!(sandbox.execute("threads").succeeds().text(), "42\n");
}
