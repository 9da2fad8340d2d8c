//! Segments, permissions, special sections, the linker's own symbols.

use super::*;
use object::elf;
use object::read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _};

const LITTLE: object::Endianness = object::Endianness::Little;
const PRINT: &str = "void print(const char *);\n";

type Header = elf::FileHeader64<object::Endianness>;

/// Program headers: type, flags, offset, address, size in the file, size in memory.
fn segments(bytes: &[u8]) -> Vec<(elf::ProgramType, u32, u64, u64, u64, u64)> {
    let header = Header::parse(bytes).unwrap();
    let segments = header.program_headers(LITTLE, bytes).unwrap().iter();
    segments
        .map(|s| {
            let flags = s.p_flags(LITTLE).0;
            (s.p_type(LITTLE), flags, s.p_offset(LITTLE), s.p_vaddr(LITTLE), s.p_filesz(LITTLE), s.p_memsz(LITTLE))
        })
        .collect()
}

/// Address, offset and size of a section.
fn section(bytes: &[u8], name: &str) -> Option<(u64, u64, u64)> {
    let header = Header::parse(bytes).unwrap();
    let sections = header.sections(LITTLE, bytes).unwrap();
    let (_, section) = sections.section_by_name(LITTLE, name.as_bytes())?;
    Some((section.sh_addr(LITTLE), section.sh_offset(LITTLE), section.sh_size(LITTLE)))
}

