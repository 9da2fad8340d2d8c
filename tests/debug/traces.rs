//! Traps of executables with lines, and traces of those without explained by `wasmc symbolize`.

use std::path::Path;
use std::process::Command;

use object::{Object, ObjectSection};

use crate::debugger::{build, check_lines, output, source};

const CRASH: &str = "debug/programs/crash-O2.wasm";

/// Runs a command in a folder; returns all that it wrote.
fn run(folder: &Path, program: &Path, arguments: &[&str]) -> String {
    output(Command::new(program).args(arguments).current_dir(folder))
}

fn wasmc() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_wasmc"))
}

/// Without what two builds of a program never agree on.
fn without_build_id(trace: &str) -> String {
    trace.lines().filter(|line| !line.starts_with("  build ID ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_trap_tells_functions_and_lines_with_those_inlined() {
    let inlined = [
        "wasmc: trap: integer divide by zero",
        "  wasm stack (function [index] at offset in the module):",
        "    0: app::report(int, int) [",
        "         app::Ratio::value at crash.cc:11 (inlined)",
        "         app::rounded<app::Ratio> at crash.cc:17 (inlined)",
        "         app::report at crash.cc:23",
        "    1: main [",
        "         main at crash.cc:38",
        "    2: __main_void [",
        "    3: __original_main [",
        "         __original_main at libc-bottom-half/sources/__original_main.c:9",
    ];
    for flags in [&["-g", "-O0"][..], &["-g"], &["-g", "-O1", "--bounds", "explicit"]] {
        let scratch = tempfile::tempdir().expect("a temporary folder can be made");
        let program = build(scratch.path(), CRASH, flags);
        check_lines(&run(scratch.path(), &program, &[]), &inlined);
    }
}

#[test]
fn what_the_toolchain_left_to_inline_is_told_too() {
    let expected = [
        ": app::Ratio::value() const [",
        "         app::Ratio::value at crash.cc:11",
        ": int app::rounded<app::Ratio>(app::Ratio const&, int) [",
        "         app::rounded<app::Ratio> at crash.cc:17",
        ": app::report(int, int) [",
        "         app::report at crash.cc:23",
        ": main [",
        "         main at crash.cc:38",
    ];
    for flags in [["-g", "-O0"], ["-g", "-O2"]] {
        let scratch = tempfile::tempdir().expect("a temporary folder can be made");
        let program = build(scratch.path(), "debug/programs/crash-O0.wasm", &flags);
        let trace = run(scratch.path(), &program, &[]);
        check_lines(&trace, &expected);
        assert!(!trace.contains("(inlined)"), "{trace}");
    }
}

#[test]
fn deep_recursion_tells_its_ends() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    // At higher levels a trap behind a condition is one with it, and has its line.
    let program = build(scratch.path(), "debug/programs/crash-O0.wasm", &["-g", "-O0"]);
    let trace = run(scratch.path(), &program, &["200", "x"]);
    let expected = [
        "unreachable",
        "    0: app::descend(int) [",
        "         app::descend at crash.cc:28",
        "    1: app::descend(int) [",
        "         app::descend at crash.cc:29",
        "frames omitted",
        "         app::descend at crash.cc:29",
        "         main at crash.cc:37",
    ];
    check_lines(&trace, &expected);
}

#[test]
fn symbolize_makes_the_same_of_a_trace_without_lines() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = scratch.path();
    let expected = without_build_id(&run(folder, &build(folder, CRASH, &["-g"]), &["200", "x"]));
    let bare = run(folder, &build(folder, CRASH, &[]), &["200", "x"]);
    assert!(!bare.contains("crash.cc") && bare.contains("  build ID "), "{bare}");
    std::fs::write(folder.join("trace"), &bare).expect("the folder is writable");
    let module = source(CRASH);
    let module = module.to_str().expect("the sources' path is UTF-8");
    let explained = run(folder, wasmc(), &["symbolize", module, "trace"]);
    assert_eq!(without_build_id(&explained), expected.trim_end());
    // Once more changes nothing; neither do other words.
    std::fs::write(folder.join("trace"), &explained).expect("the folder is writable");
    assert_eq!(run(folder, wasmc(), &["symbolize", module, "trace"]), explained);
    std::fs::write(folder.join("trace"), "no trace\n\n    0: here\nat the end").expect("the folder is writable");
    assert_eq!(run(folder, wasmc(), &["symbolize", module, "trace"]), "no trace\n\n    0: here\nat the end");
}

