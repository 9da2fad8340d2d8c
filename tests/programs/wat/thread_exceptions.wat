(module
  ;; Threads throw, catch and keep exceptions at the same time, each its own; then one is not caught.
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "env" "memory" (memory 1 1 shared))
  (export "memory" (memory 0))
  (tag $narrow (param i32 i64))
  (tag $wide (param i64 i64 i32))
  (tag $lost (param i32))
  (global $thrown (mut i32) (i32.const 0))
  (global $kept (mut exnref) (ref.null exn))

  (func $throw (param $id i32) (param $i i32)
    (global.set $thrown (i32.add (global.get $thrown) (i32.const 1)))
    (if (i32.and (local.get $i) (i32.const 1))
      (then (throw $narrow (local.get $id) (i64.extend_i32_u (local.get $i))))
      (else (throw $wide (i64.const -1) (i64.extend_i32_u (local.get $i)) (local.get $id)))))

  ;; Whether the exception that comes back is the one that was thrown.
  (func $same (param $id i32) (param $i i32) (result i32) (local $number i64) (local $who i32)
    (block $done
      (block $narrow (result i32 i64)
        (block $wide (result i64 i64 i32)
          (try_table (catch $narrow $narrow) (catch $wide $wide)
            (call $throw (local.get $id) (local.get $i)))
          (unreachable))
        (local.set $who) (local.set $number) (drop)
        (br $done))
      (local.set $number) (local.set $who))
    (i32.and (i32.eq (local.get $who) (local.get $id)) (i64.eq (local.get $number) (i64.extend_i32_u (local.get $i)))))

  ;; Keeps an exception that does not fit a reference: each thread has a heap for those.
  (func $keep (param $id i32)
    (block $caught (result i64 i64 i32 exnref)
      (try_table (catch_ref $wide $caught) (call $throw (local.get $id) (i32.const 2)))
      (unreachable))
    (global.set $kept) (drop) (drop) (drop))

  (func $is_kept (param $id i32) (result i32)
    (block $caught (result i64 i64 i32)
      (try_table (catch $wide $caught) (throw_ref (global.get $kept)))
      (unreachable))
    (i32.eq (local.get $id)) (local.set $id) (drop) (drop) (local.get $id))

  (func $work (param $id i32) (local $i i32)
    (loop $again
      (call $keep (local.get $id))
      (if (i32.eqz (call $same (local.get $id) (local.get $i))) (then (unreachable)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3000))))
    (if (i32.eqz (call $is_kept (local.get $id))) (then (unreachable)))
    (if (i32.ne (global.get $thrown) (i32.const 6000)) (then (unreachable))))

  (func $lose (param $id i32) (throw $lost (local.get $id)))

  (func (export "wasi_thread_start") (param $id i32) (param $argument i32)
    (if (local.get $argument) (then (call $lose (local.get $argument))))
    (call $work (local.get $id))
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))

  (func $wait_for (param $count i32) (local $seen i32)
    (loop $again
      (if (i32.lt_u (local.tee $seen (i32.atomic.load (i32.const 0))) (local.get $count)) (then
        (drop (memory.atomic.wait32 (i32.const 0) (local.get $seen) (i64.const -1)))
        (br $again)))))

  (func (export "_start") (local $i i32)
    (loop $more
      (if (i32.le_s (call $spawn (i32.const 0)) (i32.const 0)) (then (unreachable)))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
    (call $work (i32.const -1))
    (call $wait_for (i32.const 4))
    (drop (call $spawn (i32.const 99)))
    (call $wait_for (i32.const 5))))
