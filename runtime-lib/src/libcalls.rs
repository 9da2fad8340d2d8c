//! Floating-point operations for processors without the instruction: see [`wasmc_abi::symbols::LIBCALLS`].
//!
//! Exact as wasm spec 4.3.3 has them: zeros keep their sign, NaNs come back quiet with their payload. The rounding mode is
//! to nearest, ties to even, as it is everywhere in a program. On x86-64 without floating-point registers, compiled code calls
//! the functions of the same names in `arch/x86_64/soft_float.rs` instead.

#[cfg(target_arch = "x86_64")]
pub use crate::arch::wasmc_x86_pshufb;

macro_rules! rounding {
    ($float:ty, $bits:ty, $quiet:literal, $integral:literal, $ceil:ident, $floor:ident, $trunc:ident, $nearest:ident) => {
        /// `ceil`: the smallest integral value that is not less.
        #[cfg_attr(not(any(test, all(target_arch = "x86_64", not(target_feature = "sse2")))), unsafe(no_mangle))]
        pub extern "C" fn $ceil(x: $float) -> $float {
            let truncated = $trunc(x);
            if truncated < x { (truncated + 1.0).copysign(x) } else { truncated }
        }

        /// `floor`: the largest integral value that is not greater.
        #[cfg_attr(not(any(test, all(target_arch = "x86_64", not(target_feature = "sse2")))), unsafe(no_mangle))]
        pub extern "C" fn $floor(x: $float) -> $float {
            let truncated = $trunc(x);
            if truncated > x { (truncated - 1.0).copysign(x) } else { truncated }
        }

        /// `trunc`: the integral value next to it on the side of zero.
        #[cfg_attr(not(any(test, all(target_arch = "x86_64", not(target_feature = "sse2")))), unsafe(no_mangle))]
        pub extern "C" fn $trunc(x: $float) -> $float {
            let nearest = $nearest(x);
            if nearest.abs() > x.abs() { (nearest.abs() - 1.0).copysign(x) } else { nearest }
        }

        /// `nearest`: the closest integral value, the even one of two.
        #[cfg_attr(not(any(test, all(target_arch = "x86_64", not(target_feature = "sse2")))), unsafe(no_mangle))]
        pub extern "C" fn $nearest(x: $float) -> $float {
            if x.is_nan() {
                // Arithmetic would do this as well, but the compiler may drop it.
                return <$float>::from_bits(x.to_bits() | $quiet);
            }
            // From here on up there are no fractions; adding it rounds them away.
            const INTEGRAL: $float = $integral;
            let magnitude = x.abs();
            if magnitude >= INTEGRAL { x } else { (magnitude + INTEGRAL - INTEGRAL).copysign(x) }
        }
    };
}

rounding!(f32, u32, 0x40_0000, 8_388_608.0, wasmc_ceil_f32, wasmc_floor_f32, wasmc_trunc_f32, wasmc_nearest_f32);
rounding!(
    f64,
    u64,
    0x8_0000_0000_0000,
    4_503_599_627_370_496.0,
    wasmc_ceil_f64,
    wasmc_floor_f64,
    wasmc_trunc_f64,
    wasmc_nearest_f64
);

/// `x * y + z`, rounded once.
#[cfg_attr(not(any(test, all(target_arch = "x86_64", not(target_feature = "sse2")))), unsafe(no_mangle))]
pub extern "C" fn wasmc_fma_f32(x: f32, y: f32, z: f32) -> f32 {
    libm::fmaf(x, y, z)
}

/// `x * y + z`, rounded once.
#[cfg_attr(not(any(test, all(target_arch = "x86_64", not(target_feature = "sse2")))), unsafe(no_mangle))]
pub extern "C" fn wasmc_fma_f64(x: f64, y: f64, z: f64) -> f64 {
    libm::fma(x, y, z)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bit patterns around everything that matters, and a walk over the rest.
    fn samples() -> impl Iterator<Item = u64> {
        let around = [0u64, 1 << 63, 0x7ff0_0000_0000_0000, 0xfff0_0000_0000_0000]
            .into_iter()
            .chain((0..130).map(|i| (f64::from(i) * 0.25 - 16.0).to_bits()))
            .chain((0..64).map(|i| (2f64.powi(i) - 0.5).to_bits()))
            .chain((0..64).map(|i| (-(2f64.powi(i)) + 0.5).to_bits()))
            .flat_map(|bits| (0..5).map(move |step| bits.wrapping_add(step).wrapping_sub(2)));
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        around.chain((0..200_000).map(move |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        }))
    }

    macro_rules! check {
        ($float:ty, $ours:ident, $theirs:ident, $quiet:literal, $x:expr) => {
            let x: $float = $x;
            let expected = if x.is_nan() { x.to_bits() | $quiet } else { x.$theirs().to_bits() };
            assert_eq!($ours(x).to_bits(), expected, "{} of {x:e} ({:#x})", stringify!($ours), x.to_bits());
        };
    }

    #[test]
    fn rounding_is_exact() {
        for bits in samples() {
            let x = f64::from_bits(bits);
            check!(f64, wasmc_ceil_f64, ceil, 0x8_0000_0000_0000, x);
            check!(f64, wasmc_floor_f64, floor, 0x8_0000_0000_0000, x);
            check!(f64, wasmc_trunc_f64, trunc, 0x8_0000_0000_0000, x);
            check!(f64, wasmc_nearest_f64, round_ties_even, 0x8_0000_0000_0000, x);
            for x in [f32::from_bits(bits as u32), f32::from_bits((bits >> 32) as u32), x as f32] {
                check!(f32, wasmc_ceil_f32, ceil, 0x40_0000, x);
                check!(f32, wasmc_floor_f32, floor, 0x40_0000, x);
                check!(f32, wasmc_trunc_f32, trunc, 0x40_0000, x);
                check!(f32, wasmc_nearest_f32, round_ties_even, 0x40_0000, x);
            }
        }
    }

    #[test]
    fn fma_rounds_once() {
        let mut previous = [1.0f64; 2];
        for bits in samples() {
            let x = f64::from_bits(bits);
            let [y, z] = previous;
            let (ours, theirs) = (wasmc_fma_f64(x, y, z), x.mul_add(y, z));
            assert!(ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(), "{x:e} * {y:e} + {z:e}");
            let (x, y, z) = (x as f32, y as f32, z as f32);
            let (ours, theirs) = (wasmc_fma_f32(x, y, z), x.mul_add(y, z));
            assert!(ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(), "{x:e} * {y:e} + {z:e}");
            previous = [z.into(), f64::from_bits(bits.rotate_left(9) & !(1 << 62) | 1 << 61)];
        }
    }
}
