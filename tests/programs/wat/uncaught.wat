;; An exception that nobody catches, after a handler for another tag and a cleanup that throws it again.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\10\00\00\00\07\00\00\00before\n")
  (tag $other)
  (tag $parse_error (param i32 i64 f32 f64 v128 funcref))
  (func $parse (param i32)
    (throw $parse_error (i32.sub (i32.const 0) (local.get 0)) (i64.const 1234567890123) (f32.const 1.5) (f64.const -2)
      (v128.const i64x2 1 2) (ref.null func)))
  (func $read (param i32)
    (block $other
      (try_table (catch $other $other)
        (call $parse (local.get 0)))))
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 32)))
    (call $read (i32.const 42))))
