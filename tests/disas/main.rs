//! Pins what the compiler emits: each `.wat` of this folder ends in the text that `wasmc build --emit …` gives for it.
//!
//! The head of a file holds lines `;;! KEY: VALUE`:
//! - `emit`: `asm` or `clif`;
//! - `functions`: the functions to show, in this order. They are exports: each comes from a build whose entry it is, so
//!   that what only other functions need is left out;
//! - `flags`: further flags of `wasmc build`, separated by spaces.
//!
//! After the module's last line follow the functions, each line behind `;; `. `WASMC_BLESS=1 cargo test -p wasmc
//! --test disas` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One test for each file, and one that sees to it that the list is complete.
macro_rules! cases {
    ($($name:ident)*) => {
        $(#[test] fn $name() { check(stringify!($name)); })*

        #[test]
        fn list_is_complete() {
            let mut found: Vec<String> = fs::read_dir(folder())
                .expect("the folder can be read")
                .map(|entry| entry.expect("the folder can be read").path())
                .filter(|path| path.extension().is_some_and(|extension| extension == "wat"))
                .map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned())
                .collect();
            found.sort();
            assert_eq!(found, [$(stringify!($name)),*]);
        }
    };
}

cases! {
    br_table branch_hints bulk call_indirect_immutable call_indirect_mutable call_indirect_one_target compute_early dispatchers division float_min_max globals import inline interpreted jump_threading load_store
    load_store_explicit load_store_relocatable loop_compare loops memory64 stack_pointer tail_call thread_block trapping_conversions twins unused_load
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/disas")
}

/// A file cut into its parts.
struct Case<'a> {
    emit: &'a str,
    flags: Vec<&'a str>,
    functions: Vec<&'a str>,
    /// Everything up to the expected text.
    module: &'a str,
    expected: &'a str,
}

impl<'a> Case<'a> {
    fn parse(text: &'a str) -> Case<'a> {
        // The expectation begins behind the last line that is not a comment.
        let end = text
            .split_inclusive('\n')
            .scan(0, |at, line| {
                *at += line.len();
                Some((*at, line))
            })
            .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with(";;"))
            .last()
            .map_or(0, |(at, _)| at);
        let (module, expected) = text.split_at(end);
        let mut case = Case { emit: "asm", flags: Vec::new(), functions: Vec::new(), module, expected };
        for line in module.lines().map_while(|line| line.strip_prefix(";;! ")) {
            let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("no colon in {line:?}"));
            match key {
                "emit" => case.emit = value,
                "flags" => case.flags = value.split_whitespace().collect(),
                "functions" => case.functions = value.split_whitespace().collect(),
                _ => panic!("unknown key {key:?}"),
            }
        }
        assert!(!case.functions.is_empty(), "no functions are named");
        case
    }
}

fn check(name: &str) {
    let path = folder().join(format!("{name}.wat"));
    let text = fs::read_to_string(&path).expect("the case can be read");
    let case = Case::parse(&text);
    let mut found = String::new();
    for function in &case.functions {
        let output = Command::new(env!("CARGO_BIN_EXE_wasmc"))
            .arg("build")
            .arg(&path)
            .args(["--emit", case.emit, "-o", "-", "--color", "never", "--invoke", function])
            .args(&case.flags)
            .output()
            .expect("wasmc can be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let emitted = String::from_utf8(output.stdout).expect("the text is UTF-8");
        let body = function_text(&emitted, function).unwrap_or_else(|| panic!("{function} is missing in\n{emitted}"));
        found.push('\n');
        for line in body.lines() {
            found.push_str(format!(";; {}", line.strip_prefix(";; ").unwrap_or(line)).trim_end());
            found.push('\n');
        }
    }
    if found == case.expected {
        return;
    }
    if std::env::var_os("WASMC_BLESS").is_some() {
        fs::write(&path, format!("{}{found}", case.module)).expect("the case can be written");
        return;
    }
    panic!(
        "{name}: the emitted text has changed (WASMC_BLESS=1 accepts it)\n--- expected{}--- found{found}",
        case.expected
    );
}

/// The part of the text that belongs to a function: behind the head that names it, up to the next head.
fn function_text(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| head(line) != Some(name));
    let first = lines.next()?;
    let rest = lines.take_while(|line| head(line).is_none());
    let text: Vec<&str> = [first].into_iter().chain(rest).collect();
    Some(text.join("\n").trim_end().to_owned())
}

/// The function's name, where the line is a function's head: `NAME:` in machine code, `;; NAME:` in CLIF.
fn head(line: &str) -> Option<&str> {
    let name = line.strip_prefix(";; ").unwrap_or(line).strip_suffix(':')?;
    let block = name.strip_prefix("block").is_some_and(|number| number.parse::<u32>().is_ok());
    (!block && !name.starts_with([' ', '\t']) && !name.contains('(')).then_some(name)
}
