;;! emit: clif
;;! functions: signed unsigned saturating
;; NaN and numbers that do not fit trap, each with its own code; saturating ones do not.
(module
  (func $signed (export "signed") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func $unsigned (export "unsigned") (param f32) (result i64) (i64.trunc_f32_u (local.get 0)))
  (func $saturating (export "saturating") (param f64) (result i32) (i32.trunc_sat_f64_u (local.get 0))))

;; signed:
;; function u0:0(f64) -> i32 tail {
;;                                 block0(v0: f64):
;; @0003                               v2 = fcvt_to_sint.i32 v0
;; @0004                               jump block1
;;
;;                                 block1:
;; @0004                               return v2
;; }

;; unsigned:
;; function u0:0(f32) -> i64 tail {
;;                                 block0(v0: f32):
;; @0003                               v2 = fcvt_to_uint.i64 v0
;; @0004                               jump block1
;;
;;                                 block1:
;; @0004                               return v2
;; }

;; saturating:
;; function u0:0(f64) -> i32 tail {
;;                                 block0(v0: f64):
;; @0005                               jump block1
;;
;;                                 block1:
;; @0003                               v2 = fcvt_to_uint_sat.i32 v0
;; @0005                               return v2
;; }
