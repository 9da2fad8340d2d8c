;; What exceptions cost: the first argument says which loop runs.
;;   plain   calls a function that may throw but does not, with nothing to catch
;;   quiet   the same calls, each in a try_table
;;   throw   throws through 10 frames, and catches
;; Prints a checksum, and on standard error the nanoseconds that the loop took.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (tag $error (param i32))

  (func $now (result i64)
    (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 0)))
    (i64.load (i32.const 0)))
  ;; Writes a number and a line end to a descriptor.
  (func $print (param $descriptor i32) (param $number i64) (local $at i32)
    (i32.store8 (i32.const 127) (i32.const 10))
    (local.set $at (i32.const 127))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10)))))
      (local.set $number (i64.div_u (local.get $number) (i64.const 10)))
      (br_if $digit (i64.ne (local.get $number) (i64.const 0))))
    (i32.store (i32.const 8) (local.get $at))
    (i32.store (i32.const 12) (i32.sub (i32.const 128) (local.get $at)))
    (drop (call $fd_write (local.get $descriptor) (i32.const 8) (i32.const 1) (i32.const 16))))

  ;; A page of work that throws for one number only, which never comes.
  (func $step (param $number i32) (result i32) (local $i i32)
    (if (i32.eq (local.get $number) (i32.const -1)) (then (throw $error (local.get $number))))
    (loop $next
      (local.set $number (i32.xor (i32.mul (local.get $number) (i32.const 0x01000193)) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 8))))
    (i32.and (local.get $number) (i32.const 0xffffff)))
  (func $plain (param $rounds i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $step (i32.xor (local.get $sum) (local.get $rounds)))))
      (local.set $sum (i32.and (local.get $sum) (i32.const 0xffffff)))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $next (local.get $rounds)))
    (local.get $sum))
  (func $quiet (param $rounds i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum)
        (block $caught (result i32)
          (try_table (result i32) (catch $error $caught)
            (call $step (i32.xor (local.get $sum) (local.get $rounds)))))))
      (local.set $sum (i32.and (local.get $sum) (i32.const 0xffffff)))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $next (local.get $rounds)))
    (local.get $sum))

  (func $descend (param $frames i32) (param $number i32) (result i32)
    (if (i32.eqz (local.get $frames)) (then (throw $error (local.get $number))))
    (i32.add (call $descend (i32.sub (local.get $frames) (i32.const 1)) (local.get $number)) (i32.const 1)))
  (func $throw (param $rounds i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum)
        (block $caught (result i32)
          (try_table (result i32) (catch $error $caught) (call $descend (i32.const 9) (local.get $rounds))))))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $next (local.get $rounds)))
    (local.get $sum))

  (func (export "_start") (local $which i32) (local $start i64) (local $sum i32)
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $args_get (i32.const 256) (i32.const 512)))
    (local.set $which (i32.load8_u (i32.load (i32.const 260))))
    (local.set $start (call $now))
    (if (i32.eq (local.get $which) (i32.const 112)) (then (local.set $sum (call $plain (i32.const 20000000)))))
    (if (i32.eq (local.get $which) (i32.const 113)) (then (local.set $sum (call $quiet (i32.const 20000000)))))
    (if (i32.eq (local.get $which) (i32.const 116)) (then (local.set $sum (call $throw (i32.const 1000000)))))
    (local.set $start (i64.sub (call $now) (local.get $start)))
    (call $print (i32.const 1) (i64.extend_i32_u (local.get $sum)))
    (call $print (i32.const 2) (local.get $start))))
