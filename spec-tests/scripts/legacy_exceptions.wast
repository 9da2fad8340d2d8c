;; The encoding of exceptions before the standard: try, catch, catch_all, rethrow, delegate.

(module $tags
  (tag (export "none"))
  (tag (export "i32") (param i32))
  (tag (export "pair") (param i32 f64))
  (func (export "throw-none") (throw 0))
  (func (export "throw-i32") (param i32) (throw 1 (local.get 0)))
  (func (export "throw-pair") (param i32 f64) (throw 2 (local.get 0) (local.get 1))))
(register "tags" $tags)

(module
  (tag $none (import "tags" "none"))
  (tag $i32 (import "tags" "i32") (param i32))
  (tag $pair (import "tags" "pair") (param i32 f64))
  (func $throw-none (import "tags" "throw-none"))
  (func $throw-i32 (import "tags" "throw-i32") (param i32))
  (func $throw-pair (import "tags" "throw-pair") (param i32 f64))
  (global $cleanups (mut i32) (i32.const 0))
  (func (export "cleanups") (result i32) (global.get $cleanups))

  (func $choose (param i32)
    (if (i32.eq (local.get 0) (i32.const 1)) (then (call $throw-none)))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (call $throw-i32 (i32.const 20))))
    (if (i32.eq (local.get 0) (i32.const 3)) (then (call $throw-pair (i32.const 30) (f64.const 1.5)))))

  (func (export "empty") try end try catch $none end try catch_all end)
  (func (export "no-clause") (param i32) (result i32)
    try (result i32) (call $choose (local.get 0)) (i32.const 1) end)
  (func (export "clauses") (param i32) (result i32)
    try (result i32)
      (call $choose (local.get 0)) (i32.const 0)
      catch $none (i32.const 1)
      catch $i32 (i32.add (i32.const 2))
      catch_all (i32.const 3) end)
  (func (export "values") (param i32) (result i32 f64)
    try (result i32 f64)
      (call $choose (local.get 0)) (i32.const 0) (f64.const 0)
      catch $pair
      catch $i32 (f64.const 2) end)
  (func (export "parameters") (param i32) (result i32)
    (local.get 0)
    (i32.const 100)
    try (param i32 i32) (result i32)
      (drop) (call $choose) (i32.const 5)
      catch $i32
      catch_all (i32.const -1) end)

  ;; Cleanups: every exception goes on as it came.
  (func $cleanup (param i32)
    try
      (call $choose (local.get 0))
      catch_all
        (global.set $cleanups (i32.add (global.get $cleanups) (i32.const 1)))
        (rethrow 0) end)
  (func $cleanup-twice (param i32)
    try
      (call $cleanup (local.get 0))
      catch_all
        ;; Another exception comes and goes before.
        try (call $throw-pair (i32.const 77) (f64.const 7)) catch $pair (drop) (drop) end
        (global.set $cleanups (i32.add (global.get $cleanups) (i32.const 1)))
        (rethrow 0) end)
  (func (export "after-cleanups") (param i32) (result i32 f64)
    (global.set $cleanups (i32.const 0))
    try (result i32 f64)
      (call $cleanup-twice (local.get 0)) (i32.const 0) (f64.const 0)
      catch $none (i32.const 1) (f64.const 0)
      catch $i32 (f64.const 0)
      catch $pair end)
  (func (export "uncaught-cleanups") (param i32) (call $cleanup-twice (local.get 0)))

  ;; rethrow of an outer clause, from inside of the inner.
  (func (export "rethrow-outer") (param i32) (result i32)
    try (result i32)

        try (result i32)
          (call $throw-i32 (i32.const 5)) (i32.const 0)
          catch $i32
            (drop)
            try (result i32)
              (call $throw-none) (i32.const 0)
              catch $none
                (if (local.get 0) (then (rethrow 1)) (else (rethrow 2)))
                (unreachable) end end
      catch $none (i32.const 1000)
      catch $i32 (i32.add (i32.const 1)) end)
  ;; A handler does not protect its own clauses.
  (func (export "throw-in-clause") (result i32)
    try (result i32)

        try (result i32)
          (call $throw-none) (i32.const 0)
          catch $none (call $throw-i32 (i32.const 8)) (i32.const 1)
          catch $i32 (drop) (i32.const 2)
          catch_all (i32.const 3) end
      catch $i32 end)
  (func (export "rethrow-here") (result i32)
    try (result i32)
      try (result i32) (throw $i32 (i32.const 4)) catch $i32 (drop) (rethrow 0) end
      catch $i32 (i32.add (i32.const 1)) end)
  (func (export "rethrow-all-here") (result i32)
    try (result i32)
      try (result i32) (throw $i32 (i32.const 4)) catch_all (rethrow 0) end
      catch $i32 (i32.add (i32.const 2)) end)

  ;; delegate: to the try around, past one, to a block, out of the function.
  (func (export "delegate") (param i32) (result i32)
    try (result i32)

        try (call $choose (local.get 0)) delegate 0
        (i32.const 0)
      catch $none (i32.const 1)
      catch $i32 end)
  (func (export "delegate-past") (param i32) (result i32)
    try $outer (result i32)

        try (result i32)

            try (call $choose (local.get 0)) delegate $outer
            (i32.const 0)
          catch_all (i32.const 1) end
      catch_all (i32.const 2) end)
  (func (export "delegate-to-block") (param i32) (result i32)
    try (result i32)

        (block $b (result i32)
          try (result i32)

              try (call $choose (local.get 0)) delegate $b
              (i32.const 0)
            catch_all (i32.const 1) end)
      catch_all (i32.const 2) end)
  (func $delegate-out (param i32)
    try
      try try (call $choose (local.get 0)) delegate 1 catch_all end
      catch_all end)
  (func (export "delegate-out") (param i32) (result i32)
    try (result i32)

        try
          try $l try (call $choose (local.get 0)) delegate 2 catch_all end
          catch_all end
        (i32.const 0)
      catch_all (i32.const 9) end)
  (func (export "delegate-function") (param i32)
    try
      try (call $choose (local.get 0)) delegate 1
      catch_all end)
  ;; delegate from a clause's inside: the clause's own try is over.
  (func (export "delegate-in-clause") (result i32)
    try (result i32)

        try $over (result i32)
          (call $throw-none) (i32.const 0)
          catch $none
            try (call $throw-i32 (i32.const 3)) delegate $over
            (i32.const 1)
          catch $i32 end
      catch $i32 (i32.add (i32.const 40)) end)
  (func (export "delegate-throw") (result i32)
    try $outer (result i32)

        try (result i32)
          try (result i32) (throw $i32 (i32.const 6)) delegate $outer
          catch $i32 (drop) (i32.const 1) end
      catch $i32 end)

  ;; Branches out of bodies and clauses; loops.
  (func (export "loop") (param $n i32) (result i32) (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        try

            (call $choose (i32.rem_u (local.get $n) (i32.const 3)))
            (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $next)
          catch $i32
            (local.set $sum (i32.add (local.get $sum)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $next)
          catch_all
            (local.set $sum (i32.add (local.get $sum) (i32.const 300)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1))) end
        (br $next)))
    (local.get $sum))

  ;; Where control never arrives.
  (func (export "unreachable") (result i32)
    try (result i32)

        try (br 1 (i32.const 1)) try (throw $none) catch $none (rethrow 0) end (call $throw-none)
          catch $none
          catch_all (rethrow 0) end
        try (call $throw-none) catch_all (rethrow 0) end
        (unreachable)
      catch $none (i32.const 2) end)
  (func (export "after-unreachable") (result i32)
    (block (br 0) try catch $i32 (drop) catch_all (rethrow 0) end try delegate 0)
    try (result i32)
      (call $throw-i32 (i32.const 11)) (i32.const 0)
      catch $i32 end)

  ;; Both encodings in one function.
  (func (export "both") (param i32) (result i32)
    (block $caught (result i32)
      (try_table (result i32) (catch $i32 $caught)
        try (result i32)
          (call $choose (local.get 0)) (i32.const 0)
          catch $none (i32.const 1)
          catch $pair (drop) (call $throw-i32) (i32.const -1) end)))

  (func (export "trap") (result i32)
    try (result i32) (call $throw-none) (i32.const 0) catch_all (unreachable) end)
  (func (export "trap-inside") (result i32)
    try (result i32) (if (i32.const 1) (then (unreachable))) (call $throw-none) (i32.const 0) catch_all (i32.const 1) end))

