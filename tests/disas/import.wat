;;! emit: asm
;;! functions: exit
;; An imported function is a direct call of the runtime library's symbol.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (func $exit (export "exit") (call $proc_exit (i32.const 5))))

;; exit:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl $0x5, %edi
;;   call    wasi_snapshot_preview1.proc_exit
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
