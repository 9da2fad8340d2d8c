;;! emit: asm
;;! functions: min max
;; NaN and the sign of zero make these more than one instruction (wasm spec 4.3.3, fmin).
(module
  (func $min (export "min") (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func $max (export "max") (param f32 f32) (result f32) (f32.max (local.get 0) (local.get 1))))
