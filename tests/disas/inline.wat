;;! emit: asm
;;! functions: caller recursive
;; Small bodies come in place of calls, those within them too, and once in place of calls by themselves; large functions stay.
(module
  (memory 1)
  (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $sum (param i32) (result i32) (call $add (i32.load (local.get 0)) (i32.load offset=4 (local.get 0))))
  (func $caller (export "caller") (param i32) (result i32)
    (i32.mul (call $sum (local.get 0)) (call $add (i32.const 5) (i32.const 2))))
  (func $recursive (export "recursive") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $recursive (call $add (local.get 0) (i32.const -1))))
      (else (i32.const 0)))))

;; caller:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %edi
;;   movl 0x10000(%rdi), %esi
;;   movl 0x10004(%rdi), %edi
;;   jmp     label1
;; block1:
;;   jmp     label2
;; block2:
;;   jmp     label3
;; block3:
;;   jmp     label4
;; block4:
;;   leal (%rsi, %rdi), %r10d
;;   imull $0x7, %r10d, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; recursive:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testl %edi, %edi
;;   jnz     label2; j label1
;; block1:
;;   xorl %eax, %eax
;;   jmp     label9
;; block2:
;;   jmp     label3
;; block3:
;;   leal -1(%rdi), %eax
;;   testl %eax, %eax
;;   jnz     label5; j label4
;; block4:
;;   xorl %eax, %eax
;;   jmp     label7
;; block5:
;;   jmp     label6
;; block6:
;;   leal -2(%rdi), %edi
;;   call    recursive
;;   jmp     label7
;; block7:
;;   jmp     label8
;; block8:
;;   jmp     label9
;; block9:
;;   jmp     label10
;; block10:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
