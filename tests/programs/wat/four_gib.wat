;; A memory of exactly 4 GiB: its last bytes are reachable, the byte after is not.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $count (param i32 i32) (result i32)))
  (memory (export "memory") 65536 65536)
  (data (i32.const 0xfffffffc) "last")
  (func (export "_start")
    (if (i32.ne (memory.size) (i32.const 65536)) (then unreachable))
    (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
    (if (i32.ne (i32.load (i32.const 0xfffffffc)) (i32.const 0x7473616c)) (then unreachable))
    (i64.store offset=0x7fffffff (i32.const 0x7ffffff9) (i64.const -1))
    (if (i64.ne (i64.load (i32.const 0xfffffff8)) (i64.const -1)) (then unreachable))
    (memory.fill (i32.const 0xffffff00) (i32.const 1) (i32.const 0x100))
    (if (i32.ne (i32.load8_u (i32.const 0xffffffff)) (i32.const 1)) (then unreachable))
    (drop (call $count (i32.const 0xfffffff0) (i32.const 0xfffffff4)))
    ;; With an argument: one byte too far.
    (if (i32.gt_u (i32.load (i32.const 0xfffffff0)) (i32.const 1))
      (then (drop (i32.load8_u offset=0xffffffff (i32.const 1)))))
    (call $exit (i32.const 4))))
