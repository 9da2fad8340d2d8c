;;! emit: asm
;;! functions: constant count
;; A global that nobody writes is a constant; one that is written stands at a fixed place in the data.
(module
  (global $constant i32 (i32.const 77))
  (global $never_written (mut i32) (i32.const 78))
  (global $counter (mut i64) (i64.const 0))
  (func $constant (export "constant") (result i32) (i32.add (global.get $constant) (global.get $never_written)))
  (func $count (export "count") (result i64)
    (global.set $counter (i64.add (global.get $counter) (i64.const 1)))
    (global.get $counter)))

;; constant:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   jmp     label1
;; block1:
;;   movl $0x9b, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; count:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   load_ext_name globals.instance+0, %rdi
;;   movq (%rdi), %rsi
;;   leaq 1(%rsi), %r8
;;   movq %r8, (%rdi)
;;   jmp     label1
;; block1:
;;   leaq 1(%rsi), %rax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