#[test]
fn a_trace_of_another_build_is_refused() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = scratch.path();
    let program = build(folder, CRASH, &["-g", "-O0"]);
    std::fs::copy(&program, folder.join("other")).expect("the folder is writable");
    let trace = run(folder, &build(folder, CRASH, &[]), &[]);
    std::fs::write(folder.join("trace"), &trace).expect("the folder is writable");
    let mut command = Command::new(wasmc());
    let ended = command.args(["symbolize", "other", "trace"]).current_dir(folder).output().expect("wasmc runs");
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&ended.stdout), trace);
    let words = String::from_utf8_lossy(&ended.stderr);
    assert!(words.contains("the trace is not of this build: its build ID is "), "{words}");
}

#[test]
fn functions_of_linked_modules_are_told_apart() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = scratch.path();
    let main = "(module (import \"c\" \"_start\" (func $begin)) (import \"c\" \"memory\" (memory 1))
        (export \"memory\" (memory 0)) (func (export \"_start\") call $begin))";
    std::fs::write(folder.join("main.wat"), main).expect("the folder is writable");
    let link = format!("c={}", source(CRASH).display());
    let built = run(folder, wasmc(), &["build", "-g", "main.wat", "-o", "program", "--link", &link]);
    assert_eq!(built, "");
    let trace = run(folder, &folder.join("program"), &[]);
    let expected = [
        "    0: app::report(int, int) [",
        " of module 1",
        "         app::Ratio::value at crash.cc:11 (inlined)",
        "         main at crash.cc:38",
        " of module 1",
        // The main module's has no source.
        ": _start [1] at 0x",
    ];
    check_lines(&trace.replace(" of module 1", "\n of module 1"), &expected);
    let last = trace.lines().rev().nth(2).unwrap_or_default();
    assert!(last.contains("_start [1] at 0x") && !last.contains("module"), "{trace}");
}

#[test]
fn stripping_leaves_the_lines_and_damage_the_trace() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = scratch.path();
    let program = build(folder, CRASH, &["-g"]);
    let whole = run(folder, &program, &[]);
    run(folder, Path::new("strip"), &["-o", "stripped", "program"]);
    assert_eq!(run(folder, &folder.join("stripped"), &[]), whole);

    let bytes = std::fs::read(&program).expect("it was built");
    let file = object::File::parse(&*bytes).expect("it is an ELF file");
    let map = file.section_by_name(".wasmc.sources").and_then(|section| section.file_range()).expect("it has a map");
    let mut random = 12345_u32;
    for _ in 0..60 {
        let mut damaged = bytes.clone();
        for _ in 0..200 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // The index and the streams of the program's own functions are at the front.
            let span = if random & 1 == 0 { map.1 } else { 600 };
            damaged[(map.0 + u64::from(random >> 8) % span) as usize] = (random >> 4) as u8;
        }
        // A new file each time: one that runs cannot be written to.
        let name = format!("damaged{random}");
        std::fs::write(folder.join(&name), damaged).expect("the folder is writable");
        run(folder, Path::new("chmod"), &["+x", &name]);
        let mut command = Command::new(folder.join(&name));
        let ended = command.current_dir(folder).output().expect("it runs");
        let trace = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(134), "{trace}");
        check_lines(&trace, &["trap: integer divide by zero", "    0: app::report", "    4: _start"]);
        std::fs::remove_file(folder.join(&name)).expect("it is there");
    }
}
