//! Programs too large or too odd to store: made here, in the text format, then built and run like the others.

use std::fmt::Write as _;
use std::fs;

use crate::process::{TRAP_EXIT, build, executable, run, wasmc};

const PROC_EXIT: &str = r#"(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))"#;

/// Builds and runs a module, returns its exit code.
fn exit_code(module: &str, flags: &[&str]) -> Option<i32> {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let path = scratch.path().join("generated.wat");
    fs::write(&path, module).expect("a file can be written");
    build(scratch.path(), &path, "generated", flags);
    let output = run(&mut executable(&scratch.path().join("generated"), scratch.path()), b"");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.is_empty() || output.status.code() == Some(TRAP_EXIT), "{stderr}");
    output.status.code()
}

/// Every hundredth function starts a chain of a hundred calls; each adds its number.
#[test]
fn fifty_thousand_functions() {
    const COUNT: u64 = 50_000;
    let mut module = format!("(module {PROC_EXIT}\n");
    for i in 0..COUNT {
        let next = if i % 100 == 99 { "(local.get 0)".into() } else { format!("(call $f{} (local.get 0))", i + 1) };
        writeln!(module, "(func $f{i} (param i64) (result i64) (i64.add {next} (i64.const {i})))").unwrap();
    }
    module.push_str("(func (export \"_start\") (local $sum i64)\n");
    for i in (0..COUNT).step_by(100) {
        writeln!(module, "(local.set $sum (call $f{i} (local.get $sum)))").unwrap();
    }
    module.push_str("(call $exit (i32.wrap_i64 (i64.rem_u (local.get $sum) (i64.const 101))))))");
    let expected = (COUNT * (COUNT - 1) / 2 % 101) as i32;
    assert_eq!(exit_code(&module, &[]), Some(expected));
}

#[test]
fn blocks_five_thousand_deep() {
    const DEPTH: usize = 5_000;
    let mut module = format!("(module {PROC_EXIT} (func $nest (param i32) (result i32)\n");
    for _ in 0..DEPTH {
        module.push_str("(block ");
    }
    // Out of the outermost block in one jump, or to the innermost, which falls through.
    write!(module, "(br_table 0 {} (local.get 0)) ", DEPTH - 1).unwrap();
    for i in 0..DEPTH {
        // Leaving by the outermost block skips all of these.
        write!(
            module,
            "{}",
            if i == DEPTH - 1 { ")" } else { ") (local.set 0 (i32.add (local.get 0) (i32.const 1)))\n" }
        )
        .unwrap();
    }
    module.push_str("(local.get 0))\n(func (export \"_start\")\n");
    writeln!(module, "(if (i32.ne (call $nest (i32.const 0)) (i32.const {})) (then unreachable))", DEPTH - 1).unwrap();
    module.push_str("(call $exit (call $nest (i32.const 7)))))");
    assert_eq!(exit_code(&module, &[]), Some(7));
    assert_eq!(exit_code(&module, &["-O0"]), Some(7));
}

#[test]
fn br_table_with_ten_thousand_targets() {
    const TARGETS: usize = 10_000;
    const BLOCKS: usize = 100;
    let mut module = format!("(module {PROC_EXIT} (func $choose (param i32) (result i32)\n");
    for _ in 0..=BLOCKS {
        module.push_str("(block ");
    }
    module.push_str("(br_table");
    for i in 0..TARGETS {
        write!(module, " {}", i * 31 % BLOCKS).unwrap();
    }
    writeln!(module, " {BLOCKS} (local.get 0)))").unwrap();
    for i in 0..BLOCKS {
        writeln!(module, "(return (i32.const {i})))").unwrap();
    }
    module.push_str("(i32.const 111))\n(func (export \"_start\")\n");
    for i in (0..TARGETS).step_by(97).chain([TARGETS - 1]) {
        let target = i * 31 % BLOCKS;
        writeln!(module, "(if (i32.ne (call $choose (i32.const {i})) (i32.const {target})) (then unreachable))")
            .unwrap();
    }
    writeln!(module, "(if (i32.ne (call $choose (i32.const -1)) (i32.const 111)) (then unreachable))").unwrap();
    writeln!(module, "(call $exit (call $choose (i32.const {TARGETS})))))").unwrap();
    assert_eq!(exit_code(&module, &[]), Some(111));
}

