//! A platform for programs of wasmc's: RISC-V with 64 bits, in machine mode, on qemu's machine `virt`.
//!
//! Output goes to the serial port, the exit code to the machine's test device. Memory is made inaccessible by physical memory
//! protection, locked so that it holds in machine mode too (The RISC-V Instruction Set Manual, Volume II, 3.7).
#![no_std]
#![no_main]

mod common;

use core::arch::{asm, global_asm};
use core::sync::atomic::{AtomicUsize, Ordering};

const SERIAL_PORT: *mut u8 = 0x1000_0000 as *mut u8;
/// Bit of the line status: there is room for a byte.
const ROOM: u8 = 1 << 5;
const TEST_DEVICE: *mut u32 = 0x10_0000 as *mut u32;
/// `mtime` of the core-local interruptor, which counts 10 million a second.
const TIME: *const u64 = 0x0200_bff8 as *const u64;
const NANOSECONDS_PER_TICK: u64 = 100;

// Enables floating point (mstatus.FS), points mtvec to the handler of exceptions, clears what is zero at first, and runs the
// program. The handler has a stack of its own, and describes the fault as `wasmc_fault` wants it.
global_asm!(
    "
    .pushsection .text.boot, \"ax\"
    .global _start
_start:
    csrr t0, mhartid
    bnez t0, 3f
    li t0, 0x2000
    csrs mstatus, t0
    la t0, handler
    csrw mtvec, t0
    la t0, __fault_stack
    csrw mscratch, t0
    la sp, __boot_stack
    la t0, __bss_start
    la t1, __bss_end
1:  bgeu t0, t1, 2f
    sd zero, (t0)
    addi t0, t0, 8
    j 1b
2:  li s0, 0
    call wasmc_run
3:  wfi
    j 3b

    .balign 4
handler:
    csrrw sp, mscratch, sp
    addi sp, sp, -64
    sd ra, 32(sp)
    sd s0, 24(sp)
    csrr t0, mscratch
    sd t0, 16(sp)
    csrr t0, mepc
    sd t0, 8(sp)
    csrr t0, mtval
    sd t0, 48(sp)
    # 2: illegal instruction, 3: breakpoint.
    csrr t0, mcause
    addi t0, t0, -2
    sltiu t0, t0, 2
    xori t1, t0, 1
    sd t1, 40(sp)
    addi t0, t0, 1
    sd t0, (sp)
    mv a0, sp
    call wasmc_fault
    .popsection
    "
);

#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_write(_stream: i32, bytes: *const u8, length: usize) {
    for offset in 0..length {
        // SAFETY: the caller has so many bytes; the serial port is there.
        unsafe {
            while SERIAL_PORT.add(5).read_volatile() & ROOM == 0 {}
            SERIAL_PORT.write_volatile(bytes.add(offset).read());
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_exit(code: i32) -> ! {
    let word = if code == 0 { 0x5555 } else { (code as u32) << 16 | 0x3333 };
    // SAFETY: the device is there.
    unsafe { TEST_DEVICE.write_volatile(word) };
    loop {
        core::hint::spin_loop();
    }
}

/// Locks an entry of physical memory protection for a range of a power of two.
#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_forbid(start: *mut u8, size: usize) -> i32 {
    static USED: AtomicUsize = AtomicUsize::new(0);
    let entry = USED.fetch_add(1, Ordering::Relaxed);
    if !size.is_power_of_two() || !start.addr().is_multiple_of(size) {
        return -1;
    }
    let address = start.addr() >> 2 | (size >> 3) - 1;
    // Locked, a naturally aligned power of two, no access.
    let configuration = 0x98usize << (8 * entry);
    // SAFETY: the program has no further business there.
    unsafe {
        match entry {
            0 => asm!("csrw pmpaddr0, {}", in(reg) address),
            1 => asm!("csrw pmpaddr1, {}", in(reg) address),
            _ => return -1,
        }
        asm!("csrs pmpcfg0, {}", in(reg) configuration);
    }
    0
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_time() -> u64 {
    // SAFETY: the device is there.
    unsafe { TIME.read_volatile() * NANOSECONDS_PER_TICK }
}
