;; State machines, whose jumps lead straight to the next case where the state is known (`compiler/src/optimize/jumps/`).

;; States set to constants, chosen, kept and computed; what is defined on the way to the `br_table` is used in the cases.
(module
  (memory 1)
  (data (i32.const 0) "ab12 \"x\\\"y\" 77z /* c * / */ q9\00")
  ;; Counts words, numbers, strings and comments, 8 bits each.
  (func (export "tokens") (result i32)
    (local $at i32) (local $state i32) (local $c i32) (local $counts i32)
    (loop $next
      (local.set $c (i32.load8_u (local.get $at)))
      (block $latch
        (block $comment_star
        (block $comment
        (block $slash
        (block $escape
        (block $string
        (block $number
        (block $word
        (block $start
          (br_table $start $word $number $string $escape $slash $comment $comment_star $start (local.get $state)))
          ;; start
          (if (i32.eq (local.get $c) (i32.const 34)) (then (local.set $state (i32.const 3)) (br $latch)))
          (if (i32.eq (local.get $c) (i32.const 47)) (then (local.set $state (i32.const 5)) (br $latch)))
          (if (i32.le_u (i32.sub (local.get $c) (i32.const 48)) (i32.const 9)) (then (local.set $state (i32.const 2)) (br $latch)))
          (local.set $state (i32.gt_u (local.get $c) (i32.const 64)))
          (br $latch))
          ;; word
          (if (i32.gt_u (local.get $c) (i32.const 47)) (then (br $latch)))
          (local.set $counts (i32.add (local.get $counts) (i32.const 1)))
          (local.set $state (i32.const 0))
          (local.set $at (i32.sub (local.get $at) (i32.const 1)))
          (br $latch))
          ;; number
          (local.set $state (select (i32.const 2) (i32.const 0) (i32.le_u (i32.sub (local.get $c) (i32.const 48)) (i32.const 9))))
          (if (local.get $state) (then (br $latch)))
          (local.set $counts (i32.add (local.get $counts) (i32.const 0x100)))
          (local.set $at (i32.sub (local.get $at) (i32.const 1)))
          (br $latch))
          ;; string
          (if (i32.eq (local.get $c) (i32.const 92)) (then (local.set $state (i32.const 4)) (br $latch)))
          (br_if $latch (i32.ne (local.get $c) (i32.const 34)))
          (local.set $counts (i32.add (local.get $counts) (i32.const 0x10000)))
          (local.set $state (i32.const 0))
          (br $latch))
          ;; escape
          (local.set $state (i32.const 3))
          (br $latch))
          ;; slash
          (local.set $state (select (i32.const 6) (i32.const 0) (i32.eq (local.get $c) (i32.const 42))))
          (br $latch))
          ;; comment
          (local.set $state (select (i32.const 7) (i32.const 6) (i32.eq (local.get $c) (i32.const 42))))
          (br $latch))
          ;; comment_star
          (if (i32.eq (local.get $c) (i32.const 47))
            (then
              (local.set $counts (i32.add (local.get $counts) (i32.const 0x1000000)))
              (local.set $state (i32.const 0)))
            (else (local.set $state (select (i32.const 7) (i32.const 6) (i32.eq (local.get $c) (i32.const 42)))))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.or (local.get $c) (local.get $state))))
    (local.get $counts)))
;; Words ab12… is a word with digits: ab12, z, q9; numbers 77; strings "x\"y"; one comment.
(assert_return (invoke "tokens") (i32.const 0x01010103))

