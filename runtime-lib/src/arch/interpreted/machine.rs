//! The machine that compiled code runs on: the interpreter's registers, and a stack.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};

use pulley_interpreter::interp::{Vm, XRegVal};
use pulley_interpreter::{Reg, XReg};

use crate::process;
use crate::trap::backtrace::StackRange;

struct Machine(UnsafeCell<MaybeUninit<Vm>>);

// SAFETY: programs that are interpreted have one thread.
unsafe impl Sync for Machine {}

static MACHINE: Machine = Machine(UnsafeCell::new(MaybeUninit::uninit()));
static IS_MADE: AtomicBool = AtomicBool::new(false);

/// Makes the machine. Its stack is the one that is ready for compiled code.
pub(super) fn make() {
    let StackRange { low, high } = crate::stack::first();
    let Ok(machine) = Vm::with_stack(high - low) else { process::fatal(&[b"cannot make the interpreter"]) };
    // SAFETY: nobody else uses it yet.
    unsafe { (*MACHINE.0.get()).write(machine) };
    IS_MADE.store(true, Ordering::Relaxed);
}

/// The machine; none where the program has not begun.
pub(super) fn machine() -> Option<*mut Vm> {
    IS_MADE.load(Ordering::Relaxed).then_some(MACHINE.0.get().cast())
}

/// Gives the machine's stack to the interpreter, which allocates nothing else.
struct StackAllocator;

// SAFETY: the stack is memory of its own, given away once; whatever else is asked for is refused.
unsafe impl GlobalAlloc for StackAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let StackRange { low, high } = crate::stack::first();
        let fits =
            !IS_MADE.load(Ordering::Relaxed) && layout.size() <= high - low && low.is_multiple_of(layout.align());
        if fits { core::ptr::with_exposed_provenance_mut(low) } else { core::ptr::null_mut() }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[cfg(not(test))]
#[global_allocator]
static ALLOCATOR: StackAllocator = StackAllocator;

/// Registers that a call preserves: x16 to x31, the stack pointer among them.
const PRESERVED: core::ops::Range<u8> = 16..32;

/// A register by its number.
pub(super) fn register(number: u8) -> XReg {
    // SAFETY: callers pass numbers below 32, of which each is a register's.
    unsafe { XReg::new(number).unwrap_unchecked() }
}

/// What a call that does not return leaves to be restored.
pub(super) struct Saved {
    preserved: [XRegVal; 16],
    frame: *mut u8,
    link: *mut u8,
}

impl Saved {
    /// The machine's present state.
    pub fn of(machine: &Vm) -> Saved {
        let mut preserved = [XRegVal::default(); 16];
        for (slot, number) in preserved.iter_mut().zip(PRESERVED) {
            *slot = machine[register(number)];
        }
        Saved { preserved, frame: machine.fp(), link: machine.lr() }
    }

    /// Sets the machine to that state again.
    pub fn restore(&self, machine: &mut Vm) {
        for (&value, number) in self.preserved.iter().zip(PRESERVED) {
            machine[register(number)] = value;
        }
        // SAFETY: they were the machine's.
        unsafe {
            machine.set_fp(self.frame);
            machine.set_lr(self.link);
        }
    }
}
