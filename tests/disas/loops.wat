;;! emit: asm
;;! functions: sum
;; A sum over an array: one load with its address folded, one induction variable, one branch an iteration.
(module
  (memory 1)
  (func $sum (export "sum") (param $start i32) (param $end i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $start))))
      (local.set $start (i32.add (local.get $start) (i32.const 4)))
      (br_if $next (i32.ne (local.get $start) (local.get $end))))
    (local.get $sum)))

;; sum:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   xorl %eax, %eax
;;   movl %edi, %edi
;;   jmp     label1
;; block1:
;;   movl 0x10000(%rdi), %r11d
;;   leal (%rax, %r11), %eax
;;   leal 4(%rdi), %edi
;;   cmpl %esi, %edi
;;   jnz     label2; j label3
;; block2:
;;   jmp     label1
;; block3:
;;   jmp     label4
;; block4:
;;   jmp     label5
;; block5:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
