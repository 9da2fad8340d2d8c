//! `wasmc inspect`.

use crate::programs::{ADD, HELLO, binary};
use crate::sandbox::Sandbox;
use serde_json::{Value, json};

#[track_caller]
fn json(sandbox: &Sandbox, arguments: &str) -> Value {
    serde_json::from_str(&sandbox.wasmc(&format!("inspect --json {arguments}")).succeeds().text()).expect("JSON")
}

#[test]
fn a_module_shows_what_it_needs() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wasm", binary(HELLO));
    let text = sandbox.wasmc("inspect hello.wasm").succeeds().text();
    for words in [
        "hello.wasm: WebAssembly module",
        "memory       64 KiB at first, no limit",
        "imports      wasi_snapshot_preview1.fd_write (function)",
        "exports      memory (memory)",
        "_start (function)",
        "can build this",
    ] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
    let json = json(&sandbox, "hello.wasm");
    assert_eq!(json["buildable"], true);
    assert_eq!(json["memories"], json!([{ "initial": 65536, "maximum": null }]));
    assert_eq!(json["imports"][0]["name"], "fd_write");
}

#[test]
fn unknown_imports_are_listed() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "qjs.wat",
        r#"(module (import "env" "one" (func)) (import "env" "two" (func (param i64))) (func (export "_start")))"#,
    );
    let text = sandbox.wasmc("inspect qjs.wat").succeeds().text();
    assert!(text.contains("\"env\" \"one\"") && text.contains("\"env\" \"two\""), "{text}");
    let json = json(&sandbox, "qjs.wat");
    assert_eq!(json["buildable"], false);
    assert_eq!(json["unknown_imports"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_module_that_cannot_be_built_says_why() {
    let sandbox = Sandbox::new();
    sandbox.write("bad.wat", r#"(module (func (export "f") (result i32)))"#);
    let text = sandbox.wasmc("inspect bad.wat").succeeds().text();
    assert!(text.contains("cannot build this: invalid module: type mismatch"), "{text}");
}

#[test]
fn an_executable_and_an_object_show_their_permissions() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wat", HELLO);
    let flags =
        "--dir /srv::/data --env LANG --env SECRET=swordfish --max-stack 1M --max-memory 2M --runtime-options -Os";
    sandbox.wasmc(&format!("build hello.wat -o hello {flags}")).succeeds();
    sandbox.wasmc(&format!("build hello.wat -o hello-stripped --strip {flags}")).succeeds();
    sandbox.wasmc(&format!("build hello.wat --emit obj -o hello.o {flags}")).succeeds();
    for file in ["hello", "hello-stripped", "hello.o"] {
        let manifest = json(&sandbox, file);
        assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(manifest["opt_level"], "s");
        assert_eq!(manifest["max_stack"], 1 << 20);
        assert_eq!(manifest["memories"], json!([{ "initial": 65536, "maximum": 2 << 20 }]));
        assert_eq!(manifest["imports"], json!(["wasi_snapshot_preview1.fd_write"]));
        assert_eq!(manifest["preopens"], json!([{ "host": "/srv", "guest": "/data" }]));
        assert_eq!(manifest["environment"], json!(["LANG", "SECRET"]));
        assert_eq!(manifest["runtime_options"], true);
        assert_eq!(manifest["inherit_environment"], false);
        assert_eq!(manifest["entry"], "_start");
        let text = sandbox.wasmc(&format!("inspect {file}")).succeeds().text();
        assert!(text.contains("folders      /srv as /data") && text.contains("stack        1 MiB"), "{text}");
        assert!(!text.contains("swordfish"), "{text}");
    }
}

#[test]
fn an_invoked_function_is_the_entry() {
    let sandbox = Sandbox::new();
    sandbox.write("add.wat", ADD);
    sandbox.wasmc("build add.wat --invoke add 2 3").succeeds();
    assert_eq!(json(&sandbox, "add")["entry"], "add");
}

#[test]
fn other_files_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("empty", "").write("junk", b"\xff\xfe\0\x01").write("text", "hello");
    sandbox.wasmc("inspect missing").fails(&["missing", "No such file"]);
    sandbox.wasmc("inspect empty").fails(&["empty"]);
    sandbox.wasmc("inspect junk").fails(&["not a WebAssembly module"]);
    sandbox.wasmc("inspect text").fails(&["text"]);
    sandbox.wasmc(&format!("inspect {}", env!("CARGO_BIN_EXE_wasmc"))).fails(&["neither a module nor"]);
}
