//! Lines and variables of programs, as gdb reads them, on this machine or in an emulator of another.

use std::process::Command;

use crate::debugger::{build, check_lines, gdb, output};
use crate::process;

/// Builds a program of `programs` with debug information, and runs gdb over it.
pub fn debug(module: &str, flags: &[&str], commands: &[&str]) -> String {
    debug_as("-g", module, flags, commands)
}

/// With as much debug information as a flag says.
fn debug_as(level: &str, module: &str, flags: &[&str], commands: &[&str]) -> String {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build(scratch.path(), &format!("debug/programs/{module}.wasm"), &[&[level], flags].concat());
    let sources = crate::debugger::source("debug/programs");
    let folder = format!("directory {}", sources.display());
    gdb(&program, &[&[folder.as_str()], commands].concat())
}

const MEMORIES: [&[&str]; 2] = [&["-O0"], &["-O0", "--memory-base", "relocatable"]];

#[test]
fn parameters_locals_and_statics_of_every_kind() {
    for flags in MEMORIES {
        let commands = ["break 67", "run", "info locals", "print counter", "print fixed", "info args"];
        let text = debug("values-O0", flags, &commands);
        let expected = [
            "main",
            "67\t  printf(",
            "list = 0x",
            "word = {number = 1065353216, real = 1}",
            "color = GREEN",
            "flags = {low = 5, high = 17, point = {x = -3, y = 4}}",
            "table = {{1, 2, 3}, {4, 5, 6}}",
            "result = 150",
            "mixed = 1234567954633.25",
            "$1 = 22",
            "$2 = {value = 42, next = 0x0, name = \"fixed\\000\\000\"}",
            "argc = 1",
        ];
        check_lines(&text, &expected);
        let commands = ["break mix", "run", "backtrace"];
        let text = debug("values-O0", flags, &commands);
        let call =
            "mix (letter=97 'a', small=-2, wide=1234567890123, real=0.5, ratio=0.25, yes=true, byte=200 '\\310')";
        check_lines(&text, &[call, "main"]);
    }
}

#[test]
fn functions_and_lines_without_variables() {
    let commands = ["break twice", "run", "backtrace", "info locals", "break 67", "finish"];
    let text = debug_as("-gline-tables-only", "values-O0", &["-O0"], &commands);
    check_lines(&text, &["twice () at ", "47\tstatic int twice", "#0  twice () at ", " in main () at ", "No locals."]);
    check_lines(&text, &["main () at ", "67\t  printf("]);
    assert!(!text.contains("Backtrace stopped"), "{text}");
}

#[test]
fn backtraces_lead_across_the_stacks_to_where_the_program_began() {
    let text = debug("values-O0", &["-O0"], &["break twice", "run", "backtrace"]);
    check_lines(&text, &["#0 ", " main ", "_start () at "]);
    check_lines(&text, &["wasmc_entry", "__morestack"]);
    // For Windows, only `.pdata` tells of the runtime library's frames, which gdb does not read in Wine's processes.
    if !process::target::name().is_some_and(|name| name.contains("-windows-")) {
        check_lines(&text, &["__morestack", "wasmc_runtime::start::start", "_start "]);
    }
    assert!(!text.contains("Backtrace stopped"), "{text}");
}

#[test]
fn stepping_follows_the_source() {
    let steps = ["break sum", "run", "next", "next", "next", "next", "next", "print total"];
    let text = debug("values-O0", &["-O0"], &steps);
    let expected = [
        "28\t  int total = 0;",
        "29\t  for (",
        "30\t    int doubled",
        "31\t    total += doubled;",
        "32\t    if (total > limit)",
        "29\t  for (",
        "$1 = 42",
    ];
    check_lines(&text, &expected);
}

#[test]
fn variables_can_be_set() {
    let commands = [
        "break 34",
        "run",
        "set var total = 7",
        "set var counter = 1",
        "next",
        "next",
        "next",
        "info locals",
        "print counter",
    ];
    let text = debug("values-O0", &["-O0"], &commands);
    check_lines(&text, &["result = 7", "$1 = 1"]);
}

#[test]
fn a_trap_stops_in_its_line() {
    let text = debug("values-O0", &["-O0"], &["run again", "backtrace"]);
    check_lines(&text, &["SIGSEGV", "68\t  if (argc > 1)", "main (argc=2", "_start"]);
}

