//! The small programs that these tests compile.

use std::path::Path;

/// Writes `hello` and a line break.
pub const HELLO: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello\n")
  (func $main (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 6))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

/// Writes its arguments, each with a zero byte behind it, as `args_get` gives them.
pub const ARGUMENTS: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 0) (i32.const 8)))
    (drop (call $args_get (i32.const 1024) (i32.const 8192)))
    (i32.store (i32.const 4) (i32.const 8192))
    (drop (call $fd_write (i32.const 1) (i32.const 4) (i32.const 1) (i32.const 12)))))"#;

/// Ends with exit code 7.
pub const SEVEN: &str = r#"(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $proc_exit (i32.const 7))))"#;

/// Exports `add`.
pub const ADD: &str = r#"(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

/// The binary format of a program.
pub fn binary(text: &str) -> Vec<u8> {
    wasmc_compiler::parse_text(text.as_bytes(), Path::new("test.wat")).expect("the test's own program is well-formed")
}
