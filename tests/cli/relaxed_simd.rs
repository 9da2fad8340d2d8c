//! `--relaxed-simd deterministic`: the same results on every processor, those of the deterministic profile.

use crate::sandbox::Sandbox;

/// Each export shows one choice that the specification leaves, at an operand where it matters, as an integer.
const CHOICES: &str = r#"(module
  (func (export "swizzle") (result i32)
    (i8x16.extract_lane_u 0 (i8x16.relaxed_swizzle
      (v128.const i8x16 9 8 7 6 5 4 3 2 1 0 0 0 0 0 0 0) (v128.const i8x16 16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0))))
  (func (export "trunc") (result i32)
    (i32x4.extract_lane 0 (i32x4.relaxed_trunc_f32x4_s (v128.const f32x4 nan 3e9 0 0))))
  (func (export "trunc large") (result i32)
    (i32x4.extract_lane 1 (i32x4.relaxed_trunc_f64x2_s_zero (v128.const f64x2 0 3e9))))
  (func (export "madd f32") (result i32)
    (i32x4.extract_lane 1 (f32x4.relaxed_madd (v128.const f32x4 0 0x1.000002p0 0 0)
      (v128.const f32x4 0 0x1.000002p0 0 0) (v128.const f32x4 0 -0x1.000004p0 0 0))))
  (func (export "nmadd f64") (result i64)
    (i64x2.extract_lane 1 (f64x2.relaxed_nmadd (v128.const f64x2 0 0x1.0000000000001p0)
      (v128.const f64x2 0 0x1.0000000000001p0) (v128.const f64x2 0 0x1.0000000000002p0))))
  (func (export "laneselect") (result i32)
    (i32x4.extract_lane 0 (i32x4.relaxed_laneselect (v128.const i32x4 -1 0 0 0) (v128.const i32x4 0 0 0 0)
      (v128.const i32x4 0x80000001 0 0 0))))
  (func (export "min") (result i32)
    (i32x4.extract_lane 0 (f32x4.relaxed_min (v128.const f32x4 0 0 0 0) (v128.const f32x4 -0 0 0 0))))
  (func (export "q15mulr") (result i32)
    (i16x8.extract_lane_u 0 (i16x8.relaxed_q15mulr_s (v128.const i16x8 -32768 0 0 0 0 0 0 0)
      (v128.const i16x8 -32768 0 0 0 0 0 0 0))))
  (func (export "dot") (result i32)
    (i16x8.extract_lane_s 0 (i16x8.relaxed_dot_i8x16_i7x16_s (v128.const i8x16 2 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0)
      (v128.const i8x16 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0)))))"#;

/// By export: the one result of the deterministic profile.
const DETERMINISTIC: [(&str, &str); 9] = [
    ("swizzle", "0"),
    ("trunc", "0"),
    ("trunc large", "2147483647"),
    // Rounded once: 2^-46, and -2^-104.
    ("madd f32", "679477248"),
    ("nmadd f64", "-5084563979301289984"),
    ("laneselect", "-2147483647"),
    ("min", "-2147483648"),
    ("q15mulr", "32767"),
    ("dot", "-2"),
];

fn result(sandbox: &Sandbox, export: &str, flags: &[&str]) -> String {
    let words = ["run", "--invoke", export].into_iter().chain(flags.iter().copied()).chain(["choices.wat"]);
    crate::sandbox::end(&mut sandbox.command(words)).succeeds().text().trim().to_owned()
}

#[test]
fn deterministic_results_are_the_same_with_all_features() {
    let sandbox = Sandbox::new();
    sandbox.write("choices.wat", CHOICES);
    for (export, expected) in DETERMINISTIC {
        for cpu in ["x86-64", "x86-64-v2", "native"] {
            let found = result(&sandbox, export, &["--relaxed-simd", "deterministic", "--cpu", cpu]);
            assert_eq!(found, expected, "{export} with {cpu}");
        }
    }
}

#[test]
fn native_results_are_the_processors() {
    let sandbox = Sandbox::new();
    sandbox.write("choices.wat", CHOICES);
    for (export, native) in [("swizzle", "9"), ("trunc", "-2147483648"), ("q15mulr", "32768"), ("dot", "510")] {
        assert_eq!(result(&sandbox, export, &["--cpu", "x86-64-v2"]), native, "{export}");
    }
}
