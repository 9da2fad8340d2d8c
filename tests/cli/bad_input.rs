//! Input that cannot be built: one clear error, exit code 1, and no file.

use crate::programs::{HELLO, binary};
use crate::sandbox::{Sandbox, end};
use std::io::Write;
use std::process::Stdio;

#[test]
fn a_module_cut_short_anywhere_is_refused() {
    let sandbox = Sandbox::new();
    let module = binary(HELLO);
    for length in 0..module.len() {
        sandbox.write("cut.wasm", &module[..length]);
        let ended = sandbox.wasmc("build cut.wasm -o cut");
        // Without its last sections it may still be a module.
        match ended.code {
            Some(0) => {
                assert!(wasmparser::validate(&module[..length]).is_ok(), "at {length}");
                std::fs::remove_file(sandbox.path("cut")).expect("success means that there is a file");
            }
            _ => drop(ended.fails(&["cut.wasm"])),
        }
        assert_eq!(sandbox.files("."), ["cut.wasm"], "at {length}");
    }
}

#[test]
fn a_module_with_any_byte_changed_builds_or_is_refused() {
    let sandbox = Sandbox::new();
    let module = binary(HELLO);
    for at in 0..module.len() {
        let mut changed = module.clone();
        changed[at] ^= 0x55;
        sandbox.write("changed.wasm", &changed);
        let ended = sandbox.wasmc("build changed.wasm -o changed");
        match ended.code {
            Some(0) => std::fs::remove_file(sandbox.path("changed")).expect("success means that there is a file"),
            _ => drop(ended.fails(&["changed.wasm"])),
        }
        assert_eq!(sandbox.files("."), ["changed.wasm"], "at {at}");
    }
}

#[test]
fn what_is_no_module_is_named() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("folder.wasm")).expect("a folder");
    sandbox
        .write("empty.wasm", "")
        .write("garbage.wasm", [0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 3])
        .write("text.txt", "hello, world\n")
        .write("half.wat", "(module (func")
        .write("version.wasm", b"\0asm\x63\0\0\0")
        .write("component.wasm", b"\0asm\x0d\0\x01\0")
        .write("component.wat", "(component)");
    for (file, words) in [
        ("missing.wasm", "No such file or directory"),
        ("folder.wasm", "Is a directory"),
        ("empty.wasm", "the file is empty"),
        ("garbage.wasm", "not a WebAssembly module"),
        ("text.txt", "expected"),
        ("half.wat", "half.wat:1:"),
        ("version.wasm", "byte offset 0x4"),
        ("component.wasm", "unsupported: components; wasmc builds core modules"),
        ("component.wat", "unsupported: components; wasmc builds core modules"),
    ] {
        sandbox.wasmc(&format!("build {file} -o out")).fails(&[file, words]);
        sandbox.wasmc(&format!("run {file}")).fails(&[file, words]);
        assert!(!sandbox.path("out").exists(), "{file}");
    }
    assert!(sandbox.files("cache/wasmc").is_empty());
}

#[test]
fn an_invalid_function_is_named_with_its_offset() {
    let sandbox = Sandbox::new();
    sandbox.write("bad.wat", r#"(module (func $broken (export "_start") (drop (i32.add (i32.const 1)))))"#);
    sandbox.wasmc("build bad.wat").fails(&["bad.wat", "byte offset 0x", "in function", "broken"]);
}

#[test]
fn unknown_imports_are_listed_together() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "qjs.wat",
        r#"(module (import "env" "one" (func)) (import "env" "two" (func (param i64) (result f32)))
            (import "other" "three" (func)) (func (export "_start")))"#,
    );
    let words = [
        "qjs.wat",
        r#""env" "one""#,
        r#""env" "two": function [i64] -> [f32]"#,
        r#""other" "three""#,
        "--unknown-imports trap",
    ];
    sandbox.wasmc("build qjs.wat").fails(&words);
    assert_eq!(sandbox.files("."), ["qjs.wat"]);
}

