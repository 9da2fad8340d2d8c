//! What debuggers do with programs of this machine, and emulators lack: watchpoints, core files, lldb.

use std::process::Command;

use crate::debugger::{build, check_lines, gdb, output};
use crate::values::debug;

#[test]
fn memory_can_be_watched() {
    let commands = ["break main", "run", "watch counter", "continue", "continue", "info breakpoints"];
    let text = debug("values-O0", &["-O0"], &commands);
    let expected = ["Old value = 7", "New value = 11", "values.c:61", "Old value = 11", "New value = 16"];
    check_lines(&text, &expected);
}

/// Not on AArch64, where compiled code returns integers in another register than debuggers look at (docs/debugging.md).
#[test]
fn finish_tells_the_result() {
    check_lines(&debug("values-O0", &["-O0"], &["break sum", "run", "finish"]), &["Value returned is $1 = 150"]);
}

/// gdb reads what a Rust enum behind a pointer is before it follows the pointer: not where the memory's base is no constant.
#[test]
fn pointers_to_enums_of_rust() {
    let commands = ["break main.rs:31", "run", "print (*items.data_ptr).count"];
    check_lines(&debug("inventory-O0", &["-O0"], &commands), &["$1 = 3"]);
}

#[test]
fn core_files_are_read_as_running_programs_are() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    // gdb takes a minute to write a core file with gigabytes of guard.
    let flags = ["-g", "-O0", "--bounds", "explicit", "--max-memory", "16M"];
    let program = build(scratch.path(), "debug/programs/values-O0.wasm", &flags);
    let core = scratch.path().join("core");
    let save = format!("generate-core-file {}", core.display());
    gdb(&program, &["break sum", "run", &save]);
    let read = format!("core-file {}", core.display());
    let text = gdb(&program, &[&read, "backtrace", "print list->next->value", "up", "print flags.point"]);
    check_lines(&text, &["#0  sum (list=0x", "main (argc=1", "$1 = 11", "$2 = {x = -3, y = 4}"]);
}

#[test]
fn lldb_sees_lines_and_values() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build(scratch.path(), "debug/programs/values-O0.wasm", &["-g", "-O0"]);
    let mut command = Command::new("lldb-19");
    command.args(["--no-lldbinit", "--batch", "--one-line", "breakpoint set --name sum"]);
    let steps = ["run", "thread backtrace", "next", "next", "next", "next", "frame variable limit total doubled"];
    let values = ["target variable counter", "up", "frame variable word color flags table"];
    for line in steps.iter().chain(&values) {
        command.args(["--one-line", line]);
    }
    let text = output(command.arg(&program));
    let expected = [
        "sum(list=0x0000000000011560, limit=1000) at values.c:28",
        "main(argc=1",
        "_start",
        "values.c:29",
        "values.c:30",
        "values.c:31",
        "values.c:32",
        "(int) limit = 1000",
        "(int) total = 42",
        "(int) doubled = 42",
        "(int) counter = 22",
        "number = 1065353216, real = 1",
        "GREEN",
        "high = 17",
        "[0] = 4, [1] = 5, [2] = 6",
    ];
    check_lines(&text, &expected);
}

/// Debug information changes nothing of the code, and is well-formed.
#[test]
fn code_is_the_same_and_sections_are_in_order() {
    for module in ["values-O0", "values-O2", "shapes-O0", "shapes-O2", "words-O2", "scanner-O2"] {
        for level in ["-O0", "-O2"] {
            let scratch = tempfile::tempdir().expect("a temporary folder can be made");
            let path = format!("debug/programs/{module}.wasm");
            let plain = loaded(&build(scratch.path(), &path, &[level]));
            // Lines for traces are loaded too, unless they are in a file of their own.
            let program = build(scratch.path(), &path, &[level, "-g", "--split-debug"]);
            assert!(plain == loaded(&program), "{module} {level}: -g changes what is loaded");
            let program = build(scratch.path(), &path, &[level, "-g"]);
            let text = output(Command::new("llvm-dwarfdump").arg("--verify").arg(&program));
            assert!(text.contains("No errors.") && !text.contains("error:"), "{module} {level}\n{text}");
        }
    }
}

/// The sections of a program that are loaded, but for what identifies it: names and contents.
fn loaded(program: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let image = std::fs::read(program).expect("the program can be read");
    let number = |at: usize, size: usize| {
        image[at..at + size].iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte)) as usize
    };
    let (table, count, names) = (number(40, 8), number(60, 2), number(62, 2));
    let header = |index: usize| table + 64 * index;
    let names = number(header(names) + 24, 8);
    let mut found = Vec::new();
    for section in (0..count).map(header) {
        let name: Vec<u8> = image[names + number(section, 4)..].iter().copied().take_while(|byte| *byte != 0).collect();
        let name = String::from_utf8(name).expect("the linker's names are ASCII");
        let (kind, flags) = (number(section + 4, 4), number(section + 8, 8));
        if flags & 2 != 0 && kind != 8 && !name.starts_with(".note") {
            let start = number(section + 24, 8);
            found.push((name, image[start..start + number(section + 32, 8)].to_vec()));
        }
    }
    found
}
