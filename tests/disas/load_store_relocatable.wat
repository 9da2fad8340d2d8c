;;! emit: asm
;;! flags: --memory-base relocatable
;;! functions: load store
;; The base comes from the memory's descriptor, once in a function.
(module
  (memory 1)
  (func $load (export "load") (param i32) (result i32)
    (i32.add (i32.load offset=16 (local.get 0)) (i32.load offset=20 (local.get 0))))
  (func $store (export "store") (param i32 i64) (i64.store8 offset=3 (local.get 0) (local.get 1))))
