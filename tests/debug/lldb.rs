//! What lldb reads of programs that are built for it (`-glldb`), with the script that `wasmc debug-scripts` prints.

use std::process::Command;

use crate::debugger::{build, check_lines, output, source};
use crate::scripts::with_lldb;

/// Builds a program of `debug/programs` for lldb, and runs that over it.
fn lldb(module: &str, flags: &[&str], commands: &[&str]) -> String {
    with_lldb(&format!("debug/programs/{module}.wasm"), &[&["-glldb"], flags].concat(), commands)
}

const MEMORIES: [&[&str]; 2] = [&["-O0"], &["-O0", "--memory-base", "relocatable"]];

#[test]
fn pointers_are_followed() {
    for flags in MEMORIES {
        let commands = [
            "b values.c:34",
            "run",
            "v list",
            "v *list",
            "v list->next->next->name",
            "v list[0]",
            "v greeting",
            "wasm-string greeting",
            "up",
            "v argv",
            "v *argv",
            "v argv[0][0]",
            "v function",
            "v fixed",
        ];
        let text = lldb("values-O0", flags, &commands);
        let expected = [
            "sum(list=0x00011560, limit=1000)",
            "(const node *) list = 0x00011560",
            "(const node) *list = {",
            "value = 21",
            "next = 0x00011540",
            "name = \"n21\"",
            "list->next->next->name = \"n1\"",
            "(const node) list[0] = {",
            "(const char *) greeting = 0x00000445 \"hello\"",
            "\"hello\"",
            "(char **) argv = 0x000",
            "(char *) *argv = 0x000",
            "(char) argv[0][0] = '/'",
            "(int (*)(int)) function = 1 twice",
            "value = 42",
            "next = 0x00000000",
        ];
        check_lines(&text, &expected);
    }
}

/// Each module's pointers lead into its own memory.
#[test]
fn pointers_of_linked_modules() {
    let library = format!("lib={}", source("debug/programs/values-O0.wasm").display());
    let commands = [
        "b words.c:55",
        "run",
        "target variable greeting",
        "p greeting[1]",
        "v from",
        "p from[1]",
        "target variable greeting",
    ];
    let text = lldb("words-O0", &["-O0", "--link", &library], &commands);
    let expected = [
        "(const char * in wasm::values-O0::memory0) greeting = 0x00000445 \"hello\"",
        "'e'",
        "(const char *) from = 0x00000400 \"the quick",
        "'h'",
        "\"hello\"",
    ];
    check_lines(&text, &expected);
}

/// What is evaluated as code: arithmetic, indices, conditions, and what is changed.
#[test]
fn expressions_follow_pointers() {
    for flags in MEMORIES {
        let commands = [
            "b values.c:34",
            "run",
            "p list->next->value + list->value",
            "p list[0].value",
            "p *(list->next)",
            "p !list || list == list->next",
            "p greeting[1]",
            "p (const void *)list",
            "expression list.offset = list->next.offset",
            "p list->value",
            "up",
            "expression list = list->next",
            "expression list->value = 5",
            "v list",
            "p list->value",
        ];
        let text = lldb("values-O0", flags, &commands);
        let expected = [
            "(int) 32",
            "(const int) 21",
            "(node) {",
            "value = 11",
            "(bool) false",
            "'e'",
            "(const void *) 0x",
            "11",
            "main(argc=1",
            "(node *) list = 0x00011540",
            "(int) 5",
        ];
        check_lines(&text, &expected);
    }
}

#[test]
fn conditions_and_watchpoints_follow_pointers() {
    let commands = [
        "b sum",
        "run",
        "breakpoint set -f values.c -l 30 -c 'at->next && at->next->value == 1'",
        "c",
        "v at->value",
        "watchpoint set variable at->next->value",
        "watchpoint set variable at",
        "c",
        "v at->value",
    ];
    let text = lldb("values-O0", &["-O0"], &commands);
    let expected = ["(int) at->value = 11", "size = 4", "size = 4", "new value: 0x00011520", "(int) at->value = 1"];
    check_lines(&text, &expected);
    assert!(!text.contains("error:"), "{text}");
}

/// No value is made up, and nothing breaks.
#[test]
fn pointers_that_lead_nowhere() {
    let commands = [
        "b values.c:34",
        "run",
        "v fixed.next->value",
        "v *fixed.next",
        "p *fixed.next",
        "expression list.offset = 0xfffffff0",
        "v list",
        "v *list",
        "v list->next->value",
        "v --ptr-depth 3 list",
        "v list->nothing",
        "v list[1]",
    ];
    let text = lldb("values-O0", &["-O0"], &commands);
    let expected = [
        "fixed.next->value = <parent failed to evaluate: parent is NULL>",
        "*fixed.next = <parent is NULL>",
        "list = 0xfffffff0 (beyond the memory)",
        "*list = <parent is NULL>",
        "parent is NULL",
        "list = 0xfffffff0 (beyond the memory)",
        "error: ",
        "error: \"nothing\" is not a member",
        "error: array index 1 is not valid",
    ];
    check_lines(&text, &expected);
}

