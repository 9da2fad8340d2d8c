//! A platform for programs of wasmc's: x86-64 in long mode, on qemu's machine `q35`.
//!
//! It is entered as PVH has it (Xen's "x86/HVM direct boot ABI"). Output goes to the serial port, the exit code to the debug console.
//! Memory is mapped where it is, in pages of 4 KiB, so that any of it can be made inaccessible; only code is executable, only data
//! writable (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3, chapters 4, 6 and 11).
#![no_std]
#![no_main]

mod common;

use core::arch::{asm, global_asm};

const SERIAL_PORT: u16 = 0x3f8;
/// Bit of the line status: there is room for a byte.
const ROOM: u8 = 1 << 5;
const DEBUG_CONSOLE: u16 = 0xe9;
/// qemu's device `isa-debug-exit`, which ends the emulator: with an odd exit code, so that the code is written elsewhere.
const DEBUG_EXIT: u16 = 0xf4;
/// The high precision event timer: femtoseconds of each step in its second half-word, and words of the configuration and the count.
const TIMER: *mut u64 = 0xfed0_0000 as *mut u64;
const CONFIGURATION: usize = 0x10 / 8;
const COUNT: usize = 0xf0 / 8;

/// Entries of a page table.
const ENTRIES: usize = 512;
const PAGE: usize = 4096;
/// What a page table maps.
const BLOCK: usize = ENTRIES * PAGE;
/// As much as the linker script has: 16 MiB.
const BLOCKS: usize = 8;

// Bits of an entry.
const PRESENT: u64 = 1;
const WRITABLE: u64 = 1 << 1;
const NEVER_EXECUTED: u64 = 1 << 63;

const CODE_SEGMENT: u64 = 8;
const TASK_SEGMENT: u16 = 16;
/// Exceptions that processors have.
const VECTORS: usize = 32;

#[repr(C, align(4096))]
struct Table([u64; ENTRIES]);

static mut PAGES: [Table; BLOCKS] = [const { Table([0; ENTRIES]) }; BLOCKS];
/// Null, code, and the task state's descriptor of two words.
#[unsafe(no_mangle)]
static mut SEGMENTS: [u64; 4] = [0, 0x00af_9a00_0000_ffff, 0, 0];
/// Of 104 bytes; the word at 36 is the first stack that exceptions can ask for.
static mut TASK_STATE: [u32; 26] = [0; 26];
static mut GATES: [[u64; 2]; VECTORS] = [[0; 2]; VECTORS];

unsafe extern "C" {
    static mut low_table: Table;
    static __text_end: u8;
    static __data_start: u8;
    static __fault_stack: u8;
    /// Of 16 bytes for each exception.
    static handlers: u8;
    fn wasmc_fault(fault: &Fault) -> !;
}

// Clears what is zero at first, enables SSE, and AVX where there is any, long mode with blocks of 2 MiB mapped where they are,
// write protection and pages that are never executed. Exceptions without an error code get one, then all have their number.
global_asm!(
    "
    .pushsection .note.Xen, \"a\", @note
    .long 4, 4, 18
    .asciz \"Xen\"
    .long _start
    .popsection

    .pushsection .text.boot, \"ax\"
    .code32
    .global _start
_start:
    lea edi, [__bss_start]
    lea ecx, [__bss_end]
    sub ecx, edi
    xor eax, eax
    rep stosb

    mov eax, cr4
    or eax, 0x620
    mov cr4, eax
    mov eax, 1
    cpuid
    bt ecx, 28
    jnc 1f
    mov eax, cr4
    or eax, 0x40000
    mov cr4, eax
    xor ecx, ecx
    xor edx, edx
    mov eax, 7
    xsetbv
1:  lea eax, [top_table]
    mov cr3, eax
    mov ecx, 0xc0000080
    rdmsr
    or eax, 0x900
    wrmsr
    mov eax, 0x80010033
    mov cr0, eax
    lgdt [segments_pointer]
    lea esp, [__boot_stack]
    push 8
    lea eax, [2f]
    push eax
    retf

    .code64
2:  xor eax, eax
    mov ds, eax
    mov es, eax
    mov ss, eax
    lea rsp, [rip + __boot_stack]
    call prepare
    xor ebp, ebp
    call wasmc_run

common:
    mov rdi, rsp
    mov rsi, rbp
    mov rdx, cr2
    sub rsp, 8
    call on_exception

    .balign 16
handlers:
    .set vector, 0
    .rept 32
    .balign 16
    .if ((1 << vector) & 0x60227d00) == 0
    push 0
    .endif
    push vector
    jmp common
    .set vector, vector + 1
    .endr
    .popsection

    .pushsection .data.boot, \"aw\"
segments_pointer:
    .word 31
    .quad SEGMENTS
    .balign 4096
top_table:
    .quad upper_table + 3
    .fill 511, 8, 0
upper_table:
    .quad low_table + 3, 0, 0, device_table + 3
    .fill 508, 8, 0
low_table:
    .set block, 0
    .rept 8
    .quad block + 0x83
    .set block, block + 0x200000
    .endr
    .fill 504, 8, 0
device_table:
    .fill 502, 8, 0
    .quad 0x80000000fec00093
    .fill 9, 8, 0
    .popsection
    "
);

