;;! emit: asm
;;! functions: last length
;; Following a linked list: the loaded pointer is used as an address without a zero extension between.
(module
  (memory 1)
  (func $last (export "last") (param $node i32) (result i32) (local $next i32)
    (loop $again
      (local.set $next (i32.load (local.get $node)))
      (if (local.get $next)
        (then (local.set $node (local.get $next)) (br $again))))
    (local.get $node))
  (func $length (export "length") (param $node i32) (result i32) (local $count i32)
    (loop $again
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $again (local.tee $node (i32.load offset=4 (local.get $node)))))
    (local.get $count)))

;; last:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   jmp     label1
;; block1:
;;   movl %edi, %esi
;;   movl 0x10000(%rsi), %esi
;;   testl %esi, %esi
;;   jnz     label6; j label2
;; block2:
;;   jmp     label3
;; block3:
;;   jmp     label4
;; block4:
;;   jmp     label5
;; block5:
;;   movq %rdi, %rax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block6:
;;   movq %rsi, %rdi
;;   jmp     label1

;; length:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   uninit  %rax
;;   xorl %eax, %eax
;;   jmp     label1
;; block1:
;;   movl %edi, %r9d
;;   movl 0x10004(%r9), %edi
;;   leal 1(%rax), %eax
;;   testl %edi, %edi
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