(assert_return (invoke "empty"))
(assert_return (invoke "no-clause" (i32.const 0)) (i32.const 1))
(assert_exception (invoke "no-clause" (i32.const 1)))
(assert_return (invoke "clauses" (i32.const 0)) (i32.const 0))
(assert_return (invoke "clauses" (i32.const 1)) (i32.const 1))
(assert_return (invoke "clauses" (i32.const 2)) (i32.const 22))
(assert_return (invoke "clauses" (i32.const 3)) (i32.const 3))
(assert_return (invoke "values" (i32.const 0)) (i32.const 0) (f64.const 0))
(assert_exception (invoke "values" (i32.const 1)))
(assert_return (invoke "values" (i32.const 2)) (i32.const 20) (f64.const 2))
(assert_return (invoke "values" (i32.const 3)) (i32.const 30) (f64.const 1.5))
(assert_return (invoke "parameters" (i32.const 0)) (i32.const 5))
(assert_return (invoke "parameters" (i32.const 1)) (i32.const -1))
(assert_return (invoke "parameters" (i32.const 2)) (i32.const 20))
(assert_return (invoke "after-cleanups" (i32.const 0)) (i32.const 0) (f64.const 0))
(assert_return (invoke "cleanups") (i32.const 0))
(assert_return (invoke "after-cleanups" (i32.const 1)) (i32.const 1) (f64.const 0))
(assert_return (invoke "cleanups") (i32.const 2))
(assert_return (invoke "after-cleanups" (i32.const 2)) (i32.const 20) (f64.const 0))
(assert_return (invoke "after-cleanups" (i32.const 3)) (i32.const 30) (f64.const 1.5))
(assert_exception (invoke "uncaught-cleanups" (i32.const 3)))
(assert_return (invoke "rethrow-outer" (i32.const 0)) (i32.const 6))
(assert_return (invoke "rethrow-outer" (i32.const 1)) (i32.const 1000))
(assert_return (invoke "throw-in-clause") (i32.const 8))
(assert_return (invoke "rethrow-here") (i32.const 5))
(assert_return (invoke "rethrow-all-here") (i32.const 6))
(assert_return (invoke "delegate" (i32.const 0)) (i32.const 0))
(assert_return (invoke "delegate" (i32.const 1)) (i32.const 1))
(assert_return (invoke "delegate" (i32.const 2)) (i32.const 20))
(assert_exception (invoke "delegate" (i32.const 3)))
(assert_return (invoke "delegate-past" (i32.const 0)) (i32.const 0))
(assert_return (invoke "delegate-past" (i32.const 3)) (i32.const 2))
(assert_return (invoke "delegate-to-block" (i32.const 0)) (i32.const 0))
(assert_return (invoke "delegate-to-block" (i32.const 1)) (i32.const 2))
(assert_return (invoke "delegate-out" (i32.const 0)) (i32.const 0))
(assert_return (invoke "delegate-out" (i32.const 2)) (i32.const 9))
(assert_return (invoke "delegate-function" (i32.const 0)))
(assert_exception (invoke "delegate-function" (i32.const 2)))
(assert_return (invoke "delegate-in-clause") (i32.const 43))
(assert_return (invoke "delegate-throw") (i32.const 6))
(assert_return (invoke "loop" (i32.const 6)) (i32.const 642))
(assert_return (invoke "unreachable") (i32.const 1))
(assert_return (invoke "after-unreachable") (i32.const 11))
(assert_return (invoke "both" (i32.const 0)) (i32.const 0))
(assert_return (invoke "both" (i32.const 1)) (i32.const 1))
(assert_return (invoke "both" (i32.const 2)) (i32.const 20))
(assert_return (invoke "both" (i32.const 3)) (i32.const 30))
(assert_trap (invoke "trap") "unreachable")
(assert_trap (invoke "trap-inside") "unreachable")