/// The limits that engines agree on: a thousand parameters, a thousand results.
#[test]
fn a_thousand_parameters_and_results() {
    const COUNT: usize = 1_000;
    let types = ["i32", "i64", "f32", "f64"];
    let list: String = (0..COUNT).map(|i| format!(" {}", types[i % 4])).collect();
    let mut module = format!("(module {PROC_EXIT} (func $reverse (param{list}) (result");
    for i in (0..COUNT).rev() {
        write!(module, " {}", types[i % 4]).unwrap();
    }
    module.push_str(")\n");
    for i in (0..COUNT).rev() {
        write!(module, "(local.get {i})").unwrap();
    }
    module.push_str(")\n(func (export \"_start\")");
    for i in 0..COUNT {
        write!(module, " (local $l{i} {})", types[i % 4]).unwrap();
    }
    module.push_str("\n(call $reverse");
    for i in 0..COUNT {
        write!(module, " ({}.const {i})", types[i % 4]).unwrap();
    }
    module.push_str(")\n");
    for i in 0..COUNT {
        writeln!(module, "local.set $l{i}").unwrap(); // the last result is the first parameter
    }
    for i in 0..COUNT {
        let kind = types[i % 4];
        writeln!(module, "(if ({kind}.ne (local.get $l{i}) ({kind}.const {i})) (then unreachable))").unwrap();
    }
    module.push_str("(call $exit (i32.const 1))))");
    assert_eq!(exit_code(&module, &[]), Some(1));
    assert_eq!(exit_code(&module, &["-O0"]), Some(1));
}

