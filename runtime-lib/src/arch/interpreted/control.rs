//! Runs compiled code in the interpreter until it returns, or traps.

use core::ptr::NonNull;

use pulley_interpreter::XReg;
use pulley_interpreter::interp::{DoneReason, TrapKind, Val};
use wasmc_abi::trap::TrapCode;

use super::machine::{Saved, machine, make};
use super::{host, native};
use crate::arch::ResumePoint;
use crate::trap;
use crate::trap::fault::Registers;

/// Calls `function`, compiled code, on the stack that was made ready. It must not return to anyone but this frame's caller.
///
/// # Safety
/// To be called once.
pub unsafe extern "C" fn enter(_stack_top: usize, function: unsafe extern "C" fn()) {
    make();
    // SAFETY: the caller's promise; a function without parameters does not look at the register of the first.
    unsafe { run(function as usize, core::ptr::null_mut()) }
}

/// Calls `function`, which is compiled code.
///
/// # Safety
/// What `function` does with `argument` must be sound.
pub unsafe extern "C" fn call_compiled(function: unsafe extern "C" fn(*mut u8), argument: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe { run(function as usize, argument) }
}

/// As [`call_compiled`]; returns 0 when `function` returned, or what [`resume`](super::resume) was given for the point that
/// is stored in `point` before the call.
///
/// # Safety
/// As for [`call_compiled`]; `point` must be writable.
pub unsafe extern "C" fn call_with_resume_point(
    function: unsafe extern "C" fn(*mut u8),
    argument: *mut u8,
    point: *mut ResumePoint,
) -> u32 {
    let Some(machine) = machine() else { return 0 };
    // SAFETY: the caller's promise; nobody else uses the machine but in the call between.
    unsafe {
        let saved = Saved::of(&*machine);
        let code = native::call_with_resume_point(run, function as usize, argument, point);
        if code != 0 {
            saved.restore(&mut *machine);
        }
        code
    }
}

/// The frame that a call from compiled code has on the machine's stack, or 0 where there was none.
pub fn current_frame() -> usize {
    // SAFETY: nobody else uses the machine while the runtime library runs.
    machine().map_or(0, |machine| unsafe { (*machine).fp() }.expose_provenance())
}

/// Runs compiled code at an address, with one argument, until it returns.
///
/// # Safety
/// There must be compiled code that takes the argument.
unsafe extern "C" fn run(function: usize, argument: *mut u8) {
    let Some(machine) = machine() else { return };
    let Some(mut next) = NonNull::new(core::ptr::with_exposed_provenance_mut(function)) else { return };
    // SAFETY: the machine is used by nobody else while the interpreter runs; the compiler made the code for it.
    unsafe {
        let link = (*machine).call_start(&[Val::from(argument)]);
        loop {
            match (*machine).call_run(next) {
                DoneReason::ReturnToHost(()) => break,
                DoneReason::CallIndirectHost { resume, .. } => next = host::call(machine, resume),
                DoneReason::Trap { pc, kind } => {
                    let machine = &*machine;
                    let registers = Registers {
                        program_counter: pc.as_ptr().expose_provenance(),
                        stack_pointer: machine[XReg::sp].get_ptr::<u8>().expose_provenance(),
                        frame_pointer: machine.fp().expose_provenance(),
                        link: machine.lr().expose_provenance(),
                    };
                    trap::trap_in_compiled(registers, known_trap(kind));
                }
            }
        }
        (*machine).set_lr(link);
    }
}

/// The trap that the interpreter means, where that does not stand in the code map.
fn known_trap(kind: Option<TrapKind>) -> Option<TrapCode> {
    match kind {
        Some(TrapKind::StackOverflow) => Some(TrapCode::StackOverflow),
        Some(TrapKind::MemoryOutOfBounds) => Some(TrapCode::MemoryOutOfBounds),
        Some(TrapKind::DivideByZero) => Some(TrapCode::IntegerDivideByZero),
        Some(TrapKind::IntegerOverflow) => Some(TrapCode::IntegerOverflow),
        Some(TrapKind::BadConversionToInteger) => Some(TrapCode::InvalidConversionToInteger),
        _ => None,
    }
}
