;; Garbage-collected objects. Prints, each on a line of its own and in nanoseconds, what these take:
;;   short   10^8 objects that die at once
;;   trees   2^13 trees of 2^11 objects, beside one of 2^17 that lives on
;;   walk    reading and writing two fields of 3 * 10^7 objects
;;   pause   the longest of 10^6 allocations of 16 objects while 2^20 live on
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "short trees walk  pause ")
  (type $pair (struct (field $a (mut i32)) (field $b (mut (ref null $pair)))))
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree))))
  (type $node (struct (field $next (mut (ref null $node))) (field $value (mut i64))))

  ;; Every object refers to the one before, whose own reference is cut: nothing lives long.
  (func $short (param $n i32) (result i32) (local $last (ref null $pair)) (local $sum i32)
    (local.set $last (struct.new $pair (i32.const 1) (ref.null $pair)))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (struct.get $pair $a (local.get $last))))
      (local.set $last (struct.new $pair (local.get $n) (local.get $last)))
      (struct.set $pair $b (struct.get $pair $b (local.get $last)) (ref.null $pair))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  (func $grow (param $depth i32) (result (ref $tree))
    (if (result (ref $tree)) (local.get $depth)
      (then
        (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
        (struct.new $tree (call $grow (local.get $depth)) (call $grow (local.get $depth))))
      (else (struct.new $tree (ref.null $tree) (ref.null $tree)))))
  (func $count (param $tree (ref $tree)) (result i32) (local $left (ref null $tree))
    (local.set $left (struct.get $tree $left (local.get $tree)))
    (if (result i32) (ref.is_null (local.get $left))
      (then (i32.const 1))
      (else
        (i32.add
          (i32.add (call $count (ref.as_non_null (local.get $left))) (i32.const 1))
          (call $count (ref.as_non_null (struct.get $tree $right (local.get $tree))))))))
  (func $trees (param $n i32) (result i32) (local $kept (ref null $tree)) (local $sum i32)
    (local.set $kept (call $grow (i32.const 16)))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $count (call $grow (i32.const 10)))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (local.get $sum) (call $count (ref.as_non_null (local.get $kept)))))

  (func $walk (param $n i32) (result i64) (local $first (ref null $node)) (local $at (ref null $node)) (local $i i32) (local $sum i64)
    (loop $next
      (local.set $first (struct.new $node (local.get $first) (i64.extend_i32_u (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10000))))
    (loop $again
      (local.set $at (local.get $first))
      (loop $next
        (local.set $sum (i64.add (local.get $sum) (struct.get $node $value (local.get $at))))
        (struct.set $node $value (local.get $at) (local.get $sum))
        (br_if $next (i32.eqz (ref.is_null (local.tee $at (struct.get $node $next (local.get $at)))))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  (func $pause (param $n i32) (result i64)
    (local $kept (ref null $tree)) (local $before i64) (local $now i64) (local $longest i64) (local $i i32)
    (local.set $kept (call $grow (i32.const 19)))
    (local.set $before (call $now))
    (loop $next
      (drop (call $grow (i32.const 3)))
      (local.set $now (call $now))
      (if (i64.gt_u (i64.sub (local.get $now) (local.get $before)) (local.get $longest))
        (then (local.set $longest (i64.sub (local.get $now) (local.get $before)))))
      (local.set $before (local.get $now))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (drop (call $count (ref.as_non_null (local.get $kept))))
    (local.get $longest))

  (func $now (result i64)
    (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 0)))
    (i64.load (i32.const 0)))

  ;; Writes a name (six bytes of the data) and a number.
  (func $print (param $name i32) (param $number i64) (local $at i32)
    (local.set $at (i32.const 191))
    (i32.store8 (local.get $at) (i32.const 10))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10)))))
      (local.set $number (i64.div_u (local.get $number) (i64.const 10)))
      (br_if $digit (i64.ne (local.get $number) (i64.const 0))))
    (local.set $at (i32.sub (local.get $at) (i32.const 6)))
    (memory.copy (local.get $at) (i32.add (i32.const 64) (i32.mul (local.get $name) (i32.const 6))) (i32.const 6))
    (i32.store (i32.const 8) (local.get $at))
    (i32.store (i32.const 12) (i32.sub (i32.const 192) (local.get $at)))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16))))

  (func (export "_start") (local $start i64)
    (local.set $start (call $now))
    (drop (call $short (i32.const 100000000)))
    (call $print (i32.const 0) (i64.sub (call $now) (local.get $start)))
    (local.set $start (call $now))
    (drop (call $trees (i32.const 8192)))
    (call $print (i32.const 1) (i64.sub (call $now) (local.get $start)))
    (local.set $start (call $now))
    (drop (call $walk (i32.const 3000)))
    (call $print (i32.const 2) (i64.sub (call $now) (local.get $start)))
    (call $print (i32.const 3) (call $pause (i32.const 1000000)))))
