//! Executables with less than all debug information in them: lines only, compressed, in a file beside them.

use std::path::Path;
use std::process::Command;

use object::{Object, ObjectSection};

use crate::debugger::{build, check_lines, gdb, output, source};

const CRASH: &str = "debug/programs/crash-O2.wasm";

fn wasmc() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_wasmc"))
}

/// Runs a command in a folder; returns all that it wrote.
fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    output(Command::new(program).args(arguments).current_dir(folder))
}

/// Names and contents of a file's sections.
fn sections(path: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = std::fs::read(path).expect("it was built");
    let file = object::File::parse(&*bytes).expect("it is an ELF file");
    let sections = file.sections().map(|section| {
        let name = section.name().expect("it has a name").to_owned();
        (name, section.data().expect("it is inside the file").to_vec())
    });
    sections.collect()
}

fn section(path: &Path, name: &str) -> Option<Vec<u8>> {
    sections(path).into_iter().find(|(known, _)| known == name).map(|(_, contents)| contents)
}

fn lldb(program: &Path, commands: &[&str]) -> String {
    let mut command = Command::new("lldb-19");
    command.arg("--batch").arg("--no-lldbinit");
    for line in commands {
        command.args(["-o", line]);
    }
    output(command.arg(program))
}

#[test]
fn no_amount_of_debug_information_changes_the_code() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let module = crate::debugger::source(CRASH);
    let module = module.to_str().expect("the path is UTF-8");
    // An object: what the linker fills in depends on where the rest is.
    let code = |flags: &[&str]| {
        let arguments = [&["build", module, "--emit", "obj", "-o", "object"], flags].concat();
        assert_eq!(run(scratch.path(), wasmc().to_str().expect("the path is UTF-8"), &arguments), "");
        section(&scratch.path().join("object"), ".text").expect("there is code")
    };
    for level in ["-O0", "-O1", "-O2"] {
        let plain = code(&[level]);
        for flag in ["-g", "-gline-tables-only"] {
            assert!(code(&[level, flag]) == plain, "{level} {flag}");
        }
    }
}

#[test]
fn debuggers_find_the_file_beside_the_executable() {
    for flags in [
        &["-g", "-O0", "--split-debug"][..],
        &["-g", "-O0", "--split-debug", "--compress-debug-sections", "--linker", "ld"],
    ] {
        let scratch = tempfile::tempdir().expect("a temporary folder can be made");
        let program = build(scratch.path(), CRASH, flags);
        let names: Vec<String> = sections(&program).into_iter().map(|(name, _)| name).collect();
        assert!(names.iter().any(|name| name == ".gnu_debuglink"), "{names:?}");
        let is_extra = |name: &&String| name.starts_with(".debug") || *name == ".symtab" || *name == ".wasmc.sources";
        assert_eq!(names.iter().find(is_extra), None);
        let frames = ["#0  app::report (below=1, unit=5) at ./crash.cc:23", "#1 ", "ratio = {above = 42, below = 1}"];
        check_lines(&gdb(&program, &["break app::report", "run", "backtrace", "info locals"]), &frames);
        let frames = ["app::report(below=1, unit=5) at crash.cc:23", "main(", "_start at crt1-command.c:"];
        check_lines(&lldb(&program, &["breakpoint set -n app::report", "run", "bt"]), &frames);
        let checked = run(scratch.path(), "llvm-dwarfdump", &["--verify", "program.debug"]);
        check_lines(&checked, &["No errors."]);
        // A trap tells what `symbolize` makes lines of.
        let trace = run(scratch.path(), "./program", &[]);
        assert!(!trace.contains("crash.cc"), "{trace}");
        std::fs::write(scratch.path().join("trace"), trace).expect("the folder is writable");
        let wasmc = wasmc().to_str().expect("the path is UTF-8");
        let explained = run(scratch.path(), wasmc, &["symbolize", "program.debug", "trace"]);
        check_lines(&explained, &["app::Ratio::value at crash.cc:11 (inlined)", "app::report at crash.cc:23"]);
    }
}

#[test]
fn debuggers_find_the_file_by_the_build_id() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build(scratch.path(), CRASH, &["-g", "--split-debug"]);
    let identify = |name: &str| {
        let bytes = std::fs::read(scratch.path().join(name)).expect("it was built");
        let file = object::File::parse(&*bytes).expect("it is an ELF file");
        let id = file.build_id().expect("its notes make sense").expect("it has a build ID").to_vec();
        id.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let id = identify("program");
    assert_eq!(identify("program.debug"), id);
    assert!(run(scratch.path(), "./program", &[]).contains(&format!("  build ID {id}\n")));
    let folder = scratch.path().join("store/.build-id").join(&id[..2]);
    std::fs::create_dir_all(&folder).expect("the folder is writable");
    let moved = folder.join(format!("{}.debug", &id[2..]));
    std::fs::rename(scratch.path().join("program.debug"), moved).expect("the folder is writable");
    let store = format!("set debug-file-directory {}", scratch.path().join("store").display());
    let load = format!("file {}", program.display());
    check_lines(&gdb(&program, &[&store, &load, "info line app::report"]), &["Line 21 of \"./crash.cc\""]);
}