;; A dispatcher as LLVM makes it for control flow with two entries into a loop.
(module
  (func $step (param i64) (result i64) (i64.add (i64.mul (local.get 0) (i64.const 6364136223846793005)) (i64.const 1)))
  (func (export "irreducible") (param $enter i32) (param $n i32) (result i64)
    (local $label i32) (local $x i64)
    (local.set $label (select (i32.const 1) (i32.const 2) (local.get $enter)))
    (loop $dispatch
      (block $done
        (block $two
          (block $one
            (br_table $done $one $two $done (local.get $label)))
          (local.set $x (call $step (local.get $x)))
          (local.set $label (i32.const 2))
          (br $dispatch))
        (local.set $x (i64.xor (local.get $x) (i64.const 0x55)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $label (select (i32.const 1) (i32.const 3) (local.get $n)))
        (br $dispatch)))
    (local.get $x))
  ;; Numbers beyond the table, and one that is computed from the state.
  (func (export "offset") (param $n i32) (result i32)
    (local $state i32) (local $sum i32)
    (local.set $state (i32.const 10))
    (loop $next
      (block $default
        (block $b
          (block $a
            (br_table $a $b $default (i32.sub (local.get $state) (i32.const 10))))
          (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
          (local.set $state (i32.const 11))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
          (return (local.get $sum)))
        (local.set $sum (i32.add (local.get $sum) (i32.const 0x100)))
        (local.set $state (i32.const -1))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
        (return (local.get $sum)))
      (local.set $sum (i32.add (local.get $sum) (i32.const 0x10000)))
      (local.set $state (i32.const 10))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  ;; As many operations between the state and the number as are followed, and one more.
  (func (export "deep") (param $n i32) (result i32)
    (local $state i32) (local $sum i32)
    (loop $next
      (block $default
        (block $b
          (block $a
            (br_table $a $b $default
              (i32.wrap_i64 (i64.and (i64.add (i64.extend_i32_u (local.get $state)) (i64.const 5)) (i64.const 3)))))
          (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
          (local.set $state (i32.const 0))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
          (return (local.get $sum)))
        (local.set $sum (i32.add (local.get $sum) (i32.const 0x100)))
        (local.set $state (i32.const 1))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
        (return (local.get $sum)))
      (local.set $sum (i32.add (local.get $sum) (i32.const 0x10000)))
      (local.set $state (i32.const 3))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "deeper") (param $n i32) (result i32)
    (local $state i32) (local $sum i32)
    (loop $next
      (block $default
        (block $b
          (block $a
            (br_table $a $b $default
              (i32.wrap_i64 (i64.xor (i64.and (i64.add (i64.extend_i32_u (local.get $state)) (i64.const 5)) (i64.const 3)) (i64.const 1)))))
          (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
          (local.set $state (i32.const 1))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
          (return (local.get $sum)))
        (local.set $sum (i32.add (local.get $sum) (i32.const 0x100)))
        (local.set $state (i32.const 0))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
        (return (local.get $sum)))
      (local.set $sum (i32.add (local.get $sum) (i32.const 0x10000)))
      (local.set $state (i32.const 3))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
(assert_return (invoke "deep" (i32.const 1)) (i32.const 0x000100))
(assert_return (invoke "deep" (i32.const 9)) (i32.const 0x30303))
(assert_return (invoke "deeper" (i32.const 9)) (i32.const 0x30303))
(assert_return (invoke "irreducible" (i32.const 1) (i32.const 1)) (i64.const 0x54))
(assert_return (invoke "irreducible" (i32.const 0) (i32.const 1)) (i64.const 0x55))
(assert_return (invoke "irreducible" (i32.const 1) (i32.const 3)) (i64.const 0x4eb87bf4f4c73b04))
(assert_return (invoke "irreducible" (i32.const 0) (i32.const 3)) (i64.const 0x200d18b2617dfb09))
(assert_return (invoke "offset" (i32.const 1)) (i32.const 0x000001))
(assert_return (invoke "offset" (i32.const 8)) (i32.const 0x020303))

;; States that calls inside `try_table` return from, and that are thrown.
(module
  (tag $state (param i32))
  (func $next (param i32) (result i32)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $state (i32.const 2))))
    (i32.const 1))
  (func (export "thrown") (param $n i32) (result i32)
    (local $state i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.mul (local.get $sum) (i32.const 3)))
      (block $latch
        (block $two
          (block $one
            (block $zero
              (br_table $zero $one $two (local.get $state)))
            (local.set $state
              (block $caught (result i32)
                (try_table (result i32) (catch $state $caught) (call $next (local.get $n)))))
            (br $latch))
          (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
          (local.set $state (i32.const 0))
          (br $latch))
        (local.set $sum (i32.add (local.get $sum) (i32.const 2)))
        (local.set $state (i32.const 0)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
(assert_return (invoke "thrown" (i32.const 1)) (i32.const 0))
(assert_return (invoke "thrown" (i32.const 8)) (i32.const 820))
(assert_return (invoke "thrown" (i32.const 7)) (i32.const 546))

;; More states than are copied, one after the other.
(module
  (func (export "ring") (param $n i32) (result i32)
    (local $state i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (local.get $n)))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 33)) (local.get $n)))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 35)) (local.get $n)))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 37)) (local.get $n)))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 39)) (local.get $n)))
      (block $latch
        (block $s89 (block $s88 (block $s87 (block $s86 (block $s85 (block $s84 (block $s83 (block $s82 (block $s81 (block $s80 (block $s79
        (block $s78 (block $s77 (block $s76 (block $s75 (block $s74 (block $s73 (block $s72 (block $s71 (block $s70 (block $s69 (block $s68
        (block $s67 (block $s66 (block $s65 (block $s64 (block $s63 (block $s62 (block $s61 (block $s60 (block $s59 (block $s58 (block $s57
        (block $s56 (block $s55 (block $s54 (block $s53 (block $s52 (block $s51 (block $s50 (block $s49 (block $s48 (block $s47 (block $s46
        (block $s45 (block $s44 (block $s43 (block $s42 (block $s41 (block $s40 (block $s39 (block $s38 (block $s37 (block $s36 (block $s35
        (block $s34 (block $s33 (block $s32 (block $s31 (block $s30 (block $s29 (block $s28 (block $s27 (block $s26 (block $s25 (block $s24
        (block $s23 (block $s22 (block $s21 (block $s20 (block $s19 (block $s18 (block $s17 (block $s16 (block $s15 (block $s14 (block $s13
        (block $s12 (block $s11 (block $s10 (block $s9 (block $s8 (block $s7 (block $s6 (block $s5 (block $s4 (block $s3 (block $s2 (block
        $s1 (block $s0 (br_table $s0 $s1 $s2 $s3 $s4 $s5 $s6 $s7 $s8 $s9 $s10 $s11 $s12 $s13 $s14 $s15 $s16 $s17 $s18 $s19 $s20 $s21 $s22
        $s23 $s24 $s25 $s26 $s27 $s28 $s29 $s30 $s31 $s32 $s33 $s34 $s35 $s36 $s37 $s38 $s39 $s40 $s41 $s42 $s43 $s44 $s45 $s46 $s47 $s48
        $s49 $s50 $s51 $s52 $s53 $s54 $s55 $s56 $s57 $s58 $s59 $s60 $s61 $s62 $s63 $s64 $s65 $s66 $s67 $s68 $s69 $s70 $s71 $s72 $s73 $s74
        $s75 $s76 $s77 $s78 $s79 $s80 $s81 $s82 $s83 $s84 $s85 $s86 $s87 $s88 $s89 $s0 (local.get $state))) (local.set $sum (i32.xor
        (local.get $sum) (i32.const 0))) (local.set $state (i32.const 7)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const
        1))) (local.set $state (i32.const 8)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 2))) (local.set $state
        (i32.const 9)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 3))) (local.set $state (i32.const 10)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 4))) (local.set $state (i32.const 11)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 5))) (local.set $state (i32.const 12)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 6))) (local.set $state (i32.const 13)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 7))) (local.set
        $state (i32.const 14)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 8))) (local.set $state (i32.const 15)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 9))) (local.set $state (i32.const 16)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 10))) (local.set $state (i32.const 17)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 11))) (local.set $state (i32.const 18)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 12)))
        (local.set $state (i32.const 19)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 13))) (local.set $state
        (i32.const 20)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 14))) (local.set $state (i32.const 21)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 15))) (local.set $state (i32.const 22)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 16))) (local.set $state (i32.const 23)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 17))) (local.set $state (i32.const 24)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 18)))
        (local.set $state (i32.const 25)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 19))) (local.set $state
        (i32.const 26)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 20))) (local.set $state (i32.const 27)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 21))) (local.set $state (i32.const 28)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 22))) (local.set $state (i32.const 29)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 23))) (local.set $state (i32.const 30)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 24)))
        (local.set $state (i32.const 31)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 25))) (local.set $state
        (i32.const 32)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 26))) (local.set $state (i32.const 33)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 27))) (local.set $state (i32.const 34)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 28))) (local.set $state (i32.const 35)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 29))) (local.set $state (i32.const 36)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 30)))
        (local.set $state (i32.const 37)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 31))) (local.set $state
        (i32.const 38)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 32))) (local.set $state (i32.const 39)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 33))) (local.set $state (i32.const 40)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 34))) (local.set $state (i32.const 41)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 35))) (local.set $state (i32.const 42)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 36)))
        (local.set $state (i32.const 43)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 37))) (local.set $state
        (i32.const 44)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 38))) (local.set $state (i32.const 45)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 39))) (local.set $state (i32.const 46)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 40))) (local.set $state (i32.const 47)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 41))) (local.set $state (i32.const 48)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 42)))
        (local.set $state (i32.const 49)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 43))) (local.set $state
        (i32.const 50)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 44))) (local.set $state (i32.const 51)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 45))) (local.set $state (i32.const 52)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 46))) (local.set $state (i32.const 53)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 47))) (local.set $state (i32.const 54)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 48)))
        (local.set $state (i32.const 55)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 49))) (local.set $state
        (i32.const 56)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 50))) (local.set $state (i32.const 57)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 51))) (local.set $state (i32.const 58)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 52))) (local.set $state (i32.const 59)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 53))) (local.set $state (i32.const 60)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 54)))
        (local.set $state (i32.const 61)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 55))) (local.set $state
        (i32.const 62)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 56))) (local.set $state (i32.const 63)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 57))) (local.set $state (i32.const 64)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 58))) (local.set $state (i32.const 65)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 59))) (local.set $state (i32.const 66)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 60)))
        (local.set $state (i32.const 67)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 61))) (local.set $state
        (i32.const 68)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 62))) (local.set $state (i32.const 69)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 63))) (local.set $state (i32.const 70)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 64))) (local.set $state (i32.const 71)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 65))) (local.set $state (i32.const 72)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 66)))
        (local.set $state (i32.const 73)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 67))) (local.set $state
        (i32.const 74)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 68))) (local.set $state (i32.const 75)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 69))) (local.set $state (i32.const 76)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 70))) (local.set $state (i32.const 77)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 71))) (local.set $state (i32.const 78)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 72)))
        (local.set $state (i32.const 79)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 73))) (local.set $state
        (i32.const 80)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 74))) (local.set $state (i32.const 81)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 75))) (local.set $state (i32.const 82)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 76))) (local.set $state (i32.const 83)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 77))) (local.set $state (i32.const 84)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 78)))
        (local.set $state (i32.const 85)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 79))) (local.set $state
        (i32.const 86)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 80))) (local.set $state (i32.const 87)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 81))) (local.set $state (i32.const 88)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 82))) (local.set $state (i32.const 89)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 83))) (local.set $state (i32.const 0)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 84)))
        (local.set $state (i32.const 1)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 85))) (local.set $state
        (i32.const 2)) (br $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 86))) (local.set $state (i32.const 3)) (br
        $latch)) (local.set $sum (i32.xor (local.get $sum) (i32.const 87))) (local.set $state (i32.const 4)) (br $latch)) (local.set $sum
        (i32.xor (local.get $sum) (i32.const 88))) (local.set $state (i32.const 5)) (br $latch)) (local.set $sum (i32.xor (local.get $sum)
        (i32.const 89))) (local.set $state (i32.const 6)) (br $latch))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
