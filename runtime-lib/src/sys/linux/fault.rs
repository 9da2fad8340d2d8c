//! Turns the signals of faulting instructions into calls of the trap handler.

use core::cell::UnsafeCell;

use super::PAGE_SIZE;
use super::architecture::{MachineContext, UNCODED_ARITHMETIC, number, signal_return, system_call};
use super::constants::signal;
use crate::trap::fault::{Fault, FaultKind, Resumption};

const SIGILL: i32 = 4;
const SIGBUS: i32 = signal::BUS as i32;
const SIGFPE: i32 = 8;
const SIGSEGV: i32 = 11;

const SA_SIGINFO: usize = signal::INFORMATION;
const SA_ONSTACK: usize = 0x0800_0000;

/// Bytes of stack that the handler needs: the kernel's part of a signal frame is below 12 KiB with every register set so
/// far (AT_MINSIGSTKSZ), the handler's own below 16 KiB. Pages that no signal touches take no memory.
pub const HANDLER_STACK_SIZE: usize = 16 * PAGE_SIZE;

/// The handler's stack: the kernel writes to it, and what it calls.
#[repr(align(16))]
struct HandlerStack(UnsafeCell<[u8; HANDLER_STACK_SIZE]>);

// SAFETY: no Rust code reads or writes it; the kernel uses it as a stack, for one signal at a time (the handler's frames
// block no signals, but a second fault in a handler goes on below the first on the same stack).
unsafe impl Sync for HandlerStack {}

static HANDLER_STACK: HandlerStack = HandlerStack(UnsafeCell::new([0; HANDLER_STACK_SIZE]));

/// The kernel's `struct sigaction`. Where it has no restorer, the mask stands in its place: both are zero then.
#[cfg(not(target_arch = "mips"))]
#[repr(C)]
pub(super) struct SignalAction {
    pub handler: usize,
    pub flags: usize,
    pub restorer: usize,
    pub mask: u64,
}

/// The same on MIPS, whose mask has 128 bits.
#[cfg(target_arch = "mips")]
#[repr(C)]
pub(super) struct SignalAction {
    pub flags: usize,
    pub handler: usize,
    pub mask: u64,
    pub restorer: usize,
    pub rest: usize,
}

/// `stack_t`, sigaltstack(2).
#[cfg(not(target_arch = "mips"))]
#[repr(C)]
pub(super) struct SignalStack {
    pointer: usize,
    flags: i32,
    size: usize,
}

/// The same on MIPS.
#[cfg(target_arch = "mips")]
#[repr(C)]
pub(super) struct SignalStack {
    pointer: usize,
    size: usize,
    flags: i32,
}

/// The start of `siginfo_t` for a fault, sigaction(2).
#[cfg(not(target_arch = "mips"))]
#[repr(C)]
struct SignalInformation {
    signal: i32,
    error: i32,
    code: i32,
    address: usize,
}

/// The same on MIPS.
#[cfg(target_arch = "mips")]
#[repr(C)]
struct SignalInformation {
    signal: i32,
    code: i32,
    error: i32,
    address: usize,
}

/// Code of a fault that the processor reports without an address.
const SI_KERNEL: i32 = 0x80;

/// What the kernel calls. It returns only where somebody catches traps: to the place that the context then names.
unsafe extern "C" fn on_signal(signal: i32, information: *const SignalInformation, context: *mut MachineContext) {
    // SAFETY: the kernel passes both (SA_SIGINFO), and they live until the handler returns.
    let (information, context) = unsafe { (&*information, &mut *context) };
    // A code of zero or less means that somebody sent the signal (kill(2)): there is no fault to explain.
    let kind = match signal {
        SIGFPE if UNCODED_ARITHMETIC && information.code == 0 => FaultKind::Arithmetic,
        _ if information.code <= 0 => FaultKind::Sent,
        SIGILL => FaultKind::Instruction,
        SIGFPE => FaultKind::Arithmetic,
        _ => FaultKind::Memory,
    };
    let registers = context.registers(matches!(kind, FaultKind::Instruction | FaultKind::Arithmetic));
    let has_address = kind == FaultKind::Memory && information.code != SI_KERNEL;
    let fault = Fault { kind, signal, address: has_address.then_some(information.address), registers };
    let Resumption { point, code } = crate::trap::on_fault(&fault);
    context.resume(point, code);
}

/// Has the calling thread's faults handled on the stack of [`HANDLER_STACK_SIZE`] bytes that begins at `start`;
/// sigaltstack(2). Returns 0, or a negated error number.
///
/// # Safety
/// Nobody else may use that memory as long as the thread runs.
pub(super) unsafe fn set_handler_stack(start: usize) -> usize {
    let stack = SignalStack { pointer: start, flags: 0, size: HANDLER_STACK_SIZE };
    // SAFETY: the caller's promise.
    unsafe { system_call(number::SIGALTSTACK, [(&raw const stack).expose_provenance(), 0, 0, 0, 0, 0]) }
}

/// Has every fault of this process reported to [`on_fault`](crate::trap::on_fault), on a stack of its own.
/// sigaltstack(2), rt_sigaction(2).
pub fn install_fault_handler() {
    // SAFETY: nobody else uses that memory.
    let mut returned = unsafe { set_handler_stack(HANDLER_STACK.0.get().expose_provenance()) };
    let (flags, restorer) = signal_return();
    let action = SignalAction {
        handler: on_signal as *const () as usize,
        flags: SA_SIGINFO | SA_ONSTACK | flags,
        restorer,
        mask: 0,
        #[cfg(target_arch = "mips")]
        rest: 0,
    };
    // A set rather than an array: nothing of the executable's read-only data need be touched to start a program.
    let mut signals = (1u32 << SIGSEGV) | (1 << SIGBUS) | (1 << SIGILL) | (1 << SIGFPE);
    while signals != 0 {
        let signal = signals.trailing_zeros();
        signals &= signals - 1;
        // SAFETY: the handler keeps to what a handler may do: it calls nothing but what is in this crate, which
        // neither allocates nor locks.
        returned |= unsafe {
            system_call(
                number::RT_SIGACTION,
                [signal as usize, (&raw const action).expose_provenance(), 0, signal::SET_SIZE, 0, 0],
            )
        };
    }
    if returned != 0 {
        crate::process::fatal(&[b"cannot install the handler for traps"]);
    }
}
