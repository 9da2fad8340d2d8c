//! Unwind tables: frames of dead functions go, the index finds the others.

use super::*;
use object::read::elf::{FileHeader as _, SectionHeader as _};

const LITTLE: object::Endianness = object::Endianness::Little;

fn section<'a>(bytes: &'a [u8], name: &str) -> Option<(u64, &'a [u8])> {
    let header = object::elf::FileHeader64::<object::Endianness>::parse(bytes).unwrap();
    let sections = header.sections(LITTLE, bytes).unwrap();
    let (_, section) = sections.section_by_name(LITTLE, name.as_bytes())?;
    Some((section.sh_addr(LITTLE), section.data(LITTLE, bytes).unwrap()))
}

fn word(bytes: &[u8], at: usize) -> i32 {
    i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Start and length of each function that a linked program's index names, as an unwinder would find them.
fn index(bytes: &[u8]) -> Vec<(u64, u64)> {
    let (index_address, index) = section(bytes, ".eh_frame_hdr").unwrap();
    let (frames_address, frames) = section(bytes, ".eh_frame").unwrap();
    assert_eq!(index[..4], [1, 0x1b, 0x03, 0x3b]);
    assert_eq!(index_address.wrapping_add_signed(4 + i64::from(word(index, 4))), frames_address);
    let count = word(index, 8) as usize;
    assert_eq!(index.len(), 12 + 8 * count);
    let mut functions = Vec::new();
    for entry in 0..count {
        let function = index_address.wrapping_add_signed(word(index, 12 + 8 * entry).into());
        let frame_address = index_address.wrapping_add_signed(word(index, 16 + 8 * entry).into());
        let frame = (frame_address - frames_address) as usize;
        // The frame names the same function, and a common entry.
        let begin = (frame_address + 8).wrapping_add_signed(word(frames, frame + 8).into());
        assert_eq!(begin, function);
        let common = frame + 4 - word(frames, frame + 4) as usize;
        assert_eq!(word(frames, common + 4), 0);
        functions.push((function, word(frames, frame + 12) as u64));
    }
    assert!(functions.is_sorted());
    functions
}

#[test]
fn each_linked_function_has_one_frame() {
    let shop = Workshop::new();
    let functions: String =
        (0..50).map(|i| format!("__attribute__((noipa)) int f{i}(int x) {{ return x * {i} + 1; }}\n")).collect();
    let main = format!("{functions} int main(void) {{ return f3(f7(f31(2))) & 127; }}");
    let (start, main) = (shop.start(), shop.object("main.c", &main));
    let bytes = link(&[("start.o", &start), ("main.o", &main)], &[], &OPTIONS).unwrap();
    let path = shop.executable("program", &bytes);
    // Functions with their addresses and sizes, as the symbol table has them.
    let mut expected = Vec::new();
    for line in succeed(Command::new("nm").arg("-S").arg(&path)).lines() {
        if let [address, size, kind, name] = *line.split_whitespace().collect::<Vec<_>>()
            && kind.eq_ignore_ascii_case("t")
            && name != "_start"
        {
            let number = |text| u64::from_str_radix(text, 16).unwrap();
            expected.push((number(address), number(size)));
        }
    }
    expected.sort_unstable();
    assert!(expected.len() >= 5, "{expected:x?}");
    assert_eq!(index(&bytes), expected);
    let frames = Command::new("readelf").arg("--debug-dump=frames").arg(&path).output().unwrap();
    assert!(frames.stderr.is_empty(), "{}", String::from_utf8_lossy(&frames.stderr));
    let text = String::from_utf8_lossy(&frames.stdout);
    assert_eq!(text.matches(" CIE").count(), 1, "equal common entries are written once: {text}");
    assert_eq!(text.matches(" FDE").count(), expected.len());
}

#[test]
fn handlers_and_their_tables_are_kept_with_the_function() {
    let shop = Workshop::new();
    let source = |function: &str| {
        format!(
            ".section .text.{function}, \"ax\"\n.globl {function}\n{function}:\n.cfi_startproc\n\
             .cfi_personality 0x1b, personality_{function}\n.cfi_lsda 0x1b, table_{function}\nmov $6, %eax\nret\n\
             .cfi_endproc\n.section .gcc_except_table.{function}, \"a\"\ntable_{function}: .long 0x12345678\n\
             .section .text.personality_{function}, \"ax\"\npersonality_{function}: ret\n\
             .section .note.GNU-stack,\"\"\n"
        )
    };
    let main = shop.object("main.s", &(source("main") + &source("dead")));
    let start = shop.start();
    let bytes = link(&[("start.o", &start), ("main.o", &main)], &[], &OPTIONS).unwrap();
    let path = shop.executable("program", &bytes);
    check_readelf(&path);
    let names = symbols(&path);
    assert!(names.iter().any(|name| name == "t personality_main"), "{names:?}");
    assert!(names.iter().any(|name| name == "r table_main"), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("dead")), "{names:?}");
    assert_eq!(section(&bytes, ".gcc_except_table").unwrap().1, [0x78, 0x56, 0x34, 0x12]);
}

#[test]
fn a_program_without_frames_has_no_tables() {
    let shop = Workshop::new();
    let main = shop.object("main.s", ".globl _start\n_start: mov $60, %eax\nmov $8, %edi\nsyscall");
    let bytes = link(&[("main.o", &main)], &[], &OPTIONS).unwrap();
    assert!(section(&bytes, ".eh_frame").is_none() && section(&bytes, ".eh_frame_hdr").is_none());
    let path = shop.executable("program", &bytes);
    check_readelf(&path);
    assert_eq!(Command::new(path).status().unwrap().code(), Some(8));
}
