//! `--linker`: the user's own linker in the place of wasmc's.

use crate::programs::HELLO;
use crate::sandbox::Sandbox;

#[test]
fn a_linker_and_a_compiler_driver_make_the_same_program() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wat", HELLO);
    // Whoever can build wasmc has both: Rust links with them.
    for linker in ["ld", "cc"] {
        for flags in ["", "--strip"] {
            sandbox.wasmc(&format!("build hello.wat -o {linker}-hello --linker {linker} {flags}")).succeeds();
            assert_eq!(sandbox.execute(&format!("{linker}-hello")).succeeds().text(), "hello\n");
        }
    }
}

#[test]
fn a_linker_that_fails_is_quoted() {
    let sandbox = Sandbox::new();
    sandbox
        .write("hello.wat", HELLO)
        .write("app", "old")
        .write("ld-broken", "#!/bin/sh\necho no such thing >&2; exit 3\n");
    let path = sandbox.path("ld-broken");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it is ours");
    sandbox.wasmc("build hello.wat -o app --linker ./ld-broken").fails(&["ld-broken failed", "3", "no such thing"]);
    sandbox.wasmc("build hello.wat -o app --linker true").fails(&["wrote no output"]);
    sandbox.wasmc("build hello.wat -o app --linker ./missing").fails(&["cannot run the linker ./missing"]);
    assert_eq!(sandbox.read("app"), b"old");
}
