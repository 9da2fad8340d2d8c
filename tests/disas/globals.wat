;;! emit: asm
;;! functions: constant changed count
;; A global that nobody writes is a constant; one that is written stands at a fixed place in the data.
(module
  (global $constant i32 (i32.const 77))
  (global $never_written (mut i32) (i32.const 78))
  (global $counter (mut i64) (i64.const 0))
  (func $constant (export "constant") (result i32) (i32.add (global.get $constant) (global.get $never_written)))
  (func $changed (export "changed") (result i64) (global.get $counter))
  (func $count (export "count")
    (global.set $counter (i64.add (global.get $counter) (i64.const 1)))))
