//! Calls from compiled code: see [`wasmc_abi::interpreter`].
//!
//! The machine's stack gets a frame for the function that is called, as if that ran on it: traces, exceptions and the
//! collector of objects begin with that.

use core::mem::transmute;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use pulley_interpreter::XReg;
use pulley_interpreter::interp::Vm;
use wasmc_abi::interpreter::{MOST_PARAMETERS, Signature};
use wasmc_abi::trap::TrapCode;

use super::machine::register;
use super::native;
use crate::arch::Landing;
use crate::trap;

/// Where compiled code goes on instead of behind the call, or 0.
static LANDING: AtomicUsize = AtomicUsize::new(0);

/// Bytes of the frame: two words, as everywhere on this stack in a multiple of 16.
const FRAME_SIZE: usize = 16;

/// Calls what compiled code asks for; returns where it goes on, which is `resume` unless somebody calls [`land`].
///
/// # Safety
/// The machine must wait for such a call, and not be used by anyone else.
pub(super) unsafe fn call(machine: *mut Vm, resume: NonNull<u8>) -> NonNull<u8> {
    // SAFETY: the caller's promise. The machine's stack pointer is on its stack, and what is below is free.
    unsafe {
        let registers = &mut *machine;
        let stack_pointer = registers[XReg::sp].get_ptr::<u8>();
        let frame = stack_pointer.wrapping_sub(FRAME_SIZE);
        if frame.addr() < crate::stack::first().low {
            trap::trap(TrapCode::StackOverflow);
        }
        let caller = registers.fp();
        frame.cast::<[usize; 2]>().write([caller.expose_provenance(), resume.as_ptr().expose_provenance()]);
        registers[XReg::sp].set_ptr(frame);
        registers.set_fp(frame);
        let arguments = Arguments::of(registers);
        let function = registers[register(0)].get_ptr::<u8>().expose_provenance();
        let result_bits = Signature(registers[register(1)].get_u32()).result_bits();
        // Functions may use the machine: no reference to it is held.
        let result = arguments.pass_to(function);
        let landing = LANDING.swap(0, Ordering::Relaxed);
        if let Some(landing) = NonNull::new(core::ptr::with_exposed_provenance_mut(landing)) {
            return landing;
        }
        let registers = &mut *machine;
        match result_bits {
            0 => {}
            32 => registers[register(0)].set_u32(first_word(result)),
            _ => registers[register(0)].set_u64(result),
        }
        registers[XReg::sp].set_ptr(stack_pointer);
        registers.set_fp(caller);
        resume
    }
}

/// Has compiled code go on in a handler, with what that wants, once the function that it called returns.
pub(super) fn land(machine: &mut Vm, landing: &Landing, payload: *mut u8) {
    machine[register(0)].set_ptr(payload);
    machine[XReg::sp].set_ptr(core::ptr::with_exposed_provenance_mut::<u8>(landing.stack_pointer));
    // SAFETY: the frame of the handler's function.
    unsafe { machine.set_fp(core::ptr::with_exposed_provenance_mut(landing.frame_pointer)) };
    LANDING.store(landing.program_counter, Ordering::Relaxed);
}

/// The result of 32 bits of a function that was called as if it had one of 64: that is in two words where those have 32, the
/// first of which is the upper one on a big-endian processor.
fn first_word(result: u64) -> u32 {
    let is_upper = cfg!(all(target_pointer_width = "32", target_endian = "big"));
    if is_upper { (result >> 32) as u32 } else { result as u32 }
}

/// An argument of 32 bits in the word that it is passed in.
fn extended(value: u32, is_signed: bool) -> usize {
    if is_signed || native::SIGNS_ARE_EXTENDED { value as i32 as usize } else { value as usize }
}

/// Most words of arguments: each parameter has two, or one and a gap before it.
const WORDS: usize = 2 * MOST_PARAMETERS;

/// Arguments as the calling convention has them: words, the first of them in registers on some processors.
struct Arguments {
    words: [usize; WORDS],
    count: usize,
}

impl Arguments {
    /// Arguments of 64 bits are two words where those have 32; on some processors they begin at an even one.
    fn of(machine: &Vm) -> Arguments {
        let signature = Signature(machine[register(1)].get_u32());
        let mut arguments = Arguments { words: [0; WORDS], count: 0 };
        for position in 0..signature.count().min(MOST_PARAMETERS) {
            let value = machine[register(2 + position as u8)].get_u64();
            if !signature.is_wide(position) {
                arguments.push(extended(value as u32, signature.is_signed()));
            } else if cfg!(target_pointer_width = "64") {
                arguments.push(value as usize);
            } else {
                if arguments.count >= native::EVEN_PAIRS_FROM && !arguments.count.is_multiple_of(2) {
                    arguments.push(0);
                }
                let (low, high) = (value as usize, (value >> 32) as usize);
                let [first, second] = if cfg!(target_endian = "big") { [high, low] } else { [low, high] };
                arguments.push(first);
                arguments.push(second);
            }
        }
        arguments
    }

    fn push(&mut self, word: usize) {
        if let Some(slot) = self.words.get_mut(self.count) {
            *slot = word;
        }
        self.count += 1;
    }

    /// Calls a function; its result, the part of it that the function's type has. Further words do no harm.
    ///
    /// # Safety
    /// There must be a function that takes these arguments.
    unsafe fn pass_to(&self, function: usize) -> u64 {
        macro_rules! call {
            ($($position:literal)*) => {{
                // SAFETY: the caller's promise.
                let function: unsafe extern "C" fn($(call!(@word $position)),*) -> u64 = unsafe {
                    transmute(core::ptr::with_exposed_provenance::<()>(function))
                };
                // SAFETY: as above.
                unsafe { function($(self.words[$position]),*) }
            }};
            (@word $position:literal) => { usize };
        }
        match self.count {
            0..=4 => call!(0 1 2 3),
            5..=12 => call!(0 1 2 3 4 5 6 7 8 9 10 11),
            _ => call!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23),
        }
    }
}
