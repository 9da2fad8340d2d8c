// Stands for compiled code: functions, the map that says where they trap (see `wasmc_abi::code_map`), and the program's
// description, in which the macro ENTRY names the entry point, and others vary the rest.

#ifndef ENTRY
#define ENTRY hello
#endif
#ifndef STACK
#define STACK 1 << 20
#endif
#ifndef FLAGS
#define FLAGS 0
#endif
#ifndef VERSION
#define VERSION ABI_VERSION
#endif

    .macro site address, previous, has_code, wasm_delta, code
    .uleb128 ((\address - \previous) << 1) | \has_code
    .sleb128 \wasm_delta
    .if \has_code
    .byte \code
    .endif
    .endm

    .section .text.wasm, "ax", @progbits
    .balign 16
    .globl adapter, call, unreachable, load, divide, recurse, push_only, leaf, illegal, no_site, import, spoil
code_start:

// adapter(function, argument): the compiler's own.
adapter:
    push %rbp
    mov %rsp, %rbp
    call call
    pop %rbp
    ret

// call(function, argument): calls function(argument).
call:
    push %rbp
    mov %rsp, %rbp
    mov %rdi, %rax
    mov %rsi, %rdi
    call *%rax
call_returns:
    pop %rbp
    ret

unreachable:
    push %rbp
    mov %rsp, %rbp
unreachable_traps:
    ud2

// load(address)
load:
    push %rbp
    mov %rsp, %rbp
load_traps:
    mov (%rdi), %eax
    pop %rbp
    ret

divide:
    push %rbp
    mov %rsp, %rbp
    xor %edx, %edx
    xor %ecx, %ecx
divide_traps:
    div %ecx
    pop %rbp
    ret

// Endless recursion with frames of more than a page, which it touches one after the other.
recurse:
    push %rbp
    mov %rsp, %rbp
    sub $4096, %rsp
    movl $0, (%rsp)
    sub $4096, %rsp
    movl $0, (%rsp)
    call recurse
recurse_returns:
    ud2

// Endless recursion that touches the stack by its calls alone.
push_only:
    push %rbp
    mov %rsp, %rbp
    call push_only
push_only_returns:
    ud2

// Traps without a frame of its own.
leaf:
    ud2

// An instruction that the processor does not have, for all the map knows.
illegal:
    push %rbp
    mov %rsp, %rbp
    ud2

// An access that the map does not know.
no_site:
    push %rbp
    mov %rsp, %rbp
    mov (%rdi), %eax
    pop %rbp
    ret

import:
    push %rbp
    mov %rsp, %rbp
    lea import_name(%rip), %rdi
    mov $import_name_end - import_name, %esi
    call wasmc_unknown_import
import_returns:

// Changes every register that compiled code may change, r15 included, and doubles a value in place.
spoil:
    mov $-1, %rbx
    mov %rbx, %r12
    mov %rbx, %r13
    mov %rbx, %r14
    mov %rbx, %r15
    shll (%rdi)
    ret
code_end:

    .section .rodata
    .macro function start, name, sites, index, wasm_offset, flags
    .long \start - code_start, \name - names, \sites - sites, \index, \wasm_offset, \flags
    .endm
    .balign 8
functions:
    function adapter, name_none, sites_adapter, 0xffffffff, 0, 2
    function call, name_call, sites_call, 7, 0x100, 0
    function unreachable, name_unreachable, sites_unreachable, 12, 0x200, 0
    function load, name_load, sites_load, 13, 0x300, 0
    function divide, name_divide, sites_divide, 14, 0x400, 0
    function recurse, name_recurse, sites_recurse, 15, 0x500, 0
    function push_only, name_none, sites_push_only, 16, 0x600, 0
    function leaf, name_leaf, sites_leaf, 17, 0x700, 1
    function illegal, name_illegal, sites_illegal, 18, 0x800, 0
    function no_site, name_no_site, sites_no_site, 19, 0x900, 0
    function import, name_import, sites_import, 20, 0xa00, 0
    function spoil, name_none, sites_spoil, 0xffffffff, 0, 2
functions_end:

sites:
sites_adapter:
sites_call:
    site call_returns, call, 0, 0x23
sites_unreachable:
    site unreachable_traps, unreachable, 1, -1, 1
sites_load:
    site load_traps, load, 0, 0x05
sites_divide:
    site divide_traps, divide, 1, 0x1000, 8
sites_recurse:
    site recurse_returns, recurse, 0, 0x10
sites_push_only:
    site push_only_returns, push_only, 0, 0x11
sites_leaf:
    site leaf, leaf, 1, 2, 1
sites_illegal:
sites_no_site:
sites_import:
    site import_returns, import, 0, 0x0a
sites_spoil:
sites_end:

    .macro name label, text:vararg
\label:
    .byte 2f - 1f
1:  .ascii \text
2:
    .endm
names:
    name name_none, ""
    name name_call, "call"
    name name_unreachable, "core::panic\n\033[31m\377"
    name name_load, "load"
    name name_divide, "divide"
    name name_recurse, "recurse"
    name name_leaf, "leaf"
    name name_illegal, "illegal"
    name name_no_site, "no_site"
    name name_import, "import"
names_end:
import_name:
    .ascii "env.missing\n"
import_name_end:

    .section .data.rel.ro, "aw", @progbits
    .balign 8
    .globl wasmc_program
wasmc_program:
    .long VERSION, FLAGS
    .quad STACK, 0, ENTRY
    .quad memories, 1
#ifdef IMAGES
    .quad images, 4
#else
    .quad 0, 0
#endif
    .quad 0
    .quad code_start, code_end - code_start
    .quad functions, (functions_end - functions) / 24
    .quad sites, sites_end - sites
    .quad names, names_end - names
    .quad 0, 0, 0, 0
#ifdef ARGUMENT
    .quad arguments, 1
#else
    .quad 0, 0
#endif
    .quad 0, 0
    .quad modules, 2
    // No objects, no lines, no build ID, no core dump, no needs of the processor.
    .quad 0, 0, 0, 0, 0

    .section .note.GNU-stack, "", @progbits