#[test]
fn a_module_without_an_entry_says_what_to_do() {
    let sandbox = Sandbox::new();
    sandbox.write("add.wat", crate::programs::ADD);
    sandbox.wasmc("build add.wat").fails(&["add.wat", "_start", "--invoke"]);
    sandbox.wasmc("build add.wat --invoke sub").fails(&["add.wat", "sub"]);
}

#[test]
fn memories_and_tables_beyond_limits_are_refused() {
    let sandbox = Sandbox::new();
    for (name, definition, words) in [
        ("memory", "(memory i64 0x1000000000000)", "memory 0 starts with 281474976710656 pages"),
        ("bytes", "(memory i64 0xffffffffffffffff (pagesize 1))", "memory 0 starts with 18446744073709551615 pages"),
        ("table", "(table 0xffffffff funcref)", "table 0 starts with 4294967295 elements"),
        ("table64", "(table i64 0xffffffffffffffff funcref)", "table 0 starts with 18446744073709551615 elements"),
    ] {
        let file = format!("{name}.wat");
        sandbox.write(&file, format!(r#"(module {definition} (func (export "_start")))"#));
        sandbox.wasmc(&format!("build {file}")).fails(&[&file, words]);
        assert!(!sandbox.path(name).exists(), "{file}");
    }
}

#[test]
fn branch_hints_that_make_no_sense_are_ignored() {
    let sandbox = Sandbox::new();
    let module = binary(HELLO);
    const NAME: &[u8] = b"metadata.code.branch_hint";
    for hints in [
        // Cut short, a count that is not there, an unknown size, an unknown outcome.
        &[][..],
        &[9, 0],
        &[1, 0, 1, 2, 7, 0],
        &[1, 0, 1, 2, 1, 5],
        // Sound, but of a function and of instructions that do not exist.
        &[1, 0xff, 0xff, 3, 1, 2, 1, 1],
        &[1, 1, 2, 0, 1, 0, 0xff, 0xff, 3, 1, 1],
    ] {
        let size = 1 + NAME.len() + hints.len();
        let section = [&[0, size as u8, NAME.len() as u8], NAME, hints].concat();
        sandbox.write("hinted.wasm", [&module[..8], &section, &module[8..]].concat());
        sandbox.wasmc("build hinted.wasm").succeeds();
        assert_eq!(sandbox.execute("hinted").succeeds().text(), "hello\n", "{hints:?}");
    }
}

#[test]
fn names_in_a_module_do_not_reach_the_terminal_raw() {
    let sandbox = Sandbox::new();
    sandbox.write("evil.wat", r#"(module (import "env" "\1b[2J" (func)) (func (export "_start")))"#);
    let ended = sandbox.wasmc("build evil.wat").fails(&["[2J"]);
    assert!(!ended.stderr.contains('\x1b'), "{ended:?}");
}

#[test]
fn options_that_cannot_be_honoured_are_errors() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wat", HELLO);
    for arguments in ["--cpu nonsense", "--cpu +nonsense", "--target mips64-unknown-linux-gnu"] {
        sandbox.wasmc(&format!("build hello.wat {arguments}")).fails(&[]);
    }
    assert_eq!(sandbox.files("."), ["hello.wat"]);
}

#[test]
fn a_module_may_come_from_standard_input() {
    let sandbox = Sandbox::new();
    for contents in [HELLO.as_bytes(), &binary(HELLO)] {
        let mut command = sandbox.command(["build", "-", "-o", "hello"]);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("wasmc runs");
        child.stdin.take().expect("a pipe").write_all(contents).expect("it reads");
        assert!(child.wait().expect("it ends").success());
        assert_eq!(sandbox.execute("hello").succeeds().text(), "hello\n");
    }
    end(&mut sandbox.command(["build", "-"])).fails(&["name it with -o"]);
    end(&mut sandbox.command(["build", "-", "-o", "x"])).fails(&["standard input: the file is empty"]);
}
