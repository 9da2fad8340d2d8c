;;! emit: asm
;;! functions: call
;; The table may have grown and changed: length and element are loaded, null is possible.
(module
  (type $f (func (param i32) (result i32)))
  (table 3 10 funcref)
  (elem (i32.const 0) $a $b)
  (func $a (param i32) (result i32) (local.get 0))
  (func $b (param i32) (result i32) (i32.const 2))
  (func $call (export "call") (param i32) (result i32)
    (drop (table.grow (ref.null func) (i32.const 1)))
    (table.set (i32.const 2) (ref.func $b))
    (call_indirect (type $f) (i32.const 1) (local.get 0))))

;; call:
;;   pushq %rbp
;;   movq %rsp, %rbp
;;   subq $0x10, %rsp
;;   movq %rbx, (%rsp)
;;   movq %r12, 8(%rsp)
;; block0:
;;   movq %rdi, %r12
;;   load_ext_name call_indirect_mutable.instance+0, %rbx
;;   xorq %rsi, %rsi
;;   movl $0x1, %edx
;;   movq %rbx, %rdi
;;   call    wasmc_table_grow
;;   movq 8(%rbx), %rcx
;;   cmpq $0x2, %rcx
;;   jbe #trap=user3
;;   movq (%rbx), %rax
;;   load_ext_name wasmc_function_records+0, %rdx
;;   leaq 0x10(%rdx), %rdx
;;   movq %rdx, 0x10(%rax)
;;   movq %r12, %rdi
;;   movl %edi, %edx
;;   cmpq %rcx, %rdx
;;   jnb #trap=user4
;;   movq (%rax, %rdx, 8), %rax
;;   testq %rax, %rax
;;   jz #trap=user5
;;   movl 8(%rax), %ecx
;;   testl %ecx, %ecx
;;   jnz #trap=user6
;;   movq (%rax), %rax
;;   movl $0x1, %edi
;;   call    *%rax
;;   jmp     label1
;; block1:
;;   movq (%rsp), %rbx
;;   movq 8(%rsp), %r12
;;   addq $0x10, %rsp
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
