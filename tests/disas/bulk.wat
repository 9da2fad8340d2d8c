;;! emit: asm
;;! functions: copy fill
;; Both ranges are checked before the first byte moves (wasm spec 4.4.7.12); the runtime library does the rest.
(module
  (memory 1)
  (func $copy (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func $fill (export "fill") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 64))))
