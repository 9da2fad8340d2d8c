;;! emit: asm
;;! functions: if if_else br_if likely_exit
;; What a hint calls unlikely stands behind the rest, with all that comes only from there.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $rare (result i32)))
  (func (export "if") (param i32) (result i32)
    (@metadata.code.branch_hint "\00")
    (if (local.get 0) (then
      (if (i32.eqz (call $rare)) (then (local.set 0 (i32.const 7))))))
    (local.get 0))
  (func (export "if_else") (param i32) (result i32)
    (@metadata.code.branch_hint "\01")
    (if (result i32) (local.get 0)
      (then (i32.const 1))
      (else (call $rare))))
  (func (export "br_if") (param i32) (result i32)
    (block $exit
      (@metadata.code.branch_hint "\00")
      (br_if $exit (local.get 0))
      (return (i32.const 1)))
    (call $rare))
  (func (export "likely_exit") (param i32) (result i32)
    (block $exit
      (@metadata.code.branch_hint "\01")
      (br_if $exit (local.get 0))
      (drop (call $rare)))
    (local.get 0)))

;; if:
;;   pushq %rbp
;;   movq %rsp, %rbp
;;   subq $0x10, %rsp
;;   movq %r12, (%rsp)
;; block0:
;;   testl %edi, %edi
;;   movq %rdi, %r12
;;   jnz     label2; j label1
;; block1:
;;   movq %r12, %rdi
;;   jmp     label6
;; block6:
;;   jmp     label7
;; block7:
;;   movq %rdi, %rax
;;   movq (%rsp), %r12
;;   addq $0x10, %rsp
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block2:
;;   call    wasi_snapshot_preview1.sched_yield
;;   testl %eax, %eax
;;   jz      label4; j label3
;; block3:
;;   movq %r12, %rdi
;;   jmp     label5
;; block4:
;;   movl $0x7, %edi
;;   jmp     label5
;; block5:
;;   jmp     label6

;; if_else:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testl %edi, %edi
;;   jnz     label2; j label1
;; block2:
;;   movl $0x1, %eax
;;   jmp     label3
;; block3:
;;   jmp     label4
;; block4:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block1:
;;   call    wasi_snapshot_preview1.sched_yield
;;   jmp     label3

;; br_if:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testl %edi, %edi
;;   jnz     label2; j label1
;; block1:
;;   movl $0x1, %eax
;;   jmp     label4
;; block4:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block2:
;;   jmp     label3
;; block3:
;;   call    wasi_snapshot_preview1.sched_yield
;;   jmp     label4

;; likely_exit:
;;   pushq %rbp
;;   movq %rsp, %rbp
;;   subq $0x10, %rsp
;;   movq %r12, (%rsp)
;; block0:
;;   testl %edi, %edi
;;   movq %rdi, %r12
;;   jnz     label1; j label2
;; block1:
;;   jmp     label3
;; block3:
;;   jmp     label4
;; block4:
;;   movq %r12, %rax
;;   movq (%rsp), %r12
;;   addq $0x10, %rsp
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block2:
;;   call    wasi_snapshot_preview1.sched_yield
;;   jmp     label3
