;;! emit: asm
;;! functions: even odd
;; A jump, and no frame left behind.
(module
  (func $even (export "even") (param i64) (result i32)
    (if (result i32) (i64.eqz (local.get 0)) (then (i32.const 1))
      (else (return_call $odd (i64.sub (local.get 0) (i64.const 1))))))
  (func $odd (export "odd") (param i64) (result i32)
    (if (result i32) (i64.eqz (local.get 0)) (then (i32.const 0))
      (else (return_call $even (i64.sub (local.get 0) (i64.const 1)))))))

;; even:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testq %rdi, %rdi
;;   jz      label2; j label1
;; block1:
;;   subq $0x1, %rdi
;;   return_call_known odd (0) tmp=%r11 %rdi=%rdi
;; block2:
;;   jmp     label3
;; block3:
;;   jmp     label4
;; block4:
;;   movl $0x1, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; odd:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testq %rdi, %rdi
;;   jz      label2; j label1
;; block1:
;;   subq $0x1, %rdi
;;   return_call_known even (0) tmp=%r11 %rdi=%rdi
;; block2:
;;   jmp     label3
;; block3:
;;   jmp     label4
;; block4:
;;   xorl %eax, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
