//! x86-64: where Windows enters, what its handlers of exceptions get, and where it keeps what it knows of a thread.

/// `CONTEXT` of x64, as far as the program counter.
#[repr(C, align(16))]
pub struct Context {
    homes: [u64; 6],
    flags: u32,
    mx_csr: u32,
    segments: [u16; 6],
    eflags: u32,
    debug: [u64; 6],
    rax: usize,
    rcx: usize,
    rdx: usize,
    rbx: usize,
    rsp: usize,
    rbp: usize,
    rsi: usize,
    rdi: usize,
    r8_to_r15: [usize; 8],
    rip: usize,
}

const _: () = assert!(core::mem::offset_of!(Context, rax) == 0x78 && core::mem::offset_of!(Context, rip) == 0xf8);

impl Context {
    /// The registers that the handler of traps wants.
    pub fn registers(&self) -> crate::trap::fault::Registers {
        crate::trap::fault::Registers {
            program_counter: self.rip,
            stack_pointer: self.rsp,
            frame_pointer: self.rbp,
            link: 0,
        }
    }

    /// Has the code go on elsewhere, with a result.
    pub fn go_on(&mut self, program_counter: usize, stack_pointer: usize, result: usize) {
        self.rip = program_counter;
        self.rsp = stack_pointer;
        self.rax = result;
    }
}

/// Where Windows enters the executable. The outermost frame has a null frame pointer, which ends every walk.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    core::arch::naked_asm!("xor ebp, ebp", "sub rsp, 40", "call {}", "ud2", sym super::entry::start)
}

/// Touches each page of a frame of rax bytes, in order, and changes no register: Windows makes the pages of a stack
/// accessible one at a time.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn __chkstk() {
    core::arch::naked_asm!(
        "push rcx",
        "push rax",
        // Where the frame's upper end is, above what was pushed and the return address.
        "lea rcx, [rsp + 24]",
        "2:",
        "cmp rax, 4096",
        "jb 3f",
        "sub rcx, 4096",
        "test [rcx], rcx",
        "sub rax, 4096",
        "jmp 2b",
        "3:",
        "sub rcx, rax",
        "test [rcx], rcx",
        "pop rax",
        "pop rcx",
        "ret",
    )
}

/// The word of the thread environment block at an offset.
pub fn thread_word<const OFFSET: usize>() -> usize {
    let word: usize;
    // SAFETY: reads a word that every thread has.
    unsafe {
        core::arch::asm!("mov {}, gs:[{offset}]", out(reg) word, offset = const OFFSET, options(nostack, readonly));
    }
    word
}

/// Changes the word of the thread environment block at an offset.
///
/// # Safety
/// Windows must be able to make do with it.
pub unsafe fn set_thread_word<const OFFSET: usize>(word: usize) {
    // SAFETY: the caller's promise.
    unsafe { core::arch::asm!("mov gs:[{offset}], {}", in(reg) word, offset = const OFFSET, options(nostack)) };
}
