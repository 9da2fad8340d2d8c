//! Where output goes, and that a failure leaves what was there before.

use crate::programs::{HELLO, binary};
use crate::sandbox::{Ended, Sandbox, end};
use std::fs::{File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn hello() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wasm", binary(HELLO));
    sandbox
}

#[test]
fn the_output_is_named_after_the_input() {
    let sandbox = hello();
    std::fs::create_dir(sandbox.path("sub")).expect("a folder");
    sandbox.write("sub/other.wat", HELLO);
    sandbox.wasmc("build hello.wasm").succeeds();
    sandbox.wasmc("build sub/other.wat").succeeds();
    for kind in ["obj", "asm", "clif"] {
        sandbox.wasmc(&format!("build hello.wasm --emit {kind}")).succeeds();
    }
    let names = ["hello", "hello.clif", "hello.o", "hello.s", "hello.wasm", "other", "sub"];
    assert_eq!(sandbox.files("."), names);
    assert_eq!(sandbox.execute("hello").succeeds().text(), "hello\n");
    assert_eq!(sandbox.execute("other").succeeds().text(), "hello\n");
    assert!(sandbox.read("hello.o").starts_with(b"\x7fELF"));
    assert!(String::from_utf8_lossy(&sandbox.read("hello.clif")).contains("function"));
    assert!(String::from_utf8_lossy(&sandbox.read("hello.s")).contains("main:"));
    let mode = |name: &str| std::fs::metadata(sandbox.path(name)).expect("it is there").mode();
    assert_eq!(mode("hello") & 0o100, 0o100);
    assert_eq!(mode("hello.o") & 0o111, 0);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let sandbox = hello();
    sandbox.wasmc("build hello.wasm -o one --jobs 1").succeeds();
    sandbox.wasmc("build hello.wasm -o two --jobs 3").succeeds();
    assert!(sandbox.read("one") == sandbox.read("two"));
}

#[test]
fn the_input_is_never_overwritten() {
    let sandbox = Sandbox::new();
    let module = binary(HELLO);
    sandbox.write("hello", &module);
    symlink("hello", sandbox.path("link")).expect("a link");
    std::fs::hard_link(sandbox.path("hello"), sandbox.path("twin")).expect("a name more");
    for arguments in ["hello", "hello -o hello", "hello -o ./hello", "hello -o link", "hello -o twin", "link -o hello"]
    {
        sandbox.wasmc(&format!("build {arguments}")).fails(&["would overwrite the input"]);
    }
    assert_eq!(sandbox.read("hello"), module);
}

#[test]
fn folders_are_not_overwritten() {
    let sandbox = hello();
    std::fs::create_dir(sandbox.path("folder")).expect("a folder");
    sandbox.wasmc("build hello.wasm -o folder").fails(&["folder", "is a folder"]);
    sandbox.wasmc("build hello.wasm -o .").fails(&["is a folder"]);
    sandbox.wasmc("build hello.wasm -o new/").fails(&["new/"]);
    sandbox.wasmc("build hello.wasm -o missing/app").fails(&["missing/app", "No such file"]);
    sandbox.wasmc("build hello.wasm -o hello.wasm/app").fails(&["hello.wasm/app", "Not a directory"]);
    assert_eq!(sandbox.files("."), ["folder", "hello.wasm"]);
    assert!(sandbox.files("folder").is_empty());
}

#[test]
fn an_existing_file_is_replaced_only_on_success() {
    let sandbox = hello();
    sandbox.write("app", "old").write("bad.wasm", &binary(HELLO)[..60]);
    sandbox.wasmc("build bad.wasm -o app").fails(&[]);
    assert_eq!(sandbox.read("app"), b"old");
    sandbox.wasmc("build hello.wasm -o app").succeeds();
    assert_eq!(sandbox.execute("app").succeeds().text(), "hello\n");
    // Also while it runs (no ETXTBSY), and through a link, which stays.
    symlink("app", sandbox.path("link")).expect("a link");
    sandbox.wasmc("build hello.wasm -o link").succeeds();
    assert!(sandbox.path("link").is_symlink());
    assert_eq!(sandbox.files("."), ["app", "bad.wasm", "hello.wasm", "link"]);
}

