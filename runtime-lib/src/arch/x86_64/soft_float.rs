//! Entries of the floating-point operations for compiled code, where this library is built without floating-point registers, as
//! Rust's target for x86-64 without an operating system is: Rust's functions then take numbers in integer registers, compiled code
//! has them in xmm registers.

use crate::libcalls;

/// A function for each: how numbers are moved, and the registers of the result and of the arguments, as many as there are at most.
macro_rules! entries {
    ($move:literal, $result:literal, $first:literal, $second:literal, $third:literal: $($name:ident)*) => {
        $(
            /// See [`wasmc_abi::symbols::LIBCALLS`].
            #[unsafe(naked)]
            #[unsafe(no_mangle)]
            extern "C" fn $name() {
                core::arch::naked_asm!(
                    ".cfi_startproc",
                    "push rbp",
                    ".cfi_def_cfa_offset 16",
                    ".cfi_offset rbp, -16",
                    "mov rbp, rsp",
                    ".cfi_def_cfa_register rbp",
                    concat!($move, " ", $first, ", xmm0"),
                    concat!($move, " ", $second, ", xmm1"),
                    concat!($move, " ", $third, ", xmm2"),
                    "call {}",
                    concat!($move, " xmm0, ", $result),
                    "pop rbp",
                    ".cfi_def_cfa rsp, 8",
                    "ret",
                    ".cfi_endproc",
                    sym libcalls::$name,
                )
            }
        )*
    };
}

entries!("movd", "eax", "edi", "esi", "edx": wasmc_ceil_f32 wasmc_floor_f32 wasmc_trunc_f32 wasmc_nearest_f32 wasmc_fma_f32);
entries!("movq", "rax", "rdi", "rsi", "rdx": wasmc_ceil_f64 wasmc_floor_f64 wasmc_trunc_f64 wasmc_nearest_f64 wasmc_fma_f64);
