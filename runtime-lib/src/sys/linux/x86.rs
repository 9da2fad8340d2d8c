//! Linux on 32-bit x86: the system call, the first instructions of a program, the frame of a signal.

pub(super) use super::narrow::number;
use crate::arch::ResumePoint;
use crate::trap::fault::Registers;

/// What mapping and protection work with.
pub(super) const PAGE_SIZE: usize = 4096;

/// Compiled code has a stack of its own, which the interpreter keeps.
pub(super) const LARGEST_INITIAL_STACK: usize = 0;

/// R_386_RELATIVE.
#[cfg(not(test))]
pub(super) const RELATIVE_RELOCATION: usize = 8;

/// Whether the kernel reports arithmetic faults with the code that signals sent by kill(2) have.
pub(super) const UNCODED_ARITHMETIC: bool = false;

/// Enters the kernel. Returns what it returns: −4095..=−1 are negated error numbers. syscall(2)
///
/// # Safety
/// What the system call does must be sound.
#[inline(always)]
pub(super) unsafe fn system_call(number: usize, arguments: [usize; 6]) -> usize {
    // SAFETY: the caller's promise.
    unsafe { interrupt(number, &arguments) }
}

/// All six registers of arguments are taken: no inline assembly can have them.
#[unsafe(naked)]
unsafe extern "C" fn interrupt(number: usize, arguments: &[usize; 6]) -> usize {
    core::arch::naked_asm!(
        "push ebp",
        "push ebx",
        "push esi",
        "push edi",
        "mov eax, dword ptr [esp + 20]",
        "mov ebp, dword ptr [esp + 24]",
        "mov ebx, dword ptr [ebp]",
        "mov ecx, dword ptr [ebp + 4]",
        "mov edx, dword ptr [ebp + 8]",
        "mov esi, dword ptr [ebp + 12]",
        "mov edi, dword ptr [ebp + 16]",
        "mov ebp, dword ptr [ebp + 20]",
        "int 0x80",
        "pop edi",
        "pop esi",
        "pop ebx",
        "pop ebp",
        "ret",
    )
}

/// Where the kernel enters the executable.
#[cfg(not(test))]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    core::arch::naked_asm!(
        "xor ebp, ebp",
        "mov esi, esp",
        "and esp, -16",
        "sub esp, 12",
        "push esi",
        "call {relocate}",
        "mov dword ptr [esp], esi",
        "call {start}",
        "ud2",
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
    general: [usize; 19],
}

const EBP: usize = 6;
const ESP: usize = 7;
const EAX: usize = 11;
const EIP: usize = 14;

impl MachineContext {
    /// What the trap handler wants to know. (Some processors point behind an instruction that they refuse.)
    pub fn registers(&self, _is_behind: bool) -> Registers {
        Registers {
            program_counter: self.general[EIP],
            stack_pointer: self.general[ESP],
            frame_pointer: self.general[EBP],
            link: 0,
        }
    }

    /// Lets the interrupted code go on at a resume point, with `code` as the result there.
    pub fn resume(&mut self, point: ResumePoint, code: u32) {
        self.general[EIP] = point.program_counter;
        self.general[ESP] = point.stack_pointer;
        self.general[EAX] = code as usize;
    }
}
