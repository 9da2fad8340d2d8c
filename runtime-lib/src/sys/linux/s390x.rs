//! Linux on s390x: the system call, the first instructions of a program, the frame of a signal.

use crate::arch::{ResumePoint, STORE_BACK_CHAIN};
use crate::trap::fault::Registers;

/// System call numbers.
pub(super) mod number {
    pub const EXIT: usize = 1;
    pub const READ: usize = 3;
    pub const WRITE: usize = 4;
    pub const FCNTL: usize = 55;
    pub const MMAP: usize = 90;
    pub const MUNMAP: usize = 91;
    pub const MPROTECT: usize = 125;
    pub const MREMAP: usize = 163;
    pub const RT_SIGACTION: usize = 174;
    pub const SIGALTSTACK: usize = 186;
    pub const MADVISE: usize = 219;
    pub const FUTEX: usize = 238;
    pub const TGKILL: usize = 241;
    pub const EXIT_GROUP: usize = 248;
    pub const CLOCK_GETTIME: usize = 260;
    pub const OPENAT: usize = 288;
    pub const UNLINKAT: usize = 294;
    pub const PPOLL: usize = 302;
    pub const PRLIMIT64: usize = 334;
    pub const GETSOCKOPT: usize = 365;
}

/// What mapping and protection work with.
pub(super) const PAGE_SIZE: usize = 4096;

/// A stack is always mapped: what the kernel leaves free below the initial one has not been looked into.
pub(super) const LARGEST_INITIAL_STACK: usize = 0;

/// R_390_RELATIVE.
#[cfg(not(test))]
pub(super) const RELATIVE_RELOCATION: usize = 12;

/// Whether the kernel reports arithmetic faults with the code that signals sent by kill(2) have: here it does so for
/// compare-and-trap instructions (do_fp_trap() in arch/s390/kernel/traps.c).
pub(super) const UNCODED_ARITHMETIC: bool = true;

/// Enters the kernel. Returns what it returns: −4095..=−1 are negated error numbers. syscall(2)
///
/// # Safety
/// What the system call does must be sound.
#[inline(always)]
pub(super) unsafe fn system_call(number: usize, arguments: [usize; 6]) -> usize {
    // This kernel takes the arguments of mmap(2) in memory (sys_old_mmap).
    let [a, b, c, d, e, f] =
        if number == number::MMAP { [(&raw const arguments).expose_provenance(), 0, 0, 0, 0, 0] } else { arguments };
    let returned;
    // SAFETY: the caller's promise; the kernel changes r2 only.
    unsafe {
        core::arch::asm!(
            "svc 0",
            in("r1") number,
            inlateout("r2") a => returned,
            in("r3") b,
            in("r4") c,
            in("r5") d,
            in("r6") e,
            in("r7") f,
            options(nostack),
        );
    }
    returned
}

/// Where the kernel enters the executable. The outermost frame has no back chain, which ends every walk.
#[cfg(not(test))]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    core::arch::naked_asm!(
        ".cfi_startproc",
        // Nobody called: unwinding ends here.
        ".cfi_undefined %r14",
        "lgr %r6, %r15",
        "aghi %r15, -160",
        "xc 0(8, %r15), 0(%r15)",
        "lgr %r2, %r6",
        "brasl %r14, {relocate}",
        "lgr %r2, %r6",
        "brasl %r14, {start}",
        ".short 0",
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
        // Here the kernel takes the stack first. Its fifth argument, r6, is for thread-local storage, which is not set.
        "lgr %r1, %r2",
        "lgr %r2, %r3",
        "lgr %r3, %r1",
        "lg %r0, 160(%r15)",
        "svc 120",
        "ltgr %r2, %r2",
        "jz 2f",
        "br %r14",
        // The outermost frame of the new stack: no back chain, which ends every walk.
        "2:",
        ".cfi_undefined %r14",
        "aghi %r15, -160",
        "xc 0(8, %r15), 0(%r15)",
        "lgr %r2, %r0",
        "basr %r14, %r6",
        ".short 0",
        ".cfi_endproc",
    )
}

/// How a signal handler returns: flags of sigaction(2), and an address. Here the kernel has code for it in every process.
pub(super) fn signal_return() -> (usize, usize) {
    (0, 0)
}

/// `ucontext_t` as far as the general registers (`<asm/ucontext.h>`, `<asm/sigcontext.h>`).
#[repr(C)]
pub(super) struct MachineContext {
    flags: u64,
    link: u64,
    stack: [u64; 3],
    mask: usize,
    program_counter: usize,
    general: [usize; 16],
}

impl MachineContext {
    /// What the trap handler wants to know. For illegal instructions and arithmetic faults the processor points behind the
    /// instruction; the compiler's tables have its last byte.
    pub fn registers(&self, is_behind: bool) -> Registers {
        let program_counter = self.program_counter - usize::from(is_behind);
        let at: *const [u8; 6] = core::ptr::with_exposed_provenance(program_counter);
        // SAFETY: an instruction that faulted because of what it accessed can be read.
        let makes_frame = !is_behind && unsafe { at.read_unaligned() } == STORE_BACK_CHAIN;
        let stack_pointer = self.general[15];
        Registers {
            program_counter,
            stack_pointer,
            frame_pointer: if makes_frame { self.general[1] } else { stack_pointer },
            link: self.general[14],
        }
    }

    /// Lets the interrupted code go on at a resume point, with `code` as the result there.
    pub fn resume(&mut self, point: ResumePoint, code: u32) {
        self.program_counter = point.program_counter;
        self.general[15] = point.stack_pointer;
        self.general[2] = code as usize;
    }
}
