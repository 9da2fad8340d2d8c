;;! emit: asm
;;! functions: element same constant
;; Nothing changes the table, and all that a call can lead to is one function: the call is direct.
(module
  (type $f (func (param i32) (result i32)))
  (type $g (func (param i64)))
  (type $h (func (param f32) (result f32)))
  (table 4 4 funcref)
  (elem (i32.const 0) $a $b $c $b)
  (func $a (param i32) (result i32) (i32.div_u (i32.const 7) (local.get 0)))
  (func $b (param i64) (drop (i64.div_u (i64.const 7) (local.get 0))))
  (func $c (param f32) (result f32) (local.get 0))
  (func $element (export "element") (param i32) (result i32)
    (call_indirect (type $f) (i32.const 1) (local.get 0)))
  (func $same (export "same") (param i32)
    (call_indirect (type $g) (i64.const 1) (local.get 0)))
  (func $constant (export "constant") (result f32)
    (call_indirect (type $h) (f32.const 1) (i32.const 2))))

;; element:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testl %edi, %edi
;;   jnz     label3; j label1
;; block1:
;;   movl $0x1, %edi
;;   call    a
;;   jmp     label2
;; block2:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block3:
;;   cmpl $0x4, %edi
;;   jnb #trap=user4
;;   load_ext_name call_indirect_one_target.table0+0, %rax
;;   movl %edi, %ecx
;;   shlq $0x4, %rcx
;;   movl 8(%rax, %rcx), %eax
;;   testl %eax, %eax
;;   jz #trap=user6
;;   jmp     label4
;; block4:
;;   cmpl $0xffffffff, %eax
;;   jz #trap=user5
;;   ud2

;; same:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   cmpl $0x4, %edi
;;   jnb #trap=user4
;;   load_ext_name call_indirect_one_target.table0+0, %r8
;;   movl %edi, %edi
;;   shlq $0x4, %rdi
;;   movl 8(%r8, %rdi), %r8d
;;   cmpl $0x1, %r8d
;;   jnz     label3; j label1
;; block1:
;;   movl $0x1, %edi
;;   call    b
;;   jmp     label2
;; block2:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block3:
;;   cmpl $0xffffffff, %r8d
;;   jz #trap=user5
;;   ud2

;; constant:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl $0x3f800000, %ecx
;;   vmovd %ecx, %xmm0
;;   call    c
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
