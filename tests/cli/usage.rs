//! The command line itself: version, help, misuse, colours.

use crate::programs::ADD;
use crate::sandbox::{Sandbox, end};

#[test]
fn the_version_names_the_code_generator_and_the_target() {
    let text = Sandbox::new().wasmc("--version").succeeds().text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], concat!("wasmc ", env!("CARGO_PKG_VERSION")));
    assert!(lines[1].starts_with("Cranelift 0."), "{text}");
    assert!(lines[2].starts_with("default target ") && lines[2].contains('-'), "{text}");
}

#[test]
fn every_command_has_help() {
    let sandbox = Sandbox::new();
    for command in ["build", "run", "inspect", "targets", "explain", "completions", "cache"] {
        let text = sandbox.wasmc(&format!("{command} --help")).succeeds().text();
        assert!(text.contains(&format!("Usage: wasmc {command}")), "{text}");
    }
}

#[test]
fn misuse_has_exit_code_2_and_suggests() {
    let sandbox = Sandbox::new();
    sandbox.write("a.wat", ADD);
    for (arguments, words) in [
        ("biuld a.wat", "build"),
        ("build a.wat -O9", "possible values: 0, 1, 2, s"),
        ("build a.wat --emit ob", "obj"),
        ("build a.wat --max-memoyr 1M", "--max-memory"),
        ("build a.wat --max-memory 1X", "such as 64M"),
        ("build a.wat --target nonsense", "nonsense"),
        ("build a.wat --env =x", "name is missing"),
        ("build a.wat --dir ::x", "HOST"),
        ("build a.wat b.wat", "unexpected argument 'b.wat'"),
        ("build a.wat --emit obj --linker ld", "--linker"),
        ("build -q -v a.wat", "cannot be used with"),
        ("run", "FILE"),
        ("build", "FILE"),
        ("", "Usage"),
    ] {
        let ended = sandbox.wasmc(arguments);
        assert_eq!(ended.code, Some(2), "{arguments}: {ended:?}");
        assert!(ended.stderr.contains(words), "{arguments}: {ended:?}");
    }
    assert_eq!(sandbox.files("."), ["a.wat"]);
}

#[test]
fn colours_are_used_where_they_are_asked_for() {
    let sandbox = Sandbox::new();
    let colored = |arguments: &str| sandbox.wasmc(arguments).stderr.contains('\x1b');
    assert!(!colored("build missing.wasm"));
    assert!(colored("build missing.wasm --color always"));
    assert!(colored("--color=always build missing.wasm"));
    assert!(!colored("--color=never build missing.wasm"));
    assert!(colored("--color=always build -O9"));
    let mut command = sandbox.command(["--color=always", "build", "missing.wasm"]);
    assert!(end(command.env("NO_COLOR", "1")).stderr.contains('\x1b'), "the flag outweighs the variable");
}
