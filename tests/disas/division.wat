;;! emit: asm
;;! functions: by_variable by_constant remainder
;; A constant divisor needs no check; a variable one is tested for 0 and for the one quotient that overflows.
(module
  (func $by_variable (export "by_variable") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $by_constant (export "by_constant") (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 10)))
  (func $remainder (export "remainder") (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1))))

;; by_variable:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq %rdi, %rax
;;   cltd  ;; implicit: %edx, %eax
;;   testl %esi, %esi
;;   jz #trap=int_divz
;;   idivl %esi ;; implicit: %eax, %edx, trap=252
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; by_constant:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   jmp     label1
;; block1:
;;   movq %rdi, %rdx
;;   mulxl (%rip), %eax, %eax ;; implicit: %edx
;;   shrl $0x3, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; remainder:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq %rdi, %rax
;;   cqto  ;; implicit: %rdx, %rax
;;   checked_srem_seq %rax, %rdx, %rsi, %rax, %rdx
;;   jmp     label1
;; block1:
;;   movq %rdx, %rax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
