//! Links programs that are written by hand in C and assembly with the runtime library, and runs them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

/// Folder of the runtime library's archive and of the programs.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let archive = wasmc_compiler::runtime_archive(&wasmc_compiler::Options::default()).expect("a runtime library");
    std::fs::write(folder.path().join("runtime.a"), archive).expect("writing the archive");
    folder
});

/// Runs a tool; panics with its output unless it succeeds.
fn run_tool(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

const POSITION_INDEPENDENT: &[&str] = &["-static-pie"];

/// A description that needs no fixed address.
const RELOCATABLE: &str = "MEMORY=.length = 2 << 16, .maximum = 5 << 16, .reservation = (8ull << 30) + (64 << 10)";
/// One with explicit bounds and no maximum.
const EXPLICIT: &str =
    "MEMORY=.length = 2 << 16, .maximum = 65536ull << 16, .reservation = 65536ull << 16, .flags = EXPLICIT_BOUNDS";

/// Compiles and links a program with these macros. `name` must be its own.
fn link(name: &str, macros: &[&str], flags: &[&str]) -> PathBuf {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program");
    let mut objects = Vec::new();
    for source in ["program.c", "code.S"] {
        let object = FOLDER.path().join(format!("{name}-{source}.o"));
        let mut compiler = Command::new("cc");
        compiler
            .args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fno-stack-protector"])
            .args([
                "-fcf-protection=none",
                "-fno-omit-frame-pointer",
                "-ffunction-sections",
                "-fdata-sections",
                "-fPIE",
                "-c",
                "-o",
            ])
            .arg(&object)
            .arg(format!("-DABI_VERSION={}", wasmc_abi::program::ABI_VERSION))
            .arg(sources.join(source));
        for definition in macros {
            compiler.arg(format!("-D{definition}"));
        }
        run_tool(&mut compiler);
        objects.push(object);
    }
    let executable = FOLDER.path().join(name);
    run_tool(
        Command::new("cc")
            .args(["-nostdlib", "-Wl,--gc-sections", "-Wl,--fatal-warnings"])
            .args(flags)
            .args(objects)
            .arg(FOLDER.path().join("runtime.a"))
            .arg("-o")
            .arg(&executable),
    );
    executable
}

/// What a program did.
#[derive(Debug)]
struct Outcome {
    code: Option<i32>,
    output: String,
    errors: String,
}

fn run_command(command: &mut Command, input: &str) -> Outcome {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut pipe = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    // A program that ends early closes the pipe: that is its business.
    let writer = std::thread::spawn(move || drop(pipe.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("the program's output");
    writer.join().expect("the writer");
    assert_eq!(output.status.signal(), None, "{output:?}");
    Outcome {
        code: output.status.code(),
        output: String::from_utf8(output.stdout).expect("UTF-8"),
        errors: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Links and runs a program whose entry point has this name.
fn run_entry(entry: &str, macros: &[&str]) -> Outcome {
    let definition = format!("ENTRY={entry}");
    let mut all = vec![definition.as_str()];
    all.extend_from_slice(macros);
    run_command(&mut Command::new(link(entry, &all, POSITION_INDEPENDENT)), "")
}

#[track_caller]
fn assert_success(outcome: &Outcome, expected: &str) {
    assert_eq!((outcome.code, outcome.output.as_str(), outcome.errors.as_str()), (Some(0), expected, ""));
}

/// The report of a trap in `adapter` → `call` → a function.
#[track_caller]
fn assert_trap(outcome: &Outcome, first_line: &str, innermost: &str, explanation: &str) {
    let expected = format!(
        "wasmc: trap: {first_line}\n  in function {innermost}\n  \
         wasm stack (function [index] at offset in the module):\n    \
         0: {innermost}\n    1: call [7] at 0x123\n  (`wasmc explain {explanation}` tells more)\n"
    );
    assert_eq!((outcome.code, outcome.errors.as_str()), (Some(134), expected.as_str()));
}

#[test]
fn hello_however_it_is_linked() {
    let fixed = link("hello-pie", &[], POSITION_INDEPENDENT);
    assert_success(&run_command(&mut Command::new(&fixed), ""), "hello\n");
    let packed = link("hello-relr", &["IMAGES", "ENTRY=check_images"], &["-static-pie", "-Wl,-z,pack-relative-relocs"]);
    assert_success(&run_command(&mut Command::new(packed), ""), "moved\n");
    let lazy = link("hello-norelro", &[], &["-static-pie", "-Wl,-z,norelro"]);
    assert_success(&run_command(&mut Command::new(lazy), ""), "hello\n");
    let no_pie = link("hello-static", &[RELOCATABLE], &["-static", "-no-pie"]);
    assert_success(&run_command(&mut Command::new(no_pie), ""), "hello\n");
}

#[test]
fn a_small_program_is_small() {
    let executable = link("small", &[], &["-static-pie", "-Wl,-s"]);
    let size = std::fs::metadata(executable).expect("the executable").len();
    assert!(size < 40_000, "{size} bytes");
}

#[test]
fn traps_are_reported_with_the_wasm_stack() {
    let unreachable = run_entry("trap_unreachable", &[]);
    assert_trap(&unreachable, "unreachable", "core::panic\\0a\\1b[31m\\ff [12] at 0x1ff", "Unreachable");
    let load = run_entry("trap_load", &[]);
    let message = "out of bounds memory access: address 0x20010 of a memory of 0x20000 bytes";
    assert_trap(&load, message, "load [13] at 0x305", "MemoryOutOfBounds");
    assert_eq!(load.output, "before\n");
    let far = "out of bounds memory access: address 0x1fffffff0 of a memory of 0x20000 bytes";
    assert_trap(&run_entry("trap_load_far", &[]), far, "load [13] at 0x305", "MemoryOutOfBounds");
    // A constant folded into the displacement of an index that wraps.
    let below = "out of bounds memory access: address 0xffff0008 of a memory of 0x20000 bytes";
    assert_trap(&run_entry("trap_load_below", &[]), below, "load [13] at 0x305", "MemoryOutOfBounds");
    let divide = run_entry("trap_divide", &[]);
    assert_trap(&divide, "integer divide by zero", "divide [14] at 0x1400", "IntegerDivideByZero");
    assert_trap(&run_entry("trap_leaf", &[]), "unreachable", "leaf [17] at 0x702", "Unreachable");
    let illegal = run_entry("trap_illegal", &[]);
    assert_trap(&illegal, "unsupported processor", "illegal [18] at 0x800", "UnsupportedProcessor");
    let import = run_entry("trap_import", &[]);
    assert_trap(&import, "unknown import called: env.missing\\0a", "import [20] at 0xa0a", "UnknownImport");
}

#[test]
fn a_full_stack_is_a_trap() {
    for (entry, frame) in [("trap_recurse", "recurse [15] at "), ("trap_push_only", "[16] at ")] {
        let outcome = run_entry(entry, &[]);
        assert_eq!(outcome.code, Some(134));
        let lines: Vec<&str> = outcome.errors.lines().collect();
        assert_eq!(lines[0], "wasmc: trap: call stack exhausted", "{outcome:?}");
        assert!(lines[1].starts_with("  in function ") && lines[1].contains(frame), "{outcome:?}");
        assert!(lines[3].starts_with("    0: ") && lines[3].contains(frame));
        assert!(lines[3 + 63].starts_with("    63: ") && lines[3 + 63].contains(frame));
        assert!(lines[3 + 64].starts_with("    ... ") && lines[3 + 64].ends_with(" frames omitted ..."));
        let omitted: usize = lines[3 + 64].split(' ').find_map(|word| word.parse().ok()).expect("a number");
        // A megabyte of frames, and what the kernel's stack has beyond it up to a page's end; `call` is the outermost.
        let size = if entry == "trap_recurse" { 8208 } else { 16 };
        let expected = (1 << 20) / size - 10..((1 << 20) + 4096) / size + 10;
        assert!(expected.contains(&(omitted + 80)), "{omitted}");
        assert_eq!(lines.len(), 3 + 64 + 1 + 16 + 1);
        assert_eq!(lines[3 + 64 + 16], format!("    {}: call [7] at 0x123", omitted + 79));
    }
}

#[test]
fn other_faults_are_defects() {
    for (entry, place) in [
        ("fault_no_site", " of the compiled code), accessing address 0x30000\n"),
        ("fault_elsewhere", " of the compiled code), accessing address 0x7000000000\n"),
        ("fault_outside", ", accessing address 0x10\n"),
        ("write_sealed", ", accessing address 0x"),
    ] {
        let outcome = run_entry(entry, &[]);
        assert_eq!(outcome.code, Some(134), "{entry}: {outcome:?}");
        assert!(outcome.errors.starts_with("wasmc: internal error: signal 11 at program counter 0x"), "{outcome:?}");
        assert!(outcome.errors.contains(place), "{outcome:?}");
        assert!(outcome.errors.contains("please report it"), "{outcome:?}");
        assert_eq!(outcome.errors.contains("1: call [7] at 0x123"), place.contains("compiled"), "{outcome:?}");
    }
    let sent = run_entry("sent", &[]);
    assert_eq!((sent.code, sent.errors.as_str()), (Some(139), "wasmc: ended by signal 11\n"));
}

#[test]
fn memories_grow() {
    assert_success(&run_entry("grow", &[]), "grown\n");
}

#[test]
fn images_are_moved_or_copied() {
    assert_success(&run_entry("check_images", &["IMAGES"]), "moved\n");
    // Pages of a read-only segment can be moved as well: the program writes to them afterwards.
    let read_only = link("images-ro", &["IMAGES", "ENTRY=check_images", "IMAGE_CONST=const"], POSITION_INDEPENDENT);
    assert_success(&run_command(&mut Command::new(read_only), ""), "moved\n");
    let copied = ["IMAGES", "ENTRY=check_images", "IMAGE_FLAGS=0", RELOCATABLE];
    let copied = link("images-copied", &copied, POSITION_INDEPENDENT);
    assert_success(&run_command(&mut Command::new(copied), ""), "copied\n");
}

/// Runs a program with a limit on its address space, in KiB.
fn run_limited(executable: &Path, kibibytes: u32) -> Outcome {
    let script = format!("ulimit -v {kibibytes}; exec \"$0\"");
    run_command(Command::new("sh").arg("-c").arg(script).arg(executable), "")
}

#[test]
fn short_address_space_is_explained_or_made_do_with() {
    let guarded = run_limited(&link("limited", &[], POSITION_INDEPENDENT), 4 << 20);
    assert_eq!(guarded.code, Some(1));
    assert_eq!(guarded.output, "");
    for words in
        ["cannot reserve 8590000128 bytes of address space", "at address 0x10000", "ulimit -v", "--bounds explicit"]
    {
        assert!(guarded.errors.contains(words), "{guarded:?}");
    }
    let explicit = link("limited-explicit", &[EXPLICIT, "ENTRY=grow_shrunk"], POSITION_INDEPENDENT);
    for limit in [4 << 20, 1 << 20, 100 << 10] {
        assert_success(&run_limited(&explicit, limit), "grown\n");
    }
    let hopeless = run_limited(&link("hopeless", &["STACK=1 << 40"], POSITION_INDEPENDENT), 4 << 20);
    assert_eq!(hopeless.code, Some(1));
    assert!(hopeless.errors.contains("cannot map a stack of 1099511627776 bytes"), "{hopeless:?}");
}

#[test]
fn an_occupied_base_is_explained() {
    // The executable itself stands at 4 MiB, where the memory should be.
    let outcome = run_command(&mut Command::new(link("occupied", &[], &["-static", "-no-pie"])), "");
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.errors.contains("at address 0x10000: something else is there (error 17)"), "{outcome:?}");
}

#[test]
fn the_environment_sets_limits_where_the_build_allows() {
    let limited = link("options", &["FLAGS=1", "ENTRY=maximum_is_3"], POSITION_INDEPENDENT);
    let outcome = run_command(Command::new(&limited).env("WASMC_MAX_MEMORY", "200000"), "");
    assert_success(&outcome, "limited\n");
    let too_small = run_command(Command::new(&limited).env("WASMC_MAX_MEMORY", "100K"), "");
    assert_eq!(too_small.code, Some(1));
    assert!(too_small.errors.contains("131072") && too_small.errors.contains("102400"), "{too_small:?}");
    for (name, value) in [("WASMC_MAX_MEMORY", "lots\n"), ("WASMC_MAX_STACK", "")] {
        let malformed = run_command(Command::new(&limited).env(name, value), "");
        assert_eq!(malformed.code, Some(1));
        assert!(malformed.errors.starts_with(&format!("wasmc: cannot use {name}=")), "{malformed:?}");
        assert_eq!(malformed.errors.lines().count(), 1, "{malformed:?}");
    }

    let deep = link("options-stack", &["FLAGS=1", "ENTRY=trap_push_only"], POSITION_INDEPENDENT);
    let omitted = |size: &str| -> usize {
        let outcome = run_command(Command::new(&deep).env("WASMC_MAX_STACK", size), "");
        let line = outcome.errors.lines().find(|line| line.contains("omitted")).expect("a deep stack").to_owned();
        line.split(' ').find_map(|word| word.parse().ok()).expect("a number")
    };
    assert!(omitted("64K").abs_diff((64 << 10) / 16) < 100);
    // The end of the kernel's stack is rounded to a page.
    assert!(omitted("4M").abs_diff((4 << 20) / 16) < 100 + 4096 / 16);

    // Not heeded otherwise.
    let fixed = link("options-off", &["ENTRY=grow"], POSITION_INDEPENDENT);
    assert_success(&run_command(Command::new(fixed).env("WASMC_MAX_MEMORY", "1"), ""), "grown\n");
}

#[test]
fn another_version_is_refused() {
    let outcome = run_entry("hello", &["VERSION=999"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.errors.contains("do not belong together"), "{outcome:?}");
}

#[test]
fn the_harness_obeys_commands() {
    let harness = link("harness", &["ENTRY=harness"], POSITION_INDEPENDENT);
    let conversation = [
        ("init 0", "ok"),
        ("init 1", "trap 1"),
        ("init 2", "error no such module"),
        ("call 0 3", "ok 00000000000000000000000000000001"),
        ("call 0 0 ffffffff 2", "ok 00000000000000000000000000000001"),
        ("call 0 0 1 fffffffe", "ok 000000000000000000000000ffffffff"),
        (
            "call 0 1 0123456789abcdef0123456789ABCDEF 1",
            "ok 00000000000000000000000000000001 0123456789abcdef0123456789abcdef",
        ),
        ("call 0 0 1", "error too few arguments"),
        ("call 0 0 1 2 3", "error too many arguments"),
        ("call 0 0 1 x", "error expected up to 32 hexadecimal digits"),
        ("call 0 99", "error no such export"),
        ("call 0 6", "error the export is not a function"),
        ("call 9 0", "error no such module"),
        ("call", "error expected a module's number"),
        ("get 0 6", "ok 00000000000000000000000089abcdef"),
        ("get 0 7", "ok 0000000000000000400921fb54442d18"),
        ("get 0 8", "error the export is not a global"),
        ("call 0 5", "trap 2"),
        ("call 0 9 21", "ok 00000000000000000000000000000042"),
        ("call 0 10", "trap 12"),
        ("", "error expected init, call, get or memory"),
        ("quit", "error expected init, call, get or memory"),
    ];
    let mut input = String::new();
    let mut expected = String::new();
    for (command, reply) in conversation {
        writeln!(input, "{command}").expect("writing to a string");
        writeln!(expected, "{reply}").expect("writing to a string");
    }
    // The stack can overflow again and again, and calls go on in between. More replies than the buffer holds.
    for round in 1..=3000 {
        input.push_str("call 0 4\ncall 0 2\n");
        writeln!(expected, "trap 11\nok {round:032x}").expect("writing to a string");
    }
    assert_success(&run_command(&mut Command::new(&harness), &input), &expected);

    // Replies come when no command is left to obey, not only at the end.
    let mut child =
        Command::new(&harness).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starting the harness");
    let mut commands = child.stdin.take().expect("a pipe");
    let mut replies = std::io::BufReader::new(child.stdout.take().expect("a pipe"));
    for round in 1..=3 {
        commands.write_all(b"call 0 2\n").expect("writing a command");
        let mut reply = String::new();
        std::io::BufRead::read_line(&mut replies, &mut reply).expect("reading a reply");
        assert_eq!(reply, format!("ok {round:032x}\n"));
    }
    drop(commands);
    assert!(child.wait().expect("the harness's end").success());

    // Nor are replies lost when the program ends at once.
    let crashed = run_command(&mut Command::new(&harness), "call 0 2\ncall 0 11\n");
    assert_eq!((crashed.code, crashed.output.as_str()), (Some(134), "ok 00000000000000000000000000000001\n"));
    assert!(crashed.errors.contains("internal error"), "{crashed:?}");
}

#[test]
fn exports_are_invoked_from_the_command_line() {
    let invoke = |name: &str, export: u32, more: &[&str], arguments: &[&str]| {
        let export = format!("EXPORT={export}");
        let mut macros = vec!["ENTRY=invoke", &export];
        macros.extend_from_slice(more);
        run_command(Command::new(link(name, &macros, POSITION_INDEPENDENT)).args(arguments), "")
    };
    assert_success(&invoke("invoke-sum", 0, &[], &["-7", "0x5"]), "-2\n");
    assert_success(&invoke("invoke-given", 0, &["ARGUMENT=\"40\""], &["2"]), "42\n");
    assert_success(&invoke("invoke-half", 12, &[], &["0.2"]), "0.1\n");
    assert_success(&invoke("invoke-none", 2, &[], &[]), "1\n");
    assert_success(&invoke("invoke-spoil", 9, &[], &["21"]), "42\n");

    let count = invoke("invoke-count", 0, &[], &["1"]);
    assert_eq!(count.code, Some(1));
    assert_eq!(count.errors, "wasmc: `sum` takes 2 arguments, not 1: (i32, i32) -> (i32)\n");
    let malformed = invoke("invoke-malformed", 0, &[], &["1", "2.5"]);
    assert_eq!(malformed.code, Some(1));
    assert_eq!(malformed.errors, "wasmc: argument 2 of `sum`: '2.5' is not a number of type i32\n");
    let vector = invoke("invoke-vector", 1, &[], &["1", "2"]);
    assert_eq!(vector.code, Some(1));
    assert!(vector.errors.contains("a value of type v128 cannot be given on the command line"), "{vector:?}");
    let trap = invoke("invoke-trap", 5, &[], &[]);
    assert_eq!(trap.code, Some(134));
    assert!(trap.errors.starts_with("wasmc: trap: out of bounds memory access"), "{trap:?}");
}
