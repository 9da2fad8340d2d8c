;;! emit: asm
;;! functions: sum far
;;! flags: --quiet --target armv7-unknown-linux-gnueabihf
;; Where code is interpreted: accesses that one comparison checks are one instruction of the interpreter, of base, length, index
;; and offset. The others are checked before, or need no check.
(module
  (memory 1)
  (func (export "sum") (param i32 i32) (result i32)
    (i32.store offset=4 (local.get 0) (local.get 1))
    (i32.add (i32.load8_s (local.get 1)) (i32.load (i32.const 16))))
  (func (export "far") (param i32) (result i64) (i64.load offset=0x10000 (local.get 0)))
  (func (export "grow") (drop (memory.grow (i32.const 1)))))

;; sum:
;;   push_frame
;; block0:
;;   x9 = load_ext_name_near interpreted.instance, 0
;;   xload32le_o32 x8, x9, 8
;;   xload64le_o32 x9, x9, 0
;;   xstore32le_g32 x9, x8, x0, 4, x1
;;   xload8_s32_g32 x10, x9, x8, x1, 0
;;   xload32le_o32 x9, x9, 16
;;   jump label1
;; block1:
;;   xadd32 x0, x10, x9
;;   pop_frame
;;   ret

;; far:
;;   push_frame
;; block0:
;;   xone x7
;;   zext8 x7, x7
;;   trap_if32 x7 // code = TrapCode(2)
;;   x8 = load_ext_name_near interpreted.instance, 0
;;   xload64le_o32 x8, x8, 0
;;   xadd32 x8, x8, x0
;;   xload64le_o32 x0, x8, 65536
;;   jump label1
;; block1:
;;   pop_frame
;;   ret
