//! Linux on MIPS with 32 bits (o32): the system call, the first instructions of a program, the frame of a signal.

use crate::arch::ResumePoint;
use crate::trap::fault::Registers;

/// System call numbers: `arch/mips/kernel/syscalls/syscall_o32.tbl`. Where there are several for different widths of offsets
/// and times, those of 64 bits.
pub(super) mod number {
    pub const READ: usize = 4003;
    pub const WRITE: usize = 4004;
    pub const MUNMAP: usize = 4091;
    pub const MPROTECT: usize = 4125;
    pub const SCHED_YIELD: usize = 4162;
    pub const MREMAP: usize = 4167;
    pub const GETSOCKOPT: usize = 4173;
    pub const RT_SIGACTION: usize = 4194;
    pub const SIGALTSTACK: usize = 4206;
    /// mmap2: the offset counts pages.
    pub const MMAP: usize = 4210;
    pub const MADVISE: usize = 4218;
    pub const FCNTL: usize = 4220;
    pub const FUTEX_NARROW: usize = 4238;
    pub const EXIT_GROUP: usize = 4246;
    pub const CLOCK_GETTIME_NARROW: usize = 4263;
    pub const TGKILL: usize = 4266;
    pub const OPENAT: usize = 4288;
    pub const UNLINKAT: usize = 4294;
    pub const PPOLL: usize = 4302;
    pub const PRLIMIT64: usize = 4338;
    /// clock_gettime64, of Linux 5.1.
    pub const CLOCK_GETTIME: usize = 4403;
    /// futex_time64, of Linux 5.1.
    pub const FUTEX: usize = 4422;
}

/// What mapping and protection work with: kernels have pages of 4 to 64 KiB.
pub(super) const PAGE_SIZE: usize = 65536;

/// Compiled code has a stack of its own, which the interpreter keeps.
pub(super) const LARGEST_INITIAL_STACK: usize = 0;

/// R_MIPS_REL32.
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
    // SAFETY: the caller's promise.
    unsafe { system_call_of_seven(number, [a, b, c, d, e, f, 0]) }
}

/// As [`system_call`]: numbers of 64 bits take an even pair of words, so that some calls have seven.
///
/// # Safety
/// What the system call does must be sound.
#[inline(always)]
pub(super) unsafe fn system_call_of_seven(number: usize, arguments: [usize; 7]) -> usize {
    let [a, b, c, d, e, f, g] = arguments;
    let (returned, failed): (usize, usize);
    // SAFETY: the caller's promise; the kernel takes four arguments in registers and the others from the stack, behind room
    // for four, and changes the temporary registers. It tells an error by a register, with the number as it is.
    unsafe {
        core::arch::asm!(
            "addiu $29, $29, -32",
            "sw $8, 16($29)",
            "sw $9, 20($29)",
            "sw $10, 24($29)",
            "syscall",
            "addiu $29, $29, 32",
            inlateout("$2") number => returned,
            lateout("$3") _,
            in("$4") a,
            in("$5") b,
            in("$6") c,
            inlateout("$7") d => failed,
            inlateout("$8") e => _,
            inlateout("$9") f => _,
            inlateout("$10") g => _,
            lateout("$11") _,
            lateout("$12") _,
            lateout("$13") _,
            lateout("$14") _,
            lateout("$15") _,
            lateout("$24") _,
            lateout("$25") _,
        );
    }
    if failed != 0 { returned.wrapping_neg() } else { returned }
}

/// Where the kernel enters the executable. Nothing is relocated yet: the first function is reached by its distance, and finds
/// its data by its own address, which is in $25.
#[cfg(not(test))]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    core::arch::naked_asm!(
        ".set noreorder",
        "move $16, $29",
        "addiu $8, $0, -8",
        "and $29, $29, $8",
        "addiu $29, $29, -32",
        "move $30, $0",
        "bal 3f",
        "nop",
        "2:",
        ".word {relocate} - 2b",
        ".word {start} - 2b",
        "3:",
        "move $17, $31",
        "lw $25, 0($17)",
        "addu $25, $25, $17",
        "jalr $25",
        "move $4, $16",
        "lw $25, 4($17)",
        "addu $25, $25, $17",
        "jalr $25",
        "move $4, $16",
        "break",
        ".set reorder",
        relocate = sym super::relocate::wasmc_relocate,
        start = sym super::entry::start,
    )
}

/// How a signal handler returns: flags of sigaction(2), and an address. Here the kernel has code for it in every process.
pub(super) fn signal_return() -> (usize, usize) {
    (0, 0)
}

/// `ucontext_t` as far as the general registers, which have 64 bits there (`<asm/sigcontext.h>`).
#[repr(C)]
pub(super) struct MachineContext {
    flags: usize,
    link: usize,
    stack: [usize; 3],
    gap: usize,
    /// Mask of the registers, status.
    head: [u32; 2],
    program_counter: u64,
    general: [u64; 32],
}

const V0: usize = 2;
const SP: usize = 29;
const FP: usize = 30;
const RA: usize = 31;

impl MachineContext {
    /// What the trap handler wants to know. (Some processors point behind an instruction that they refuse.)
    pub fn registers(&self, _is_behind: bool) -> Registers {
        Registers {
            program_counter: self.program_counter as usize,
            stack_pointer: self.general[SP] as usize,
            frame_pointer: self.general[FP] as usize,
            link: self.general[RA] as usize,
        }
    }

    /// Lets the interrupted code go on at a resume point, with `code` as the result there.
    pub fn resume(&mut self, point: ResumePoint, code: u32) {
        // Addresses are extended by their sign.
        let wide = |word: usize| word as isize as i64 as u64;
        self.program_counter = wide(point.program_counter);
        self.general[SP] = wide(point.stack_pointer);
        self.general[V0] = code.into();
    }
}
