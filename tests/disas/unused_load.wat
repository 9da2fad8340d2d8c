;;! emit: asm
;;! functions: unused
;; The value is dropped, the trap is not: the load stays (wasm spec 4.4.7.1).
(module
  (memory 1)
  (func $unused (export "unused") (param i32) (drop (i32.load (local.get 0)))))

;; unused:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   movl 0x10000(%rsi), %esi
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
