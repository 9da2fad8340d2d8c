;; Writes to both standard streams by hand, from a memory under another export beside it.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\05\00\00\00\15\00\00\00\01\00\00\00" "hello\n")
  (data (i32.const 32) "\20\01\00\00\04\00\00\00")
  (data (i32.const 288) "oops")
  (func (export "_start")
    (if (call $write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 64)) (then unreachable))
    (if (i32.ne (i32.load (i32.const 64)) (i32.const 6)) (then unreachable))
    (if (call $write (i32.const 2) (i32.const 32) (i32.const 1) (i32.const 64)) (then unreachable))
    ;; A vector outside memory is an error code (EFAULT, 21), not a trap; so is a descriptor nobody opened (EBADF, 8).
    (i32.store (i32.const 32) (i32.const -4))
    (if (i32.ne (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 64)) (i32.const 21)) (then unreachable))
    (if (i32.ne (call $write (i32.const 77) (i32.const 0) (i32.const 2) (i32.const 64)) (i32.const 8)) (then unreachable))
    (call $exit (i32.const 3))))
