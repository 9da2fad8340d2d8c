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

;; choose:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl $0x5, %r9d
;;   movl %edi, %r10d
;;   cmpl %r9d, %r10d
;;   cmovbl %r10d, %r9d
;;   br_table %r9, %rcx, %rax
;; block1:
;;   jmp     label7
;; block2:
;;   jmp     label5
;; block3:
;;   jmp     label7
;; block4:
;;   jmp     label5
;; block5:
;;   movl $0x12c, %eax
;;   jmp     label9
;; block6:
;;   movl $0xc8, %eax
;;   jmp     label9
;; block7:
;;   movl $0x64, %eax
;;   jmp     label9
;; block8:
;;   movl $0x190, %eax
;;   jmp     label9
;; block9:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
