//! `wasmc run`'s cache.

use crate::programs::{ADD, HELLO, SEVEN, binary};
use crate::sandbox::{Ended, Sandbox, end};
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

fn hello() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wasm", binary(HELLO));
    sandbox
}

#[track_caller]
fn says_hello(ended: &Ended) {
    assert_eq!((ended.code, ended.text().as_str()), (Some(0), "hello\n"), "{ended:?}");
}

#[test]
fn a_second_run_does_not_compile() {
    let sandbox = hello();
    let first = sandbox.wasmc("run -v --time hello.wasm");
    says_hello(&first);
    assert!(first.stderr.contains("compiled to") && first.stderr.contains("link"), "{first:?}");
    let files = sandbox.files("cache/wasmc");
    assert_eq!(files.len(), 1);
    assert!(files[0].starts_with("hello-"), "{files:?}");
    let identity = || std::fs::metadata(sandbox.path("cache/wasmc").join(&files[0])).expect("it is there").ino();
    let before = identity();

    let second = sandbox.wasmc("run -v --time hello.wasm");
    says_hello(&second);
    assert!(second.stderr.contains("from the cache"), "{second:?}");
    assert!(!second.stderr.contains("link") && !second.stderr.contains("compile"), "{second:?}");
    assert_eq!((sandbox.files("cache/wasmc"), identity()), (files, before));
}

#[test]
fn contents_and_flags_make_a_difference_and_paths_and_times_do_not() {
    let sandbox = hello();
    let count = || sandbox.files("cache/wasmc").len();
    for (arguments, expected) in [
        ("hello.wasm", 1),
        ("./hello.wasm", 1),
        ("--jobs 1 hello.wasm", 1),
        ("-O0 hello.wasm", 2),
        ("--env A=1 hello.wasm", 3),
        ("--env A=2 hello.wasm", 4),
        ("--dir . hello.wasm", 5),
        ("--bounds explicit hello.wasm", 6),
        ("-O2 hello.wasm", 6),
        ("--relaxed-simd deterministic hello.wasm", 7),
    ] {
        says_hello(&sandbox.wasmc(&format!("run {arguments}")));
        assert_eq!(count(), expected, "{arguments}");
    }
    sandbox.write("hello.wasm", binary(&HELLO.replace("hello", "HELLO")));
    assert_eq!(sandbox.wasmc("run hello.wasm").text(), "HELLO\n");
    assert_eq!(count(), 8);
}

#[test]
fn runs_at_the_same_time_do_not_disturb_each_other() {
    let sandbox = hello();
    let run = || sandbox.command(["run", "hello.wasm"]).output().expect("wasmc runs").into();
    let ended: Vec<Ended> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    ended.iter().for_each(says_hello);
    assert_eq!(sandbox.files("cache/wasmc").len(), 1);
}

#[test]
fn a_damaged_program_is_made_anew() {
    let sandbox = hello();
    says_hello(&sandbox.wasmc("run hello.wasm"));
    let file = format!("cache/wasmc/{}", sandbox.files("cache/wasmc")[0]);
    for contents in [&b""[..], b"\x7fEL", b"\0\0\0\0\0\0\0\0"] {
        sandbox.write(&file, contents);
        says_hello(&sandbox.wasmc("run hello.wasm"));
        assert!(sandbox.read(&file).len() > 100);
    }
}

#[test]
fn without_a_cache_the_program_runs_all_the_same() {
    let sandbox = hello();
    sandbox.write("file", "");
    let run = |change: &dyn for<'c> Fn(&'c mut Command) -> &'c mut Command| {
        let mut command = sandbox.command(["run", "-v", "hello.wasm", "x"]);
        change(&mut command);
        let ended = end(&mut command);
        says_hello(&ended);
        assert!(ended.stderr.contains("the cache cannot be used"), "{ended:?}");
    };
    run(&|command| command.env_remove("XDG_CACHE_HOME").env_remove("HOME"));
    run(&|command| command.env("XDG_CACHE_HOME", "relative").env("HOME", ""));
    run(&|command| command.env("XDG_CACHE_HOME", sandbox.path("file")));
    run(&|command| command.env("XDG_CACHE_HOME", "/dev/null"));
    run(&|command| command.env("XDG_CACHE_HOME", "/proc"));
    // Quiet unless asked.
    let mut command = sandbox.command(["run", "hello.wasm"]);
    end(command.env("XDG_CACHE_HOME", "/dev/null")).succeeds();
    assert_eq!(sandbox.files("."), ["file", "hello.wasm"]);
}

#[test]
fn a_folder_that_others_may_write_to_is_not_trusted() {
    let sandbox = hello();
    says_hello(&sandbox.wasmc("run hello.wasm"));
    assert_eq!(std::fs::metadata(sandbox.path("cache/wasmc")).expect("it is there").mode() & 0o777, 0o700);
    std::fs::set_permissions(sandbox.path("cache/wasmc"), Permissions::from_mode(0o777)).expect("it is ours");
    let ended = sandbox.wasmc("run -v hello.wasm");
    says_hello(&ended);
    assert!(ended.stderr.contains("others may write to it"), "{ended:?}");
}

#[test]
fn home_is_where_the_cache_is_by_default() {
    let sandbox = hello();
    let mut command = sandbox.command(["run", "hello.wasm"]);
    says_hello(&end(command.env_remove("XDG_CACHE_HOME").env("HOME", sandbox.path("home"))));
    assert_eq!(sandbox.files("home/.cache/wasmc").len(), 1);
}

#[test]
fn the_cache_can_be_shown_and_emptied() {
    let sandbox = hello();
    let folder = format!("{}\n", sandbox.path("cache/wasmc").display());
    assert_eq!(sandbox.wasmc("cache path").succeeds().text(), folder);
    assert_eq!(sandbox.wasmc("cache size").succeeds().text(), "0 programs, 0 bytes\n");
    sandbox.wasmc("cache clean").succeeds();
    says_hello(&sandbox.wasmc("run hello.wasm"));
    assert!(sandbox.wasmc("cache size").succeeds().text().starts_with("1 program, "));
    sandbox.wasmc("cache clean").succeeds();
    assert!(sandbox.files("cache/wasmc").is_empty());
}

#[test]
fn the_exit_code_is_the_programs() {
    let sandbox = Sandbox::new();
    sandbox.write("seven.wat", SEVEN).write("trap.wat", r#"(module (func (export "_start") unreachable))"#);
    for _ in 0..2 {
        assert_eq!(sandbox.wasmc("run seven.wat").code, Some(7));
        let trapped = sandbox.wasmc("run trap.wat");
        assert_eq!(trapped.code, Some(134), "{trapped:?}");
        assert!(trapped.stderr.contains("unreachable"), "{trapped:?}");
    }
}

#[test]
fn a_function_can_be_invoked() {
    let sandbox = Sandbox::new();
    sandbox.write("add.wat", ADD);
    assert_eq!(sandbox.wasmc("run --invoke add add.wat 40 -2").succeeds().text().trim(), "38");
    assert_eq!(sandbox.wasmc("run --invoke add add.wat 1 2").succeeds().text().trim(), "3");
    assert_eq!(sandbox.files("cache/wasmc").len(), 1, "arguments are no part of what is compiled");
    sandbox.wasmc("build add.wat --invoke add 40").succeeds();
    let mut command = Command::new(sandbox.path("add"));
    assert_eq!(end(command.arg("2")).succeeds().text().trim(), "42");
}