(assert_return (invoke "ring" (i32.const 1000)) (i32.const 2104114214))

;; References to objects, which move: what cases make is used behind the `br_table`.
(module
  (type $cell (struct (field $value i32) (field $next (ref null $cell))))
  (func $garbage (local $n i32)
    (local.set $n (i32.const 200))
    (loop $more
      (drop (struct.new $cell (local.get $n) (ref.null $cell)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "list") (param $n i32) (result i32)
    (local $state i32) (local $list (ref null $cell)) (local $last (ref null $cell)) (local $sum i32)
    (loop $next
      (local.set $last (local.get $list))
      (block $latch
        (block $drop
          (block $push
            (br_table $push $drop (local.get $state)))
          (call $garbage)
          (local.set $list (struct.new $cell (local.get $n) (local.get $list)))
          (local.set $state (i32.const 1))
          (br $latch))
        (local.set $sum (i32.add (local.get $sum) (struct.get $cell $value (local.get $last))))
        (call $garbage)
        (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 2)) (struct.get $cell $value (local.get $last))))
        (local.set $state (i32.const 0)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (block $end
      (loop $walk
        (br_if $end (ref.is_null (local.get $list)))
        (local.set $sum (i32.add (local.get $sum) (struct.get $cell $value (local.get $list))))
        (local.set $list (struct.get $cell $next (local.get $list)))
        (br $walk)))
    (local.get $sum)))
(assert_return (invoke "list" (i32.const 2)) (i32.const 8))
(assert_return (invoke "list" (i32.const 6)) (i32.const 114))
