//! What cannot be linked is refused with names.

use super::*;

const END: &str = "\n.section .note.GNU-stack,\"\"\n";

/// Links the start code with `main` from assembly that must be refused; returns the message.
fn refused(source: &str) -> String {
    let shop = Workshop::new();
    let (start, main) = (shop.start(), shop.object("main.s", &format!("{source}{END}")));
    link_error(&[("start.o", &start), ("main.o", &main)])
}

#[track_caller]
fn assert_mentions(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "{word:?} is not in: {message}");
    }
}

#[test]
fn undefined_symbols_are_listed_together_with_who_refers_to_them() {
    let shop = Workshop::new();
    let start = shop.start();
    let main = shop.object(
        "main.c",
        "void first(void); extern int second; int unused_missing(void); \
         int dead(void) { return unused_missing(); } \
         __attribute__((noinline)) int helper(void) { return second; } int main(void) { first(); return helper(); }",
    );
    let message = link_error(&[("start.o", &start), ("main.o", &main)]);
    assert_mentions(&message, &["first\n", "main.o: function main", "second\n", "main.o: function helper"]);
    assert!(!message.contains("unused_missing"), "only reachable code counts: {message}");
}

#[test]
fn two_definitions_are_refused_with_both_places() {
    let shop = Workshop::new();
    let start = shop.start();
    let main = shop.object("main.c", "int twice(void) { return 1; } int main(void) { return twice(); }");
    let other = shop.object("other.c", "int twice(void) { return 2; }");
    let message = link_error(&[("start.o", &start), ("main.o", &main), ("other.o", &other)]);
    assert_mentions(&message, &["twice", "main.o", "other.o"]);
}

#[test]
fn an_entry_point_must_be_there() {
    let shop = Workshop::new();
    let main = shop.object("main.c", "int main(void) { return 0; }");
    assert_mentions(&link_error(&[("main.o", &main)]), &["_start", "entry point"]);
}

#[test]
fn addresses_in_read_only_sections_are_refused() {
    let message = refused(".section .rodata.x, \"a\"\nx: .quad main\n.text\n.globl main\nmain: lea x(%rip), %rax\nret");
    assert_mentions(&message, &["main.o", ".rodata.x", "read-only", "main"]);
}

#[test]
fn absolute_addresses_in_unwind_tables_are_refused() {
    let message = refused(
        ".globl main\nmain: ret\n.section .eh_frame,\"aw\",@progbits\n\
         .long 12, 0\n.byte 1, 0, 1, 0x78, 16, 0, 0, 0\n.long 20, 20\n.quad main, 1",
    );
    assert_mentions(&message, &["main.o", ".eh_frame", "read-only"]);
}

#[test]
fn absolute_addresses_are_refused() {
    let message = refused(".text\n.globl main\nmain: mov $main, %eax\nret");
    assert_mentions(&message, &["main.o", "position-independent"]);
    let shop = Workshop::new();
    let (start, main) = (shop.start(), shop.object("main.s", &format!(".globl main\nmain: call far\nret{END}")));
    let far = shop.object("far.s", &format!(".globl far\nfar = 0x1000{END}"));
    let message = link_error(&[("start.o", &start), ("main.o", &main), ("far.o", &far)]);
    assert_mentions(&message, &["main.o", "far", "absolute"]);
}

#[test]
fn distances_that_do_not_fit_are_refused() {
    let message = refused(
        ".globl main\nmain: lea end(%rip), %rax\nret\n.bss\n.globl large\nlarge: .zero 3000000000\nend: .byte 0",
    );
    assert_mentions(&message, &["main.o", "does not fit 32 bits"]);
    let narrow = refused(
        ".globl main\nmain: ret\n.section .text.far, \"ax\"\n.globl far\n.zero 300\nfar: ret\n.text\n.byte far - .",
    );
    assert_mentions(&narrow, &["far", "does not fit 8 bits"]);
}

#[test]
fn what_the_runtime_library_does_not_serve_is_refused() {
    let local = ".section .tdata, \"awT\"\nx: .long 1\n.text\n.globl main\nmain: mov %fs:x@TPOFF, %eax\nret";
    assert_mentions(&refused(local), &["thread-local"]);
    let chosen = ".globl main\nmain: call f\nret\n.type f, @gnu_indirect_function\n.globl f\nf: ret";
    assert_mentions(&refused(chosen), &["STT_GNU_IFUNC", "f"]);
    let before = ".globl main\nmain: ret\n.section .init_array, \"aw\", @init_array\n.quad main";
    assert_mentions(&refused(before), &["main.o", ".init_array"]);
    let both = ".section .both, \"awx\"\nx: ret\n.text\n.globl main\nmain: call x\nret";
    assert_mentions(&refused(both), &[".both", "writable and executable"]);
}

#[test]
fn files_of_other_kinds_are_refused() {
    let shop = Workshop::new();
    let (start, main) = (shop.start(), shop.object("main.c", "int main(void) { return 0; }"));
    assert_mentions(&link_error(&[("notes.txt", b"hello")]), &["notes.txt"]);
    assert_mentions(&link_error(&[("empty.o", b"")]), &["empty.o"]);
    let executable = link(&[("start.o", &start), ("main.o", &main)], &[], &OPTIONS).unwrap();
    assert_mentions(&link_error(&[("a.out", &executable)]), &["a.out", "not a relocatable object"]);
    let mut other = main.clone();
    other[18] = 243; // e_machine: RISC-V
    assert_mentions(&link_error(&[("start.o", &start), ("main.o", &other)]), &["main.o", "another machine"]);
    let mut unknown = main;
    unknown[18] = 8; // e_machine: MIPS
    assert_mentions(&link_error(&[("main.o", &unknown)]), &["main.o", "machine 8 is not supported"]);
    let archive = link(&[("start.o", &start)], &[("lib.a", b"!<arch>\nnonsense")], &OPTIONS);
    assert_mentions(&archive.unwrap_err().to_string(), &["lib.a"]);
}

#[test]
fn a_full_disk_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let shop = Workshop::new();
    let (start, main) = (shop.start(), shop.object("main.c", "int main(void) { return 0; }"));
    let objects = [File { name: "start.o", bytes: &start }, File { name: "main.o", bytes: &main }];
    let result = link_executable(&Inputs { objects: &objects, archives: &[], debug: &[] }, &OPTIONS, &mut Full);
    assert!(matches!(result, Err(Error::Io(_))));
}
