;; Interpreters, whose cases get a dispatcher each: what is read in one is used in cases and behind the loop.
(module
  (memory 1)
  (data (i32.const 0)
    "\01\05" "\02\03" "\03\00" "\04\00" "\01\07" "\00\00"                ;; push 5, multiply by 3, negate, invert, add 7, halt
    "\04\00" "\05\04" "\01\ff" "\06\04" "\01\02" "\00\09"                ;; invert, skip if not zero, -, jump, -, halt with 9
    "\07\00" "\00\01" "\ff\03")                                          ;; count, halt with 1; no such instruction
  (global $steps (mut i32) (i32.const 0))
  (func $run (param $at i32) (param $limit i32) (result i32 i32 i32)
    (local $sum i32) (local $operand i32) (local $last i32) (local $count i32)
    (block $out
      (loop $next
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (local.set $last (local.get $operand))
        (local.set $operand (i32.load8_s offset=1 (local.get $at)))
        (block $unknown (block $bump (block $jump (block $skip (block $invert (block $negate (block $times (block $add (block $halt
          (br_table $halt $add $times $negate $invert $skip $jump $bump $unknown (i32.load8_u (local.get $at)))
        ) ;; halt
          (br $out)
        ) ;; add
          (local.set $sum (i32.add (local.get $sum) (local.get $operand)))
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (br $next)
        ) ;; times
          (local.set $sum (i32.mul (local.get $sum) (local.get $operand)))
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (br $next)
        ) ;; negate
          (local.set $sum (i32.sub (i32.const 0) (local.get $sum)))
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (br $next)
        ) ;; invert
          (local.set $sum (i32.xor (local.get $sum) (i32.const -1)))
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (br $next)
        ) ;; skip
          (if (local.get $sum) (then (local.set $at (i32.add (local.get $at) (local.get $operand))) (br $next)))
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (br $next)
        ) ;; jump
          (local.set $at (i32.add (local.get $at) (local.get $operand)))
          (br $next)
        ) ;; bump
          (global.set $steps (i32.add (global.get $steps) (i32.const 1)))
          (br_if $next (i32.lt_u (global.get $steps) (local.get $limit)))
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (br $next)
        ) ;; unknown
          (unreachable)))
    (local.get $sum) (i32.add (local.get $operand) (i32.mul (local.get $last) (i32.const 1000))) (local.get $count))
  (func (export "run") (param i32 i32) (result i32 i32 i32) (call $run (local.get 0) (local.get 1))))

(assert_return (invoke "run" (i32.const 0) (i32.const 0)) (i32.const 21) (i32.const 7000) (i32.const 6))
(assert_return (invoke "run" (i32.const 12) (i32.const 0)) (i32.const -1) (i32.const 4009) (i32.const 4))
(assert_return (invoke "run" (i32.const 24) (i32.const 1000)) (i32.const 0) (i32.const 1) (i32.const 1001))
(assert_trap (invoke "run" (i32.const 28) (i32.const 0)) "unreachable")
(assert_trap (invoke "run" (i32.const 65535) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "run" (i32.const 65536) (i32.const 0)) "out of bounds memory access")
