//! Turns the signals of faulting instructions into calls of the trap handler.

use core::cell::UnsafeCell;

use libc::{SA_ONSTACK, SA_SIGINFO, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, c_int, siginfo_t, ucontext_t};

use super::architecture::{registers, resume};
use crate::trap::fault::{Fault, FaultKind, Resumption};

/// Bytes of stack that the handler needs: the kernel wants 32 KiB (MINSIGSTKSZ), and saves less than 4 KiB of registers there.
const HANDLER_STACK_SIZE: usize = 128 << 10;

/// The handler's stack: the kernel writes to it, and what it calls.
#[repr(align(16))]
struct HandlerStack(UnsafeCell<[u8; HANDLER_STACK_SIZE]>);

// SAFETY: no Rust code reads or writes it; the kernel uses it as a stack, for one signal at a time (the handler's frames
// block no signals, but a second fault in a handler goes on below the first on the same stack).
unsafe impl Sync for HandlerStack {}

static HANDLER_STACK: HandlerStack = HandlerStack(UnsafeCell::new([0; HANDLER_STACK_SIZE]));

/// What the kernel calls, by a function of libSystem's. It returns only where somebody catches traps: to the place that the
/// context then names.
unsafe extern "C" fn on_signal(signal: c_int, information: *const siginfo_t, context: *mut ucontext_t) {
    // SAFETY: the kernel passes both (SA_SIGINFO), and they live until the handler returns.
    let (information, machine) = unsafe { (&*information, &mut *(*context).uc_mcontext) };
    // Codes say little here, and are 0 for some faults: the kernel names a sender where there is one (kill(2)).
    let kind = match signal {
        _ if information.si_pid != 0 => FaultKind::Sent,
        SIGILL | SIGTRAP => FaultKind::Instruction,
        SIGFPE => FaultKind::Arithmetic,
        _ => FaultKind::Memory,
    };
    let address = (kind == FaultKind::Memory).then(|| information.si_addr.addr());
    let fault = Fault { kind, signal, address, registers: registers(machine) };
    let Resumption { point, code } = crate::trap::on_fault(&fault);
    resume(machine, point, code);
}

/// Has every fault of this process reported to [`on_fault`](crate::trap::on_fault), on a stack of its own.
/// sigaltstack(2), sigaction(2).
pub fn install_fault_handler() {
    let stack = libc::stack_t { ss_sp: HANDLER_STACK.0.get().cast(), ss_size: HANDLER_STACK_SIZE, ss_flags: 0 };
    // SAFETY: nobody else uses that memory.
    let mut returned = unsafe { libc::sigaltstack(&raw const stack, core::ptr::null_mut()) };
    let action = libc::sigaction {
        sa_sigaction: on_signal as *const () as usize,
        sa_mask: 0,
        sa_flags: SA_SIGINFO | SA_ONSTACK,
    };
    for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP] {
        // SAFETY: the handler keeps to what a handler may do: it calls nothing but what is in this crate, which neither
        // allocates nor locks, and functions of libSystem that are safe in handlers (sigaction(2)).
        returned |= unsafe { libc::sigaction(signal, &raw const action, core::ptr::null_mut()) };
    }
    if returned != 0 {
        crate::process::fatal(&[b"cannot install the handler for traps"]);
    }
}