/// Results in memory, of calls that may throw and of tail calls.
#[test]
fn forty_float_results_of_calls_that_may_throw() {
    const COUNT: usize = 40;
    let list = " f32".repeat(COUNT);
    let each = |text: fn(usize) -> String| (0..COUNT).map(text).collect::<String>();
    let parameters = each(|i| format!("(local.get {})", i + 1));
    let mut module = format!(
        "(module {PROC_EXIT} (tag $e) (table 1 funcref) (elem (i32.const 0) $f)
         (type $t (func (param i32{list}) (result{list})))
         (func $f (export \"f\") (type $t) (if (i32.eqz (local.get 0)) (then (throw $e))) {parameters})
         (func $tail (type $t) (local.get 0) {parameters} (return_call_indirect (type $t) (i32.const 0)))
         (func (export \"_start\") (local{list})"
    );
    for call in ["call $f", "call $tail", "(call_indirect (type $t) (i32.const 0))"] {
        let arguments = each(|i| format!("(f32.const {i}.5)"));
        let locals: String = (0..COUNT).rev().map(|i| format!("local.set {i} ")).collect();
        let compared = each(|i| format!("(if (f32.ne (local.get {i}) (f32.const {i}.5)) (then unreachable))\n"));
        write!(
            module,
            "(block $thrown (try_table (result{list}) (catch $e $thrown) (i32.const 1) {arguments} {call})
               {locals} {compared})"
        )
        .unwrap();
    }
    module.push_str("(call $exit (i32.const 3))))");
    assert_eq!(exit_code(&module, &[]), Some(3));
    assert_eq!(exit_code(&module, &["-O0"]), Some(3));
}

#[test]
fn a_function_of_a_hundred_thousand_operators() {
    let mut module = format!("(module {PROC_EXIT} (func $long (param i64) (result i64)\n(local.get 0)\n");
    let mut expected = 1u64;
    for i in 0..25_000u64 {
        writeln!(module, "i64.const {} i64.mul i64.const {i} i64.xor", i | 1).unwrap();
        expected = expected.wrapping_mul(i | 1) ^ i;
    }
    module.push_str(") (func (export \"_start\") (call $exit (i32.wrap_i64 (i64.rem_u (call $long (i64.const 1)) (i64.const 103))))))");
    assert_eq!(exit_code(&module, &[]), Some((expected % 103) as i32));
}

#[test]
fn fifty_thousand_locals() {
    let locals = " i32".repeat(25_000) + &" f64".repeat(24_999);
    let module = format!(
        "(module {PROC_EXIT} (func $f (param i32) (result i32) (local{locals})
           (local.set 25000 (local.get 0))
           (local.set 49999 (f64.convert_i32_s (local.get 25000)))
           (i32.add (i32.trunc_f64_s (local.get 49999)) (local.get 12345)))
         (func (export \"_start\") (call $exit (call $f (i32.const 42)))))"
    );
    assert_eq!(exit_code(&module, &[]), Some(42));
}

/// Sixteen megabytes of initial memory, each byte checked.
#[test]
fn a_large_data_segment() {
    const SIZE: usize = 16 << 20;
    // Printable bytes, so that the text format stays small; the period is prime, so that no page equals another.
    let bytes: String =
        (0..SIZE).map(|i| (b'0' + (i % 251 % 64) as u8) as char).map(|c| if c == '\\' { 'x' } else { c }).collect();
    let mut expected = 0u32;
    for byte in bytes.bytes() {
        expected = expected.wrapping_mul(31).wrapping_add(byte.into());
    }
    let module = format!(
        r#"(module {PROC_EXIT} (memory (export "memory") 300) (data (i32.const 1000) "{bytes}")
             (func (export "_start") (local $i i32) (local $hash i32)
               (loop $next
                 (local.set $hash (i32.add (i32.mul (local.get $hash) (i32.const 31)) (i32.load8_u offset=1000 (local.get $i))))
                 (local.set $i (i32.add (local.get $i) (i32.const 1)))
                 (br_if $next (i32.lt_u (local.get $i) (i32.const {SIZE}))))
               (call $exit (i32.rem_u (local.get $hash) (i32.const 109)))))"#
    );
    assert_eq!(exit_code(&module, &[]), Some((expected % 109) as i32));
}

#[test]
fn a_table_of_a_million() {
    let module = format!(
        r#"(module {PROC_EXIT} (type $f (func (result i32)))
             (table 1000000 funcref)
             (elem (i32.const 999999) $last)
             (func $last (result i32) (i32.const 13))
             (func (export "_start") (call $exit (call_indirect (type $f) (i32.const 999999)))))"#
    );
    assert_eq!(exit_code(&module, &[]), Some(13));
    assert_eq!(exit_code(&module.replace("(i32.const 999999)))))", "(i32.const 999998)))))"), &[]), Some(TRAP_EXIT));
}

#[test]
fn a_function_name_of_a_hundred_thousand_bytes() {
    let name = "long".repeat(25_000);
    let module = format!(r#"(module (func $f (@name "{name}") unreachable) (func (export "_start") (call $f)))"#);
    assert_eq!(exit_code(&module, &[]), Some(TRAP_EXIT));
    assert_eq!(exit_code(&module, &["-O0"]), Some(TRAP_EXIT));
}

/// Damaged modules: whatever a byte is changed to, the compiler either builds it or refuses it with one message.
#[test]
fn damaged_modules_never_crash_the_compiler() {
    let original = fs::read(crate::program::folder().join("c/hello.wasm")).expect("the program is there");
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let path = scratch.path().join("damaged.wasm");
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut refused = 0;
    for round in 0..150 {
        let mut bytes = original.clone();
        match round % 3 {
            0 => bytes.truncate(next(original.len())),
            1 => bytes[next(original.len())] = next(256) as u8,
            _ => {
                let start = next(original.len() - 8);
                bytes.drain(start..start + 1 + next(8));
            }
        }
        fs::write(&path, &bytes).expect("a file can be written");
        let output = run(wasmc(scratch.path()).args(["build", "damaged.wasm", "-o", "out"]), b"");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let exists = scratch.path().join("out").exists();
        match output.status.code() {
            Some(0) => {
                assert!(exists, "round {round}: success without an output");
                fs::remove_file(scratch.path().join("out")).expect("the output can be removed");
            }
            Some(1) => {
                refused += 1;
                assert!(!exists, "round {round}: a refused build left an output");
                assert!(!stderr.trim().is_empty() && !stderr.contains("panicked"), "round {round}: {stderr}");
            }
            _ => panic!("round {round}: {}: {stderr}", output.status),
        }
    }
    assert!(refused > 50, "only {refused} were refused: the damage does not reach what it should");
}
