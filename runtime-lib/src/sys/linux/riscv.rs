//! Linux on RISC-V, with 64 bits or 32: the system call, the first instructions of a program, the frame of a signal.

use super::generic::ContextHead;
pub(super) use super::generic::number;
use crate::arch::ResumePoint;
use crate::trap::fault::Registers;

/// What mapping and protection work with.
pub(super) const PAGE_SIZE: usize = 4096;

/// A stack is always mapped: what the kernel leaves free below the initial one has not been looked into. (With 32 bits,
/// compiled code has the interpreter's.)
pub(super) const LARGEST_INITIAL_STACK: usize = 0;

/// R_RISCV_RELATIVE.
#[cfg(not(test))]
pub(super) const RELATIVE_RELOCATION: usize = 3;

/// Whether the kernel reports arithmetic faults with the code that signals sent by kill(2) have.
pub(super) const UNCODED_ARITHMETIC: bool = false;

/// Enters the kernel. Returns what it returns: −4095..=−1 are negated error numbers. syscall(2)
///
/// # Safety
/// What the system call does must be sound.
#[inline(always)]
pub(super) unsafe fn system_call(number: usize, arguments: [usize; 6]) -> usize {
    let [a, b, c, d, e, f] = arguments;
    let returned;
    // SAFETY: the caller's promise; the kernel changes a0 only.
    unsafe {
        core::arch::asm!(
            "ecall",
            in("a7") number,
            inlateout("a0") a => returned,
            in("a1") b,
            in("a2") c,
            in("a3") d,
            in("a4") e,
            in("a5") f,
            options(nostack),
        );
    }
    returned
}

/// Where the kernel enters the executable. The outermost frame has a null frame pointer, which ends every walk.
#[cfg(not(test))]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    core::arch::naked_asm!(
        ".cfi_startproc",
        // Nobody called: unwinding ends here.
        ".cfi_undefined ra",
        "mv s0, zero",
        "mv s1, sp",
        "mv a0, sp",
        "call {relocate}",
        "mv a0, s1",
        "call {start}",
        "unimp",
        ".cfi_endproc",
        relocate = sym super::relocate::wasmc_relocate,
        start = sym super::entry::start,
    )
}

/// Enters the kernel for a new thread: clone(2). The thread calls `begin` with `argument`; the caller gets what the kernel
/// returns.
///
/// # Safety
/// As for [`start_thread`](super::thread::start_thread).
#[cfg(not(interpreted))]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn clone(
    flags: usize,
    stack_top: usize,
    parent: *mut u32,
    child: *mut u32,
    begin: unsafe extern "C" fn(*mut u8) -> !,
    argument: *mut u8,
) -> usize {
    core::arch::naked_asm!(
        ".cfi_startproc",
        // The kernel's fourth argument is a register for thread-local storage, which is not set; its fifth is ours.
        "mv t0, a4",
        "mv t1, a5",
        "mv a4, a3",
        "mv a3, zero",
        "li a7, 220",
        "ecall",
        "beqz a0, 2f",
        "ret",
        // The outermost frame of the new stack: no frame pointer, which ends every walk.
        "2:",
        ".cfi_undefined ra",
        "mv s0, zero",
        "mv a0, t1",
        "jalr t0",
        "unimp",
        ".cfi_endproc",
    )
}

/// How a signal handler returns: flags of sigaction(2), and an address. Here the kernel has code for it in every process.
pub(super) fn signal_return() -> (usize, usize) {
    (0, 0)
}

/// `ucontext_t` as far as the general registers (`<asm/ptrace.h>`): the program counter, then x1 to x31.
#[repr(C)]
pub(super) struct MachineContext {
    head: ContextHead,
    program_counter: usize,
    general: [usize; 31],
}

/// Positions in `general`.
const RA: usize = 0;
const SP: usize = 1;
const S0: usize = 7;
const A0: usize = 9;

impl MachineContext {
    /// What the trap handler wants to know. (Some processors point behind an instruction that they refuse.)
    pub fn registers(&self, _is_behind: bool) -> Registers {
        Registers {
            program_counter: self.program_counter,
            stack_pointer: self.general[SP],
            frame_pointer: self.general[S0],
            link: self.general[RA],
        }
    }

    /// Lets the interrupted code go on at a resume point, with `code` as the result there.
    pub fn resume(&mut self, point: ResumePoint, code: u32) {
        self.program_counter = point.program_counter;
        self.general[SP] = point.stack_pointer;
        self.general[A0] = code as usize;
    }
}
