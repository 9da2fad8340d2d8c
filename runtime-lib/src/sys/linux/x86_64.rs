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
    pub const FCNTL: usize = 72;
    pub const SIGALTSTACK: usize = 131;
    pub const EXIT_GROUP: usize = 231;
    pub const OPENAT: usize = 257;
}

/// R_X86_64_RELATIVE.
#[cfg(not(test))]
pub(super) const RELATIVE_RELOCATION: usize = 8;

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
        "xor ebp, ebp",
        "mov rbx, rsp",
        "mov rdi, rsp",
        "and rsp, -16",
        "call {relocate}",
        "mov rdi, rbx",
        "call {start}",
        "ud2",
        relocate = sym super::relocate::wasmc_relocate,
        start = sym start,
    )
}

/// Goes on in Rust, once the executable is relocated.
#[cfg(not(test))]
unsafe extern "C" fn start(stack: *const usize) -> ! {
    // SAFETY: `_start` passes the kernel's stack pointer; the vectors on that stack stay for ever.
    unsafe {
        let stack = super::auxiliary::InitialStack::parse(stack);
        crate::process::set_vectors(stack.arguments, stack.environment);
    }
    crate::start::start()
}

/// Where the kernel has a signal handler return to: rt_sigreturn(2).
#[unsafe(naked)]
pub(super) unsafe extern "C" fn restorer() {
    core::arch::naked_asm!("mov eax, 15", "syscall", "ud2")
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
    /// What the trap handler wants to know.
    pub fn registers(&self) -> Registers {
        Registers {
            program_counter: self.general[RIP],
            stack_pointer: self.general[RSP],
            frame_pointer: self.general[RBP],
        }
    }

    /// Lets the interrupted code go on at a resume point, with `code` as the result there.
    pub fn resume(&mut self, point: ResumePoint, code: u32) {
        self.general[RIP] = point.program_counter;
        self.general[RSP] = point.stack_pointer;
        self.general[RAX] = code as usize;
    }
}
