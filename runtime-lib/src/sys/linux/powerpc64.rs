//! Linux on little-endian PowerPC with 64 bits: the system call, the first instructions of a program, the frame of a signal.

use crate::arch::ResumePoint;
use crate::trap::fault::Registers;

/// System call numbers: `arch/powerpc/kernel/syscalls/syscall.tbl`.
pub(super) mod number {
    pub const READ: usize = 3;
    pub const WRITE: usize = 4;
    pub const FCNTL: usize = 55;
    pub const MMAP: usize = 90;
    pub const MUNMAP: usize = 91;
    pub const MPROTECT: usize = 125;
    pub const SCHED_YIELD: usize = 158;
    pub const MREMAP: usize = 163;
    pub const RT_SIGACTION: usize = 173;
    pub const SIGALTSTACK: usize = 185;
    pub const MADVISE: usize = 205;
    pub const FUTEX: usize = 221;
    pub const EXIT_GROUP: usize = 234;
    pub const CLOCK_GETTIME: usize = 246;
    pub const TGKILL: usize = 250;
    pub const PPOLL: usize = 281;
    pub const OPENAT: usize = 286;
    pub const UNLINKAT: usize = 292;
    pub const PRLIMIT64: usize = 325;
    pub const GETSOCKOPT: usize = 340;
}

/// What mapping and protection work with: kernels have pages of 4 or 64 KiB.
pub(super) const PAGE_SIZE: usize = 65536;

/// Compiled code has a stack of its own, which the interpreter keeps.
pub(super) const LARGEST_INITIAL_STACK: usize = 0;

/// R_PPC64_RELATIVE.
#[cfg(not(test))]
pub(super) const RELATIVE_RELOCATION: usize = 22;

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
    // SAFETY: the caller's promise; the kernel changes the registers of arguments and those that calls do. It tells an
    // error by a flag, with the number as it is.
    unsafe {
        core::arch::asm!(
            "sc",
            "bns 2f",
            "neg 3, 3",
            "2:",
            inlateout("r0") number => _,
            inlateout("r3") a => returned,
            inlateout("r4") b => _,
            inlateout("r5") c => _,
            inlateout("r6") d => _,
            inlateout("r7") e => _,
            inlateout("r8") f => _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
            lateout("r12") _,
            lateout("cr0") _,
            lateout("ctr") _,
            lateout("xer") _,
            options(nostack),
        );
    }
    returned
}

/// Where the kernel enters the executable, with the address in r12. The table of contents is where every function expects it.
#[cfg(not(test))]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    core::arch::naked_asm!(
        "bcl 20, 31, 2f",
        "2:",
        "mflr 2",
        "addis 2, 2, (.TOC. - 2b)@ha",
        "addi 2, 2, (.TOC. - 2b)@l",
        "mr 31, 1",
        "mr 3, 1",
        // The outermost frame has no back chain.
        "clrrdi 1, 1, 4",
        "li 0, 0",
        "stdu 0, -128(1)",
        "mtlr 0",
        "bl {relocate}",
        "mr 3, 31",
        "bl {start}",
        "trap",
        relocate = sym super::relocate::wasmc_relocate,
        start = sym super::entry::start,
    )
}

/// How a signal handler returns: flags of sigaction(2), and an address. Here the kernel has code for it in every process.
pub(super) fn signal_return() -> (usize, usize) {
    (0, 0)
}

/// `ucontext_t` as far as the general registers, the program counter and the link register (`<asm/ucontext.h>`,
/// `<asm/sigcontext.h>`).
#[repr(C)]
pub(super) struct MachineContext {
    flags: u64,
    link: u64,
    stack: [u64; 3],
    mask: [u64; 16],
    /// Unused words, signal, handler, old mask, address of the registers.
    head: [u64; 8],
    general: [usize; 48],
}

const SP: usize = 1;
const R3: usize = 3;
const FP: usize = 31;
const PC: usize = 32;
const LR: usize = 36;

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
        self.general[R3] = code as usize;
    }
}
