;;! emit: asm
;;! functions: frame
;; The prologue and epilogue that C compilers write, around a call that may use the stack too.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory 2)
  (global $__stack_pointer (mut i32) (i32.const 66560))
  (func $frame (export "frame") (param i32) (result i32) (local $sp i32)
    (global.set $__stack_pointer (local.tee $sp (i32.sub (global.get $__stack_pointer) (i32.const 32))))
    (i32.store offset=12 (local.get $sp) (local.get 0))
    (drop (call $yield))
    (local.set 0 (i32.load offset=12 (local.get $sp)))
    (global.set $__stack_pointer (i32.add (local.get $sp) (i32.const 32)))
    (local.get 0)))

;; frame:
;;   pushq %rbp
;;   movq %rsp, %rbp
;;   subq $0x20, %rsp
;;   movq %r12, (%rsp)
;;   movq %r13, 8(%rsp)
;;   movq %r14, 0x10(%rsp)
;; block0:
;;   load_ext_name stack_pointer.instance+0, %r14
;;   movl 0x28(%r14), %r12d
;;   movq %r12, %r13
;;   subl $0x20, %r13d
;;   movl %r13d, 0x28(%r14)
;;   movl %edi, 0x1000c(%r13)
;;   call    wasi_snapshot_preview1.sched_yield
;;   movl 0x1000c(%r13), %eax
;;   movl %r12d, 0x28(%r14)
;;   jmp     label1
;; block1:
;;   movq (%rsp), %r12
;;   movq 8(%rsp), %r13
;;   movq 0x10(%rsp), %r14
;;   addq $0x20, %rsp
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
