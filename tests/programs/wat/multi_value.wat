;; Functions and blocks with many parameters and results, more than registers hold.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func $swap (param i32 i64) (result i64 i32) local.get 1 local.get 0)
  (func $spread (param f64) (result i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64)
    (i32.trunc_f64_s (local.get 0)) (i64.trunc_f64_s (local.get 0)) (f32.demote_f64 (local.get 0)) (local.get 0)
    i32.const 5 i64.const 6 f32.const 7 f64.const 8 i32.const 9 i64.const 10 f32.const 11 f64.const 12)
  (func $total (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64) (result f64)
    (f64.convert_i32_s (local.get 0)) (f64.convert_i64_s (local.get 1)) f64.add
    (f64.promote_f32 (local.get 2)) f64.add (local.get 3) f64.add (f64.convert_i32_s (local.get 4)) f64.add
    (f64.convert_i64_s (local.get 5)) f64.add (f64.promote_f32 (local.get 6)) f64.add (local.get 7) f64.add
    (f64.convert_i32_s (local.get 8)) f64.add (f64.convert_i64_s (local.get 9)) f64.add
    (f64.promote_f32 (local.get 10)) f64.add (local.get 11) f64.add)
  (table funcref (elem $spread))
  ;; a b → b a+b, n times, on the operand stack alone.
  (func $fibonacci (param $n i32) (result i64)
    i64.const 0
    i64.const 1
    (loop $next (param i64 i64) (result i64 i64)
      (call $advance)
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    drop)
  (func $advance (param $a i64) (param $b i64) (result i64 i64)
    (local.get $b) (i64.add (local.get $a) (local.get $b)))
  (func (export "_start") (local i32 i64)
    (call $swap (i32.const 3) (i64.const 20))
    local.set 0 local.set 1
    ;; 23 + (4 + 4 + 4 + 4 + 5 + … + 12) = 23 + 84
    (call $total (call $spread (f64.const 4)))
    (call $total (call_indirect (param f64) (result i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64) (f64.const 4) (i32.const 0)))
    f64.ne
    (if (then unreachable))
    (i64.ne (call $fibonacci (i32.const 90)) (i64.const 2880067194370816120))
    (if (then unreachable))
    (call $exit (i32.add
      (i32.add (local.get 0) (i32.wrap_i64 (local.get 1)))
      (i32.trunc_f64_s (call $total (call $spread (f64.const 4))))))))
