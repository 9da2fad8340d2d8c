;;! emit: asm
;;! functions: fields sum far copy
;; 64-bit memories: one comparison for all fields of a structure and for what lies a constant behind it; the rest
;; is left to the guard behind the memory. Offsets beyond the guard are compared in full.
(module
  (memory i64 1 100)
  (func (export "fields") (param i64) (result i32)
    (i32.add (i32.load (local.get 0))
      (i32.add (i32.load offset=8 (local.get 0)) (i32.load offset=16 (local.get 0)))))
  (func (export "sum") (param i64 i32)
    (i32.store (local.get 0) (local.get 1))
    (i32.store (i64.add (local.get 0) (i64.const 4)) (local.get 1)))
  (func (export "far") (param i64) (result i32)
    (i32.load offset=0x20_0000 (local.get 0)))
  (func (export "copy") (param i64 i64 i64)
    (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func $grow (drop (memory.grow (i64.const 1))))
  (start $grow))

;; fields:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   load_ext_name memory64.instance+0, %r8
;;   cmpq 8(%r8), %rdi
;;   jnb #trap=user2
;;   movl 0x10000(%rdi), %r9d
;;   movl 0x10008(%rdi), %r10d
;;   movl 0x10010(%rdi), %r11d
;;   jmp     label1
;; block1:
;;   leal (%r10, %r11), %r10d
;;   leal (%r9, %r10), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; sum:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   load_ext_name memory64.instance+0, %r8
;;   cmpq 8(%r8), %rdi
;;   jnb #trap=user2
;;   movl %esi, 0x10000(%rdi)
;;   movl %esi, 0x10004(%rdi)
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; far:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   load_ext_name memory64.instance+0, %rsi
;;   movq 8(%rsi), %rsi
;;   movq %rdi, %r8
;;   addq $0x200004, %r8
;;   jb #trap=user2
;;   cmpq %rsi, %r8
;;   jnbe #trap=user2
;;   movl 0x210000(%rdi), %eax
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; copy:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   load_ext_name memory64.instance+0, %r9
;;   movq 8(%r9), %r9
;;   movq %rdi, %r10
;;   addq %rdx, %r10
;;   jb #trap=user2
;;   cmpq %r9, %r10
;;   jnbe #trap=user2
;;   movq %rsi, %rax
;;   addq %rdx, %rax
;;   jb #trap=user2
;;   cmpq %r9, %rax
;;   jnbe #trap=user2
;;   leaq 0x10000(%rdi), %rdi
;;   leaq 0x10000(%rsi), %rsi
;;   call    wasmc_memory_move
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
