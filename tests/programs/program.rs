//! Checks one program of this folder, built in every way that must not change what it does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::expectation::{Expectation, Run};
use crate::process::{TRAP_EXIT, build, executable, run, target, threaded_executable, wasmc};

/// Ways to build a program. The first shows a trap's whole call stack.
const VARIANTS: &[(&str, &[&str])] = &[
    ("-O0", &["-O0"]),
    ("default", &[]),
    ("-Os", &["-Os"]),
    ("relocatable", &["--memory-base", "relocatable"]),
    ("explicit bounds", &["--bounds", "explicit"]),
    ("explicit bounds, relocatable, -O0", &["--bounds", "explicit", "--memory-base", "relocatable", "-O0"]),
];
/// Of those, what differs where emulators run programs, which takes long.
const EMULATED_VARIANTS: &[(&str, &[&str])] =
    &[("-O0", &["-O0"]), ("default", &[]), ("explicit bounds", &["--bounds", "explicit"])];
const LINKER_VARIANT: (&str, &[&str]) = ("system linker", &["--linker", "ld"]);

/// This folder in the source tree.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/programs")
}

/// Builds and runs a program in every variant.
pub fn check(subfolder: &str, name: &str, extension: &str) {
    let base = folder().join(subfolder);
    let module = base.join(format!("{name}.{extension}"));
    let text = fs::read_to_string(base.join(format!("{name}.toml"))).expect("every program has a .toml file beside it");
    let expectation: Expectation = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}.toml: {error}"));
    if let Some(messages) = &expectation.refused {
        assert!(expectation.run.is_empty(), "{name}.toml: a program that is refused cannot run");
        return check_refusal(&module, &expectation, messages);
    }
    assert!(!expectation.run.is_empty(), "{name}.toml: no run");
    if let Some(lacking) = lacking(&expectation.needs) {
        let word = match &lacking[..] {
            "simd" => "SIMD",
            "objects" => "structures",
            other => other,
        };
        return check_refusal(&module, &expectation, &["unsupported".to_owned(), word.to_owned()]);
    }
    let (variants, linker) = match target::name() {
        Some(_) => (EMULATED_VARIANTS, None),
        None => (VARIANTS, expectation.linker.then_some(&LINKER_VARIANT)),
    };
    let variants = variants.iter().chain(linker);
    for (variant, flags) in variants {
        let built = tempfile::tempdir().expect("a temporary folder can be made");
        let flags: Vec<&str> = flags.iter().copied().chain(build_flags(&expectation)).collect();
        build(built.path(), &module, name, &flags);
        for (number, expected) in expectation.run.iter().enumerate() {
            let what = format!("{subfolder}/{name}, {variant}, run {}", number + 1);
            check_run(&built.path().join(name), &expectation, expected, &what);
        }
    }
}

/// Which of the things that a program may need the target lacks.
fn lacks() -> &'static [&'static str] {
    if target::name().is_some_and(|name| name.contains("-apple-")) {
        return &["threads"];
    }
    match target::name().as_deref().and_then(|name| name.split('-').next()) {
        Some("riscv64gc") => &["simd"],
        _ => &[],
    }
}

/// What the target lacks of a program's needs.
fn lacking(needs: &[String]) -> Option<&String> {
    needs.iter().find(|need| lacks().contains(&need.as_str()))
}

fn build_flags(expectation: &Expectation) -> impl Iterator<Item = &str> {
    let folders = expectation.folders.iter().flat_map(|folder| ["--dir", folder]);
    expectation.build.iter().map(String::as_str).chain(folders)
}

fn check_refusal(module: &Path, expectation: &Expectation, messages: &[String]) {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let mut command = wasmc(scratch.path());
    command.arg("build").arg(module).args(["-o", "refused"]).args(target::flags()).args(build_flags(expectation));
    let output = run(&mut command, b"");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "the build should be refused; it said:\n{stderr}");
    check_contains(&stderr, messages, "refusal");
    let left: Vec<_> = fs::read_dir(scratch.path()).expect("the folder can be read").collect();
    assert!(left.is_empty(), "a refused build left {left:?}");
}

fn check_run(program: &Path, expectation: &Expectation, expected: &Run, what: &str) {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    for folder in &expectation.folders {
        let host = folder.split("::").next().expect("split gives at least one piece");
        fs::create_dir_all(scratch.path().join(host)).expect("a folder can be made");
    }
    for (path, contents) in &expected.files {
        fs::write(scratch.path().join(path), contents).expect("a file can be written");
    }
    let threaded = expectation.needs.iter().any(|need| need == "threads");
    let mut command =
        if threaded { threaded_executable(program, scratch.path()) } else { executable(program, scratch.path()) };
    let output = run(command.args(&expected.args), expected.stdin.as_bytes());
    compare(&output, expected, what);
    for (path, contents) in &expected.after {
        let found = fs::read(scratch.path().join(path)).unwrap_or_else(|error| panic!("{what}: {path}: {error}"));
        assert_eq!(String::from_utf8_lossy(&found), contents.as_str(), "{what}: contents of {path}");
    }
    for path in &expected.absent {
        assert!(!scratch.path().join(path).exists(), "{what}: {path} should not exist");
    }
}

fn compare(output: &Output, expected: &Run, what: &str) {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stdout == expected.stdout,
        "{what}: standard output\n--- expected\n{}\n--- found\n{stdout}\n--- standard error\n{stderr}",
        expected.stdout
    );
    let exit = if expected.trap.is_some() { TRAP_EXIT } else { expected.exit };
    assert_eq!(output.status.code(), Some(exit), "{what}: {}; standard error:\n{stderr}", output.status);
    if let Some(trap) = &expected.trap {
        check_contains(&stderr, std::slice::from_ref(trap), what);
        check_contains(&stderr, &expected.trace, what);
        check_contains(&stderr, &expected.stderr_contains, what);
    } else if expected.stderr_contains.is_empty() {
        assert_eq!(stderr, expected.stderr, "{what}: standard error");
    } else {
        check_contains(&stderr, &expected.stderr_contains, what);
    }
}

/// `text` has all `pieces`, in this order.
fn check_contains(text: &str, pieces: &[String], what: &str) {
    let mut rest = text;
    for piece in pieces {
        match rest.find(piece.as_str()) {
            Some(position) => rest = &rest[position + piece.len()..],
            None => panic!("{what}: {piece:?} is missing, or stands too early, in\n{text}"),
        }
    }
}

/// Every program of a folder has its test, and every expectation its program.
pub fn check_list(subfolder: &str, extension: &str, programs: &[&str]) {
    for wanted in [extension, "toml"] {
        let mut found: Vec<String> = fs::read_dir(folder().join(subfolder))
            .expect("the folder can be read")
            .map(|entry| entry.expect("the folder can be read").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == wanted))
            .map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned())
            .collect();
        found.sort();
        assert_eq!(found, programs, "{subfolder}/*.{wanted} and the list in main.rs differ");
    }
}