#[test]
fn pointers_lead_into_linear_memory() {
    for flags in MEMORIES {
        let commands = [
            "break 34",
            "run",
            "print *list",
            "print list->next->next->name",
            "print list->next[0].value",
            "print *&list->value",
            "print *list@1",
            "whatis *list",
            "print *greeting@5",
            "up",
            "print *list->next",
            "print *&fixed",
        ];
        let text = debug("values-O0", flags, &commands);
        let expected = [
            "$1 = {value = 21, next = 0x",
            "$2 = \"n1\\000",
            "$3 = 11",
            "$4 = 21",
            "$5 = {{value = 21, next = 0x",
            "type = const struct node",
            "$6 = {\"h\", \"e\", \"l\", \"l\", \"o\"}",
            "$7 = {value = 11, next = 0x",
            "$8 = {value = 42, next = 0x0",
        ];
        check_lines(&text, &expected);
    }
}

#[test]
fn inlined_calls_of_optimised_code() {
    let text = debug("values-O2", &["-O2"], &["break sum", "run", "backtrace", "print fixed.value", "print counter"]);
    check_lines(&text, &["#0  sum (", "main (argc=1", "$1 = 42", "$2 = 22"]);
}

/// What clang lost of its location lists where blocks end, and what is only ever on the operand stack.
#[test]
fn variables_of_optimised_code() {
    let commands = [
        "break 42",
        "run",
        "info args",
        "print made->value",
        "delete",
        "tbreak 30",
        "continue",
        "print total",
        "print at->value",
        "tbreak 32",
        "continue",
        "print total",
        "tbreak 68",
        "continue",
        "print argc",
    ];
    let text = debug("values-O2", &["-O2"], &commands);
    let expected = ["list = 0xd74", "value = 1", "$1 = 1", "$2 = 0", "$3 = 21", "$4 = 42", "values.c:68", "$5 = 1"];
    check_lines(&text, &expected);
}

/// Counters of loops, sums that start as constants, and parameters behind their last use.
#[test]
fn variables_of_optimised_loops() {
    let commands = ["break 55", "run", "print words", "print *from@3", "continue", "print words", "print *from@3"];
    let text = debug("words-O2", &["-O2"], &commands);
    let expected = ["words.c:55", "$1 = 0", "{\"t\", \"h\", \"e\"}", "words.c:55", "$3 = 1", "{\"q\", \"u\", \"i\"}"];
    check_lines(&text, &expected);
    let commands = ["break 89 if x == 2 && y == 3", "run", "print width", "print x + y"];
    let text = debug("words-O2", &["-O2"], &commands);
    check_lines(&text, &["mixed (width=14, ", "$1 = 14", "$2 = 5"]);
    let commands = ["break 107", "run", "print number", "continue", "print number"];
    check_lines(&debug("words-O2", &["-O2"], &commands), &["words.c:107", "$1 = 0", "words.c:107", "$2 = 1"]);
    // Loops inside the loop that counts, and what several of them only hand on.
    let commands = ["break 57", "run", "print visited", "continue", "print visited", "delete", "break 79"];
    let text = debug("graph-O2", &["-O2"], &[&commands[..], &["continue", "print node", "print round"]].concat());
    check_lines(&text, &["graph.cc:57", "$1 = 0", "graph.cc:57", "$2 = 1", "graph.cc:79", "$3 = 0", "$4 = 0"]);
}

/// Parameters far behind their last use and the end of clang's list, in a place of the frame that nothing else is put into: what
/// that keeps is known of x86-64's machine code only.
#[test]
fn variables_that_do_not_change() {
    let is_read = process::target::name().is_none_or(|name| name.starts_with("x86_64"));
    let text = debug("graph-O2", &["-O2"], &["break 80", "run", "print from", "print this->nodes_"]);
    check_lines(&text, if is_read { &["graph.cc:80", "$1 = 0", "$2 = 12"] } else { &["graph.cc:80", "optimized out"] });
    let text = debug("words-O2", &["-O2"], &["break 110", "run", "print argc"]);
    check_lines(&text, if is_read { &["words.c:110", "$1 = 1"] } else { &["words.c:110", "optimized out"] });
}

/// Of what a variable was before, nothing is left but what was computed of it.
#[test]
fn variables_that_are_computed_back() {
    let commands = ["break 59", "run", "print words", "continue", "print words", "info address words"];
    let text = debug("words-O2", &["-O2"], &commands);
    check_lines(&text, &["words.c:59", "$1 = 1", "words.c:59", "$2 = 2", "DW_OP_constu 1", "DW_OP_plus"]);
    // clang has made one round of four.
    let text = debug("words-O2", &["-O2"], &["break 76", "run", "print i", "continue", "print i"]);
    check_lines(&text, &["words.c:76", "$1 = 0", "words.c:76", "$2 = 4"]);
}

