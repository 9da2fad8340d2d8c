;; Small functions that call themselves, which take themselves in once (`compiler/src/plan/inlining.rs`).
(module
  (global $calls (mut i32) (i32.const 0))
  (func $fibonacci (export "fibonacci") (param $n i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else
        (i32.add
          (call $fibonacci (i32.sub (local.get $n) (i32.const 1)))
          (call $fibonacci (i32.sub (local.get $n) (i32.const 2)))))))
  (func (export "calls") (result i32) (global.get $calls))

  ;; Locals of each are its own, and 0 at first.
  (func $fresh (export "fresh") (param $n i32) (result i64) (local $x i64)
    (if (local.get $n) (then
      (local.set $x (i64.add (local.get $x) (i64.extend_i32_u (local.get $n))))
      (local.set $x (i64.add (local.get $x) (i64.mul (i64.const 10) (call $fresh (i32.sub (local.get $n) (i32.const 1))))))
      (return (local.get $x))))
    (local.get $x))

  ;; Several results, and branches out of the body from inside blocks and loops.
  (func $divide (export "divide") (param $n i32) (param $d i32) (result i32 i32)
    (block $done
      (loop $again
        (br_if $done (i32.lt_u (local.get $n) (local.get $d)))
        (call $divide (i32.sub (local.get $n) (local.get $d)) (local.get $d))
        (local.set $n)
        (return (i32.add (i32.const 1)) (local.get $n))))
    (i32.const 0) (local.get $n))

  ;; In a function that it is taken in by, too.
  (func $depth (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
    (i32.add (i32.const 1) (call $depth (i32.shr_u (local.get $n) (i32.const 1)))))
  (func (export "depths") (param $n i32) (result i32) (local $sum i32)
    (loop $each
      (local.set $sum (i32.add (local.get $sum) (call $depth (local.get $n))))
      (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; Through a table, and by a tail call, it stays a call.
  (table funcref (elem $down))
  (func $down (export "down") (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 7))))
    (if (i32.and (local.get $n) (i32.const 1))
      (then (return_call $down (i32.sub (local.get $n) (i32.const 1)))))
    (call_indirect (param i32) (result i32) (i32.sub (local.get $n) (i32.const 1)) (i32.const 0)))

  (func $endless (export "endless") (param $n i32) (result i32)
    (i32.add (local.get $n) (call $endless (i32.add (local.get $n) (i32.const 1)))))
  (func $trap (export "trap") (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (unreachable)))
    (i32.add (call $trap (i32.sub (local.get $n) (i32.const 1))) (i32.const 1)))
)
(assert_return (invoke "fibonacci" (i32.const 20)) (i32.const 6765))
(assert_return (invoke "calls") (i32.const 21891))
(assert_return (invoke "fresh" (i32.const 5)) (i64.const 12345))
(assert_return (invoke "divide" (i32.const 1000) (i32.const 7)) (i32.const 142) (i32.const 6))
(assert_return (invoke "depths" (i32.const 8)) (i32.const 21))
(assert_return (invoke "down" (i32.const 1001)) (i32.const 7))
(assert_exhaustion (invoke "endless" (i32.const 0)) "call stack exhausted")
(assert_trap (invoke "trap" (i32.const 9)) "unreachable")
(assert_return (invoke "fibonacci" (i32.const 10)) (i32.const 55))
