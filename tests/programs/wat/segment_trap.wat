;; An active segment beyond the memory: instantiation traps, `_start` never runs; segments before it are applied.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 65530) "too long for it")
  (func (export "_start") (call $exit (i32.const 1))))
