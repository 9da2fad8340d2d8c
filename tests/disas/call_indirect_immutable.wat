;;! emit: asm
;;! functions: call
;; Nothing changes the table: its elements stand in read-only data, with a type to compare.
(module
  (type $f (func (param i32) (result i32)))
  (table 3 3 funcref)
  (elem (i32.const 0) $a $b $c)
  (func $a (param i32) (result i32) (local.get 0))
  (func $b (param i32) (result i32) (i32.const 2))
  (func $c (param i64))
  (func $call (export "call") (param i32) (result i32)
    (call_indirect (type $f) (i32.const 1) (local.get 0))))

;; call:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   cmpl $0x3, %edi
;;   jnb #trap=user4
;;   load_ext_name call_indirect_immutable.table0+0, %r10
;;   movl %edi, %r9d
;;   shlq $0x4, %r9
;;   movl 8(%r10, %r9), %r11d
;;   testl %r11d, %r11d
;;   jnz     label3; j label1
;; block1:
;;   movq (%r10, %r9), %rax
;;   movl $0x1, %edi
;;   call    *%rax
;;   jmp     label2
;; block2:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block3:
;;   cmpl $0xffffffff, %r11d
;;   jz #trap=user5
;;   ud2
