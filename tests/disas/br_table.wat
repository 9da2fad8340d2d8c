;;! emit: asm
;;! functions: choose
;; A jump table, its index clamped so that no speculation runs beyond it.
(module
  (func $choose (export "choose") (param i32) (result i32)
    (block $d (block $c (block $b (block $a
      (br_table $a $b $c $a $c $d (local.get 0)))
      (return (i32.const 100)))
      (return (i32.const 200)))
      (return (i32.const 300)))
    (i32.const 400)))
