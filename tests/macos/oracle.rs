//! What LLVM's tools say of executables, and what its linker makes of the same input.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::check::{self, Report};

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{command:?}: {errors}");
    output
}

/// The debug information is in order.
pub fn verifies_debug_info(executable: &Path) {
    let output = Command::new("llvm-dwarfdump").args(["--verify", "--quiet"]).arg(executable).output();
    let output = output.expect("llvm-dwarfdump can be run");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && !text.contains("error:"), "{text}");
}

/// lldb says these things in this order to commands. (Older ones do not know DWARF 5 in Mach-O.)
pub fn debugger_finds(executable: &Path, commands: &[&str], expected: &[&str]) {
    let mut debugger = Command::new("lldb-19");
    debugger.args(["--no-lldbinit", "--batch"]);
    commands.iter().for_each(|command| _ = debugger.args(["-o", command]));
    let output = debugger.arg(executable).output().expect("lldb-19 can be run");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut rest = &text[..];
    for piece in expected {
        let found = rest.find(piece).unwrap_or_else(|| panic!("{piece:?} is missing, or stands too early, in\n{text}"));
        rest = &rest[found + piece.len()..];
    }
}

/// llvm-objdump reads all of it without complaint, and sees the same fixups, functions of libSystem and exports.
pub fn reads(executable: &Path, own: &Report) {
    let objdump = |flags: &[&str]| {
        let output = run(Command::new("llvm-objdump-19").arg("--macho").args(flags).arg(executable));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for flags in
        [&["--all-headers"][..], &["--disassemble"], &["--unwind-info"], &["--indirect-symbols"], &["--data-in-code"]]
    {
        objdump(flags);
    }
    // segment, section, address, pointer, type, addend, library, name.
    let fixups = objdump(&["--dyld-info"]);
    let of_kind = |kind: &str| fixups.lines().filter(|line| line.split_whitespace().nth(4) == Some(kind)).count();
    assert_eq!(of_kind("bind") + of_kind("rebase"), own.fixups, "{fixups}");
    let bound: BTreeSet<&str> = fixups
        .lines()
        .filter(|line| line.split_whitespace().nth(4) == Some("bind"))
        .map(|line| {
            assert!(line.contains("libSystem"), "{line}");
            line.split_whitespace().last().expect("a name")
        })
        .collect();
    assert_eq!(bound, own.imports.iter().map(String::as_str).collect(), "{fixups}");
    assert!(objdump(&["--exports-trie"]).contains("0x100000000  __mh_execute_header"));
    let functions = objdump(&["--function-starts=both"]);
    assert!(functions.lines().any(|line| line.ends_with(" __start")), "{functions}");
}

/// Links the object `program.o` in a folder, and the runtime library for the target, with `ld64.lld`.
pub fn link(folder: &Path, target: &str, own: &Report) -> Report {
    let architecture = if target.starts_with("aarch64") { "arm64" } else { "x86_64" };
    let names: Vec<String> = own.imports.iter().map(|name| format!("'{name}'")).collect();
    let stub = format!(
        "--- !tapi-tbd\ntbd-version: 4\ntargets: [ {architecture}-macos ]\ninstall-name: '/usr/lib/libSystem.B.dylib'\n\
         exports:\n  - targets: [ {architecture}-macos ]\n    symbols: [ {} ]\n...\n",
        names.join(", ")
    );
    fs::write(folder.join("libSystem.tbd"), stub).expect("the folder can be written to");
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/runtimes").join(format!("{target}.a"));
    let mut linker = Command::new("ld64.lld-19");
    linker.current_dir(folder).args(["-arch", architecture, "-platform_version", "macos", "11.0", "11.0"]);
    linker.args(["-dead_strip", "-fixup_chains", "-adhoc_codesign", "-S", "-e", "__start", "-o", "other", "program.o"]);
    run(linker.arg(library).arg("libSystem.tbd"));
    let other = fs::read(folder.join("other")).expect("the linker wrote it");
    check::report(&check::image(&other))
}