#[test]
fn standard_output_and_devices_are_written_to_directly() {
    let sandbox = hello();
    sandbox.wasmc("build hello.wasm --emit obj").succeeds();
    let object = sandbox.read("hello.o");
    assert!(sandbox.wasmc("build hello.wasm --emit obj -o -").succeeds().stdout == object);
    assert!(sandbox.wasmc("build hello.wasm --emit obj -o /dev/stdout").succeeds().stdout == object);
    assert!(!sandbox.wasmc("build hello.wasm --emit clif -o -").succeeds().stdout.is_empty());
    sandbox.wasmc("build hello.wasm -o /dev/null").succeeds();
    assert!(!File::open("/dev/null").and_then(|file| file.metadata()).expect("still there").is_file());

    let file = File::create(sandbox.path("copy.o")).expect("a file");
    let mut command = sandbox.command(["build", "hello.wasm", "--emit", "obj", "-o", "/proc/self/fd/1"]);
    assert!(command.stdout(file).status().expect("wasmc runs").success());
    assert!(sandbox.read("copy.o") == object);
    assert_eq!(sandbox.files("."), ["copy.o", "hello.o", "hello.wasm"]);
}

#[test]
fn a_reader_that_stops_is_no_error() {
    let sandbox = hello();
    let mut command = sandbox.command(["build", "hello.wasm", "--emit", "obj", "-o", "-"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("wasmc runs");
    drop(child.stdout.take());
    let ended: Ended = child.wait_with_output().expect("it ends").into();
    ended.succeeds();
}

#[test]
fn a_full_disk_is_named() {
    let sandbox = hello();
    for emit in ["exe", "obj", "asm"] {
        let arguments = format!("build hello.wasm --emit {emit} -o /dev/full");
        sandbox.wasmc(&arguments).fails(&["cannot write /dev/full", "No space left on device"]);
    }
}

#[test]
fn a_full_file_system_keeps_the_old_file() {
    let sandbox = hello();
    // Mounting takes privileges; a file size limit makes the same write fail without them.
    let limited = "trap '' XFSZ; ulimit -f 1; exec \"$@\"";
    sandbox.write("app", "old");
    let mut command = Command::new("sh");
    command.args(["-c", limited, "sh", env!("CARGO_BIN_EXE_wasmc"), "build", "hello.wasm", "-o", "app"]);
    end(command.current_dir(sandbox.path("."))).fails(&["cannot write app", "File too large"]);
    assert_eq!(sandbox.read("app"), b"old");
    assert_eq!(sandbox.files("."), ["app", "hello.wasm"]);

    std::fs::create_dir(sandbox.path("tiny")).expect("a folder");
    let tiny = sandbox.path("tiny");
    let mount = |program: &str, arguments: &[&str]| {
        let status = Command::new(program).args(arguments).arg(&tiny).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if mount("mount", &["-t", "tmpfs", "-o", "size=4k", "tmpfs"]) {
        sandbox.write("tiny/app", "old");
        let ended = sandbox.wasmc("build hello.wasm -o tiny/app");
        let (left, files) = (sandbox.read("tiny/app"), sandbox.files("tiny"));
        assert!(mount("umount", &[]));
        ended.fails(&["cannot write tiny/app", "No space left on device"]);
        assert_eq!((left, files), (b"old".to_vec(), vec!["app".to_owned()]));
    }
}

#[test]
fn the_file_of_debug_information_is_written_with_the_executable_or_not_at_all() {
    let sandbox = Sandbox::new();
    let module = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/debug/programs/crash-O2.wasm");
    std::fs::copy(module, sandbox.path("app.wasm")).expect("a copy");
    sandbox.wasmc("build -g --split-debug app.wasm").succeeds();
    assert_eq!(sandbox.files("."), ["app", "app.debug", "app.wasm"]);
    // Through a link: beside the file, where debuggers look.
    std::fs::create_dir(sandbox.path("bin")).expect("a folder");
    symlink("bin/tool", sandbox.path("link")).expect("a link");
    sandbox.wasmc("build -gline-tables-only --split-debug app.wasm -o link").succeeds();
    assert_eq!(sandbox.files("bin"), ["tool", "tool.debug"]);
    std::fs::remove_file(sandbox.path("link")).expect("it is ours");
    // The executable fits, the other file does not.
    sandbox.write("app", "old").write("app.debug", "older");
    let limited = "trap '' XFSZ; ulimit -f 100; exec \"$@\"";
    let mut command = Command::new("bash");
    command.args(["-c", limited, "sh", env!("CARGO_BIN_EXE_wasmc"), "build", "-g", "--split-debug", "app.wasm"]);
    end(command.current_dir(sandbox.path("."))).fails(&["cannot write", "app.debug", "File too large"]);
    assert_eq!((sandbox.read("app"), sandbox.read("app.debug")), (b"old".to_vec(), b"older".to_vec()));
    std::fs::create_dir(sandbox.path("other.debug")).expect("a folder");
    sandbox.wasmc("build -g --split-debug app.wasm -o other").fails(&["other.debug", "is a folder"]);
    assert_eq!(sandbox.files("."), ["app", "app.debug", "app.wasm", "bin", "other.debug"]);
    sandbox.wasmc("build -g --split-debug app.wasm -o -").fails(&["--split-debug", "standard output"]);
}

#[test]
fn an_unwritable_folder_is_named() {
    let sandbox = hello();
    std::fs::create_dir(sandbox.path("closed")).expect("a folder");
    sandbox.write("closed/app", "old");
    for name in [".", "closed"] {
        std::fs::set_permissions(sandbox.path(name), Permissions::from_mode(0o755)).expect("it is ours");
    }
    let mut command = sandbox.command(["build", "hello.wasm", "-o", "closed/app"]);
    if std::fs::metadata(sandbox.path("closed")).expect("it is there").uid() == 0 {
        // Permissions do not stop root: become nobody, who may not be allowed to reach where wasmc was built.
        let reachable = sandbox.path("wasmc");
        std::fs::copy(env!("CARGO_BIN_EXE_wasmc"), &reachable).expect("a copy");
        command = Command::new(reachable);
        command.args(["build", "hello.wasm", "-o", "closed/app"]).current_dir(sandbox.path(".")).uid(65534).gid(65534);
    } else {
        std::fs::set_permissions(sandbox.path("closed"), Permissions::from_mode(0o555)).expect("it is ours");
    }
    let ended = end(&mut command);
    std::fs::set_permissions(sandbox.path("closed"), Permissions::from_mode(0o755)).expect("it is ours");
    ended.fails(&["cannot write closed/app", "Permission denied"]);
    assert_eq!(sandbox.read("closed/app"), b"old");
    assert_eq!(sandbox.files("closed"), ["app"]);
}

#[test]
fn a_build_that_is_killed_leaves_nothing() {
    let sandbox = hello();
    // A linker that takes its time: the output is open while it works.
    sandbox.write("slow", "#!/bin/sh\ntouch started\nexec sleep 60\n").write("app", "old");
    std::fs::set_permissions(sandbox.path("slow"), Permissions::from_mode(0o755)).expect("it is ours");
    let mut command = sandbox.command(["build", "hello.wasm", "-o", "app", "--linker", "./slow"]);
    command.process_group(0).env("TMPDIR", sandbox.path("."));
    let mut child = command.spawn().expect("wasmc runs");
    let begun = Instant::now();
    while !sandbox.path("started").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the linker was not started");
        std::thread::sleep(Duration::from_millis(5));
    }
    // The whole group, as Ctrl-C does.
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().expect("kill runs").success());
    assert!(!child.wait().expect("it ends").success());
    assert_eq!(sandbox.read("app"), b"old");
    // The linker's input stays in the folder for temporary files.
    let files: Vec<_> = sandbox.files(".").into_iter().filter(|name| !name.starts_with("wasmc-")).collect();
    assert_eq!(files, ["app", "hello.wasm", "slow", "started"]);
}

#[test]
fn the_phases_are_timed() {
    let sandbox = hello();
    let ended = sandbox.wasmc("build hello.wasm --time");
    assert_eq!(ended.code, Some(0));
    for phase in ["read", "compile", "link", "total", " ms"] {
        assert!(ended.stderr.contains(phase), "no {phase} in {}", ended.stderr);
    }
    let ended = sandbox.wasmc("build hello.wasm -v");
    assert!(ended.stderr.starts_with("wasmc: wrote hello, "), "{ended:?}");
    sandbox.wasmc("build hello.wasm -q").succeeds();
}
