//! `wasmc explain`.

use crate::sandbox::Sandbox;

#[test]
fn traps_are_explained() {
    let sandbox = Sandbox::new();
    let by_number = sandbox.wasmc("explain 2").succeeds().text();
    assert!(by_number.starts_with("trap 2: out of bounds memory access (MemoryOutOfBounds)\n\n"), "{by_number}");
    for topic in
        ["memoryoutofbounds", "out of bounds memory access", "trap 2", "wasmc: Out of bounds memory access at 3"]
    {
        assert_eq!(sandbox.wasmc(&format!("explain {topic}")).succeeds().text(), by_number);
    }
}

#[test]
fn all_is_listed() {
    let text = Sandbox::new().wasmc("explain").succeeds().text();
    for words in ["StackOverflow", "call stack exhausted", "UnknownImport", "134", "Exit codes"] {
        assert!(text.contains(words), "no {words} in {text}");
    }
}

#[test]
fn near_matches_are_suggested() {
    let sandbox = Sandbox::new();
    sandbox.wasmc("explain stakoverflow").fails(&["did you mean", "StackOverflow"]);
    sandbox.wasmc("explain qqqq").fails(&["`wasmc explain` lists them"]);
    sandbox.wasmc("explain 99").fails(&["99"]);
}

#[test]
fn exit_codes_are_explained() {
    let sandbox = Sandbox::new();
    assert!(sandbox.wasmc("explain 134").succeeds().text().contains("SIGABRT"));
    assert!(sandbox.wasmc("explain exit codes").succeeds().text().contains("134"));
}
