;;! emit: clif
;;! functions: signed unsigned saturating
;; NaN and numbers that do not fit trap, each with its own code; saturating ones do not.
(module
  (func $signed (export "signed") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func $unsigned (export "unsigned") (param f32) (result i64) (i64.trunc_f32_u (local.get 0)))
  (func $saturating (export "saturating") (param f64) (result i32) (i32.trunc_sat_f64_u (local.get 0))))
