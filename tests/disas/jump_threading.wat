;;! emit: asm
;;! functions: blink
;; Where the state is known, jumps lead to its case: nothing is left of the `br_table`, nor of the state.
(module
  (memory 1)
  (func $blink (export "blink") (param $n i32) (local $state i32)
    (loop $next
      (block $latch
        (block $off
          (block $on
            (br_table $on $off (local.get $state)))
          (i32.store (i32.const 0) (i32.const 1))
          (local.set $state (i32.const 1))
          (br $latch))
        (i32.store (i32.const 0) (i32.const 0))
        (local.set $state (i32.const 0)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))

;; blink:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   jmp     label1
;; block1:
;;   jmp     label2
;; block2:
;;   xorq %r10, %r10
;;   movl $0x1, 0x10000(%r10)
;;   jmp     label3
;; block3:
;;   movq %rdi, %rax
;;   subl $0x1, %eax
;;   testl %eax, %eax
;;   jnz     label5; j label4
;; block4:
;;   jmp     label10
;; block5:
;;   jmp     label6
;; block6:
;;   xorq %rax, %rax
;;   movl $0x0, 0x10000(%rax)
;;   jmp     label7
;; block7:
;;   subl $0x2, %edi
;;   testl %edi, %edi
;;   jnz     label8; j label9
;; block8:
;;   jmp     label1
;; block9:
;;   jmp     label10
;; block10:
;;   jmp     label11
;; block11:
;;   jmp     label12
;; block12:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
