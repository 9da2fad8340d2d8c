//! `memory.copy` and `memory.fill`, and what Rust's `core` expects of a C library: see
//! [`wasmc_abi::symbols::MEMORY_MOVE`] and [`wasmc_abi::symbols::MEMORY_FILL`]. Written per processor.

pub use crate::arch::{bcmp, memcmp, memcpy, memmove, memset, strlen, wasmc_memory_fill, wasmc_memory_move};

/// The same tests for each implementation that this processor can run.
#[cfg(test)]
macro_rules! tests {
    ($name:ident, $($implementation:ident)::+) => {
        mod $name {
            use $($implementation)::+::{bcmp, memcmp, memmove, memset, strlen};

            /// Every size through all the code paths, at several alignments.
            fn sizes() -> impl Iterator<Item = usize> {
                (0..300).chain([511, 512, 513, 1000, 2047, 2048, 2049, 4095, 4096, 4097, 5003, 10_000, 70_001])
            }

            #[test]
            fn moves_every_size_and_overlap() {
                let original: Vec<u8> = (0..150_000u32).map(|i| (i * 7 + i / 251) as u8).collect();
                for size in sizes() {
                    for (from, to) in [
                        (300, 300),
                        (300, 301),
                        (301, 300),
                        (300, 316),
                        (317, 300),
                        (300, 363),
                        (364, 300),
                        (300, 428),
                        (599, 33),
                        (100, 75_005),
                        (75_003, 1),
                    ] {
                        let mut expected = original.clone();
                        expected.copy_within(from..from + size, to);
                        let mut bytes = original.clone();
                        // SAFETY: both ranges are inside the vector.
                        let returned = unsafe { memmove(bytes.as_mut_ptr().add(to), bytes.as_ptr().add(from), size) };
                        assert!(bytes == expected, "size {size}, from {from} to {to}");
                        assert_eq!(returned, bytes[to..].as_mut_ptr());
                    }
                }
            }

            #[test]
            fn fills_exactly_what_it_is_told() {
                for size in sizes() {
                    for start in [64, 65, 79, 127] {
                        let mut bytes = vec![1u8; size + 256];
                        // SAFETY: the range is inside the vector. Only the low byte of the value counts.
                        let returned = unsafe { memset(bytes.as_mut_ptr().add(start), 0x1234_56a7, size) };
                        assert_eq!(returned, bytes[start..].as_mut_ptr());
                        assert!(bytes[..start].iter().all(|&byte| byte == 1), "size {size}, before");
                        assert!(bytes[start..start + size].iter().all(|&byte| byte == 0xa7), "size {size}");
                        assert!(bytes[start + size..].iter().all(|&byte| byte == 1), "size {size}, behind");
                    }
                }
            }

            #[test]
            fn compares_as_unsigned_bytes() {
                for size in 0..100 {
                    let left = vec![0x80u8; size + 1];
                    // SAFETY: all ranges are inside the vectors.
                    unsafe {
                        assert_eq!(memcmp(left.as_ptr(), left.as_ptr(), size), 0);
                        for at in 0..size {
                            let mut right = left.clone();
                            right[at] = 0x7f;
                            assert!(memcmp(left.as_ptr(), right.as_ptr(), size) > 0);
                            assert!(memcmp(right.as_ptr(), left.as_ptr(), size) < 0);
                            assert_ne!(bcmp(right.as_ptr(), left.as_ptr(), size), 0);
                            assert_eq!(memcmp(right.as_ptr(), left.as_ptr(), at), 0);
                        }
                    }
                }
            }

            #[test]
            fn measures_strings() {
                // SAFETY: the strings end with a zero byte.
                unsafe {
                    assert_eq!(strlen(c"".as_ptr().cast()), 0);
                    assert_eq!(strlen(c"four".as_ptr().cast()), 4);
                }
            }
        }
    };
}

#[cfg(test)]
tests!(own, super);
#[cfg(test)]
tests!(portable, crate::arch::portable::bytes);
