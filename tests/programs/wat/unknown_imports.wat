;; Functions, a WASI name misspelt and one with another type, that nobody provides; none is called.
(module
  (import "env" "first" (func $first))
  (import "env" "second" (func $second (param i32 f64) (result i64)))
  (import "wasi_snapshot_preview1" "fd_wriet" (func $misspelt (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start"))
  (func (export "unused") (call $first)))
