//! The kinds of relocation of x86-64, run.

use super::*;

const END: &str = "\n.section .note.GNU-stack,\"\"\n";

/// Assembles `main`, runs it, returns its exit code.
fn run(source: &str) -> Option<i32> {
    let shop = Workshop::new();
    let main = shop.object("main.s", &format!("{source}{END}"));
    shop.run(&[("main.o", &main)]).status.code()
}

/// Whether the linked program has a global offset table.
fn has_table(source: &str) -> bool {
    let shop = Workshop::new();
    let (start, main) = (shop.start(), shop.object("main.s", &format!("{source}{END}")));
    let bytes = link(&[("start.o", &start), ("main.o", &main)], &[], &OPTIONS).unwrap();
    check_readelf(&shop.executable("program", &bytes)).contains(" .got ")
}

#[test]
fn loads_from_the_table_become_computed_addresses() {
    let source = "
        .text
        .globl main, seven, tail
        main:
            sub $8, %rsp
            call *seven@GOTPCREL(%rip)
            mov seven@GOTPCREL(%rip), %r12
            mov %eax, %ebx
            call *%r12
            add %eax, %ebx
            mov value@GOTPCREL(%rip), %ecx
            mov value@GOTPCREL(%rip), %rdx
            cmp %ecx, %edx
            jne 1f
            add (%rdx), %ebx
            1:
            add $8, %rsp
            jmp *tail@GOTPCREL(%rip)
        seven: mov $7, %eax
            ret
        tail: mov %ebx, %eax
            ret
        .data
        .globl value
        value: .long 30";
    assert_eq!(run(source), Some(44));
    assert!(!has_table(source));
}

#[test]
fn other_uses_of_the_table_get_a_slot() {
    let source = "
        .text
        .globl main
        main:
            lea value(%rip), %rax
            cmp value@GOTPCREL(%rip), %rax
            jne 1f
            cmp value@GOTPCREL(%rip), %rax
            jne 1f
            mov table(%rip), %eax
            cltq
            lea table(%rip), %rcx
            mov (%rcx, %rax), %rax
            mov (%rax), %eax
            ret
        1:  mov $1, %eax
            ret
        .section .rodata
        table: .long value@GOTPCREL
        .data
        .globl value
        value: .long 30";
    assert_eq!(run(source), Some(30));
    assert!(has_table(source));
}

#[test]
fn position_independent_code_with_a_table_register() {
    // The large code model: GOTPC64, GOTOFF64, GOT64, PLTOFF64.
    let source = "
        .text
        .globl main
        main:
        1:  lea 1b(%rip), %rbx
            movabs $_GLOBAL_OFFSET_TABLE_ - 1b, %r11
            add %r11, %rbx
            movabs $value@GOTOFF, %rax
            mov (%rbx, %rax), %ecx
            movabs $value@GOT, %rax
            mov (%rbx, %rax), %rax
            add (%rax), %ecx
            movabs $seven@PLTOFF, %rax
            add %rbx, %rax
            push %rcx
            call *%rax
            pop %rcx
            add %ecx, %eax
            ret
        .globl seven
        seven: mov $7, %eax
            ret
        .data
        .globl value
        value: .long 10";
    assert_eq!(run(source), Some(27));
}

#[test]
fn weak_symbols_that_nobody_defines_are_null() {
    let source = "
        .weak nobody
        .text
        .globl main
        main:
            mov nobody@GOTPCREL(%rip), %rax
            or pointer(%rip), %rax
            mov $4, %ecx
            cmovz %ecx, %eax
            ret
        .data
        pointer: .quad nobody";
    assert_eq!(run(source), Some(4));
}

#[test]
fn absolute_symbols_do_not_move() {
    let shop = Workshop::new();
    let source = "
        .text
        .globl main
        main:
            mov $number, %eax
            add pointer(%rip), %rax
            mov number@GOTPCREL(%rip), %rcx
            add %ecx, %eax
            ret
        .data
        pointer: .quad number + 1";
    let main = shop.object("main.s", &format!("{source}{END}"));
    let number = shop.object("number.s", &format!(".globl number\nnumber = 0x21{END}"));
    let output = shop.run(&[("main.o", &main), ("number.o", &number)]);
    assert_eq!(output.status.code(), Some(0x21 * 3 + 1));
}

#[test]
fn pointers_at_even_and_odd_addresses_are_relocated() {
    let source = "
        .text
        .globl main
        main:
            xor %eax, %eax
            lea even(%rip), %rsi
            lea odd(%rip), %rdi
            lea value(%rip), %rdx
            mov $1000, %ecx
        1:  add $1, %rdx
            cmp (%rsi), %rdx
            jne 2f
            cmp (%rdi), %rdx
            jne 2f
            add $8, %rsi
            add $8, %rdi
            loop 1b
            mov $5, %eax
        2:  ret
        .data
        value: .zero 1001
        .balign 8
        even:
        .set i, 0
        .rept 1000
        .set i, i + 1
        .quad value + i
        .endr
        .byte 0
        odd:
        .set i, 0
        .rept 1000
        .set i, i + 1
        .quad value + i
        .endr";
    assert_eq!(run(source), Some(5));
}

#[test]
fn relocations_on_both_sides_of_a_chunk_are_applied() {
    // 5-byte steps meet every alignment around the limits of the chunks in which sections are written.
    let source = "
        .text
        .globl main
        main:
            mov $1, %eax
            lea places(%rip), %rsi
            lea target(%rip), %rdx
            mov $900000, %ecx
        1:  movslq 1(%rsi), %rdi
            lea 1(%rsi, %rdi), %rdi
            cmp %rdi, %rdx
            jne 2f
            cmpb $0x5a, (%rsi)
            jne 2f
            add $5, %rsi
            loop 1b
            mov $6, %eax
        2:  ret
        .section .rodata.places, \"a\"
        places:
        .rept 900000
        .byte 0x5a
        .long target - .
        .endr
        .text
        .globl target
        target: nop";
    assert_eq!(run(source), Some(6));
}

#[test]
fn relaxed_jumps_survive_the_end_of_a_chunk() {
    // Each jump changes bytes before and behind its field; 6-byte steps over more than one chunk.
    let source = "
        .text
        .globl main, target
        main:
            mov $1, %eax
            lea places(%rip), %rsi
            lea target(%rip), %rdx
            mov $200000, %ecx
        1:  movslq 1(%rsi), %rdi
            lea 5(%rsi, %rdi), %rdi
            cmp %rdi, %rdx
            jne 2f
            cmpb $0xe9, (%rsi)
            jne 2f
            cmpb $0x90, 5(%rsi)
            jne 2f
            add $6, %rsi
            loop 1b
            mov $6, %eax
        2:  ret
        target: nop
        .section .text.places, \"ax\"
        places:
        .rept 200000
        jmp *target@GOTPCREL(%rip)
        .endr";
    assert_eq!(run(source), Some(6));
}

#[test]
fn sizes_and_narrow_fields() {
    let source = "
        .globl tiny
        tiny = 0x12
        .text
        .globl main, array
        main:
            mov $array@SIZE, %eax
            movzbl byte(%rip), %ecx
            add %ecx, %eax
            movzwl half(%rip), %ecx
            add %ecx, %eax
            ret
        .section .rodata
        byte: .byte tiny
        half: .short tiny
        .data
        .type array, @object
        array: .zero 100
        .size array, 100";
    assert_eq!(run(source), Some(100 + 0x12 * 2));
}
