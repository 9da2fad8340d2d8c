//! Executables for macOS, read back: nothing here can run them for AArch64, so that every table in them is walked and compared, with
//! the code that it is about and with what LLVM's linker makes of the same input.
//!
//! The runtime libraries must be there: `tools/build-runtimes x86_64-apple-darwin aarch64-apple-darwin`. Those for x86-64 are
//! run too (`loader/`), by the tests of `tests/programs/`.

mod check;
mod fixups;
mod oracle;
mod signature;
mod unwind;
mod wasi;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use check::Report;

const TARGETS: [&str; 2] = ["x86_64-apple-darwin", "aarch64-apple-darwin"];

/// Programs of C that use much of WASI, and some with exceptions, tables and several memories.
const PROGRAMS: [&str; 12] = [
    "c/hello.wasm",
    "c/printf.wasm",
    "c/cat.wasm",
    "c/clock.wasm",
    "c/directories.wasm",
    "c/environ.wasm",
    "c/files.wasm",
    "c/poll.wasm",
    "c/simd.wasm",
    "c/dispatch.wasm",
    "wat/tail_calls.wat",
    "wat/tables.wat",
];

fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/programs")
}

/// Builds a program in a folder; the output has the name `output`.
fn build(folder: &Path, program: &Path, output: &str, flags: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmc"));
    command.current_dir(folder).arg("build").arg(program).args(["-o", output]).args(flags);
    let ended = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(ended.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ended.stderr));
    fs::read(folder.join(output)).expect("wasmc wrote it")
}

#[test]
fn every_table_of_every_executable_makes_sense() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for target in TARGETS {
        for program in PROGRAMS {
            for flags in [&["-O0"][..], &["-O2", "--strip"]] {
                let flags = [&["--target", target][..], flags].concat();
                let executable = build(folder.path(), &programs().join(program), "program", &flags);
                let report = check::executable(&executable);
                println!("{target}, {program}: {} bytes, {report}", executable.len());
            }
        }
    }
}

#[test]
fn debuggers_find_functions_lines_and_types() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = programs().join("../debug/programs/values-O0.wasm");
    for target in TARGETS {
        for flags in [&["-g", "-O0"][..], &["-g", "-O2"], &["-gline-tables-only", "-O0"]] {
            let executable = build(folder.path(), &program, "program", &[&["--target", target], flags].concat());
            check::executable(&executable);
            oracle::verifies_debug_info(&folder.path().join("program"));
        }
        build(folder.path(), &program, "program", &["--target", target, "-O0", "-g"]);
        oracle::debugger_finds(
            &folder.path().join("program"),
            &[
                "breakpoint set -f values.c -l 67",
                "breakpoint set -n twice",
                "image lookup -t node",
                "image lookup -t 'node *'",
            ],
            &[
                "program`main + ",
                " at values.c:67",
                "program`twice + ",
                " at values.c:47",
                "int value;",
                "char name[8];",
                // Pointers are in lldb's form.
                "byte-size = 4",
                "offset;",
            ],
        );
        let stripped = build(folder.path(), &program, "program", &["--target", target, "-O0", "-g", "--strip"]);
        assert!(!check::executable(&stripped).segments.iter().any(|(name, ..)| name == "__DWARF"));
    }
}

#[test]
fn llvm_reads_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for target in TARGETS {
        for program in ["c/hello.wasm", "c/directories.wasm"] {
            let executable = build(folder.path(), &programs().join(program), "program", &["--target", target]);
            oracle::reads(&folder.path().join("program"), &check::executable(&executable));
        }
    }
}

#[test]
fn the_linker_of_llvm_links_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let everything = folder.path().join("everything.wat");
    fs::write(&everything, wasi::everything()).expect("the folder can be written to");
    for target in TARGETS {
        for program in PROGRAMS.iter().map(|program| programs().join(program)).chain([everything.clone()]) {
            let own: Report = check::executable(&build(folder.path(), &program, "program", &["--target", target]));
            build(folder.path(), &program, "program.o", &["--target", target, "--emit", "obj"]);
            let other = oracle::link(folder.path(), target, &own);
            assert_eq!(own.imports, other.imports, "{target}, {}", program.display());
            assert_eq!(own.functions, other.functions, "{target}, {}", program.display());
            assert_eq!(own.segments, other.segments, "{target}, {}", program.display());
            assert_eq!(own.entry, other.entry, "{target}, {}", program.display());
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, two) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("another folder"));
    let program = programs().join("c/printf.wasm");
    for target in TARGETS {
        let first = build(one.path(), &program, "first", &["--target", target, "--jobs", "1"]);
        let second = build(two.path(), &program, "second", &["--target", target, "--jobs", "3"]);
        assert!(first == second, "{target}: the executables differ");
    }
}

#[test]
fn what_is_small_stays_small() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (target, most) in [("x86_64-apple-darwin", 64 << 10), ("aarch64-apple-darwin", 96 << 10)] {
        let program = programs().join("c/hello.wasm");
        let size = build(folder.path(), &program, "hello", &["--target", target, "--strip"]).len();
        assert!(size <= most, "{target}: {size} bytes");
    }
}
