;; Heaps that fill up. (Too slow where every allocation collects.)

(module
  (type $cell (struct (field $value (mut i32)) (field $next (mut (ref null $cell)))))
  (type $cells (array (mut (ref null $cell))))
  (type $longs (array (mut i64)))
  (global $list (mut (ref null $cell)) (ref.null $cell))

  (func (export "huge") (param i32) (result i32) (array.len (array.new_default $longs (local.get 0))))

  ;; All in use: must trap, not loop.
  (func (export "exhaust") (local $all (ref null $cell)) (local $a (ref null $cells))
    (loop $next
      (local.set $a (array.new $cells (local.get $all) (i32.const 1000000)))
      (array.set $cells (local.get $a) (i32.const 0) (local.get $all))
      (local.set $all (struct.new $cell (i32.const 1) (local.get $all)))
      (global.set $chain (array.new_fixed $chains 2 (global.get $chain) (local.get $a)))
      (br $next)))
  (type $chains (array (ref null array)))
  (global $chain (mut (ref null $chains)) (ref.null $chains))
)

(assert_return (invoke "huge" (i32.const 1000000)) (i32.const 1000000))
(assert_trap (invoke "huge" (i32.const 0x7fffffff)) "garbage-collected heap exhausted")
(assert_trap (invoke "huge" (i32.const -1)) "garbage-collected heap exhausted")
(assert_trap (invoke "exhaust") "garbage-collected heap exhausted")
(assert_return (invoke "huge" (i32.const 7)) (i32.const 7))

;; Kept exceptions in a module that has no other objects, and a memory at its fixed place.
(module
  (memory 1)
  (tag $e (param i64))
  (func $throw (param i64) (throw $e (local.get 0)))
  (func (export "churn") (param $n i32) (result i64) (local $exn exnref) (local $total i64)
    (loop $next
      (block $again (result i64)
        (try_table (catch $e $again)
          (block $caught (result i64 exnref)
            (try_table (catch_ref $e $caught) (call $throw (i64.extend_i32_u (local.get $n))))
            (unreachable))
          (local.set $exn)
          (drop)
          (throw_ref (local.get $exn)))
        (unreachable))
      (local.set $total (i64.add (local.get $total)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $next (local.get $n)))
    (i64.store (i32.const 8) (local.get $total))
    (i64.load (i32.const 8))))
(assert_return (invoke "churn" (i32.const 100000)) (i64.const 5000050000))
