//! Linux on 32-bit Arm: the system call, the first instructions of a program, the frame of a signal.

pub(super) use super::narrow::number;
use crate::arch::ResumePoint;
use crate::trap::fault::Registers;

/// What mapping and protection work with.
pub(super) const PAGE_SIZE: usize = 4096;

/// Compiled code has a stack of its own, which the interpreter keeps.
pub(super) const LARGEST_INITIAL_STACK: usize = 0;

/// R_ARM_RELATIVE.
#[cfg(not(test))]
pub(super) const RELATIVE_RELOCATION: usize = 23;

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
    // SAFETY: the caller's promise; the kernel changes r0 only.
    unsafe {
        core::arch::asm!(
            "svc #0",
            in("r7") number,
            inlateout("r0") a => returned,
            in("r1") b,
            in("r2") c,
            in("r3") d,
            in("r4") e,
            in("r5") f,
            options(nostack),
        );
    }
    returned
}

/// Where the kernel enters the executable.
#[cfg(not(test))]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    core::arch::naked_asm!(
        "mov r11, #0",
        "mov lr, #0",
        "mov r4, sp",
        "mov r0, sp",
        "bl {relocate}",
        "mov r0, r4",
        "bl {start}",
        "udf #0",
        relocate = sym super::relocate::wasmc_relocate,
        start = sym super::entry::start,
    )
}

/// How a signal handler returns: flags of sigaction(2), and an address. Here the kernel has code for it in every process.
pub(super) fn signal_return() -> (usize, usize) {
    (0, 0)
}

/// `ucontext_t` as far as the general registers, in the order of `<asm/sigcontext.h>`.
#[repr(C)]
pub(super) struct MachineContext {
    flags: usize,
    link: usize,
    stack: [usize; 3],
    /// Trap, error code, old mask.
    head: [usize; 3],
    general: [usize; 16],
}

const R0: usize = 0;
const FP: usize = 11;
const SP: usize = 13;
const LR: usize = 14;
const PC: usize = 15;

impl MachineContext {
    /// What the trap handler wants to know. (Some processors point behind an instruction that they refuse.)
    pub fn registers(&self, _is_behind: bool) -> Registers {
        Registers {
            program_counter: self.general[PC],
            stack_pointer: self.general[SP],
            frame_pointer: self.general[FP],
            link: self.general[LR],
        }
    }

    /// Lets the interrupted code go on at a resume point, with `code` as the result there.
    pub fn resume(&mut self, point: ResumePoint, code: u32) {
        self.general[PC] = point.program_counter;
        self.general[SP] = point.stack_pointer;
        self.general[R0] = code as usize;
    }
}
