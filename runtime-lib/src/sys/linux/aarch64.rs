//! Linux on AArch64: the system call, the first instructions of a program, the frame of a signal.

use super::generic::ContextHead;
pub(super) use super::generic::number;
use crate::arch::ResumePoint;
use crate::trap::fault::Registers;

/// Kernels have pages of 4, 16 or 64 KiB: whole pages of the largest are whole pages of each.
pub(super) const PAGE_SIZE: usize = 64 << 10;

/// A stack is always mapped: what the kernel leaves free below the initial one has not been looked into.
pub(super) const LARGEST_INITIAL_STACK: usize = 0;

/// R_AARCH64_RELATIVE.
#[cfg(not(test))]
pub(super) const RELATIVE_RELOCATION: usize = 1027;

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
    // SAFETY: the caller's promise; the kernel changes x0 only.
    unsafe {
        core::arch::asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => returned,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            in("x4") e,
            in("x5") f,
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
        ".cfi_undefined x30",
        "mov x29, xzr",
        "mov x19, sp",
        "mov x0, sp",
        "bl {relocate}",
        "mov x0, x19",
        "bl {start}",
        "udf #0",
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
        // The kernel's fourth argument is a register for thread-local storage, which is not set; its fifth is ours.
        "mov x9, x4",
        "mov x10, x5",
        "mov x4, x3",
        "mov x3, xzr",
        "mov x8, #220",
        "svc #0",
        "cbz x0, 2f",
        "ret",
        // The outermost frame of the new stack: no frame pointer, which ends every walk.
        "2:",
        ".cfi_undefined x30",
        "mov x29, xzr",
        "mov x0, x10",
        "blr x9",
        "udf #0",
        ".cfi_endproc",
    )
}

/// How a signal handler returns: flags of sigaction(2), and an address. Here the kernel has code for it in every process.
pub(super) fn signal_return() -> (usize, usize) {
    (0, 0)
}

/// `ucontext_t` as far as the general registers (`<asm/sigcontext.h>`).
#[repr(C)]
pub(super) struct MachineContext {
    head: ContextHead,
    fault_address: u64,
    general: [usize; 31],
    stack_pointer: usize,
    program_counter: usize,
}

impl MachineContext {
    /// What the trap handler wants to know. (Some processors point behind an instruction that they refuse.)
    pub fn registers(&self, _is_behind: bool) -> Registers {
        Registers {
            program_counter: self.program_counter,
            stack_pointer: self.stack_pointer,
            frame_pointer: self.general[29],
            link: self.general[30],
        }
    }

    /// Lets the interrupted code go on at a resume point, with `code` as the result there.
    pub fn resume(&mut self, point: ResumePoint, code: u32) {
        self.program_counter = point.program_counter;
        self.stack_pointer = point.stack_pointer;
        self.general[0] = code as usize;
    }
}
