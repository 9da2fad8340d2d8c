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
;;   movl %edi, %eax
;;   jmp     label1
;; block1:
;;   movl 0x10000(%rax), %esi
;;   testl %esi, %esi
;;   jnz     label6; j label2
;; block2:
;;   jmp     label3
;; block3:
;;   jmp     label4
;; block4:
;;   jmp     label5
;; block5:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block6:
;;   movq %rsi, %rax
;;   jmp     label1

;; length:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   xorl %eax, %eax
;;   movl %edi, %esi
;;   jmp     label1
;; block1:
;;   movl 0x10004(%rsi), %esi
;;   leal 1(%rax), %eax
;;   testl %esi, %esi
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
