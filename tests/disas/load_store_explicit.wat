;;! emit: asm
;;! flags: --bounds explicit
;;! functions: load far
;; Each access is compared with the length first; nothing speculates past the comparison.
(module
  (memory 1)
  (func $load (export "load") (param i32) (result i32) (i32.load offset=16 (local.get 0)))
  (func $far (export "far") (param i32) (result i32) (i32.load offset=0xfffffff0 (local.get 0))))
