//! Turns the exceptions of faulting instructions into calls of the trap handler.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::api::{
    AddVectoredExceptionHandler, EXCEPTION_ACCESS_VIOLATION, EXCEPTION_CONTINUE_EXECUTION, EXCEPTION_CONTINUE_SEARCH,
    EXCEPTION_ILLEGAL_INSTRUCTION, EXCEPTION_IN_PAGE_ERROR, EXCEPTION_INT_DIVIDE_BY_ZERO, EXCEPTION_INT_OVERFLOW,
    EXCEPTION_PRIV_INSTRUCTION, EXCEPTION_STACK_OVERFLOW, ExceptionPointers, GetModuleHandleW,
};
use super::stack;
use crate::trap::fault::{Fault, FaultKind, Resumption};

/// Where the executable is.
static IMAGE: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

/// What Windows calls first of all. It returns where the exception is none of the program's, or somebody catches traps.
unsafe extern "system" fn on_exception(pointers: *mut ExceptionPointers) -> i32 {
    // SAFETY: Windows passes both, and they live until the handler returns.
    let (record, context) = unsafe { (&*(*pointers).record, &mut *(*pointers).context) };
    let kind = match record.code {
        EXCEPTION_ACCESS_VIOLATION | EXCEPTION_IN_PAGE_ERROR | EXCEPTION_STACK_OVERFLOW => FaultKind::Memory,
        EXCEPTION_ILLEGAL_INSTRUCTION | EXCEPTION_PRIV_INSTRUCTION => FaultKind::Instruction,
        EXCEPTION_INT_DIVIDE_BY_ZERO | EXCEPTION_INT_OVERFLOW => FaultKind::Arithmetic,
        _ => return EXCEPTION_CONTINUE_SEARCH,
    };
    let registers = context.registers();
    let is_overflow = record.code == EXCEPTION_STACK_OVERFLOW;
    let [start, end] = [IMAGE[0].load(Ordering::Relaxed), IMAGE[1].load(Ordering::Relaxed)];
    // Libraries of Windows catch some of their own.
    if !is_overflow && !(start..end).contains(&registers.program_counter) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    let stack = crate::stack::with(registers.stack_pointer);
    let address = match record.code {
        // Wherever it was that the stack grew to.
        EXCEPTION_STACK_OVERFLOW => Some(stack.low),
        // An address that is not canonical is reported as the highest.
        EXCEPTION_ACCESS_VIOLATION | EXCEPTION_IN_PAGE_ERROR => {
            Some(record.parameters[1]).filter(|&address| address != usize::MAX)
        }
        _ => None,
    };
    let Resumption { point, code } =
        crate::trap::on_fault(&Fault { kind, signal: record.code as i32, address, registers });
    if is_overflow {
        stack::restore_guard(registers.stack_pointer);
    }
    context.go_on(point.program_counter, point.stack_pointer, code as usize);
    EXCEPTION_CONTINUE_EXECUTION
}

/// Has every fault of this process reported to [`on_fault`](crate::trap::on_fault).
pub fn install_fault_handler() {
    // SAFETY: the executable begins with its headers: the offset of the second is at 60, and the size of the image 80
    // bytes into that (PE format). The handler keeps to what a handler may do: it calls nothing but what is in this crate.
    let installed = unsafe {
        let image = GetModuleHandleW(core::ptr::null());
        let header = *image.byte_add(60).cast::<u32>() as usize;
        let size = *image.byte_add(header + 80).cast::<u32>() as usize;
        IMAGE[0].store(image.addr(), Ordering::Relaxed);
        IMAGE[1].store(image.addr() + size, Ordering::Relaxed);
        AddVectoredExceptionHandler(1, on_exception)
    };
    if installed.is_null() {
        crate::process::fatal(&[b"cannot install the handler for traps"]);
    }
}