#[test]
fn lines_alone_give_backtraces_without_variables() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build(scratch.path(), CRASH, &["-gline-tables-only"]);
    let size = |name| section(&program, name).map_or(0, |contents| contents.len());
    let (info, strings) = (size(".debug_info"), size(".debug_str"));
    let whole = build(scratch.path(), CRASH, &["-g"]);
    assert!(info * 2 < section(&whole, ".debug_info").map_or(0, |contents| contents.len()));
    assert_eq!(strings, 0);
    let program = build(scratch.path(), CRASH, &["-gline-tables-only"]);
    let text = gdb(&program, &["break crash.cc:11", "run", "backtrace", "info locals", "info args"]);
    let expected = ["#2  app::report () at ./crash.cc:23", "main () at ./crash.cc:35", "No locals.", "No arguments."];
    check_lines(&text, &expected);
    let expected = [
        "[inlined] app::Ratio::value() const at crash.cc:11",
        "[inlined] int app::rounded<app::Ratio>(app::Ratio const&, int) at crash.cc:17",
        "app::report(int, int) at crash.cc:23",
    ];
    let text = lldb(&program, &["breakpoint set -f crash.cc -l 11", "run", "bt"]);
    check_lines(&text, &expected);
    check_lines(&run(scratch.path(), "llvm-dwarfdump", &["--verify", "program"]), &["No errors."]);
    check_lines(&run(scratch.path(), "./program", &[]), &["app::Ratio::value at crash.cc:11 (inlined)"]);
}

/// Code that the optimiser made too: that has the lines of what it stands for.
#[test]
fn lines_alone_are_those_that_are_beside_variables() {
    for module in ["words-O2", "shapes-O2", "scanner-O2", "values-O0"] {
        for level in ["-O0", "-O1", "-O2"] {
            let scratch = tempfile::tempdir().expect("a temporary folder can be made");
            let rows = |flag| {
                build(scratch.path(), &format!("debug/programs/{module}.wasm"), &[flag, level]);
                let text = run(scratch.path(), "llvm-dwarfdump", &["--debug-line", "program"]);
                text.lines().filter(|line| line.starts_with("0x")).map(str::to_owned).collect::<Vec<_>>()
            };
            let rows = [rows("-g"), rows("-gline-tables-only")];
            assert!(rows[0].len() > 100);
            let same = rows[0].iter().zip(&rows[1]).take_while(|(one, other)| one == other).count();
            assert!(rows[0] == rows[1], "{module} {level}: {:?}, {:?}", rows[0].get(same), rows[1].get(same));
        }
    }
}

#[test]
fn stripped_executables_with_lines_tell_them() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build(scratch.path(), CRASH, &["-gline-tables-only", "--strip"]);
    let names: Vec<String> = sections(&program).into_iter().map(|(name, _)| name).collect();
    assert!(!names.iter().any(|name| name.starts_with(".debug") || name == ".symtab"), "{names:?}");
    check_lines(&run(scratch.path(), "./program", &[]), &["app::Ratio::value at crash.cc:11 (inlined)"]);
}

#[test]
fn compressed_sections_are_read() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let plain = std::fs::metadata(build(scratch.path(), CRASH, &["-g", "-O0"])).expect("it was built").len();
    let program = build(scratch.path(), CRASH, &["-g", "-O0", "--compress-debug-sections"]);
    assert!(std::fs::metadata(&program).expect("it was built").len() < plain * 4 / 5);
    let text = run(scratch.path(), "readelf", &["--wide", "--section-details", "program"]);
    check_lines(&text, &[".debug_info", "COMPRESSED", "ZLIB"]);
    check_lines(&gdb(&program, &["break app::report", "run", "info locals"]), &["above = 42"]);
    check_lines(&lldb(&program, &["breakpoint set -n app::report", "run", "bt"]), &["app::report(below=1"]);
    assert_eq!(std::fs::read(&program).ok(), {
        let again = build(scratch.path(), CRASH, &["-g", "-O0", "--compress-debug-sections=zlib", "--jobs", "1"]);
        std::fs::read(again).ok()
    });
}

