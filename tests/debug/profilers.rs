//! Tools that watch executables run.

use std::process::Command;

use crate::debugger::{build, check_lines, output};

#[test]
fn valgrind_runs_executables_and_names_lines() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let flags = ["-g", "--bounds", "explicit", "--max-memory", "16M", "--memory-base", "relocatable"];
    let program = build(scratch.path(), "debug/programs/crash-O0.wasm", &flags);
    // It takes the trap for an instruction that it does not know.
    let text = output(Command::new("valgrind").arg(&program));
    let frames = [
        "app::Ratio::value() const (crash.cc:11)",
        "app::rounded<app::Ratio>(app::Ratio const&, int) (crash.cc:17)",
        "app::report(int, int) (crash.cc:23)",
        "main (crash.cc:38)",
    ];
    check_lines(&text, &frames);
    // The program's own handler is called all the same.
    check_lines(
        &text,
        &["trap: integer divide by zero", "app::Ratio::value at crash.cc:11", "app::report at crash.cc:23"],
    );
}

/// perf and others take the difference of address and offset from the headers of the `.debug` file.
#[test]
fn sections_keep_their_offsets_in_files_of_debug_information() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    build(scratch.path(), "debug/programs/crash-O2.wasm", &["-g", "--split-debug"]);
    let text_of = |name: &str| {
        let sections = output(Command::new("readelf").args(["--wide", "--sections"]).arg(scratch.path().join(name)));
        let line = sections.lines().find(|line| line.contains(" .text ")).expect("there is code").to_owned();
        // Name, kind, address, offset, size.
        line.split_whitespace()
            .skip_while(|word| *word != ".text")
            .skip(2)
            .take(3)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(text_of("program"), text_of("program.debug"));
}
