;;! emit: asm
;;! functions: load store wide
;; Fixed base: base and offset fold into the access, no instruction computes an address.
(module
  (memory 1)
  (func $load (export "load") (param i32) (result i32) (i32.load offset=16 (local.get 0)))
  (func $store (export "store") (param i32 i64) (i64.store8 offset=3 (local.get 0) (local.get 1)))
  (func $wide (export "wide") (param i32) (result v128) (v128.load offset=0xfffffff0 (local.get 0))))

;; load:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   movl 0x10010(%rsi), %eax
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; store:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %edi
;;   movb %sil, 0x10003(%rdi)
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; wide:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   movabsq $0x10000fff0, %rdi
;;   vmovdqu (%rsi, %rdi), %xmm0
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
