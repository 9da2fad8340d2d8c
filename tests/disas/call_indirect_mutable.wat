;;! emit: asm
;;! functions: call
;; The table may have grown and changed: length and element are loaded, null is possible.
(module
  (type $f (func (param i32) (result i32)))
  (table (export "table") 3 funcref)
  (elem (i32.const 0) $a $b)
  (func $a (param i32) (result i32) (local.get 0))
  (func $b (param i32) (result i32) (i32.const 2))
  (func $call (export "call") (param i32) (result i32)
    (call_indirect (type $f) (i32.const 1) (local.get 0))))
