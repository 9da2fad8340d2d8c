//! Damaged objects and archives give an error or a program, never a panic and never endless output.

use super::*;
use std::io::Write;

/// Counts what is written and refuses more than any of these small programs can need.
struct Limited(usize);

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        assert!(self.0 < 1 << 20, "endless output");
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const SOURCE: &str = ".section .text.f,\"axG\",@progbits,f,comdat\n.weak f\n.type f, @function\nf: .cfi_startproc\n\
    .cfi_personality 0x1b, _start\ncall *g@GOTPCREL(%rip)\ncmp g@GOTPCREL(%rip), %rax\nret\n.cfi_endproc\n.size f, 9\n\
    .text\n.globl _start, g\n_start: .cfi_startproc\ncall f@PLT\nlea pointer(%rip), %rax\nlea common(%rip), %rax\n\
    lea __start_notes(%rip), %rax\nret\n.cfi_endproc\ng: ret\n.section notes,\"a\"\n.long 1\n\
    .data\n.byte 1\npointer: .quad g\n.balign 8\n.quad g\n.bss\n.zero 8\n.comm common, 16, 8\n\
    .section .debug_x,\"\"\n.quad f\n.section .note.GNU-stack,\"\"\n";

fn try_link(object: &[u8], archive: Option<&[u8]>) -> bool {
    let objects = [File { name: "object.o", bytes: object }];
    let archives: Vec<File<'_>> = archive.iter().map(|bytes| File { name: "archive.a", bytes }).collect();
    link_executable(&Inputs { objects: &objects, archives: &archives, debug: &[] }, &OPTIONS, &mut Limited(0)).is_ok()
}

#[test]
fn every_byte_of_an_object_may_be_wrong() {
    let shop = Workshop::new();
    let object = shop.object("object.s", SOURCE);
    assert!(try_link(&object, None));
    let mut refused = 0;
    for position in 0..object.len() {
        for change in [0xff, 0x01, 0x80, 0x10] {
            let mut damaged = object.clone();
            damaged[position] ^= change;
            refused += usize::from(!try_link(&damaged, None));
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn every_number_of_an_object_may_be_huge() {
    let shop = Workshop::new();
    let object = shop.object("object.s", SOURCE);
    for position in (0..object.len() - 8).step_by(4) {
        for value in [u64::MAX, u64::MAX - 7, 1 << 63, 0x7fff_ffff, 0x1_0000_0000, 0x1000_0000_0000_0000] {
            for width in [4, 8] {
                let mut damaged = object.clone();
                damaged[position..position + width].copy_from_slice(&value.to_le_bytes()[..width]);
                try_link(&damaged, None);
            }
        }
    }
}

#[test]
fn an_object_may_end_anywhere() {
    let shop = Workshop::new();
    let object = shop.object("object.s", SOURCE);
    for length in 0..object.len() {
        assert!(!try_link(&object[..length], None), "{length}");
    }
}

#[test]
fn every_byte_of_an_archive_may_be_wrong() {
    let shop = Workshop::new();
    let start = shop.object("start.s", ".globl _start\n_start: call f\nret\n.section .note.GNU-stack,\"\"");
    shop.object("f.s", ".globl f\nf: jmp a_longer_name_for_the_table\n.section .note.GNU-stack,\"\"");
    let source = ".globl a_longer_name_for_the_table\na_longer_name_for_the_table: ret\n.section .note.GNU-stack,\"\"";
    shop.object("a-member-with-a-long-name.s", source);
    let path = shop.path("archive.a");
    let members = ["f.s.o", "a-member-with-a-long-name.s.o"];
    succeed(Command::new("ar").current_dir(shop.directory.path()).arg("rcs").arg(&path).args(members));
    let archive = fs::read(path).unwrap();
    assert!(try_link(&start, Some(&archive)));
    for position in 0..archive.len() {
        for change in [0xff, 0x01, 0x80] {
            let mut damaged = archive.clone();
            damaged[position] ^= change;
            try_link(&start, Some(&damaged));
        }
    }
    for length in 0..archive.len() - 64 {
        try_link(&start, Some(&archive[..length]));
    }
}
