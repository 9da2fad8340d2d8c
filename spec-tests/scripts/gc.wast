;; What the official suite leaves out: references that live across collections, in every place that can hold one.
;; Run with --gc-stress, every allocation moves every object.

(module
  (type $cell (struct (field $value (mut i32)) (field $next (mut (ref null $cell)))))
  (type $cells (array (mut (ref null $cell))))
  (type $wide (struct (field i8) (field (mut i64)) (field v128) (field f32) (field (mut (ref null any))) (field i16)))
  (type $bytes (array (mut i8)))
  (type $longs (array (mut i64)))
  (tag $e (param (ref null $cell) i32))

  (global $list (mut (ref null $cell)) (ref.null $cell))
  (global $made (ref $cell) (struct.new $cell (i32.const 77) (struct.new $cell (i32.const 78) (ref.null $cell))))
  (table $table 4 (ref null $cell))
  (table $filled 3 (ref $cell) (struct.new $cell (i32.const 5) (ref.null $cell)))
  (elem $kept (ref null $cell) (item (struct.new $cell (i32.const 9) (ref.null $cell))) (item (ref.null $cell)))

  (func $cons (param i32 (ref null $cell)) (result (ref $cell))
    (struct.new $cell (local.get 0) (local.get 1)))

  (func $sum (param $at (ref null $cell)) (result i32) (local $total i32)
    (block $end
      (loop $next
        (br_if $end (ref.is_null (local.get $at)))
        (local.set $total (i32.add (local.get $total) (struct.get $cell $value (local.get $at))))
        (local.set $at (struct.get $cell $next (local.get $at)))
        (br $next)))
    (local.get $total))

  ;; A list of n cells, made front to back: the tail is written when the cell is old.
  (func $build (param $n i32) (result (ref null $cell)) (local $first (ref null $cell)) (local $last (ref null $cell)) (local $new (ref null $cell))
    (loop $next
      (if (local.get $n)
        (then
          (local.set $new (call $cons (local.get $n) (ref.null $cell)))
          (if (ref.is_null (local.get $first))
            (then (local.set $first (local.get $new)))
            (else (struct.set $cell $next (local.get $last) (local.get $new))))
          (local.set $last (local.get $new))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $next))))
    (local.get $first))

  (func (export "sum") (param i32) (result i32) (call $sum (call $build (local.get 0))))

  ;; Operands that wait on the stack while others are made.
  (func (export "operands") (result i32)
    (call $three
      (call $cons (i32.const 1) (ref.null $cell))
      (call $build (i32.const 10))
      (call $cons (i32.const 100) (call $build (i32.const 3)))))
  (func $three (param (ref $cell) (ref null $cell) (ref null $cell)) (result i32)
    (i32.add (i32.add (call $sum (local.get 0)) (call $sum (local.get 1))) (call $sum (local.get 2))))

  ;; Frames of a deep recursion, each with a reference of its own.
  (func $deep (param $n i32) (param $own (ref null $cell)) (result i32)
    (if (result i32) (local.get $n)
      (then
        (i32.add
          (call $deep (i32.sub (local.get $n) (i32.const 1)) (call $cons (local.get $n) (local.get $own)))
          (struct.get $cell $value (call $cons (i32.const 1) (local.get $own)))))
      (else (call $sum (local.get $own)))))
  (func (export "deep") (param i32) (result i32) (call $deep (local.get 0) (ref.null $cell)))

  (func (export "global") (param i32) (result i32)
    (global.set $list (call $build (local.get 0)))
    (drop (call $build (i32.const 5)))
    (i32.add (call $sum (global.get $list)) (call $sum (global.get $made))))

  (func (export "table") (result i32)
    (table.set $table (i32.const 2) (call $build (i32.const 4)))
    (table.fill $table (i32.const 0) (call $build (i32.const 2)) (i32.const 2))
    (drop (table.grow $table (call $build (i32.const 1)) (i32.const 100)))
    (drop (call $build (i32.const 5)))
    (i32.add
      (i32.add (call $sum (table.get $table (i32.const 2))) (call $sum (table.get $table (i32.const 1))))
      (i32.add (call $sum (table.get $table (i32.const 103))) (call $sum (table.get $filled (i32.const 1))))))

  (func (export "segment") (result i32) (local $array (ref $cells))
    (drop (call $build (i32.const 5)))
    (local.set $array (array.new_elem $cells $kept (i32.const 0) (i32.const 2)))
    (drop (call $build (i32.const 5)))
    (call $sum (array.get $cells (local.get $array) (i32.const 0))))

  ;; An array that refers to what is made later, some of it twice.
  (func (export "array") (param $n i32) (result i32) (local $array (ref $cells)) (local $i i32) (local $total i32)
    (local.set $array (array.new_default $cells (local.get $n)))
    (loop $next
      (array.set $cells (local.get $array) (local.get $i) (call $build (local.get $i)))
      (array.copy $cells $cells (local.get $array) (i32.const 0) (local.get $array) (local.get $i) (i32.const 1))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $i (i32.const 0))
    (loop $next
      (local.set $total (i32.add (local.get $total) (call $sum (array.get $cells (local.get $array) (local.get $i)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (array.len (local.get $array)))))
    (local.get $total))

  (func (export "wide") (result i64) (local $w (ref $wide)) (local $bytes (ref $bytes))
    (local.set $w (struct.new $wide (i32.const -1) (i64.const 0x123456789) (v128.const i64x2 3 4) (f32.const 1.5)
      (ref.i31 (i32.const 21)) (i32.const 0x18000)))
    (local.set $bytes (array.new $bytes (i32.const 7) (i32.const 13)))
    (struct.set $wide 4 (local.get $w) (struct.new $wide (i32.const 1) (i64.const 2) (v128.const i64x2 5 6) (f32.const 2)
      (local.get $bytes) (i32.const 3)))
    (drop (call $build (i32.const 5)))
    (i64.add
      (i64.add
        (i64.add (struct.get $wide 1 (local.get $w)) (i64x2.extract_lane 1 (struct.get $wide 2 (local.get $w))))
        (i64.extend_i32_s (i32.add (struct.get_s $wide 0 (local.get $w)) (struct.get_s $wide 5 (local.get $w)))))
      (i64.extend_i32_u
        (i32.add
          (array.len (ref.cast (ref $bytes) (struct.get $wide 4 (ref.cast (ref $wide) (struct.get $wide 4 (local.get $w))))))
          (array.get_u $bytes
            (ref.cast (ref $bytes) (struct.get $wide 4 (ref.cast (ref $wide) (struct.get $wide 4 (local.get $w)))))
            (i32.const 12))))))

  ;; The same object under two names stays one.
  (func (export "identity") (result i32) (local $a (ref $cell)) (local $b anyref) (local $c externref)
    (local.set $a (call $cons (i32.const 1) (ref.null $cell)))
    (local.set $b (local.get $a))
    (local.set $c (extern.convert_any (local.get $a)))
    (drop (call $build (i32.const 5)))
    (i32.and
      (ref.eq (local.get $a) (ref.cast (ref $cell) (local.get $b)))
      (ref.eq (local.get $a) (ref.cast eqref (any.convert_extern (local.get $c))))))

  ;; A payload that moves while its exception is kept, caught, and thrown again.
  (func $throws (param i32) (throw $e (call $build (local.get 0)) (local.get 0)))
  (func (export "exception") (param i32) (result i32) (local $exn exnref) (local $mine (ref null $cell)) (local $n i32)
    (local.set $mine (call $build (i32.const 6)))
    (block $caught (result (ref null $cell) i32 exnref)
      (try_table (catch_ref $e $caught) (call $throws (local.get 0)))
      (unreachable))
    (local.set $exn)
    (local.set $n)
    (drop)
    (drop (call $build (i32.const 5)))
    (block $again (result (ref null $cell) i32)
      (try_table (catch $e $again) (drop (call $build (i32.const 2))) (throw_ref (local.get $exn)))
      (unreachable))
    (drop)
    (i32.add (i32.add (call $sum) (call $sum (local.get $mine))) (local.get $n)))

  ;; Enough garbage to fill the heap many times over.
  (func (export "garbage") (param $n i32) (result i32) (local $longs (ref null $longs)) (local $kept (ref null $cell))
    (local.set $kept (call $build (i32.const 100)))
    (loop $next
      (local.set $longs (array.new $longs (i64.const 1) (i32.const 1000)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $next (local.get $n)))
    (i32.add (call $sum (local.get $kept)) (i32.wrap_i64 (array.get $longs (local.get $longs) (i32.const 999)))))
)

(assert_return (invoke "sum" (i32.const 100)) (i32.const 5050))
(assert_return (invoke "operands") (i32.const 162))
(assert_return (invoke "deep" (i32.const 50)) (i32.const 1325))
(assert_return (invoke "global" (i32.const 10)) (i32.const 210))
(assert_return (invoke "table") (i32.const 19))
(assert_return (invoke "segment") (i32.const 9))
(assert_return (invoke "array" (i32.const 10)) (i32.const 210))
(assert_return (invoke "wide") (i64.const 0x1_2344_e7a0))
(assert_return (invoke "identity") (i32.const 1))
(assert_return (invoke "exception" (i32.const 4)) (i32.const 35))
(assert_return (invoke "garbage" (i32.const 3000)) (i32.const 5051))

;; Branches on a type or on null that carry a vector, which goes on being used where they are not taken.
(module
  (type $bytes (array (mut i8)))
  (func (export "fail") (param i32) (result i32)
    (block $label (result v128 arrayref)
      (i16x8.splat (local.get 0))
      (ref.null array)
      (br_on_cast_fail $label arrayref (ref null $bytes))
      (drop)
      (i16x8.extract_lane_u 3)
      (return))
    (drop)
    (i32x4.extract_lane 0))
  (func (export "cast") (param i32) (result i32)
    (block $label (result v128 (ref null $bytes))
      (i16x8.splat (local.get 0))
      (array.new_default $bytes (i32.const 1))
      (br_on_cast $label anyref (ref null $bytes))
      (drop)
      (i16x8.extract_lane_u 3)
      (return))
    (drop)
    (i32x4.extract_lane 0))
  (func (export "null") (param i32) (param arrayref) (result i32)
    (block $label (result v128)
      (i16x8.splat (local.get 0))
      (local.get 1)
      (br_on_null $label)
      (drop)
      (i16x8.extract_lane_u 3)
      (return))
    (i32x4.extract_lane 0))
  (func (export "non-null") (param i32) (param arrayref) (result i32)
    (block $label (result v128 (ref array))
      (i16x8.splat (local.get 0))
      (local.get 1)
      (br_on_non_null $label)
      (i16x8.extract_lane_u 3)
      (return))
    (drop)
    (i32x4.extract_lane 0))
)
(assert_return (invoke "fail" (i32.const 5)) (i32.const 5))
(assert_return (invoke "cast" (i32.const 5)) (i32.const 0x50005))
(assert_return (invoke "null" (i32.const 5) (ref.null array)) (i32.const 0x50005))
(assert_return (invoke "non-null" (i32.const 5) (ref.null array)) (i32.const 5))
