;; The start function runs before `_start`; globals keep what it stored.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (global $order (mut i64) (i64.const 1))
  (global $vector (mut v128) (v128.const i32x4 1 2 3 4))
  (global $function funcref (ref.func $initialize))
  (func $initialize
    (global.set $order (i64.add (i64.mul (global.get $order) (i64.const 10)) (i64.const 2)))
    (global.set $vector (i32x4.add (global.get $vector) (global.get $vector))))
  (start $initialize)
  (func (export "_start")
    (if (ref.is_null (global.get $function)) (then unreachable))
    (call $exit (i32.add (i32.wrap_i64 (global.get $order)) (i32x4.extract_lane 3 (global.get $vector))))))
