//! Where the target's processor has no back end: how code for the interpreter calls functions of the runtime library.
//!
//! Such code is Pulley's: <https://docs.rs/pulley-interpreter>. It has one host function, number 0, whose first argument is the
//! address of the function to call and whose second is its [`Signature`]; the function's own arguments follow. Integers only:
//! no function of the runtime library that compiled code calls has others.

/// The types of a function of the runtime library, as the interpreter's caller needs them: in bits 0 to 14, which parameters
/// have 64 bits; in bit 15, whether those of 32 bits are signed; in bits 16 to 23, how many parameters there are; in bits 24 to
/// 31, how many bits the result has, or 0.
///
/// Addresses have as many bits as the target's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(pub u32);

/// Most parameters: as many as there are registers for, behind the first two.
pub const MOST_PARAMETERS: usize = 12;

impl Signature {
    /// Without parameters or result.
    pub const NONE: Signature = Signature(0);

    /// With another parameter.
    pub const fn with_parameter(self, is_wide: bool) -> Signature {
        Signature((self.0 | (is_wide as u32) << self.count()) + (1 << 16))
    }

    /// With signed parameters, where they have 32 bits.
    pub const fn with_signs(self) -> Signature {
        Signature(self.0 | 1 << 15)
    }

    /// With a result of this many bits.
    pub const fn with_result(self, bits: u32) -> Signature {
        Signature(self.0 | bits << 24)
    }

    /// How many parameters there are.
    pub const fn count(self) -> usize {
        (self.0 >> 16 & 0xff) as usize
    }

    /// Whether a parameter has 64 bits.
    pub const fn is_wide(self, position: usize) -> bool {
        self.0 >> position & 1 != 0
    }

    /// Whether parameters of 32 bits are signed.
    pub const fn is_signed(self) -> bool {
        self.0 >> 15 & 1 != 0
    }

    /// Bits of the result, or 0.
    pub const fn result_bits(self) -> u32 {
        self.0 >> 24
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_hold_what_is_put_in() {
        let signature =
            Signature::NONE.with_parameter(false).with_parameter(true).with_parameter(false).with_result(64);
        assert_eq!((signature.count(), signature.result_bits()), (3, 64));
        assert_eq!([signature, signature.with_signs()].map(Signature::is_signed), [false, true]);
        assert_eq!([0, 1, 2].map(|position| signature.is_wide(position)), [false, true, false]);
    }
}