;; A payload too large to be kept in values by catch_all.
(module
  (tag $large (param i64 i64 i64 i64 i64 i64 i64 i64 v128 i32))
  (func $throw (param i32)
    (throw $large (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7)
      (i64.const 8) (v128.const i64x2 9 10) (local.get 0)))
  (func $cleanup (param i32)
    try
      (call $throw (local.get 0))
      catch_all
        try (call $throw (i32.const 0)) catch_all end
        (rethrow 0) end)
  (func (export "large") (param i32) (result i64 i64 i64 i64 i64 i64 i64 i64 v128 i32)
    try (result i64 i64 i64 i64 i64 i64 i64 i64 v128 i32)
      (call $cleanup (local.get 0)) (unreachable)
      catch $large end))
(assert_return (invoke "large" (i32.const 11))
  (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)
  (v128.const i64x2 9 10) (i32.const 11))

;; A payload of references, which catch_all keeps as an object.
(module
  (tag $reference (param externref i32))
  (func $throw (param externref) (throw $reference (local.get 0) (i32.const 7)))
  (func $cleanup (param externref)
    try
      (call $throw (local.get 0))
      catch_all
        try (call $throw (ref.null extern)) catch_all end
        (rethrow 0) end)
  (func (export "reference") (param externref) (result externref i32)
    try (result externref i32)
      (call $cleanup (local.get 0)) (unreachable)
      catch $reference end))
(assert_return (invoke "reference" (ref.extern 5)) (ref.extern 5) (i32.const 7))

(assert_invalid (module (tag $e) (func try catch $e end (rethrow 0))) "rethrow")
(assert_invalid (module (tag $e) (func try (rethrow 0) catch $e end)) "rethrow")
(assert_invalid (module (func try delegate 5)) "unknown label")
(assert_invalid (module (tag $e (param i32)) (func try catch $e end)) "type mismatch")
