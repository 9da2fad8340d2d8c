//! Signals: a handler of macOS's is called with macOS's structures, and what it changes in the context is what goes on
//! (`sys/signal.h`, `sys/ucontext.h`, `mach/i386/_structs.h`).

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::convert::{signal, signal_of_macos};
use crate::errno::check;

/// `struct sigaction`.
#[repr(C)]
pub struct Action {
    handler: usize,
    mask: u32,
    flags: c_int,
}

/// `stack_t`.
#[repr(C)]
pub struct Stack {
    start: *mut c_void,
    size: usize,
    flags: c_int,
}

/// `siginfo_t`.
#[repr(C)]
struct Information {
    signal: c_int,
    error: c_int,
    code: c_int,
    process: c_int,
    user: u32,
    status: c_int,
    address: usize,
    rest: [usize; 9],
}

/// `ucontext_t`.
#[repr(C)]
struct Context {
    on_stack: c_int,
    mask: u32,
    stack: Stack,
    link: usize,
    size: usize,
    machine: *mut Machine,
}

/// `struct __darwin_mcontext64`, as far as the general registers.
#[repr(C)]
struct Machine {
    exception: [u64; 2],
    /// rax, rbx, rcx, rdx, rdi, rsi, rbp, rsp, r8 to r15, rip, rflags, cs, fs, gs.
    registers: [i64; 21],
}

/// Where Linux has each of those, as far as rflags.
const ORDER: [c_int; 18] = [
    libc::REG_RAX,
    libc::REG_RBX,
    libc::REG_RCX,
    libc::REG_RDX,
    libc::REG_RDI,
    libc::REG_RSI,
    libc::REG_RBP,
    libc::REG_RSP,
    libc::REG_R8,
    libc::REG_R9,
    libc::REG_R10,
    libc::REG_R11,
    libc::REG_R12,
    libc::REG_R13,
    libc::REG_R14,
    libc::REG_R15,
    libc::REG_RIP,
    libc::REG_EFL,
];

/// Of each signal of Linux's, the handler.
static HANDLERS: [AtomicUsize; 32] = [const { AtomicUsize::new(0) }; 32];

unsafe extern "C" fn on_signal(number: c_int, information: *mut libc::siginfo_t, context: *mut libc::ucontext_t) {
    // SAFETY: the kernel passes both, and the handler was given for this, with these structures.
    unsafe {
        let registers = &mut (*context).uc_mcontext.gregs;
        let mut machine = Machine { exception: [0; 2], registers: [0; 21] };
        for (place, linux) in machine.registers.iter_mut().zip(ORDER) {
            *place = registers[linux as usize];
        }
        let was_sent = (*information).si_code <= 0;
        let mut own = Information {
            signal: signal_of_macos(number),
            error: 0,
            // For many faults, macOS has no code.
            code: 0,
            process: if was_sent { (*information).si_pid() } else { 0 },
            user: 0,
            status: 0,
            address: if was_sent { 0 } else { (*information).si_addr().expose_provenance() },
            rest: [0; 9],
        };
        let stack = Stack { start: std::ptr::null_mut(), size: 0, flags: 0 };
        let mut outer =
            Context { on_stack: 1, mask: 0, stack, link: 0, size: size_of::<Machine>(), machine: &raw mut machine };
        let handler: unsafe extern "C" fn(c_int, *mut Information, *mut Context) =
            std::mem::transmute(HANDLERS[number as usize].load(Ordering::Relaxed));
        handler(own.signal, &raw mut own, &raw mut outer);
        for (place, linux) in machine.registers.iter().zip(ORDER) {
            registers[linux as usize] = *place;
        }
    }
}

pub unsafe extern "C" fn action(number: c_int, new: *const Action, old: *mut Action) -> c_int {
    assert!(old.is_null() && !new.is_null(), "nobody asks for the old action");
    // SAFETY: the caller's promise.
    let new = unsafe { &*new };
    let number = signal(number);
    // SAFETY: all zero is an action.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    if new.handler > libc::SIG_IGN {
        assert_eq!(new.flags & !1, 0x40, "the handler wants its information, and nothing else is asked for");
        HANDLERS[number as usize].store(new.handler, Ordering::Relaxed);
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | if new.flags & 1 != 0 { libc::SA_ONSTACK } else { 0 };
    } else {
        action.sa_sigaction = new.handler;
    }
    // SAFETY: the handler is as sound as that of the program.
    check(unsafe { libc::sigaction(number, &raw const action, std::ptr::null_mut()) })
}

pub unsafe extern "C" fn alternate_stack(new: *const Stack, old: *mut Stack) -> c_int {
    assert!(old.is_null() && !new.is_null(), "nobody asks for the old stack");
    // SAFETY: the caller's promise.
    let Stack { start, size, flags } = unsafe { &*new };
    let stack = libc::stack_t { ss_sp: *start, ss_size: *size, ss_flags: *flags };
    // SAFETY: the memory is given for this.
    check(unsafe { libc::sigaltstack(&raw const stack, std::ptr::null_mut()) })
}
