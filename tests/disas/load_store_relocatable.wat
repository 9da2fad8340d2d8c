;;! emit: asm
;;! flags: --memory-base relocatable
;;! functions: load store
;; The base comes from the memory's descriptor, once in a function.
(module
  (memory 1)
  (func $load (export "load") (param i32) (result i32)
    (i32.add (i32.load offset=16 (local.get 0)) (i32.load offset=20 (local.get 0))))
  (func $store (export "store") (param i32 i64) (i64.store8 offset=3 (local.get 0) (local.get 1))))

;; load:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq %rdi, %r10
;;   load_ext_name load_store_relocatable.instance+0, %rdi
;;   movq (%rdi), %rdi
;;   movl %r10d, %r9d
;;   movl 0x10(%rdi, %r9), %r8d
;;   movl 0x14(%rdi, %r9), %edi
;;   jmp     label1
;; block1:
;;   leal (%r8, %rdi), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; store:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   load_ext_name load_store_relocatable.instance+0, %r8
;;   movq (%r8), %r8
;;   movl %edi, %edi
;;   movb %sil, 3(%r8, %rdi)
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