#[test]
fn hello_runs() {
    let shop = Workshop::new();
    let main = shop.object("main.c", &format!("{PRINT} int main(void) {{ print(\"hello\\n\"); return 7; }}"));
    let output = shop.run(&[("main.o", &main)]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n");
    assert_eq!(output.status.code(), Some(7));
}

#[test]
fn a_small_program_takes_few_bytes_and_no_page_has_two_permissions() {
    let shop = Workshop::new();
    let source = "int counter = 3; int zero[5000]; int f(void) { return counter; } \
                  int (*const volatile table[])(void) = {f, f}; \
                  int main(void) { zero[4999] = table[1](); return zero[4999] + counter; }";
    let (start, main) = (shop.start(), shop.object("main.c", source));
    let objects = [("start.o", start.as_slice()), ("main.o", main.as_slice())];
    let bytes = link(&objects, &[], &LinkOptions { strip: true, ..OPTIONS }).unwrap();
    assert!(bytes.len() < 4096, "{} bytes", bytes.len());
    let segments = segments(&bytes);
    let loads: Vec<_> = segments.iter().filter(|s| s.0 == elf::PT_LOAD).collect();
    assert_eq!(loads.iter().map(|load| load.1).collect::<Vec<_>>(), [5, 6, 6]);
    for load in &loads {
        let (_, flags, offset, address, file_size, memory_size) = **load;
        assert_eq!(offset % 4096, address % 4096);
        assert!(file_size <= memory_size);
        assert_ne!(flags & 3, 3, "writable and executable");
    }
    for pair in loads.windows(2) {
        let end = pair[0].3 + pair[0].5;
        assert!(end.next_multiple_of(4096) <= pair[1].3 & !4095, "{pair:x?}");
    }
    let relro = segments.iter().find(|s| s.0 == elf::PT_GNU_RELRO).unwrap();
    assert_eq!((relro.3 + relro.5) % 4096, 0);
    let stack = segments.iter().find(|s| s.0 == elf::PT_GNU_STACK).unwrap();
    assert_eq!(stack.1, 6, "the stack must not be executable");
    let path = shop.executable("program", &bytes);
    assert_eq!(Command::new(path).status().unwrap().code(), Some(6));
}

#[test]
fn relocated_constants_and_code_cannot_be_written() {
    let shop = Workshop::new();
    let prelude = "int f(void) { return 1; } int (*const table[])(void) = {f, f}; \
                   __attribute__((section(\".data.rel.ro\"))) int (*named[])(void) = {f};";
    for (what, expected) in [
        ("", Some(0)),
        ("*(volatile long *)table = 0;", None),
        ("*(volatile char *)f = 0;", None),
        ("extern char _DYNAMIC[] __attribute__((visibility(\"hidden\"))); *(volatile char *)_DYNAMIC = 0;", None),
        ("*(volatile char *)\"text\" = 0;", None),
        ("*(volatile long *)named = 0;", None),
    ] {
        let main = shop.object("main.c", &format!("{prelude} int main(void) {{ {what} return 0; }}"));
        assert_eq!(shop.run(&[("main.o", &main)]).status.code(), expected, "{what}");
    }
}

#[test]
fn constants_are_executable_only_beside_little_code() {
    let shop = Workshop::new();
    let start = shop.start();
    for (size, expected) in
        [(100, [5, 6, 6].as_slice()), (60_000, &[5, 6, 6]), (65_536, &[4, 5, 6, 6]), (200_000, &[4, 5, 6, 6])]
    {
        let code = format!("__asm__ volatile (\"jmp 1f; .fill {size}, 1, 0xcc; 1:\");");
        let constants =
            format!("static const char filling[{size}] = {{1}}; __asm__ volatile (\"\" : : \"r\"(filling));");
        for filling in [code, constants] {
            let source = format!(
                "int f(void) {{ {filling} return 7; }} int (*const volatile table[])(void) = {{f}}; \
                 int main(void) {{ return table[0]() + 5; }}"
            );
            let main = shop.object("main.c", &source);
            let bytes = link(&[("start.o", &start), ("main.o", &main)], &[], &OPTIONS).unwrap();
            let loads = segments(&bytes).into_iter().filter(|segment| segment.0 == elf::PT_LOAD);
            assert_eq!(loads.map(|load| load.1).collect::<Vec<_>>(), expected, "{filling}");
            assert_eq!(Command::new(shop.executable("program", &bytes)).status().unwrap().code(), Some(12));
        }
    }
}

#[test]
fn small_writable_data_takes_one_page_wherever_the_code_ends() {
    let shop = Workshop::new();
    let start = shop.start();
    for size in [100, 1000, 1800, 2600, 3400, 4000] {
        let source = format!(
            "char big[70000]; int zero, f(void); int (*const volatile table[])(void) = {{f}}; long data[200] = {{1}}; \
             __asm__(\".text; .fill {size}, 1, 0xcc\"); int f(void) {{ return zero + data[0]; }} \
             int main(void) {{ big[69999] = 1; return (char *)&zero < big ? table[0]() : 2; }}"
        );
        let main = shop.object_with("main.c", &source, &["-fdata-sections"]);
        let bytes = link(&[("start.o", &start), ("main.o", &main)], &[], &OPTIONS).unwrap();
        for (kind, flags, _, address, file_size, _) in segments(&bytes) {
            if kind == elf::PT_LOAD && flags & 2 != 0 {
                assert_eq!(address >> 12, (address + file_size - 1) >> 12, "{size}: {address:x} {file_size:x}");
            }
        }
        assert_eq!(Command::new(shop.executable("program", &bytes)).status().unwrap().code(), Some(1));
    }
}

#[test]
fn the_image_stands_alone_in_its_pages() {
    let shop = Workshop::new();
    let image = shop.object(
        "image.s",
        ".section .wasmc.image,\"aw\",@progbits\n.balign 4096\n.globl image\nimage: .fill 5000, 1, 0x5a\n\
         .globl image_end\nimage_end:\n.section .note.GNU-stack,\"\"",
    );
    let zero = "int zero[3000] = {0};";
    for zero in ["int zero[1];", zero] {
        let main = shop.object(
            "main.c",
            &format!(
                "extern char image[], image_end[]; int data = 77; {zero} int main(void) {{ \
                 if ((long)image % 4096 || image_end - image != 5000) return 1; \
                 for (char *at = image; at < image_end; at++) if (*at != 0x5a) return 2; \
                 for (char *at = image_end; (long)at % 4096; at++) if (*at) return 3; \
                 zero[0] = 1; \
                 if ((long)&data >> 12 >= (long)image >> 12 && (long)&data >> 12 <= (long)image_end >> 12) return 4; \
                 if ((long)zero >> 12 >= (long)image >> 12 && (long)zero >> 12 <= (long)image_end >> 12) return 5; \
                 return data; }}"
            ),
        );
        assert_eq!(shop.run(&[("main.o", &main), ("image.o", &image)]).status.code(), Some(77), "{zero}");
    }
    // Behind the image's last byte, the file holds zeros to the end of the page: they are mapped with it.
    let main = shop.object("main.c", "extern char image[]; int main(void) { return *image; }");
    let start = shop.start();
    let bytes = link(&[("start.o", &start), ("main.o", &main), ("image.o", &image)], &[], &OPTIONS).unwrap();
    let (address, offset, size) = section(&bytes, ".wasmc.image").unwrap();
    assert_eq!((address % 4096, offset % 4096, size), (0, 0, 5000));
    let tail = &bytes[(offset + size) as usize..][..8192 - 5000];
    assert!(tail.iter().all(|byte| *byte == 0));
}

#[test]
fn the_linker_defines_its_symbols() {
    let shop = Workshop::new();
    let main = shop.object(
        "main.c",
        r#"
        extern char __ehdr_start[], __executable_start[], __bss_start[], _edata[], _end[], _etext[];
        extern char __start_numbers[], __stop_numbers[];
        extern char __start_absent[] __attribute__((weak));
        __attribute__((section("numbers"), used)) static const int a = 5;
        __attribute__((section("numbers"), used)) static const int b = 8;
        int data = 1; char zero[10];
        int main(void) {
            if (__ehdr_start[1] != 'E' || __executable_start != __ehdr_start) return 1;
            if (__bss_start > zero || _end < zero + 10 || (char *)(&data + 1) > _edata) return 2;
            if ((char *)main > _etext || _etext > (char *)&data) return 3;
            if (__stop_numbers - __start_numbers != 8) return 4;
            if (*(int *)__start_numbers + *(int *)(__start_numbers + 4) != 13) return 5;
            if (__start_absent) return 6;
            return 42 + zero[0];
        }"#,
    );
    assert_eq!(shop.run(&[("main.o", &main)]).status.code(), Some(42));
}

#[test]
fn tentative_definitions_share_the_largest() {
    let shop = Workshop::new();
    let small = shop.object_with("small.c", "char shared[4]; char *small(void) { return shared; }", &["-fcommon"]);
    let main = shop.object_with(
        "main.c",
        "char shared[4000]; char *small(void); int given; \
         int main(void) { shared[3999] = 4; return small() == shared ? shared[3999] + given : 1; }",
        &["-fcommon"],
    );
    let given = shop.object("given.c", "int given = 30;");
    let output = shop.run(&[("small.o", &small), ("main.o", &main), ("given.o", &given)]);
    assert_eq!(output.status.code(), Some(34));
}

#[test]
fn stripping_changes_nothing_that_is_loaded() {
    let shop = Workshop::new();
    let main = shop.object_with("main.c", "int data = 3; int main(void) { return data; }", &["-g"]);
    let note = ".section .note.tool,\"\",@note\n.long 4, 4, 1\n.asciz \"abc\"\n.ascii \"note\"\n\
                .section .note.loaded,\"a\",@note\n.balign 4\n.long 4, 4, 1\n.asciz \"abc\"\n.ascii \"note\"\n\
                .section .note.GNU-stack,\"\"";
    let note = shop.object("note.s", note);
    let start = shop.start();
    let objects = [("start.o", start.as_slice()), ("main.o", main.as_slice()), ("note.o", note.as_slice())];
    let full = link(&objects, &[], &OPTIONS).unwrap();
    let stripped = link(&objects, &[], &LinkOptions { strip: true, ..OPTIONS }).unwrap();
    assert!(section(&full, ".symtab").is_some() && section(&full, ".debug_info").is_some());
    for name in [".symtab", ".strtab", ".debug_info", ".debug_line", ".comment"] {
        assert!(section(&stripped, name).is_none(), "{name}");
    }
    for name in [".note.tool", ".note.loaded"] {
        assert!(section(&full, name).is_some() && section(&stripped, name).is_some(), "{name}");
    }
    assert_eq!(segments(&full).iter().filter(|segment| segment.0 == elf::PT_NOTE).count(), 2);
    assert_eq!(segments(&full), segments(&stripped));
    let (_, offset, size) = section(&full, ".note.gnu.build-id").unwrap();
    let loaded = segments(&full).iter().map(|s| s.2 + s.4).max().unwrap() as usize;
    // All but the ELF header, which says where the section headers are.
    assert_eq!(full[64..loaded], stripped[64..loaded]);
    assert!(full[offset as usize..][..size as usize].ends_with(&stripped[(offset + size - 8) as usize..][..8]));
    for (name, bytes) in [("full", &full), ("stripped", &stripped)] {
        let path = shop.executable(name, bytes);
        check_readelf(&path);
        assert_eq!(Command::new(path).status().unwrap().code(), Some(3));
    }
    let without = link(&objects, &[], &LinkOptions { build_id: false, ..OPTIONS }).unwrap();
    assert!(section(&without, ".note.gnu.build-id").is_none());
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let shop = Workshop::new();
    let (start, main) = (shop.start(), shop.object("main.c", "int main(void) { return 3; }"));
    let other = shop.object("main.c", "int main(void) { return 4; }");
    let link_with = |main: &[u8]| link(&[("start.o", &start), ("main.o", main)], &[], &OPTIONS).unwrap();
    let (first, changed) = (link_with(&main), link_with(&other));
    assert_eq!(first, link_with(&main));
    let id = |bytes: &[u8]| {
        let (_, offset, size) = section(bytes, ".note.gnu.build-id").unwrap();
        bytes[offset as usize..][..size as usize].to_vec()
    };
    assert_ne!(id(&first), id(&changed));
}

#[test]
fn odd_names_and_equal_names_reach_the_symbol_table() {
    let shop = Workshop::new();
    let main = shop.object(
        "main.s",
        ".text\n.globl main\nmain: mov $9, %eax\nret\n\
         .type \"a b\", @function\n\"a b\": ret\n.size \"a b\", 1\n\
         .type \"größe<(λ)>\", @function\n\"größe<(λ)>\": ret\n.size \"größe<(λ)>\", 1\n\
         .type same, @function\nsame: ret\n.size same, 1\n.section .note.GNU-stack,\"\"",
    );
    let other = shop.object(
        "other.s",
        ".text\n.globl other\nother: ret\n.type same, @function\nsame: ret\n.size same, 1\n\
         .section .note.GNU-stack,\"\"",
    );
    let start = shop.start();
    let objects = [("start.o", start.as_slice()), ("main.o", main.as_slice()), ("other.o", other.as_slice())];
    let bytes = link(&objects, &[], &LinkOptions { keep: &["other"], ..OPTIONS }).unwrap();
    let path = shop.executable("program", &bytes);
    let names = symbols(&path);
    for name in ["t a b", "t größe<(λ)>"] {
        assert!(names.iter().any(|symbol| symbol == name), "{names:?}");
    }
    assert_eq!(names.iter().filter(|symbol| *symbol == "t same").count(), 2);
    assert_eq!(Command::new(path).status().unwrap().code(), Some(9));
}

#[test]
fn dead_sections_are_left_out_and_kept_ones_stay() {
    let shop = Workshop::new();
    let main = shop.object(
        "main.c",
        "int dead_data[1000] = {1}; int dead(void) { return dead_data[3]; } int kept_data = 1; \
         int kept(void) { return kept_data; } \
         __attribute__((retain, used)) static int retained = 4; int main(void) { return 0; }",
    );
    let start = shop.start();
    let objects = [("start.o", start.as_slice()), ("main.o", main.as_slice())];
    let bytes = link(&objects, &[], &LinkOptions { keep: &["kept"], ..OPTIONS }).unwrap();
    let names = symbols(&shop.executable("program", &bytes));
    for name in ["T kept", "D kept_data", "d retained"] {
        assert!(names.iter().any(|symbol| symbol == name), "{name}: {names:?}");
    }
    assert!(!names.iter().any(|symbol| symbol.contains("dead")), "{names:?}");
}
