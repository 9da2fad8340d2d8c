//! The scripts that `wasmc debug-scripts` prints, in real debuggers; and what they show, which is there without them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debugger::{build, check_lines, gdb, output};

/// Writes the script for a debugger to a folder.
pub fn script(folder: &Path, debugger: &str) -> PathBuf {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmc"));
    let printed = command.args(["debug-scripts", debugger]).output().expect("wasmc runs");
    assert!(printed.status.success() && printed.stderr.is_empty(), "{printed:?}");
    // Both know Python by the name of the file.
    let path = folder.join("wasmc.py");
    std::fs::write(&path, printed.stdout).expect("the folder is writable");
    path
}

/// Builds a program, and runs gdb with the script over it.
fn with_gdb(module: &str, flags: &[&str], commands: &[&str]) -> String {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build(scratch.path(), module, &[&["-g"], flags].concat());
    let source = format!("source {}", script(scratch.path(), "gdb").display());
    let text = gdb(&program, &[&[source.as_str()], commands].concat());
    assert!(!text.contains("Python"), "{text}");
    text
}

/// The same with lldb, which goes on where a command fails.
pub fn with_lldb(module: &str, flags: &[&str], commands: &[&str]) -> String {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build(scratch.path(), module, flags);
    let import = format!("command script import {}", script(scratch.path(), "lldb").display());
    let list = scratch.path().join("commands");
    std::fs::write(&list, [&[&*import], commands].concat().join("\n")).expect("the folder is writable");
    let mut command = Command::new("lldb-19");
    command.args(["--no-lldbinit", "--batch", "-o"]).arg(format!("command source -e 0 {}", list.display()));
    let text = output(command.arg(program));
    assert!(!text.contains("Traceback") && !text.contains("bug report"), "{text}");
    text
}

#[test]
fn the_instance_is_shown() {
    let expected = |stack_pointer| {
        [
            "memory0: 0x20000 bytes at 0x",
            stack_pointer,
            "table0: 7 elements",
            "  1: twice",
            "  2: __stdio_write",
            "result = 150",
            "00000400  00 00 80 3f 8d 00 fd ff 04 00 00 00 00 00 00 00  ...?............",
            "00000410  01 00 00 00",
        ]
    };
    let commands =
        ["break 67", "run", "wasm memory", "wasm globals", "wasm tables", "wasm locals", "wasm memory 1024 20"];
    for flags in [&["-O0"][..], &["-O2"], &["-O0", "--memory-base", "relocatable"]] {
        let text = with_gdb("debug/programs/values-O0.wasm", flags, &commands);
        check_lines(&text, &expected("__stack_pointer: i32 = 70752"));
    }
    let commands =
        ["b values.c:67", "run", "wasm-memory", "wasm-globals", "wasm-tables", "wasm-locals", "wasm-memory 1024 20"];
    for flags in [&["-g", "-O0"][..], &["-glldb", "-O0"], &["-glldb", "-O0", "--memory-base", "relocatable"]] {
        let text = with_lldb("debug/programs/values-O0.wasm", flags, &commands);
        check_lines(&text, &expected("__stack_pointer: int = 70752"));
    }
}

/// At `-O2` a register keeps the stack pointer.
#[test]
fn globals_in_registers_are_those_of_the_frame() {
    let text = with_lldb("debug/programs/small-O2.wasm", &["-g", "-O2"], &["b area", "run", "wasm-globals"]);
    check_lines(&text, &["__stack_pointer: int = 70"]);
}

