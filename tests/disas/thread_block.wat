;;! emit: asm
;;! functions: next
;;! flags: --target riscv64gc-unknown-linux-gnu
;; Where Cranelift keeps no register for it, the block of the running thread is at the start of the region that the stack is in: for
;; a stack of 8 MiB, one of 16 MiB.
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory (export "memory") 1 1 shared)
  (global $count (mut i32) (i32.const 5))
  (func $next (export "next") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (global.get $count))
  (func (export "wasi_thread_start") (param i32 i32) (drop (call $next)))
  (func (export "_start") (drop (call $spawn (call $next)))))

;; next:
;; block0:
;;   mv a0,sp
;;   lui a1,-4096
;;   and a1,a0,a1
;;   lw a0,0(a1)
;;   addiw a2,a0,1
;;   sw a2,0(a1)
;;   j label1
;; block1:
;;   addiw a0,a0,1
;;   ret