#[test]
fn classes_references_and_methods() {
    let commands = [
        "b shapes.cc:26",
        "run",
        "v *this",
        "v low_",
        "p high_.x + width",
        "p this->name_",
        "up",
        "v",
        "p boxes.items[1]->high_",
        "v boxes.items[1]->high_.y",
        "p shape.name_[2]",
        "up",
        "up",
        "v scaled.boxes->used",
        "v scaled.boxes.used",
    ];
    // The second has its types in units of their own.
    for module in ["shapes-O0", "shapes-types"] {
        let text = lldb(module, &["-O0"], &commands);
        let expected = [
            "geometry::Box::area(this=0x",
            "(const geometry::Box) *this = {",
            "geometry::Shape = {",
            "name_ = 0x00000400 \"box\"",
            "high_ = (x = 4, y = 8)",
            "(geometry::Point) low_ = (x = 1, y = 2)",
            "(int) 7",
            "0x00000400 \"box\"",
            "boxes = 0x",
            "[2] = 0x00000000",
            "shape = 0x",
            "name_ = 0x00000400 \"box\"",
            "(geometry::Point)  (x = 5, y = 5)",
            "high_.y = 5",
            "'x'",
            "used = 2",
            "used = 2",
        ];
        check_lines(&text, &expected);
    }
}

#[test]
fn types_of_rust() {
    let commands = [
        "b main.rs:30",
        "run",
        "v",
        "v *items[1].parent.__0",
        "v items[1].parent.__0->name",
        "v total",
        "up",
        "v root.name",
        "v items[0].kind",
        "v pair",
    ];
    let text = lldb("inventory-O0", &["-O0"], &commands);
    let expected = [
        "inventory::weigh(items=2 elements, label=\"weight\", scale=Some(2)) at main.rs:30",
        "(&[inventory::Item]) items = 2 elements {",
        "name = \"water\"",
        "kind = Fluid{litres: 2.5}",
        "parent = None",
        "name = \"brick\"",
        "kind = Solid(1500, -7)",
        "parent = Some(0x",
        "label = \"weight\"",
        "scale = Some(2)",
        "name = \"root\"",
        "count = 1",
        "kind = Empty",
        "name = \"root\"",
        "total = 3006",
        "root.name = ",
        "items[0].kind = Fluid{litres: 2.5}",
        "pair = (__0 = 2, ",
    ];
    check_lines(&text, &expected);
    let commands = ["b main.rs:75", "run", "v *self", "v self->tokens[1]", "v self->names->base"];
    let text = lldb("scanner-O0", &["-O0"], &commands);
    check_lines(&text, &["tokens = 5 elements", "Number(1)", "Sign('+')", "Sign('+')", "self->names->base = "]);
}

#[test]
fn optimised_code() {
    let commands = ["b inventory::weigh", "run", "v items[1].name", "bt"];
    let text = lldb("inventory-O2", &["-O2"], &commands);
    check_lines(&text, &["items[1].name = \"brick\"", "inventory::weigh(items=2 elements", "inventory::main"]);
    let commands = ["b shortest", "run", "v *this", "v this->edges_[0]", "p this->edges_[1].size_"];
    let text = lldb("graph-O2", &["-O2"], &commands);
    check_lines(&text, &["nodes_ = 12", "edges_ = 0x000", "items_ = 0x000", "(int) "]);
}

/// The form changes no code, is the same each time, and is well-formed.
#[test]
fn the_form_is_consistent() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    for (module, level) in [
        ("values-O0", "-O0"),
        ("values-O2", "-O2"),
        ("values-split5", "-O0"),
        ("shapes-O2", "-O2"),
        ("shapes-types", "-O0"),
        ("graph-O2", "-O2"),
        ("inventory-O0", "-O0"),
        ("inventory-O2", "-O2"),
        ("scanner-O2", "-O2"),
    ] {
        let module = format!("debug/programs/{module}.wasm");
        let make = |flags: &[&str]| {
            let program = build(scratch.path(), &module, &[flags, &[level]].concat());
            let text = std::fs::read(&program).expect("it was written");
            (program, text)
        };
        let (_, plain) = make(&["--emit", "obj"]);
        let (_, object) = make(&["--emit", "obj", "-glldb"]);
        assert_eq!(code_of(&plain), code_of(&object), "{module}");
        let (_, first) = make(&["-glldb"]);
        let (program, second) = make(&["-glldb", "--jobs", "1"]);
        assert!(first == second, "{module} is made in two ways");
        let verified = output(Command::new("llvm-dwarfdump").args(["--verify", "--quiet"]).arg(&program));
        assert!(!verified.contains("error:"), "{module}: {verified}");
    }
}

/// The section of machine code in an object.
fn code_of(object: &[u8]) -> Vec<u8> {
    use object::{Object, ObjectSection};
    let file = object::File::parse(object).expect("it is an object");
    let section = file.section_by_name(".text").expect("it has code");
    section.data().expect("the section is in the file").to_vec()
}
