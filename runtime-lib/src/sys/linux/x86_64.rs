//! Linux on x86-64: the system call, the first instructions of a program, the frame of a signal.

use crate::arch::ResumePoint;
use crate::trap::fault::Registers;

/// System call numbers.
pub(super) mod number {
    pub const READ: usize = 0;
    pub const WRITE: usize = 1;
    pub const MMAP: usize = 9;
    pub const MPROTECT: usize = 10;
    pub const MUNMAP: usize = 11;
    pub const RT_SIGACTION: usize = 13;
    pub const MREMAP: usize = 25;
    pub const MADVISE: usize = 28;
    pub const GETSOCKOPT: usize = 55;
    pub const EXIT: usize = 60;
    pub const FCNTL: usize = 72;
    pub const SIGALTSTACK: usize = 131;
    pub const FUTEX: usize = 202;
    pub const CLOCK_GETTIME: usize = 228;
    pub const EXIT_GROUP: usize = 231;
    pub const TGKILL: usize = 234;
    pub const OPENAT: usize = 257;
    pub const UNLINKAT: usize = 263;
    pub const PPOLL: usize = 271;
    pub const PRLIMIT64: usize = 302;
}

/// What mapping and protection work with.
pub(super) const PAGE_SIZE: usize = 4096;

/// The kernel places no other mapping within 128 MiB below the upper end of the initial stack (mmap_base() in
/// arch/x86/mm/mmap.c): as much of it may be used as leaves half of that free.
pub(super) const LARGEST_INITIAL_STACK: usize = 64 << 20;

/// R_X86_64_RELATIVE.
#[cfg(not(test))]
pub(super) const RELATIVE_RELOCATION: usize = 8;

/// Whether the kernel reports arithmetic faults with the code that signals sent by kill(2) have.
pub(super) const UNCODED_ARITHMETIC: bool = false;

/// Enters the kernel (System V ABI AMD64 A.2.1). Returns what it returns: −4095..=−1 are negated error numbers.
///
/// # Safety
/// What the system call does must be sound.
#[inline(always)]
pub(super) unsafe fn system_call(number: usize, arguments: [usize; 6]) -> usize {
    let [a, b, c, d, e, f] = arguments;
    let returned;
    // SAFETY: the caller's promise; the kernel changes rax, rcx and r11 only.
    unsafe {
        core::arch::asm!(
            "syscall",
            inlateout("rax") number => returned,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            in("r8") e,
            in("r9") f,
            lateout("rcx") _,
            lateout("r11") _,
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
        ".cfi_undefined rip",
        "xor ebp, ebp",
        "mov rbx, rsp",
        "mov rdi, rsp",
        "and rsp, -16",
        "call {relocate}",
        "mov rdi, rbx",
        "call {start}",
        "ud2",
        ".cfi_endproc",
        relocate = sym super::relocate::wasmc_relocate,
        start = sym super::entry::start,
    )
}

/// Enters the kernel for a new thread: clone(2) with its first four arguments. The thread calls `begin` with `argument`; the
/// caller gets what the kernel returns.
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
        // The kernel's fourth argument; it overwrites rcx and r11 (System V ABI AMD64 A.2.1).
        "mov r10, rcx",
        "mov eax, 56",
        "syscall",
        "test rax, rax",
        "jz 2f",
        "ret",
        // The outermost frame of the new stack: no frame pointer, which ends every walk.
        "2:",
        ".cfi_undefined rip",
        "xor ebp, ebp",
        "mov rdi, r9",
        "call r8",
        "ud2",
        ".cfi_endproc",
    )
}

/// Where the kernel has a signal handler return to: rt_sigreturn(2).
///
/// Its unwind table leads from the handler to the interrupted code: `ucontext_t` is at the stack pointer, and in it are
/// the registers. Each rule is a DW_CFA_expression (DWARF 5, 6.4.2.3) of register, length, DW_OP_breg7 and an offset.
/// Debuggers that have no use for the table know the function by its name or by its instructions.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(export_name = "__restore_rt"))]
unsafe extern "C" fn restorer() {
    core::arch::naked_asm!(
        ".cfi_startproc",
        ".cfi_signal_frame",
        // The frame address is the interrupted code's stack pointer.
        ".cfi_escape 0x0f, 0x04, 0x77, 0xa0, 0x01, 0x06",
        ".cfi_escape 0x10, 8, 2, 0x77, 40",
        ".cfi_escape 0x10, 9, 2, 0x77, 48",
        ".cfi_escape 0x10, 10, 2, 0x77, 56",
        ".cfi_escape 0x10, 11, 3, 0x77, 0xc0, 0x00",
        ".cfi_escape 0x10, 12, 3, 0x77, 0xc8, 0x00",
        ".cfi_escape 0x10, 13, 3, 0x77, 0xd0, 0x00",
        ".cfi_escape 0x10, 14, 3, 0x77, 0xd8, 0x00",
        ".cfi_escape 0x10, 15, 3, 0x77, 0xe0, 0x00",
        ".cfi_escape 0x10, 5, 3, 0x77, 0xe8, 0x00",
        ".cfi_escape 0x10, 4, 3, 0x77, 0xf0, 0x00",
        ".cfi_escape 0x10, 6, 3, 0x77, 0xf8, 0x00",
        ".cfi_escape 0x10, 3, 3, 0x77, 0x80, 0x01",
        ".cfi_escape 0x10, 1, 3, 0x77, 0x88, 0x01",
        ".cfi_escape 0x10, 0, 3, 0x77, 0x90, 0x01",
        ".cfi_escape 0x10, 2, 3, 0x77, 0x98, 0x01",
        ".cfi_escape 0x10, 7, 3, 0x77, 0xa0, 0x01",
        ".cfi_escape 0x10, 16, 3, 0x77, 0xa8, 0x01",
        // Unwinders that look up the byte before a return address find this one.
        "nop",
        // The long form, by which debuggers know what this is.
        ".byte 0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00",
        "syscall",
        "ud2",
        ".cfi_endproc",
    )
}

const SA_RESTORER: usize = 0x0400_0000;

/// How a signal handler returns: flags of sigaction(2), and an address. This kernel wants both. The first byte of
/// [`restorer`] is not executed.
pub(super) fn signal_return() -> (usize, usize) {
    (SA_RESTORER, restorer as *const () as usize + 1)
}

/// `ucontext_t` as far as the general registers, in the order of `<sys/ucontext.h>`.
#[repr(C)]
pub(super) struct MachineContext {
    flags: u64,
    link: u64,
    stack: [u64; 3],
    general: [usize; 17],
}

const RBP: usize = 10;
const RAX: usize = 13;
const RSP: usize = 15;
const RIP: usize = 16;

impl MachineContext {
    /// What the trap handler wants to know. (Some processors point behind an instruction that they refuse.)
    pub fn registers(&self, _is_behind: bool) -> Registers {
        Registers {
            program_counter: self.general[RIP],
            stack_pointer: self.general[RSP],
            frame_pointer: self.general[RBP],
            link: 0,
        }
    }

    /// Lets the interrupted code go on at a resume point, with `code` as the result there.
    pub fn resume(&mut self, point: ResumePoint, code: u32) {
        self.general[RIP] = point.program_counter;
        self.general[RSP] = point.stack_pointer;
        self.general[RAX] = code as usize;
    }
}
