//! Traps: how they are recognised, reported, and caught.

pub mod backtrace;
pub mod catch;
pub mod code_map;
pub mod core_dump;
pub mod fault;
pub(crate) mod report;
pub mod sources;

use core::sync::atomic::{AtomicUsize, Ordering};

use wasmc_abi::trap::TrapCode;

use crate::{arch, program, sys};
use backtrace::{Backtrace, StackRange};
use code_map::CodeMap;
use fault::{Explanation, Fault, FaultKind, Registers, Resumption};

/// Exit code of a program that trapped: 128 + SIGABRT, as of a native program that called abort(3).
pub const EXIT_CODE: i32 = 134;

/// What is known about a trap beside its code.
#[derive(Clone, Copy, Debug)]
pub enum Detail<'a> {
    /// Nothing.
    None,
    /// The offset that was accessed in a linear memory, and the memory's size, in bytes.
    Access {
        /// The offset.
        offset: u64,
        /// The size.
        length: u64,
    },
    /// `MODULE.NAME` of the import that was called.
    Import(&'a [u8]),
}

/// Called for each fault: returns where to go on if somebody catches the trap, else reports it and ends the process.
pub fn on_fault(fault: &Fault) -> Resumption {
    let stack = crate::stack::with(fault.registers.stack_pointer);
    let guard = crate::stack::guard(stack);
    // What the handler runs on is accessible, be it a part of the guard.
    let low = if sys::HANDLES_FAULTS_IN_PLACE { stack.low.min(fault.registers.stack_pointer) } else { stack.low };
    let stack = StackRange { low, ..stack };
    if fault.kind == FaultKind::Sent {
        crate::process::run_at_exit();
        report::sent_signal(fault.signal);
    }
    let code_map = CodeMap::new(&program().code);
    match fault::explain(fault, program(), &code_map, guard) {
        Explanation::Trap(code, detail) => match catch::take() {
            Some(point) => Resumption { point, code: u32::from(code as u8) },
            None => finish(code, detail, fault.registers, stack),
        },
        Explanation::Unknown => {
            become_reporter(stack);
            crate::process::run_at_exit();
            report::internal_error(fault, &Backtrace::walk(&code_map, fault.registers, stack))
        }
    }
}

/// Traps on behalf of the wasm code that called into the runtime library.
pub fn trap(code: TrapCode) -> ! {
    trap_with(code, Detail::None)
}

/// Traps in compiled code that an interpreter runs: by what is `known`, or else by the code map.
#[cfg(interpreted)]
pub fn trap_in_compiled(registers: Registers, known: Option<TrapCode>) -> ! {
    let code_map = CodeMap::new(&program().code);
    let site = || {
        let function = code_map.function(registers.program_counter)?;
        code_map.site(function, registers.program_counter)?.code
    };
    // Every instruction that traps is a site; one without a code is an access to linear memory.
    let code = known.or_else(site).unwrap_or(TrapCode::MemoryOutOfBounds);
    match catch::take() {
        // SAFETY: `catch_trap` is still waiting for its callee: it has not taken the point back.
        Some(point) => unsafe { arch::resume(point.stack_pointer, point.program_counter, u32::from(code as u8)) },
        None => finish(code, Detail::None, registers, crate::stack::first()),
    }
}

/// As [`trap`], with something to tell.
#[inline(never)]
pub fn trap_with(code: TrapCode, detail: Detail<'_>) -> ! {
    let registers = Registers::of_library(arch::current_frame());
    match catch::take() {
        // SAFETY: `catch_trap` is still waiting for its callee: it has not taken the point back.
        Some(point) => unsafe { arch::resume(point.stack_pointer, point.program_counter, u32::from(code as u8)) },
        None => finish(code, detail, registers, crate::stack::with(registers.frame_pointer)),
    }
}

/// Upper end of the stack of the thread that reports, or 0.
static REPORTER: AtomicUsize = AtomicUsize::new(0);

/// Goes on in one thread only: the first that has something to report, which then ends the process.
pub(crate) fn become_reporter(stack: StackRange) {
    let other = REPORTER.compare_exchange(0, stack.high, Ordering::Relaxed, Ordering::Relaxed);
    if other.is_err_and(|reporter| reporter != stack.high) {
        loop {
            sys::pause();
        }
    }
}

/// Reports a trap that nobody catches, and ends the process.
fn finish(code: TrapCode, detail: Detail<'_>, registers: Registers, stack: StackRange) -> ! {
    become_reporter(stack);
    crate::process::run_at_exit();
    let code_map = CodeMap::new(&program().code);
    report::trap(code, detail, &Backtrace::walk(&code_map, registers, stack))
}

/// Called by compiled code in place of an import that nobody provides: see [`wasmc_abi::symbols::UNKNOWN_IMPORT`].
///
/// # Safety
/// `name` must be the address of `length` bytes.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_unknown_import(name: *const u8, length: u64) -> ! {
    // SAFETY: the caller's promise.
    let name = unsafe { core::slice::from_raw_parts(name, length as usize) };
    trap_with(TrapCode::UnknownImport, Detail::Import(name))
}