/// A division by a constant has a line, although other instructions than a division were made of it; and its remainder is computed
/// again where only what was divided is left.
#[test]
fn divisions_by_constants() {
    let commands = ["break 35", "break 44", "run", "print length", "continue", "print bucket"];
    let text = debug("words-O2", &["-O2"], &commands);
    let is_x86_64 = process::target::name().is_none_or(|name| name.starts_with("x86_64"));
    let bucket = if is_x86_64 { "$2 = 20" } else { "optimized out" };
    check_lines(&text, &["words.c:35", "$1 = 3", "words.c:44", bucket]);
}

/// Lines whose code the optimiser has replaced, and the line of a call that is inlined where a block begins.
#[test]
fn lines_of_what_the_optimiser_makes() {
    let text = debug("graph-O2", &["-O2"], &["break 58", "run", "print start", "continue", "print start"]);
    check_lines(&text, &["graph.cc:58", "$1 = 0", "graph.cc:58", "$2 = 0"]);
    let text = debug("words-O2", &["-O2"], &["break 52", "run", "print *from@3", "continue", "print *from@3"]);
    check_lines(&text, &["words.c:52", "{\"t\", \"h\", \"e\"}", "words.c:52", "{\"q\", \"u\", \"i\"}"]);
}

/// A variable becomes what is chosen between it and something else.
#[test]
fn choices_are_variables() {
    let text = debug("words-O2", &["-O2"], &["break 93", "run", "print total"]);
    check_lines(&text, &["words.c:93", "$1 = 77"]);
}

/// A breakpoint at the end of a function stops whichever `return` led there. RISC-V's jumps are not known.
#[test]
fn ends_of_functions_with_several_returns() {
    let text =
        debug("words-O2", &["-O2"], &["break 47", "break 63", "run", "clear words.c:47", "continue", "continue"]);
    let is_riscv = process::target::name().is_some_and(|name| name.starts_with("riscv"));
    check_lines(&text, if is_riscv { &["exited normally"] } else { &["find (", "read_words (", "exited normally"] });
}

#[test]
fn constants_are_variables_of_frames() {
    let text = debug("graph-O2", &["-O2"], &["break 113", "run", "info address nodes", "print nodes"]);
    check_lines(&text, &["DW_OP_consts 12", "$1 = 12"]);
}

#[test]
fn rust_types() {
    let commands = [
        "break main.rs:31",
        "run",
        "backtrace",
        "print total",
        "print scale",
        "print inventory::LIMIT",
        "up",
        "print pair",
    ];
    let text = debug("inventory-O0", &["-O0"], &commands);
    let expected = [
        "inventory::weigh (items=",
        "inventory::main () at src/main.rs:41",
        "$1 = 3006",
        "Some(2)",
        "$3 = -99",
        "$4 = (2, 120 'x')",
    ];
    check_lines(&text, &expected);
    let text = debug("inventory-O2", &["-O2"], &["break inventory::weigh", "run", "backtrace"]);
    check_lines(&text, &["inventory::weigh (items=", "inventory::main () at src/main.rs:41"]);
}

#[test]
fn source_paths_are_mapped() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let flags = ["-g", "-O0", "--debug-prefix-map", ".=/elsewhere"];
    let program = build(scratch.path(), "debug/programs/values-O0.wasm", &flags);
    let text = output(Command::new("llvm-dwarfdump").arg("--debug-line").arg("--debug-info").arg(&program));
    check_lines(&text, &["DW_AT_comp_dir\t(\"/elsewhere\")", "include_directories[  0] = \"/elsewhere\""]);
}

/// A module without debug information: its functions, offsets as lines, and the locals by number.
#[test]
fn modules_without_debug_information() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build(scratch.path(), "programs/c/traps.wasm", &["-g", "-O0"]);
    let text = gdb(&program, &["break crash", "run load", "backtrace", "info locals", "next", "next", "continue"]);
    let expected = ["crash () at ./traps:", "main () at ./traps:", "local0 = ", "SIGSEGV", "load () at ./traps:"];
    check_lines(&text, &expected);
    let verified = output(Command::new("llvm-dwarfdump").arg("--verify").arg(&program));
    assert!(verified.contains("No errors."), "{verified}");
}