/// Maps pages, each with what may be done there, tells the processor of the handlers, and starts the timer.
#[unsafe(no_mangle)]
extern "C" fn prepare() {
    // SAFETY: nobody else runs, and what runs stays mapped where it is.
    unsafe {
        let (text_end, data_start) = ((&raw const __text_end).addr(), (&raw const __data_start).addr());
        for block in 0..BLOCKS {
            let pages = &raw mut PAGES[block];
            for page in 0..ENTRIES {
                let address = block * BLOCK + page * PAGE;
                let access = match address {
                    _ if address >= data_start => WRITABLE | NEVER_EXECUTED,
                    _ if address >= text_end => NEVER_EXECUTED,
                    _ => 0,
                };
                (*pages).0[page] = address as u64 | PRESENT | access;
            }
            (*(&raw mut low_table)).0[block] = pages as u64 | PRESENT | WRITABLE;
        }
        asm!("mov {0}, cr3", "mov cr3, {0}", out(reg) _);

        let task = (&raw mut TASK_STATE).cast::<u8>();
        task.add(36).cast::<u64>().write_unaligned((&raw const __fault_stack) as u64);
        let base = task as u64;
        let segments = &raw mut SEGMENTS;
        (*segments)[2] = base >> 24 << 56 | (base & 0xff_ffff) << 16 | 0x89 << 40 | 103;
        (*segments)[3] = base >> 32;
        asm!("ltr {:x}", in(reg) TASK_SEGMENT);
        for vector in 0..VECTORS {
            let handler = (&raw const handlers).add(16 * vector) as u64;
            // An interrupt gate, and the first stack of the task state.
            let low = handler >> 16 << 48 | 0x8e01 << 32 | CODE_SEGMENT << 16 | handler & 0xffff;
            (*(&raw mut GATES))[vector] = [low, handler >> 32];
        }
        let gates = [(16 * VECTORS as u64 - 1) << 48, (&raw const GATES) as u64];
        asm!("lidt [{}]", in(reg) gates.as_ptr().byte_add(6));

        TIMER.add(CONFIGURATION).write_volatile(TIMER.add(CONFIGURATION).read_volatile() | 1);
    }
}

/// What is on the stack of an exception.
#[repr(C)]
struct Exception {
    vector: u64,
    error: u64,
    program_counter: u64,
    code_segment: u64,
    flags: u64,
    stack_pointer: u64,
    stack_segment: u64,
}

/// `struct wasmc_fault` of the header.
#[repr(C)]
struct Fault {
    kind: u64,
    program_counter: u64,
    stack_pointer: u64,
    frame_pointer: u64,
    link: u64,
    has_address: u64,
    address: u64,
}

#[unsafe(no_mangle)]
extern "C" fn on_exception(exception: &Exception, frame_pointer: u64, address: u64) -> ! {
    let kind = match exception.vector {
        // Division; breakpoint, unknown instruction; everything else is access to memory.
        0 => 3,
        3 | 6 => 2,
        _ => 1,
    };
    let fault = Fault {
        kind,
        program_counter: exception.program_counter,
        stack_pointer: exception.stack_pointer,
        frame_pointer,
        link: 0,
        // A page fault has one.
        has_address: (exception.vector == 14).into(),
        address,
    };
    // SAFETY: that is what happened.
    unsafe { wasmc_fault(&fault) }
}

fn put(port: u16, byte: u8) {
    // SAFETY: the devices are there, and change no memory.
    unsafe { asm!("out dx, al", in("dx") port, in("al") byte) };
}

fn get(port: u16) -> u8 {
    let byte;
    // SAFETY: as above.
    unsafe { asm!("in al, dx", in("dx") port, out("al") byte) };
    byte
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_write(_stream: i32, bytes: *const u8, length: usize) {
    for offset in 0..length {
        while get(SERIAL_PORT + 5) & ROOM == 0 {}
        // SAFETY: the caller has so many bytes.
        put(SERIAL_PORT, unsafe { bytes.add(offset).read() });
    }
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_exit(code: i32) -> ! {
    put(DEBUG_CONSOLE, code as u8);
    put(DEBUG_EXIT, 0);
    loop {
        core::hint::spin_loop();
    }
}

/// Takes pages out of the translation.
#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_forbid(start: *mut u8, size: usize) -> i32 {
    for address in (start.addr()..start.addr() + size).step_by(PAGE) {
        let page = address / PAGE;
        if page >= BLOCKS * ENTRIES {
            return -1;
        }
        // SAFETY: the program has no further business there.
        unsafe {
            (*(&raw mut PAGES[page / ENTRIES])).0[page % ENTRIES] = 0;
            asm!("invlpg [{}]", in(reg) address);
        }
    }
    0
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_time() -> u64 {
    // SAFETY: the device is there.
    let (femtoseconds, count) =
        unsafe { (TIMER.cast::<u32>().add(1).read_volatile(), TIMER.add(COUNT).read_volatile()) };
    count * (u64::from(femtoseconds) / 1_000_000)
}
