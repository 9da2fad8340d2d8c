;;! emit: asm
;;! functions: call
;; Nothing changes the table: its elements stand in read-only data, with a type to compare.
(module
  (type $f (func (param i32) (result i32)))
  (table 3 3 funcref)
  (elem (i32.const 0) $a $b $c)
  (func $a (param i32) (result i32) (local.get 0))
  (func $b (param i32) (result i32) (i32.const 2))
  (func $c (param i64))
  (func $call (export "call") (param i32) (result i32)
    (call_indirect (type $f) (i32.const 1) (local.get 0))))
