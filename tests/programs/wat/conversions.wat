;; A trapping conversion: too large, then not a number; the one before each is the last that fits.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $count (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $too_large (param f64) (drop (i32.trunc_f64_s (local.get 0))))
  (func $not_a_number (param f32) (drop (i64.trunc_f32_u (local.get 0))))
  (func (export "_start")
    (call $too_large (f64.const 2147483647.9))
    (call $too_large (f64.const -2147483648.9))
    (call $not_a_number (f32.const -0.9))
    (drop (call $count (i32.const 0) (i32.const 4)))
    (if (i32.gt_u (i32.load (i32.const 0)) (i32.const 1))
      (then (call $not_a_number (f32.const nan)))
      (else (call $too_large (f64.const 2147483648))))))