#[test]
fn paths_are_mapped_in_traces_too() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    build(scratch.path(), CRASH, &["-g", "--debug-prefix-map", "crash=/src/app/crash"]);
    check_lines(&run(scratch.path(), "./program", &[]), &["app::Ratio::value at /src/app/crash.cc:11 (inlined)"]);
    // A debugger is told where the files are instead.
    let program = build(scratch.path(), CRASH, &["-g", "--debug-prefix-map", ".=/elsewhere"]);
    let sources = crate::debugger::source("debug/programs");
    let substitute = format!("set substitute-path /elsewhere {}", sources.display());
    let text = gdb(&program, &[&substitute, "break app::report", "run", "list 21,23"]);
    check_lines(&text, &["int report(int below, int unit) {"]);
    let map = format!("settings set target.source-map /elsewhere {}", sources.display());
    let text = lldb(&program, &[&map, "breakpoint set -f crash.cc -l 11", "run"]);
    check_lines(&text, &["return above / below;"]);
}

/// A module whose debug information is in a file of its own, as `emcc -gseparate-dwarf` leaves it.
#[test]
fn modules_may_have_their_debug_information_elsewhere() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let whole = std::fs::read(source("debug/programs/values-O0.wasm")).expect("the program is there");
    let named = without_debug_information(&whole, "https://example.org/builds/values.debug.wasm");
    std::fs::write(scratch.path().join("app.wasm"), named).expect("the folder is writable");
    let build = ["build", "-g", "-O0", "app.wasm"];
    let text = run(scratch.path(), wasmc().to_str().expect("a path in UTF-8"), &build);
    check_lines(&text, &["app.wasm keeps its debug information in values.debug.wasm, which cannot be read"]);
    std::fs::write(scratch.path().join("values.debug.wasm"), whole).expect("the folder is writable");
    let text = run(scratch.path(), wasmc().to_str().expect("a path in UTF-8"), &build);
    assert_eq!(text, "");
    let commands = ["break sum", "run", "backtrace", "print *list"];
    check_lines(&gdb(&scratch.path().join("app"), &commands), &["sum (list=0x", "values.c:65", "$1 = {value = 21"]);
}

/// The module with a section that says where its debug information is, in the place of that.
fn without_debug_information(module: &[u8], url: &str) -> Vec<u8> {
    let mut output = module[..8].to_vec();
    let mut rest = &module[8..];
    let number = |bytes: &mut &[u8]| {
        let (mut value, mut shift) = (0, 0);
        loop {
            let (byte, after) = bytes.split_first().expect("the module is sound");
            *bytes = after;
            value |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return value;
            }
        }
    };
    while !rest.is_empty() {
        let section = rest;
        rest = &rest[1..];
        let size = number(&mut rest);
        let (mut contents, after) = rest.split_at(size);
        let kept = &section[..section.len() - after.len()];
        rest = after;
        let length = if section[0] == 0 { number(&mut contents) } else { 0 };
        if !contents[..length].starts_with(b".debug_") {
            output.extend_from_slice(kept);
        }
    }
    let name = "external_debug_info";
    let contents = [&[name.len() as u8], name.as_bytes(), &[url.len() as u8], url.as_bytes()].concat();
    output.extend_from_slice(&[0, contents.len() as u8]);
    output.extend_from_slice(&contents);
    output
}

/// Units whose entries are in files of their own (`clang -gsplit-dwarf`), found beside the module, in a package, or not at all.
#[test]
fn units_may_be_split() {
    let expected = ["$1 = 22", "word = {number = 1065353216, real = 1}", "color = GREEN"];
    for version in [4, 5] {
        let scratch = tempfile::tempdir().expect("a temporary folder can be made");
        let name = format!("values-split{version}");
        let module = scratch.path().join("module.wasm");
        let copy = |from: &str, to: &str| {
            let from = source("debug/programs").join(from);
            std::fs::copy(from, scratch.path().join(to)).expect("the file is there");
        };
        let debug = || {
            crate::process::build(scratch.path(), &module, "program", &["-g", "-O0"]);
            gdb(&scratch.path().join("program"), &["break 67", "run", "print counter", "info locals"])
        };
        copy(&format!("{name}.wasm"), "module.wasm");
        copy(&format!("{name}.dwo"), &format!("{name}.dwo"));
        check_lines(&debug(), &expected);
        check_lines(&run(scratch.path(), "llvm-dwarfdump", &["--verify", "program"]), &["No errors."]);
        std::fs::remove_file(scratch.path().join(format!("{name}.dwo"))).expect("it was copied");
        let said =
            run(scratch.path(), &wasmc().to_string_lossy(), &["build", "-g", "-O0", "module.wasm", "-o", "program"]);
        check_lines(&said, &[&format!("note: debug information is in {name}.dwo, not to be found")]);
        let text = gdb(&scratch.path().join("program"), &["break values.c:67", "run"]);
        check_lines(&text, &["main () at ./values.c:67"]);
        if version == 5 {
            copy("values-split5.dwp", "module.wasm.dwp");
            check_lines(&debug(), &expected);
        }
    }
}
