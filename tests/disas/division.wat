;;! emit: asm
;;! functions: by_variable by_constant remainder
;; A constant divisor needs no check; a variable one is tested for 0 and for the one quotient that overflows.
(module
  (func $by_variable (export "by_variable") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $by_constant (export "by_constant") (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 10)))
  (func $remainder (export "remainder") (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1))))
