//! What an expectation file cannot say: bytes that are not UTF-8, closed streams, large pipes, short address spaces,
//! and properties of the executables themselves.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{build, executable, run};
use crate::program::folder;

fn build_program(scratch: &Path, program: &str, flags: &[&str]) -> PathBuf {
    build(scratch, &folder().join(program), "program", flags);
    scratch.join("program")
}

#[test]
fn arguments_that_are_not_utf8() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build_program(scratch.path(), "c/environ.wasm", &["--env", "PASSED"]);
    let output = run(
        executable(&program, scratch.path())
            .arg(OsStr::from_bytes(b"a\xff\xfeb"))
            .arg(OsStr::from_bytes(b"\x80"))
            .env("PASSED", OsStr::from_bytes(b"on")),
        b"",
    );
    let expected = "argc=3\nargv[1]=a\\xff\\xfeb.\nargv[2]=\\x80.\nPASSED=on\nGREETING is not set\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn inherited_environment() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build_program(scratch.path(), "c/environ.wasm", &["--inherit-env"]);
    let output = run(executable(&program, scratch.path()).env("GREETING", OsStr::from_bytes(b"h\xe9")), b"");
    let mut lines: Vec<&[u8]> = output.stdout.split(|&byte| byte == b'\n').collect();
    lines.sort();
    assert!(
        lines.contains(&b"GREETING=h\xe9".as_slice()) && lines.contains(&b"HOST_SECRET=not for the program".as_slice())
    );
}

#[test]
fn a_hundred_thousand_arguments() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build_program(scratch.path(), "c/environ.wasm", &[]);
    let output = run(executable(&program, scratch.path()).args((0..100_000).map(|i| i.to_string())), b"");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.starts_with("argc=100001\n") && stdout.contains("argv[100000]=99999.\n"));
}

#[test]
fn ten_megabytes_through_pipes() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build_program(scratch.path(), "c/cat.wasm", &[]);
    let input: Vec<u8> = (0..10_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let output = run(&mut executable(&program, scratch.path()), &input);
    assert!(output.stdout == input, "{} of {} bytes came back, or others", output.stdout.len(), input.len());
    assert_eq!(output.stderr, b"10000000 bytes\n");
}

/// A shell starts the program with streams closed, which nothing but a shell does as simply.
fn run_in_shell(program: &Path, script: &str) -> std::process::Output {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(program);
    run(&mut command, b"")
}

#[test]
fn closed_streams_are_errors_not_crashes() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build_program(scratch.path(), "c/cat.wasm", &[]);
    let output = run_in_shell(&program, r#"echo text | "$0" >&-"#);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("write: "));
    let output = run_in_shell(&program, r#""$0" <&-"#);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("read: "));
    let output = run_in_shell(&program, r#"echo text | "$0" 2>&-"#);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"text\n".as_slice()));
    let output = run_in_shell(&program, r#"echo text | "$0" >/dev/full"#);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A trap is reported even if standard error is closed: by the exit code.
#[test]
fn a_trap_with_closed_standard_error() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build_program(scratch.path(), "c/traps.wasm", &[]);
    let output = run_in_shell(&program, r#""$0" load 2>&-"#);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(134), b"about to load\n".as_slice()));
}

/// `ulimit -v`: the guard build says what to do; the explicit-bounds build it names works.
#[test]
fn a_short_address_space() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build_program(scratch.path(), "c/hello.wasm", &[]);
    let output = run_in_shell(&program, r#"ulimit -v 1000000; exec "$0""#);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("--bounds explicit"), "{stderr}");

    let program = build_program(scratch.path(), "c/allocate.wasm", &["--bounds", "explicit", "--max-memory", "16M"]);
    let output = run_in_shell(&program, r#"ulimit -v 64000; exec "$0""#);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("aligned 1\n"));
}

/// Program headers of an ELF file: (type, flags).
fn program_headers(image: &[u8]) -> Vec<(u32, u32)> {
    let word = |at: usize| u32::from_le_bytes(image[at..at + 4].try_into().expect("four bytes"));
    let start = u64::from_le_bytes(image[32..40].try_into().expect("eight bytes")) as usize;
    let count = u16::from_le_bytes(image[56..58].try_into().expect("two bytes")) as usize;
    (0..count).map(|i| (word(start + 56 * i), word(start + 56 * i + 4))).collect()
}

#[test]
fn executables_are_static_and_small_and_reproducible() {
    const INTERPRETER: u32 = 3;
    const WRITE_AND_EXECUTE: u32 = 3;
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let image = fs::read(build_program(scratch.path(), "c/hello.wasm", &["--strip"])).expect("it is there");
    let headers = program_headers(&image);
    assert!(headers.iter().all(|header| header.0 != INTERPRETER), "a static executable has no interpreter");
    assert!(
        headers.iter().all(|header| header.1 & WRITE_AND_EXECUTE != WRITE_AND_EXECUTE),
        "writable code: {headers:?}"
    );
    assert!(image.len() <= 40 << 10, "hello has {} bytes", image.len());

    let one = fs::read(build_program(scratch.path(), "c/printf.wasm", &["--jobs", "1"])).expect("it is there");
    let two = fs::read(build_program(scratch.path(), "c/printf.wasm", &["--jobs", "2"])).expect("it is there");
    assert!(one == two, "the number of threads changed the executable");
}

/// Nothing but the executable is needed: it runs where there is no other file, as its own root.
#[test]
fn runs_in_an_empty_root() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build_program(scratch.path(), "c/hello.wasm", &[]);
    let root = scratch.path().join("root");
    fs::create_dir(&root).expect("a folder can be made");
    fs::copy(&program, root.join("hello")).expect("a file can be copied");
    // Only root may change the root; others can where the kernel lets them have user namespaces.
    let script =
        r#"if [ "$(id -u)" = 0 ]; then chroot "$0" /hello; else unshare -r chroot "$0" /hello || echo refused; fi"#;
    let output = run_in_shell(&root, script);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout == "Hello, world!\n" || stdout == "refused\n", "{stdout}");
}
