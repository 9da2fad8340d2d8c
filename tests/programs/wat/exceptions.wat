;; Exceptions in a command, in both encodings: caught across functions, with cleanups on the way.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (tag $error (param i32))
  (global $stack_pointer (mut i32) (i32.const 65536))
  (global $cleanups (mut i32) (i32.const 0))
  (func $throw (param i32)
    (global.set $stack_pointer (i32.sub (global.get $stack_pointer) (i32.const 16)))
    (throw $error (local.get 0)))
  (func $legacy_cleanup (param i32) (local $saved i32)
    (local.set $saved (global.get $stack_pointer))
    try
      (global.set $stack_pointer (i32.sub (global.get $stack_pointer) (i32.const 32)))
      (call $throw (local.get 0))
    catch_all
      (global.set $stack_pointer (local.get $saved))
      (global.set $cleanups (i32.add (global.get $cleanups) (i32.const 1)))
      (rethrow 0)
    end)
  (func $cleanup (param i32) (local $saved i32)
    (local.set $saved (global.get $stack_pointer))
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught)
        (global.set $stack_pointer (i32.sub (global.get $stack_pointer) (i32.const 32)))
        (call $legacy_cleanup (local.get 0)))
      (return))
    (global.set $stack_pointer (local.get $saved))
    (global.set $cleanups (i32.add (global.get $cleanups) (i32.const 1)))
    (throw_ref))
  (func (export "_start") (local $i i32) (local $sum i32)
    (loop $again
      (block $next
        (block $caught (result i32)
          (try_table (catch $error $caught)
            (call $cleanup (local.get $i))
            (br $next))
          (unreachable))
        (local.set $sum (i32.add (local.get $sum))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 8))))
    ;; 0 + 1 + … + 7 = 28, 16 cleanups; the last throw left the stack pointer where its cleanups put it.
    (call $exit
      (i32.add
        (i32.add (local.get $sum) (global.get $cleanups))
        (i32.sub (i32.const 65536) (global.get $stack_pointer))))))
