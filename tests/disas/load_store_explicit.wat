;;! emit: asm
;;! flags: --bounds explicit
;;! functions: load far
;; Each access is compared with the length first; nothing speculates past the comparison.
(module
  (memory 1)
  (func $load (export "load") (param i32) (result i32) (i32.load offset=16 (local.get 0)))
  (func $far (export "far") (param i32) (result i32) (i32.load offset=0xfffffff0 (local.get 0))))

;; load:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   cmpq $0xffec, %rsi
;;   jnbe #trap=user2
;;   movl 0x10010(%rsi), %eax
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; far:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl $0x1, %esi
;;   testb %sil, %sil
;;   jnz #trap=user2
;;   movl %edi, %edi
;;   movabsq $0x10000fff0, %r8
;;   movl (%rdi, %r8), %eax
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
