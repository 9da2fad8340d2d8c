//! Byte shuffles for processors without SSSE3.

use core::arch::x86_64::__m128i;

/// What the instruction `pshufb` does: byte i of the result is the byte of `source` that the low four bits of byte i of
/// `selector` name, or 0 where that byte's top bit is set. See [`wasmc_abi::symbols::LIBCALLS`].
#[cfg(not(windows))]
#[cfg_attr(not(test), unsafe(no_mangle))]
#[expect(improper_ctypes_definitions, reason = "the calling convention passes vectors of 16 bytes in xmm registers")]
pub extern "C" fn wasmc_x86_pshufb(source: __m128i, selector: __m128i) -> __m128i {
    shuffle(&source, &selector)
}

/// The same, for compiled code: it has vectors in registers, also where the C convention has them in memory.
#[cfg(windows)]
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_x86_pshufb() {
    core::arch::naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "sub rsp, 64",
        "movaps [rsp + 32], xmm0",
        "movaps [rsp + 48], xmm1",
        "lea rcx, [rsp + 32]",
        "lea rdx, [rsp + 48]",
        "call {}",
        "leave",
        "ret",
        sym shuffle,
    )
}

#[expect(improper_ctypes_definitions, reason = "the calling conventions return vectors of 16 bytes in xmm0")]
extern "C" fn shuffle(source: &__m128i, selector: &__m128i) -> __m128i {
    // SAFETY: a vector and 16 bytes are the same bits.
    let bytes = |vector| unsafe { core::mem::transmute::<__m128i, [u8; 16]>(vector) };
    let (source, selector) = (bytes(*source), bytes(*selector));
    let mut result = [0u8; 16];
    for (to, &from) in result.iter_mut().zip(&selector) {
        *to = if from & 0x80 != 0 { 0 } else { source[usize::from(from & 15)] };
    }
    // SAFETY: as above.
    unsafe { core::mem::transmute(result) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_and_zeroes() {
        let source: [u8; 16] = core::array::from_fn(|i| 100 + i as u8);
        let selector: [u8; 16] = [0, 15, 0x80, 0x8f, 16, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xff];
        // SAFETY: a vector and 16 bytes are the same bits.
        let vector = |bytes| unsafe { core::mem::transmute::<[u8; 16], __m128i>(bytes) };
        // SAFETY: as above.
        let result: [u8; 16] = unsafe { core::mem::transmute(wasmc_x86_pshufb(vector(source), vector(selector))) };
        assert_eq!(result, [100, 115, 0, 0, 100, 115, 101, 102, 103, 104, 105, 106, 107, 108, 109, 0]);
    }
}
