//! RISC-V: each extension is tried by one of its instructions. The kernel tells of single letters only (AT_HWCAP); what
//! riscv_hwprobe(2) does not tell of may be the kernel's age as well as the processor.

use super::super::architecture::{MachineContext, number, signal_return, system_call};
use super::super::fault::SignalAction;
use crate::arch::ResumePoint;

pub(super) use wasmc_abi::processor::RISCV64 as FEATURES;

const SIGILL: usize = 4;
const SA_SIGINFO: usize = 4;

/// Functions that return 0, of one instruction of an extension; [`skip`] makes those return 1 whose instruction there is not.
macro_rules! trials {
    ($($name:ident: $extension:literal, $($instruction:literal),+;)*) => {
        $(
            #[unsafe(naked)]
            unsafe extern "C" fn $name() -> u32 {
                core::arch::naked_asm!(
                    ".option push",
                    concat!(".option arch, ", $extension),
                    $($instruction,)+
                    ".option pop",
                    "li a0, 0",
                    "ret",
                )
            }
        )*
    };
}

trials! {
    v: "+v", "vsetivli zero, 1, e8, m1, ta, ma", "vmv.v.i v0, 0";
    zba: "+zba", "sh1add a0, a0, a0";
    zbb: "+zbb", "clz a0, a0";
    zbc: "+zbc", "clmul a0, a0, a0";
    zbs: "+zbs", "bset a0, a0, a0";
    zbkb: "+zbkb", "brev8 a0, a0";
    zcb: "+zcb", "c.not a0";
    zfa: "+zfa", "fli.d fa0, 1.0";
    zfh: "+zfh", "fadd.h fa0, fa0, fa0";
    zfhmin: "+zfhmin", "fmv.x.h a0, fa0";
    zicond: "+zicond", "czero.eqz a0, a0, a0";
    zvbb: "+v, +zvbb", "vsetivli zero, 1, e8, m1, ta, ma", "vbrev.v v0, v0";
    zvfh: "+v, +zvfh", "vsetivli zero, 1, e16, m1, ta, ma", "vfadd.vv v0, v0, v0";
}

/// In the order of the list.
const TRIALS: [unsafe extern "C" fn() -> u32; FEATURES.len()] =
    [v, zba, zbb, zbc, zbs, zbkb, zcb, zfa, zfh, zfhmin, zicond, zvbb, zvfh];

/// Has the function return 1 in which the processor met an instruction that it does not know.
unsafe extern "C" fn skip(_signal: i32, _information: *const u8, context: *mut MachineContext) {
    // SAFETY: the kernel passes it (SA_SIGINFO).
    let context = unsafe { &mut *context };
    let registers = context.registers(true);
    let point = ResumePoint { stack_pointer: registers.stack_pointer, program_counter: registers.link };
    context.resume(point, 1);
}

/// Whether the processor has a feature of the list.
///
/// # Safety
/// No other thread may meet an unknown instruction at the same time.
pub(super) unsafe fn has(feature: usize) -> bool {
    let (flags, restorer) = signal_return();
    let trial = SignalAction { handler: skip as *const () as usize, flags: SA_SIGINFO | flags, restorer, mask: 0 };
    let mut usual = SignalAction { handler: 0, flags: 0, restorer: 0, mask: 0 };
    let set = |new: *const SignalAction, old: *mut SignalAction| {
        let arguments = [SIGILL, new.expose_provenance(), old.expose_provenance(), size_of::<u64>(), 0, 0];
        // SAFETY: the kernel reads one action and writes the other; the handler does what it says.
        unsafe { system_call(number::RT_SIGACTION, arguments) }
    };
    if set(&raw const trial, &raw mut usual) != 0 {
        return true;
    }
    // SAFETY: it is a function of one instruction, which changes no register that a callee preserves.
    let missing = unsafe { TRIALS[feature]() };
    set(&raw const usual, core::ptr::null_mut());
    missing == 0
}
