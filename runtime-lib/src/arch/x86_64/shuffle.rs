//! Byte shuffles for processors without SSSE3.

use super::convention::{cfi, first, second};

/// What the instruction `pshufb` does with its two operands, in xmm0 and xmm1: see [`shuffle`]. Compiled code has vectors in
/// registers everywhere; not all C conventions do. See [`wasmc_abi::symbols::LIBCALLS`].
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn wasmc_x86_pshufb() {
    core::arch::naked_asm!(
        cfi!(".cfi_startproc"),
        "push rbp",
        cfi!(".cfi_def_cfa_offset 16"),
        cfi!(".cfi_offset rbp, -16"),
        "mov rbp, rsp",
        cfi!(".cfi_def_cfa_register rbp"),
        "sub rsp, 64",
        "movaps [rsp + 32], xmm0",
        "movaps [rsp + 48], xmm1",
        concat!("lea ", first!(), ", [rsp + 32]"),
        concat!("lea ", second!(), ", [rsp + 48]"),
        "call {}",
        "movaps xmm0, [rsp + 32]",
        "leave",
        cfi!(".cfi_def_cfa rsp, 8"),
        "ret",
        cfi!(".cfi_endproc"),
        sym shuffle,
    )
}

/// Byte i becomes the byte that the low four bits of byte i of `selector` name, or 0 where that byte's top bit is set.
extern "C" fn shuffle(bytes: &mut [u8; 16], selector: &[u8; 16]) {
    let source = *bytes;
    for (to, &from) in bytes.iter_mut().zip(selector) {
        *to = if from & 0x80 != 0 { 0 } else { source[usize::from(from & 15)] };
    }
}

#[cfg(test)]
mod tests {
    use core::arch::x86_64::__m128i;

    use super::*;

    #[test]
    fn selects_and_zeroes() {
        let source: [u8; 16] = core::array::from_fn(|i| 100 + i as u8);
        let selector: [u8; 16] = [0, 15, 0x80, 0x8f, 16, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xff];
        // SAFETY: a vector and 16 bytes are the same bits.
        let vector = |bytes| unsafe { core::mem::transmute::<[u8; 16], __m128i>(bytes) };
        let result: __m128i;
        // SAFETY: the function preserves what a function of C does.
        unsafe {
            core::arch::asm!(
                "call {}",
                sym wasmc_x86_pshufb,
                inout("xmm0") vector(source) => result,
                in("xmm1") vector(selector),
                clobber_abi("C"),
            );
        }
        // SAFETY: as above.
        let result: [u8; 16] = unsafe { core::mem::transmute(result) };
        assert_eq!(result, [100, 115, 0, 0, 100, 115, 101, 102, 103, 104, 105, 106, 107, 108, 109, 0]);
    }
}