#[test]
fn pointers_to_text_show_it() {
    let commands =
        ["break 34", "run", "print greeting", "print list", "wasm string greeting", "wasm memory 0x1fff8 16"];
    let text = with_gdb("debug/programs/values-O0.wasm", &["-O0"], &commands);
    let expected = ["$1 = 0x445 \"hello\"", "$2 = 0x115", "\"hello\"", "0001fff8  ", "The memory ends at 0x20000."];
    check_lines(&text, &expected);
    let commands = ["b values.c:34", "run", "wasm-string 0x445", "wasm-memory 0x1fff8 16", "wasm-memory nonsense"];
    let text = with_lldb("debug/programs/values-O0.wasm", &["-g", "-O0"], &commands);
    check_lines(&text, &["\"hello\"", "0001fff8  ", "The memory ends at 0x20000.", "nonsense", "error: "]);
}

#[test]
fn strings_slices_and_vectors_of_rust_show_their_elements() {
    let commands = ["break 30", "run", "print label", "print items", "up", "print items", "print items.len"];
    let text = with_gdb("debug/programs/inventory-O0.wasm", &["-O0"], &commands);
    let expected = [
        "$1 = \"weight\"",
        "$2 = &[inventory::Item] of 2 = {inventory::Item {name: \"water\", count: 3, kind: inventory::Kind::Fluid{litres: 2.5}",
        "$3 = alloc::vec::Vec<inventory::Item, alloc::alloc::Global> of 2 = {inventory::Item {name: \"water\", count: 3, kind: inventory::Kind::Fluid{litres: 2.5}",
        "$4 = 2",
    ];
    check_lines(&text, &expected);
}

#[test]
fn exceptions_are_caught_where_they_are_thrown() {
    for level in ["-O0", "-O2"] {
        let text = with_gdb("programs/wat/uncaught.wat", &[level], &["wasm catch", "run", "backtrace"]);
        check_lines(&text, &["before", "Breakpoint 1, ", "wasmc_throw", "read", "_start"]);
        let text = with_lldb("programs/wat/uncaught.wat", &["-g", level], &["wasm-catch", "run", "bt"]);
        check_lines(&text, &["frame #0: ", "`wasmc_throw", "`read", "`wasmc_entry"]);
    }
    // A program without exceptions has nothing to stop at.
    let text = with_gdb("programs/c/hello.wasm", &[], &["wasm catch", "run"]);
    assert!(!text.contains("Breakpoint"), "{text}");
}

#[test]
fn the_instance_is_described_without_scripts() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let module = "(module (memory (export \"memory\") 1) (table $t 3 funcref) (elem (i32.const 1) $f)
        (global $count (mut i32) (i32.const 5)) (global $large i64 (i64.const -7)) (global $ratio (mut f64) (f64.const 1.5))
        (global $\"odd name\" (mut i32) (i32.const 9)) (global $vector v128 (v128.const i64x2 1 2)) (global $null funcref (ref.null func))
        (func $f (drop (table.grow (ref.null func) (i32.const 2)))
          (global.set $count (i32.add (global.get $count) (i32.const 1)))
          (global.set $\"odd name\" (i32.const 10)) (global.set $ratio (f64.const 2.5)))
        (func (export \"_start\") (call_indirect (i32.const 1)) (unreachable)))";
    let path = scratch.path().join("globals.wat");
    std::fs::write(&path, module).expect("the folder is writable");
    let path = path.to_str().expect("the path is UTF-8");
    let commands = [
        "run",
        "print wasm::count",
        "print wasm::large",
        "print wasm::ratio",
        "print wasm::global3",
        "print wasm::vector[8]",
        "print wasm::memory0.length",
        "print wasm::table0.length",
        "print wasm::table0.base[1]->code != 0",
    ];
    for level in ["-O0", "-O2"] {
        let program = build(scratch.path(), path, &["-g", level]);
        let text = gdb(&program, &commands);
        check_lines(&text, &["$1 = 6", "$2 = -7", "$3 = 2.5", "$4 = 10", "$5 = 2", "$6 = 65536", "$7 = 5", "$8 = 1"]);
        let checked = output(Command::new("llvm-dwarfdump").arg("--verify").arg(&program));
        check_lines(&checked, &["No errors."]);
    }
}
