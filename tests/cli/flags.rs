//! Flags that change what a program is or does.

use crate::programs::HELLO;
use crate::sandbox::Sandbox;

#[test]
fn modules_are_linked_by_name() {
    let sandbox = Sandbox::new();
    sandbox
        .write("base.wat", r#"(module (func (export "two") (result i32) (i32.const 2)))"#)
        .write(
            "middle.wat",
            r#"(module (import "base" "two" (func $two (result i32)))
                (func (export "four") (result i32) (i32.add (call $two) (call $two))))"#,
        )
        .write(
            "main.wat",
            r#"(module (import "base" "two" (func $two (result i32))) (import "middle" "four" (func $four (result i32)))
                (func (export "six") (result i32) (i32.add (call $two) (call $four))))"#,
        );
    let links = "--link base=base.wat --link middle=middle.wat";
    let ended = sandbox.wasmc(&format!("run --invoke six {links} main.wat")).succeeds();
    assert_eq!(ended.text().trim(), "6");
    sandbox.wasmc(&format!("build --invoke six {links} main.wat")).succeeds();
    assert_eq!(sandbox.execute("main").succeeds().text().trim(), "6");
    // A module takes imports from those before it, not from those behind it.
    sandbox
        .wasmc("build --invoke six --link middle=middle.wat --link base=base.wat main.wat -o out")
        .fails(&[r#""base" "two""#]);
    sandbox.wasmc("build main.wat --link a=base.wat --link a=middle.wat").fails(&["the module name a twice"]);
    sandbox.wasmc("build main.wat --link base=base.wat -o base.wat").fails(&["would overwrite the input"]);
}

#[test]
fn unknown_imports_trap_by_name_when_called() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "qjs.wat",
        r#"(module (import "env" "mystery" (func $mystery)) (func (export "_start"))
            (func (export "call") (call $mystery)))"#,
    );
    sandbox.wasmc("run --unknown-imports trap qjs.wat").succeeds();
    let ended = sandbox.wasmc("run --unknown-imports trap --invoke call qjs.wat");
    assert_eq!(ended.code, Some(134), "{ended:?}");
    assert!(ended.stderr.contains("mystery"), "{ended:?}");
}

#[test]
fn every_way_to_compile_makes_the_same_program() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wat", HELLO);
    for flags in [
        "-O0",
        "-O1",
        "-O2",
        "-Os",
        "--cpu native",
        "--bounds explicit",
        "--relaxed-simd deterministic",
        "--memory-base relocatable",
        "--jobs 1",
        "-g",
        "--strip",
        "--max-memory 64K --max-stack 256K",
        "--max-gc-heap 64M --gc-stress",
    ] {
        sandbox.wasmc(&format!("build hello.wat {flags}")).succeeds();
        assert_eq!(sandbox.execute("hello").succeeds().text(), "hello\n", "{flags}");
    }
}

#[test]
fn a_module_larger_than_the_limit_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wat", HELLO);
    sandbox.wasmc("build hello.wat --max-memory 63K").fails(&["hello.wat", "--max-memory"]);
    sandbox.wasmc("build hello.wat --max-gc-heap 2G").fails(&["--max-gc-heap", "2147450880"]);
}

#[test]
fn instructions_that_older_processors_take_for_others_are_tried_first() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wat", HELLO);
    let entry_with = |flags: &str| {
        let listing = sandbox.wasmc(&format!("build hello.wat --emit asm -o - {flags}")).succeeds().text().to_owned();
        listing[listing.find("wasmc_entry:").expect("it is there")..].to_owned()
    };
    let cases = [("", [true, true]), ("--cpu x86-64-v2", [false, false]), ("--cpu x86-64-v2,+lzcnt", [true, false])];
    for (flags, checked) in cases {
        let entry = entry_with(flags);
        assert_eq!([entry.contains("lzcnt"), entry.contains("tzcnt")], checked, "{flags}: {entry}");
    }
}
