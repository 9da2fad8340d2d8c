;;! emit: asm
;;! functions: run
;; Each case of an interpreter ends with a dispatcher of its own: what reads the next instruction, and an indirect jump.
(module
  (memory 1)
  (func $run (export "run") (param $at i32) (result i32) (local $sum i32)
    (loop $next
      (block $halt
        (block $double
          (block $negate
            (block $invert
              (block $add
                (br_table $add $invert $negate $double $halt
                  (i32.load8_u (local.get $at))
                  (local.set $at (i32.add (local.get $at) (i32.const 1)))))
              (local.set $sum (i32.add (local.get $sum) (i32.const 7)))
              (br $next))
            (local.set $sum (i32.xor (local.get $sum) (i32.const -1)))
            (br $next))
          (local.set $sum (i32.sub (i32.const 0) (local.get $sum)))
          (br $next))
        (local.set $sum (i32.shl (local.get $sum) (i32.const 1)))
        (br $next)))
    (local.get $sum)))

;; run:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %edx
;;   xorl %eax, %eax
;;   jmp     label1
;; block1:
;;   movzbq 0x10000(%rdx), %rsi
;;   leal 1(%rdx), %edx
;;   movl $0x4, %ecx
;;   movl %esi, %esi
;;   cmpl %ecx, %esi
;;   cmovbl %esi, %ecx
;;   br_table %rcx, %rsi, %rcx
;; block2:
;;   jmp     label29
;; block3:
;;   jmp     label7
;; block4:
;;   jmp     label14
;; block5:
;;   jmp     label21
;; block6:
;;   jmp     label28
;; block7:
;;   jmp     label8
;; block8:
;;   movzbq 0x10000(%rdx), %rcx
;;   leal 7(%rax), %eax
;;   leal 1(%rdx), %edx
;;   movl $0x4, %esi
;;   movl %ecx, %ecx
;;   cmpl %esi, %ecx
;;   cmovbl %ecx, %esi
;;   br_table %rsi, %rdi, %rcx
;; block9:
;;   jmp     label29
;; block10:
;;   jmp     label7
;; block11:
;;   jmp     label14
;; block12:
;;   jmp     label21
;; block13:
;;   jmp     label28
;; block14:
;;   jmp     label15
;; block15:
;;   movzbq 0x10000(%rdx), %rcx
;;   notl %eax
;;   leal 1(%rdx), %edx
;;   movl $0x4, %esi
;;   movl %ecx, %ecx
;;   cmpl %esi, %ecx
;;   cmovbl %ecx, %esi
;;   br_table %rsi, %rdi, %rsi
;; block16:
;;   jmp     label29
;; block17:
;;   jmp     label7
;; block18:
;;   jmp     label14
;; block19:
;;   jmp     label21
;; block20:
;;   jmp     label28
;; block21:
;;   jmp     label22
;; block22:
;;   movzbq 0x10000(%rdx), %rdi
;;   negl %eax
;;   leal 1(%rdx), %edx
;;   movl $0x4, %esi
;;   movl %edi, %edi
;;   cmpl %esi, %edi
;;   cmovbl %edi, %esi
;;   br_table %rsi, %r10, %r11
;; block23:
;;   jmp     label29
;; block24:
;;   jmp     label7
;; block25:
;;   jmp     label14
;; block26:
;;   jmp     label21
;; block27:
;;   jmp     label28
;; block28:
;;   shll $1, %eax
;;   jmp     label1
;; block29:
;;   jmp     label30
;; block30:
;;   jmp     label31
;; block31:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
