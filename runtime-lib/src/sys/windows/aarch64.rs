//! AArch64: where Windows enters, what its handlers of exceptions get, and where it keeps what it knows of a thread ("Overview of ARM64
//! ABI conventions").

/// `CONTEXT` of ARM64, as far as the program counter.
#[repr(C, align(16))]
pub struct Context {
    flags: u32,
    cpsr: u32,
    x: [usize; 29],
    fp: usize,
    lr: usize,
    sp: usize,
    pc: usize,
}

const _: () = assert!(core::mem::offset_of!(Context, fp) == 0xf0 && core::mem::offset_of!(Context, pc) == 0x108);

impl Context {
    /// The registers that the handler of traps wants.
    pub fn registers(&self) -> crate::trap::fault::Registers {
        crate::trap::fault::Registers {
            program_counter: self.pc,
            stack_pointer: self.sp,
            frame_pointer: self.fp,
            link: self.lr,
        }
    }

    /// Has the code go on elsewhere, with a result.
    pub fn go_on(&mut self, program_counter: usize, stack_pointer: usize, result: usize) {
        self.pc = program_counter;
        self.sp = stack_pointer;
        self.x[0] = result;
    }
}

/// Where Windows enters the executable. The outermost frame has a null frame pointer, which ends every walk.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    core::arch::naked_asm!("mov x29, xzr", "mov x30, xzr", "bl {}", "brk #1", sym super::entry::start)
}

/// Touches each page of a frame of x15 units of 16 bytes, in order, and changes x16 and x17 only: Windows makes the pages of a
/// stack accessible one at a time.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn __chkstk() {
    core::arch::naked_asm!(
        "mov x16, sp",
        "lsl x17, x15, #4",
        "2:",
        "subs x17, x17, #4096",
        "b.lo 3f",
        "sub x16, x16, #4096",
        "ldr xzr, [x16]",
        "b 2b",
        "3:",
        "add x17, x17, #4096",
        "sub x16, x16, x17",
        "ldr xzr, [x16]",
        "ret",
    )
}

/// The word of the thread environment block, to which x18 points, at an offset.
pub fn thread_word<const OFFSET: usize>() -> usize {
    let word: usize;
    // SAFETY: reads a word that every thread has.
    unsafe {
        core::arch::asm!("ldr {}, [x18, #{offset}]", out(reg) word, offset = const OFFSET, options(nostack, readonly));
    }
    word
}

/// Changes the word of the thread environment block at an offset.
///
/// # Safety
/// Windows must be able to make do with it.
pub unsafe fn set_thread_word<const OFFSET: usize>(word: usize) {
    // SAFETY: the caller's promise.
    unsafe { core::arch::asm!("str {}, [x18, #{offset}]", in(reg) word, offset = const OFFSET, options(nostack)) };
}
