//! A platform for programs of wasmc's: AArch64, at exception level 1, on qemu's machine `virt`.
//!
//! Output goes to the serial port, the exit code to the emulator by semihosting. Memory is mapped where it is, in pages of 4 KiB,
//! so that any of it can be made inaccessible (Arm Architecture Reference Manual for A-profile, D8).
#![no_std]
#![no_main]

mod common;

use core::arch::{asm, global_asm};

const SERIAL_PORT: *mut u32 = 0x900_0000 as *mut u32;
/// The flag register, and its bit for a full queue.
const FLAGS: usize = 0x18 / 4;
const FULL: u32 = 1 << 5;

/// Entries of a translation table.
const ENTRIES: usize = 512;
const PAGE: usize = 4096;
/// What an entry of the last level, the one before and the first maps.
const BLOCK: usize = ENTRIES * PAGE;
const RAM: usize = 0x4000_0000;
/// As much as the linker script has: 16 MiB.
const BLOCKS: usize = 8;

// Entries: a page or a table; accessed, inner shareable, attributes 0; a block of devices, attributes 1, never executed.
const TABLE: u64 = 3;
const MEMORY: u64 = 1 << 10 | 3 << 8 | 3;
const DEVICES: u64 = 1 << 54 | 1 << 53 | 1 << 10 | 1 << 2 | 1;

#[repr(C, align(4096))]
struct Table([u64; ENTRIES]);

static mut FIRST: Table = Table([0; ENTRIES]);
static mut LOW: Table = Table([0; ENTRIES]);
static mut HIGH: Table = Table([0; ENTRIES]);
static mut PAGES: [Table; BLOCKS] = [const { Table([0; ENTRIES]) }; BLOCKS];

// Enables floating point (CPACR_EL1.FPEN), clears what is zero at first, translation on, and runs the program on the stack
// pointer of level 0: exceptions then have one of their own, where they describe the fault as `wasmc_fault` wants it.
global_asm!(
    "
    .pushsection .text.boot, \"ax\"
    .global _start
_start:
    mov x0, #(3 << 20)
    msr cpacr_el1, x0
    adrp x0, vectors
    add x0, x0, :lo12:vectors
    msr vbar_el1, x0
    isb
    adrp x0, __fault_stack
    add x0, x0, :lo12:__fault_stack
    mov sp, x0
    msr spsel, #0
    adrp x0, __boot_stack
    add x0, x0, :lo12:__boot_stack
    mov sp, x0
    adrp x0, __bss_start
    add x0, x0, :lo12:__bss_start
    adrp x1, __bss_end
    add x1, x1, :lo12:__bss_end
1:  cmp x0, x1
    b.hs 2f
    str xzr, [x0], #8
    b 1b
2:  bl translate
    mov x29, #0
    mov x30, #0
    bl wasmc_run

handler:
    sub sp, sp, #64
    mrs x0, elr_el1
    mrs x1, sp_el0
    stp x0, x1, [sp, #8]
    stp x29, x30, [sp, #24]
    // Classes 0x21 and 0x25 are aborts of instructions and data.
    mrs x0, esr_el1
    lsr x0, x0, #26
    and x0, x0, #~4
    cmp x0, #0x21
    cset x1, eq
    mov x0, #2
    sub x0, x0, x1
    str x0, [sp]
    mrs x0, far_el1
    stp x1, x0, [sp, #40]
    mov x0, sp
    bl wasmc_fault

    .balign 2048
vectors:
    .rept 16
    .balign 128
    b handler
    .endr
    .popsection
    "
);

/// Maps devices and memory, and turns translation and caches on.
#[unsafe(no_mangle)]
extern "C" fn translate() {
    // SAFETY: nobody else runs, and nothing is mapped anew once translation is on.
    unsafe {
        let (first, low, high) = (&raw mut FIRST, &raw mut LOW, &raw mut HIGH);
        (*first).0[0] = low as u64 | TABLE;
        (*first).0[1] = high as u64 | TABLE;
        // All but the lowest 2 MiB, where null is.
        for block in 1..ENTRIES {
            (*low).0[block] = (block * BLOCK) as u64 | DEVICES;
        }
        for block in 0..BLOCKS {
            let pages = &raw mut PAGES[block];
            (*high).0[block] = pages as u64 | TABLE;
            for page in 0..ENTRIES {
                (*pages).0[page] = (RAM + block * BLOCK + page * PAGE) as u64 | MEMORY;
            }
        }
        asm!(
            "msr mair_el1, {attributes}",
            "msr tcr_el1, {control}",
            "msr ttbr0_el1, {first}",
            "dsb sy",
            "isb",
            "mrs {control}, sctlr_el1",
            "orr {control}, {control}, #1",
            "orr {control}, {control}, #4",
            "orr {control}, {control}, #0x1000",
            "bic {control}, {control}, #2",
            "msr sctlr_el1, {control}",
            "isb",
            // Attributes 0: cached; 1: devices.
            attributes = in(reg) 0xffu64,
            // 39 bits, pages of 4 KiB, tables cached, no upper half, addresses of 40 bits.
            control = inout(reg) 2u64 << 32 | 1 << 23 | 3 << 12 | 1 << 10 | 1 << 8 | 25 => _,
            first = in(reg) first,
        );
    }
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_write(_stream: i32, bytes: *const u8, length: usize) {
    for offset in 0..length {
        // SAFETY: the caller has so many bytes; the serial port is there.
        unsafe {
            while SERIAL_PORT.add(FLAGS).read_volatile() & FULL != 0 {}
            SERIAL_PORT.write_volatile(bytes.add(offset).read().into());
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_exit(code: i32) -> ! {
    // The reason, "the application ends", and the code; semihosting's SYS_EXIT.
    let block = [0x2_0026u64, code as u64];
    // SAFETY: the emulator ends.
    unsafe { asm!("hlt #0xf000", in("x0") 0x18, in("x1") block.as_ptr()) };
    loop {
        core::hint::spin_loop();
    }
}

/// Takes pages out of the translation.
#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_forbid(start: *mut u8, size: usize) -> i32 {
    if start.addr() + size <= BLOCK {
        return 0;
    }
    for address in (start.addr()..start.addr() + size).step_by(PAGE) {
        let Some(page) = address.checked_sub(RAM).map(|offset| offset / PAGE) else { return -1 };
        if page >= BLOCKS * ENTRIES {
            return -1;
        }
        // SAFETY: the program has no further business there.
        unsafe {
            (*(&raw mut PAGES[page / ENTRIES])).0[page % ENTRIES] = 0;
            asm!("dsb ishst", "tlbi vaae1is, {}", "dsb ish", "isb", in(reg) address >> 12);
        }
    }
    0
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_time() -> u64 {
    let (count, frequency): (u64, u64);
    // SAFETY: reads registers.
    unsafe { asm!("isb", "mrs {}, cntpct_el0", "mrs {}, cntfrq_el0", out(reg) count, out(reg) frequency) };
    count / frequency * 1_000_000_000 + count % frequency * 1_000_000_000 / frequency
}
