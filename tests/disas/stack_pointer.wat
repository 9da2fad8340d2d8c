;;! emit: asm
;;! functions: frame
;; The prologue and epilogue that C compilers write, around a call that may use the stack too.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory 2)
  (global $__stack_pointer (mut i32) (i32.const 66560))
  (func $frame (export "frame") (param i32) (result i32) (local $sp i32)
    (global.set $__stack_pointer (local.tee $sp (i32.sub (global.get $__stack_pointer) (i32.const 32))))
    (i32.store offset=12 (local.get $sp) (local.get 0))
    (drop (call $yield))
    (local.set 0 (i32.load offset=12 (local.get $sp)))
    (global.set $__stack_pointer (i32.add (local.get $sp) (i32.const 32)))
    (local.get 0)))
