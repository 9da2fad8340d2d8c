;;! emit: asm
;;! functions: min max
;; NaN and the sign of zero make these more than one instruction (wasm spec 4.3.3, fmin).
(module
  (func $min (export "min") (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func $max (export "max") (param f32 f32) (result f32) (f32.max (local.get 0) (local.get 1))))

;; min:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   jmp     label1
;; block1:
;;   movdqa %xmm0, %xmm5
;;   movdqa %xmm1, %xmm0
;;   xmm min seq f64 %xmm5, %xmm0, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq

;; max:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   jmp     label1
;; block1:
;;   movdqa %xmm0, %xmm5
;;   movdqa %xmm1, %xmm0
;;   xmm max seq f32 %xmm5, %xmm0, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
