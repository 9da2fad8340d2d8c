;; Exceptions whose payloads and references the garbage collector must follow. To be run with collection at every
;; allocation too.

(module
  (type $box (struct (field i32)))
  (type $list (struct (field (ref null $list)) (field exnref) (field i32)))
  (tag $e (param (ref null $box) i32 anyref exnref externref v128))
  (tag $plain (param i32))

  (func $box (param i32) (result (ref $box)) (struct.new $box (local.get 0)))
  ;; Makes garbage, enough for collections in an ordinary heap too.
  (func $churn (param $n i32)
    (loop $next
      (drop (struct.new $list (ref.null $list) (ref.null exn) (local.get $n)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $next (local.get $n))))
  (func $throw (param i32)
    (throw $e (call $box (local.get 0)) (i32.const 1) (call $box (i32.add (local.get 0) (i32.const 1))) (ref.null exn)
      (extern.convert_any (call $box (i32.add (local.get 0) (i32.const 2)))) (v128.const i64x2 3 4)))
  (func $keep (param i32) (result exnref)
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught) (call $throw (local.get 0)))
      (unreachable)))
  (func $sum (param $exception exnref) (result i32)
    (local $any anyref) (local $extern externref) (local $v v128) (local $inner exnref)
    (block $caught (result (ref null $box) i32 anyref exnref externref v128)
      (try_table (catch $e $caught) (throw_ref (local.get $exception)))
      (unreachable))
    (local.set $v) (local.set $extern) (local.set $inner) (local.set $any)
    (call $churn (i32.const 10))
    (i32.add (struct.get $box 0 (ref.cast (ref $box) (local.get $any))))
    (i32.add (struct.get $box 0 (ref.cast (ref $box) (any.convert_extern (local.get $extern)))))
    (i32.add (i32x4.extract_lane 2 (local.get $v)))
    (call $churn (i32.const 10))
    (local.set $extern (ref.null extern))
    (call $second)
    )
  (func $second (param (ref null $box) i32) (result i32)
    (i32.add (struct.get $box 0 (local.get 0)) (local.get 1)))

  (func (export "payload") (param i32) (result i32) (local $exception exnref)
    (local.set $exception (call $keep (local.get 0)))
    (call $churn (i32.const 100000))
    (i32.add (call $sum (local.get $exception)) (call $sum (local.get $exception))))

  ;; Exceptions in structures, in globals, in tables, in payloads.
  (global $global (mut exnref) (ref.null exn))
  (table $table 10 exnref)
  (func (export "kept") (result i32) (local $list (ref null $list)) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $list (struct.new $list (local.get $list) (call $keep (local.get $i)) (local.get $i)))
      (global.set $global (call $keep (local.get $i)))
      (table.set $table (local.get $i) (call $keep (local.get $i)))
      (call $churn (i32.const 1000))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
    (local.set $i (i32.const 0))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $sum (struct.get $list 1 (local.get $list)))))
      (local.set $sum (i32.add (local.get $sum) (call $sum (table.get $table (local.get $i)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $list (struct.get $list 0 (local.get $list)))
      (br_if $next (i32.eqz (ref.is_null (local.get $list)))))
    (i32.add (local.get $sum) (call $sum (global.get $global))))
  (func (export "nested") (result i32) (local $inner exnref) (local $outer exnref)
    (local.set $inner (call $keep (i32.const 5)))
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught)
        (throw $e (ref.null $box) (i32.const 0) (ref.null any) (local.get $inner) (ref.null extern) (v128.const i64x2 0 0)))
      (unreachable))
    (local.set $outer)
    (local.set $inner (ref.null exn))
    (call $churn (i32.const 1000))
    (block $again (result (ref null $box) i32 anyref exnref externref v128)
      (try_table (catch $e $again) (throw_ref (local.get $outer)))
      (unreachable))
    (drop) (drop) (local.set $inner) (drop) (drop) (drop)
    (call $sum (local.get $inner)))

  ;; References that live across calls that throw.
  (func (export "across") (param $n i32) (result i32)
    (local $a (ref null $box)) (local $b (ref null $box)) (local $sum i32)
    (local.set $a (call $box (i32.const 1)))
    (loop $next
      (local.set $b (call $box (local.get $n)))
      (block $caught (result i32)
        (try_table (catch $plain $caught)
          (call $churn (i32.const 10))
          (call $maybe (local.get $n)))
        (i32.const 0))
      (i32.add (struct.get $box 0 (local.get $a)))
      (i32.add (struct.get $box 0 (local.get $b)))
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $maybe (param i32)
    (if (i32.and (local.get 0) (i32.const 1)) (then (call $churn (i32.const 3)) (throw $plain (i32.const 100)))))

  ;; The legacy encoding keeps exceptions as objects where payloads have references.
  (func $cleanup (param i32)
    try
      (call $throw (local.get 0))
    catch_all
      (call $churn (i32.const 1000))
      (rethrow 0)
    end)
  (func (export "legacy") (param i32) (result i32)
    try (result i32)
      (call $cleanup (local.get 0))
      (i32.const 0)
    catch $e
      (drop) (drop) (drop) (drop)
      (call $churn (i32.const 1000))
      (call $second)
    end)
  (func (export "legacy-values") (param i32) (result i32)
    try (result i32)
      try
        (call $throw (local.get 0))
      catch $e
        (drop) (drop) (drop) (drop) (drop) (drop)
        (call $churn (i32.const 1000))
        (rethrow 0)
      end
      (i32.const 0)
    catch $e
      (drop) (drop) (drop) (drop)
      (call $second)
    end))

;; box + 1, box + 1, box + 2, and 4
(assert_return (invoke "payload" (i32.const 10)) (i32.const 76))
(assert_return (invoke "kept") (i32.const 465))
(assert_return (invoke "nested") (i32.const 23))
(assert_return (invoke "across" (i32.const 20)) (i32.const 1230))
(assert_return (invoke "legacy" (i32.const 7)) (i32.const 8))
(assert_return (invoke "legacy-values" (i32.const 7)) (i32.const 8))

;; Large payloads without objects, caught as references more often than there is room for.
(module
  (tag $large (param i64 i64))
  (func $throw (param i64) (throw $large (local.get 0) (i64.const 1)))
  (func (export "many") (param $n i64) (result i64) (local $sum i64) (local $last exnref)
    (loop $next
      (block $caught (result exnref)
        (try_table (catch_all_ref $caught) (call $throw (local.get $n)))
        (unreachable))
      (local.set $last)
      (block $again (result i64 i64)
        (try_table (catch $large $again) (throw_ref (local.get $last)))
        (unreachable))
      (local.set $sum (i64.add (i64.add (local.get $sum))))
      (br_if $next (i32.wrap_i64 (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))
    (local.get $sum)))
(assert_return (invoke "many" (i64.const 1000)) (i64.const 501500))