/// A module in the text format: the lines of the text.
#[test]
fn text_format() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build(scratch.path(), "programs/wat/tail_calls.wat", &["-g", "-O0"]);
    let commands = ["break tail_calls.wat:13", "run", "backtrace 2", "print local1", "print local11", "next", "next"];
    let text = gdb(&program, &commands);
    let expected = ["#0  wide (local0=0, local1=1, ", "tail_calls.wat:21", "$1 = 1", "$2 = 29999", "14\t", "15\t"];
    check_lines(&text, &expected);
}

#[test]
fn classes_and_methods() {
    let commands = ["break 26", "run", "backtrace", "print width", "print *this", "print low_.y", "up", "print shape"];
    let expected = [
        "geometry::Box::area (this=",
        "total (boxes=",
        "main::$_0::operator()",
        "main ()",
        "$1 = 3",
        "low_ = {x = 1, y = 2}, high_ = {x = 4, y = 8}}",
        "$3 = 2",
        "(const geometry::Shape &) @0x",
    ];
    // The second has its types in units of their own.
    for module in ["shapes-O0", "shapes-types"] {
        check_lines(&debug(module, &["-O0"], &commands), &expected);
    }
    // A reference can be read where it is bound.
    let text = debug("shapes-O0", &["-O0"], &["break 48", "run", "info locals", "next", "print shape.name_"]);
    check_lines(&text, &["shape = ", "$1 = (const char (*)[1]) 0x"]);
}

/// wasmc inlines `area` into `main`: it is stopped in, told with its parameters, and left there, as if it were called.
#[test]
fn calls_that_are_inlined_have_frames() {
    let commands = ["break area", "run", "backtrace", "info args", "up", "print total", "continue", "info args"];
    let text = debug("small-O2", &["-O2"], &commands);
    let expected = [
        "area. (2 locations)",
        "#0  area (corner=",
        "main (argc=1",
        "corner = ",
        "33\t    total += area(&points[i]);",
        "$1 = 0",
        ".1, area (corner=",
        "corner = ",
    ];
    check_lines(&text, &expected);
    let text = debug("small-O2", &["-O2"], &["break small.c:33", "run", "finish"]);
    check_lines(&text, &["area (corner=", "main (argc=1"]);
    // The callee may be in another file.
    let text = debug("across-O1", &["-O2"], &["break weigh", "run", "backtrace", "info args"]);
    check_lines(&text, &["weigh. (2 locations)", "callee.c:", "#0  weigh (pair=", "#1  main (argc=", "factor = "]);
    // Lines alone have them too.
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build(scratch.path(), "debug/programs/small-O2.wasm", &["-gline-tables-only"]);
    let text = gdb(&program, &["break area", "run", "backtrace"]);
    check_lines(&text, &["#0  area ()", "main () at ./small.c:33"]);
}

#[test]
fn statics_are_found_by_the_table_of_addresses() {
    let text = debug("values-dwarf5", &["-O0"], &["break 67", "run", "print counter", "print fixed"]);
    check_lines(&text, &["$1 = 22", "$2 = {value = 42, next = 0x0, name = \"fixed\\000\\000\"}"]);
}

#[test]
fn what_the_linker_leaves_is_consistent() {
    for flags in [["-g", "-O0"], ["-g", "-O2"]] {
        for module in ["values", "shapes", "inventory"] {
            let scratch = tempfile::tempdir().expect("a temporary folder can be made");
            let module = format!("debug/programs/{module}-{}.wasm", flags[1].trim_start_matches('-'));
            let program = build(scratch.path(), &module, &flags);
            let mut verify = Command::new("llvm-dwarfdump");
            let text = output(verify.args(["--verify", "--quiet"]).arg(&program));
            assert!(!text.contains("error:"), "{module}: {text}");
            let text = output(Command::new("llvm-dwarfdump").arg("--debug-frame").arg(&program));
            check_lines(&text, &["DW_CFA_def_cfa_offset:", "DW_CFA_offset: "]);
        }
    }
}

#[test]
fn traces_tell_lines() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let program = build(scratch.path(), "debug/programs/crash-O0.wasm", &["-g"]);
    let text = output(&mut crate::process::executable(&program, scratch.path()));
    let expected =
        ["wasmc: trap: integer divide by zero", "    0: app::Ratio::value", "app::Ratio::value at crash.cc:11"];
    check_lines(&text, &expected);
}
