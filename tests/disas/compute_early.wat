;;! emit: asm
;;! functions: sum
;; Each sum takes its load from memory as soon as it is loaded, instead of all loads coming first.
(module
  (memory 1)
  (func $sum (export "sum") (param $at i32) (result i32)
    (i32.store (i32.const 0)
      (i32.xor
        (i32.xor
          (i32.xor (i32.load (i32.load offset=8 (local.get $at))) (i32.load (i32.load offset=12 (local.get $at))))
          (i32.load (i32.load offset=16 (local.get $at))))
        (i32.load (i32.load offset=20 (local.get $at)))))
    (i32.load (local.get $at))))

;; sum:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %eax
;;   movl 0x10008(%rax), %ecx
;;   movl 0x10000(%rcx), %edi
;;   movl 0x1000c(%rax), %ecx
;;   xorl 0x10000(%rcx), %edi
;;   movl 0x10010(%rax), %ecx
;;   xorl 0x10000(%rcx), %edi
;;   movl 0x10014(%rax), %ecx
;;   xorl 0x10000(%rcx), %edi
;;   xorq %rcx, %rcx
;;   movl %edi, 0x10000(%rcx)
;;   movl 0x10000(%rax), %eax
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
