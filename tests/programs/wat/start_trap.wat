;; A start function that traps.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func $divide (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
  (func $initialize (drop (call $divide (i32.const 0))))
  (start $initialize)
  (func (export "_start") (call $exit (i32.const 1))))
