;;! emit: asm
;;! functions: copy fill
;; Both ranges are checked before the first byte moves (wasm spec 4.4.7.12); the runtime library does the rest.
(module
  (memory 1)
  (func $copy (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func $fill (export "fill") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 64))))

;; copy:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %r10d
;;   movl %edx, %edx
;;   leaq (%r10, %rdx), %r11
;;   cmpq $0x10000, %r11
;;   jnbe #trap=user2
;;   movl %esi, %eax
;;   leaq (%rax, %rdx), %rcx
;;   cmpq $0x10000, %rcx
;;   jnbe #trap=user2
;;   leaq 0x10000(%r10), %rdi
;;   leaq 0x10000(%rax), %rsi
;;   call    wasmc_memory_move
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; fill:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %edi
;;   movl $0x40, %edx
;;   leaq 0x40(%rdi), %r8
;;   cmpq $0x10000, %r8
;;   jnbe #trap=user2
;;   leaq 0x10000(%rdi), %rdi
;;   call    wasmc_memory_fill
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
