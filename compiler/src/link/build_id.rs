//! Identifies what was linked, for `.note.gnu.build-id`: a hash of the inputs, which determine the output.
//!
//! Hashing the inputs and not the output lets the note stand at the front of a file that is written front to back.
//! Whether the output is stripped does not matter, so that separate debug information is found by its identifier.

use super::LinkOptions;
use super::program::Program;

/// Bytes of an identifier: as many as tell builds apart; it is no proof against forgery.
pub(super) const SIZE: usize = 8;

/// Bytes of the note before it: three words and the name `GNU`.
pub(super) const HEADER_SIZE: u64 = 16;

/// The identifier.
pub(super) fn compute(
    program: &Program<'_>,
    debug: &[(&'static str, Vec<u8>)],
    options: &LinkOptions<'_>,
) -> [u8; SIZE] {
    // Another version of the linker may lay the program out in another way.
    let mut hash = xxh64(env!("CARGO_PKG_VERSION").as_bytes(), 0);
    for name in options.keep.iter().chain([&options.entry]) {
        hash = xxh64(name.as_bytes(), hash);
    }
    for object in &program.objects {
        hash = xxh64(object.bytes, hash);
    }
    for (name, contents) in debug {
        hash = xxh64(contents, xxh64(name.as_bytes(), hash));
    }
    hash.to_be_bytes()
}

const PRIME_1: u64 = 0x9e37_79b1_85eb_ca87;
const PRIME_2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const PRIME_3: u64 = 0x1656_67b1_9e37_79f9;
const PRIME_4: u64 = 0x85eb_ca77_c2b2_ae63;
const PRIME_5: u64 = 0x27d4_eb2f_1656_67c5;

fn round(accumulator: u64, lane: u64) -> u64 {
    accumulator.wrapping_add(lane.wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1)
}

/// XXH64, as its specification (version 0.1.1, 2018) describes it.
pub(super) fn xxh64(input: &[u8], seed: u64) -> u64 {
    let (stripes, rest) = input.as_chunks::<32>();
    let mut hash = if stripes.is_empty() {
        seed.wrapping_add(PRIME_5)
    } else {
        let mut lanes = [
            seed.wrapping_add(PRIME_1).wrapping_add(PRIME_2),
            seed.wrapping_add(PRIME_2),
            seed,
            seed.wrapping_sub(PRIME_1),
        ];
        for stripe in stripes {
            for (lane, bytes) in lanes.iter_mut().zip(stripe.as_chunks::<8>().0) {
                *lane = round(*lane, u64::from_le_bytes(*bytes));
            }
        }
        let [a, b, c, d] = lanes;
        let mut hash = a
            .rotate_left(1)
            .wrapping_add(b.rotate_left(7))
            .wrapping_add(c.rotate_left(12))
            .wrapping_add(d.rotate_left(18));
        for lane in lanes {
            hash = (hash ^ round(0, lane)).wrapping_mul(PRIME_1).wrapping_add(PRIME_4);
        }
        hash
    };
    hash = hash.wrapping_add(input.len() as u64);
    let (words, rest) = rest.as_chunks::<8>();
    for word in words {
        hash ^= round(0, u64::from_le_bytes(*word));
        hash = hash.rotate_left(27).wrapping_mul(PRIME_1).wrapping_add(PRIME_4);
    }
    let (halves, rest) = rest.as_chunks::<4>();
    for half in halves {
        hash ^= u64::from(u32::from_le_bytes(*half)).wrapping_mul(PRIME_1);
        hash = hash.rotate_left(23).wrapping_mul(PRIME_2).wrapping_add(PRIME_3);
    }
    for byte in rest {
        hash ^= u64::from(*byte).wrapping_mul(PRIME_5);
        hash = hash.rotate_left(11).wrapping_mul(PRIME_1);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(PRIME_2);
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(PRIME_3);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::xxh64;

    /// Values from the reference implementation (`xxhsum -H64`, `xxhash` for Python).
    #[test]
    fn xxh64_agrees_with_the_reference() {
        assert_eq!(xxh64(b"", 0), 0xef46_db37_51d8_e999);
        assert_eq!(xxh64(b"abc", 0), 0x44bc_2cf5_ad77_0999);
        let text = b"Nobody inspects the spammish repetition";
        assert_eq!(xxh64(text, 0), 0xfbce_a83c_8a37_8bf1);
        let bytes: Vec<u8> = (0..200).collect();
        assert_eq!(xxh64(&bytes, 7), 0x3809_5d11_0db1_74cc);
    }
}
