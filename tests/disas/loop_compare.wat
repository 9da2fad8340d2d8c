;;! emit: asm
;;! functions: fill
;; The loop compares the variable that it goes on with, not the one before it: no move on the back edge.
(module
  (memory 1)
  (func $fill (export "fill") (local $i i32)
    (loop $again
      (i32.store (local.get $i) (i32.const 1))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 800))))))

;; fill:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   xorq %rax, %rax
;;   jmp     label1
;; block1:
;;   movl $0x1, 0x10000(%rax)
;;   leal 8(%rax), %eax
;;   cmpl $0x320, %eax
;;   jnz     label2; j label3
;; block2:
;;   jmp     label1
;; block3:
;;   jmp     label4
;; block4:
;;   jmp     label5
;; block5:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
